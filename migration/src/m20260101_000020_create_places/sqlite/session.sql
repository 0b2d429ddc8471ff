CREATE TABLE mina_session_place (
    id integer NOT NULL PRIMARY KEY
        CONSTRAINT fk_mina_session_place_id
        REFERENCES session (id) ON UPDATE CASCADE ON DELETE CASCADE,
    workspace_id integer,
    status varchar(20) NOT NULL,
    started_at datetime_text,
    created_at datetime_text NOT NULL
);
CREATE INDEX ix_mina_session_place_workspace_id_id ON mina_session_place (workspace_id, id);
CREATE INDEX ix_mina_session_place_workspace_id_status_id
    ON mina_session_place (workspace_id, status, id);
CREATE INDEX ix_mina_session_place_workspace_id_status_started_at_id
    ON mina_session_place (workspace_id, status, started_at, id);
CREATE INDEX ix_mina_session_place_workspace_id_started_at_id
    ON mina_session_place (workspace_id, started_at, id);
CREATE INDEX ix_mina_session_place_workspace_id_created_at_id
    ON mina_session_place (workspace_id, created_at, id);

-- The workspace of the owner, or else of the meeting that links the session.
CREATE VIEW mina_session_workspace AS
SELECT id, external_id,
    coalesce(
        (SELECT workspace_id FROM user WHERE user.id = session.user_id),
        (SELECT workspace_id FROM meeting WHERE meeting.session_id = session.external_id)
    ) AS workspace_id
FROM session;

CREATE VIEW mina_expected_session_place AS
SELECT id,
    (SELECT workspace_id FROM mina_session_workspace AS found WHERE found.id = session.id)
        AS workspace_id,
    coalesce(status, 'pending') AS status,
    started_at,
    coalesce(created_at, '1970-01-01 00:00:00') AS created_at
FROM session;

CREATE TRIGGER mina_session_place_insert AFTER INSERT ON session BEGIN
    INSERT INTO mina_session_place (id, workspace_id, status, started_at, created_at)
    SELECT id, workspace_id, status, started_at, created_at
    FROM mina_expected_session_place WHERE id = NEW.id
    ON CONFLICT (id) DO UPDATE SET
        workspace_id = excluded.workspace_id,
        status = excluded.status,
        started_at = excluded.started_at,
        created_at = excluded.created_at;
    UPDATE mina_marker_place SET workspace_id = (
        SELECT workspace_id FROM mina_expected_marker_place AS expected
        WHERE expected.id = mina_marker_place.id)
    WHERE id IN (SELECT id FROM marker WHERE session_id = NEW.external_id);
END;

CREATE TRIGGER mina_session_place_update
AFTER UPDATE OF id, user_id, external_id, status, started_at, created_at ON session
WHEN OLD.id IS NOT NEW.id
    OR OLD.user_id IS NOT NEW.user_id
    OR OLD.external_id IS NOT NEW.external_id
    OR OLD.status IS NOT NEW.status
    OR OLD.started_at IS NOT NEW.started_at
    OR OLD.created_at IS NOT NEW.created_at
BEGIN
    DELETE FROM mina_session_place WHERE id = OLD.id AND OLD.id IS NOT NEW.id;
    INSERT INTO mina_session_place (id, workspace_id, status, started_at, created_at)
    SELECT id, workspace_id, status, started_at, created_at
    FROM mina_expected_session_place WHERE id = NEW.id
    ON CONFLICT (id) DO UPDATE SET
        workspace_id = excluded.workspace_id,
        status = excluded.status,
        started_at = excluded.started_at,
        created_at = excluded.created_at;
END;

CREATE TRIGGER mina_session_place_own AFTER UPDATE OF user_id, external_id ON session
WHEN OLD.user_id IS NOT NEW.user_id OR OLD.external_id IS NOT NEW.external_id
BEGIN
    UPDATE mina_marker_place SET workspace_id = (
        SELECT workspace_id FROM mina_expected_marker_place AS expected
        WHERE expected.id = mina_marker_place.id)
    WHERE id IN (
        SELECT id FROM marker WHERE session_id IN (OLD.external_id, NEW.external_id));
END;

CREATE TRIGGER mina_session_place_delete AFTER DELETE ON session BEGIN
    DELETE FROM mina_session_place WHERE id = OLD.id;
    UPDATE mina_marker_place SET workspace_id = (
        SELECT workspace_id FROM mina_expected_marker_place AS expected
        WHERE expected.id = mina_marker_place.id)
    WHERE id IN (SELECT id FROM marker WHERE session_id = OLD.external_id);
END;

-- A user or a meeting has moved the session.
CREATE TRIGGER mina_session_place_move AFTER UPDATE OF workspace_id ON mina_session_place
WHEN OLD.workspace_id IS NOT NEW.workspace_id
BEGIN
    UPDATE mina_marker_place SET workspace_id = (
        SELECT workspace_id FROM mina_expected_marker_place AS expected
        WHERE expected.id = mina_marker_place.id)
    WHERE id IN (SELECT id FROM marker WHERE session_id = (
        SELECT external_id FROM session WHERE id = NEW.id));
END;
