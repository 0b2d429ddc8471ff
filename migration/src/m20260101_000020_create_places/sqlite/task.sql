CREATE TABLE mina_task_place (
    id integer NOT NULL PRIMARY KEY
        CONSTRAINT fk_mina_task_place_id
        REFERENCES task (id) ON UPDATE CASCADE ON DELETE CASCADE,
    workspace_id integer,
    created_by_id integer NOT NULL,
    assigned_to_id integer,
    due_date date_text,
    created_at datetime_text NOT NULL
);
CREATE INDEX ix_mina_task_place_workspace_id_id ON mina_task_place (workspace_id, id);
CREATE INDEX ix_mina_task_place_workspace_id_created_by_id_id
    ON mina_task_place (workspace_id, created_by_id, id);
CREATE INDEX ix_mina_task_place_workspace_id_assigned_to_id_id
    ON mina_task_place (workspace_id, assigned_to_id, id);
CREATE INDEX ix_mina_task_place_workspace_id_due_date_id
    ON mina_task_place (workspace_id, due_date, id);
CREATE INDEX ix_mina_task_place_workspace_id_created_at_id
    ON mina_task_place (workspace_id, created_at, id);

CREATE VIEW mina_expected_task_place AS
SELECT id,
    (SELECT workspace_id FROM meeting WHERE meeting.id = task.meeting_id) AS workspace_id,
    created_by_id,
    assigned_to_id,
    due_date,
    coalesce(created_at, '1970-01-01 00:00:00') AS created_at
FROM task;

CREATE TRIGGER mina_task_place_insert AFTER INSERT ON task BEGIN
    INSERT INTO mina_task_place
        (id, workspace_id, created_by_id, assigned_to_id, due_date, created_at)
    SELECT id, workspace_id, created_by_id, assigned_to_id, due_date, created_at
    FROM mina_expected_task_place WHERE id = NEW.id
    ON CONFLICT (id) DO UPDATE SET
        workspace_id = excluded.workspace_id,
        created_by_id = excluded.created_by_id,
        assigned_to_id = excluded.assigned_to_id,
        due_date = excluded.due_date,
        created_at = excluded.created_at;
END;

CREATE TRIGGER mina_task_place_update AFTER UPDATE OF
    id, meeting_id, created_by_id, assigned_to_id, due_date, created_at ON task
WHEN OLD.id IS NOT NEW.id
    OR OLD.meeting_id IS NOT NEW.meeting_id
    OR OLD.created_by_id IS NOT NEW.created_by_id
    OR OLD.assigned_to_id IS NOT NEW.assigned_to_id
    OR OLD.due_date IS NOT NEW.due_date
    OR OLD.created_at IS NOT NEW.created_at
BEGIN
    DELETE FROM mina_task_place WHERE id = OLD.id AND OLD.id IS NOT NEW.id;
    INSERT INTO mina_task_place
        (id, workspace_id, created_by_id, assigned_to_id, due_date, created_at)
    SELECT id, workspace_id, created_by_id, assigned_to_id, due_date, created_at
    FROM mina_expected_task_place WHERE id = NEW.id
    ON CONFLICT (id) DO UPDATE SET
        workspace_id = excluded.workspace_id,
        created_by_id = excluded.created_by_id,
        assigned_to_id = excluded.assigned_to_id,
        due_date = excluded.due_date,
        created_at = excluded.created_at;
END;

CREATE TRIGGER mina_task_place_delete AFTER DELETE ON task BEGIN
    DELETE FROM mina_task_place WHERE id = OLD.id;
END;
