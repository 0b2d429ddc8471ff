CREATE TABLE mina_task_place (
    id integer PRIMARY KEY
        CONSTRAINT fk_mina_task_place_id
        REFERENCES task (id) ON UPDATE CASCADE ON DELETE CASCADE,
    workspace_id integer,
    created_by_id integer NOT NULL,
    assigned_to_id integer,
    due_date date,
    created_at timestamp NOT NULL
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

-- Places tasks that the caller has inserted or locked. If it places only those that have no place
-- yet, others may delete them meanwhile.
CREATE FUNCTION mina_place_tasks(ids integer[], only_missing boolean) RETURNS void
LANGUAGE plpgsql AS $$
BEGIN
    IF only_missing THEN
        PERFORM FROM task WHERE id = ANY (ids) ORDER BY id FOR KEY SHARE;
    END IF;
    PERFORM mina_hold_meetings(ARRAY(SELECT meeting_id FROM task WHERE id = ANY (ids)));
    INSERT INTO mina_task_place
        (id, workspace_id, created_by_id, assigned_to_id, due_date, created_at)
    SELECT id, workspace_id, created_by_id, assigned_to_id, due_date, created_at
    FROM mina_expected_task_place WHERE id = ANY (ids)
    ON CONFLICT (id) DO UPDATE SET
        (workspace_id, created_by_id, assigned_to_id, due_date, created_at)
        = (EXCLUDED.workspace_id, EXCLUDED.created_by_id, EXCLUDED.assigned_to_id,
            EXCLUDED.due_date, EXCLUDED.created_at)
    WHERE NOT only_missing;
END $$;

CREATE FUNCTION mina_tasks_inserted() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    PERFORM mina_place_tasks(ARRAY(SELECT id FROM changed), false);
    RETURN NULL;
END $$;

CREATE TRIGGER mina_task_place_insert AFTER INSERT ON task
    REFERENCING NEW TABLE AS changed
    FOR EACH STATEMENT EXECUTE FUNCTION mina_tasks_inserted();

CREATE FUNCTION mina_task_updated() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF OLD.meeting_id = NEW.meeting_id THEN
        UPDATE mina_task_place
        SET created_by_id = NEW.created_by_id,
            assigned_to_id = NEW.assigned_to_id,
            due_date = NEW.due_date,
            created_at = coalesce(NEW.created_at, '1970-01-01 00:00:00')
        WHERE id = NEW.id;
        IF FOUND THEN RETURN NULL; END IF;
    END IF;
    PERFORM mina_hold_meetings(ARRAY[OLD.meeting_id, NEW.meeting_id]);
    PERFORM mina_place_tasks(ARRAY[NEW.id], false);
    RETURN NULL;
END $$;

-- A trigger for statements would collect all rows of every update, so this one is for rows: most
-- updates change none of these columns, and cost nothing then.
CREATE TRIGGER mina_task_place_update AFTER UPDATE ON task FOR EACH ROW
    WHEN ((OLD.meeting_id, OLD.created_by_id, OLD.assigned_to_id, OLD.due_date, OLD.created_at)
        IS DISTINCT FROM
        (NEW.meeting_id, NEW.created_by_id, NEW.assigned_to_id, NEW.due_date, NEW.created_at))
    EXECUTE FUNCTION mina_task_updated();
