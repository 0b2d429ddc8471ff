CREATE TABLE mina_marker_place (
    id integer NOT NULL PRIMARY KEY
        CONSTRAINT fk_mina_marker_place_id
        REFERENCES marker (id) ON UPDATE CASCADE ON DELETE CASCADE,
    workspace_id integer,
    user_id integer NOT NULL,
    created_at datetime_text NOT NULL
);
CREATE INDEX ix_mina_marker_place_workspace_id_id ON mina_marker_place (workspace_id, id);
CREATE INDEX ix_mina_marker_place_workspace_id_user_id_id
    ON mina_marker_place (workspace_id, user_id, id);
CREATE INDEX ix_mina_marker_place_workspace_id_created_at_id
    ON mina_marker_place (workspace_id, created_at, id);

CREATE VIEW mina_expected_marker_place AS
SELECT id,
    (SELECT workspace_id FROM mina_session_workspace AS found
        WHERE found.external_id = marker.session_id) AS workspace_id,
    user_id,
    coalesce(created_at, '1970-01-01 00:00:00') AS created_at
FROM marker;

CREATE TRIGGER mina_marker_place_insert AFTER INSERT ON marker BEGIN
    INSERT INTO mina_marker_place (id, workspace_id, user_id, created_at)
    SELECT id, workspace_id, user_id, created_at FROM mina_expected_marker_place WHERE id = NEW.id
    ON CONFLICT (id) DO UPDATE SET
        workspace_id = excluded.workspace_id,
        user_id = excluded.user_id,
        created_at = excluded.created_at;
END;

CREATE TRIGGER mina_marker_place_update
AFTER UPDATE OF id, session_id, user_id, created_at ON marker
WHEN OLD.id IS NOT NEW.id
    OR OLD.session_id IS NOT NEW.session_id
    OR OLD.user_id IS NOT NEW.user_id
    OR OLD.created_at IS NOT NEW.created_at
BEGIN
    DELETE FROM mina_marker_place WHERE id = OLD.id AND OLD.id IS NOT NEW.id;
    INSERT INTO mina_marker_place (id, workspace_id, user_id, created_at)
    SELECT id, workspace_id, user_id, created_at FROM mina_expected_marker_place WHERE id = NEW.id
    ON CONFLICT (id) DO UPDATE SET
        workspace_id = excluded.workspace_id,
        user_id = excluded.user_id,
        created_at = excluded.created_at;
END;

CREATE TRIGGER mina_marker_place_delete AFTER DELETE ON marker BEGIN
    DELETE FROM mina_marker_place WHERE id = OLD.id;
END;
