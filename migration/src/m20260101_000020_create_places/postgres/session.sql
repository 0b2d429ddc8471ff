CREATE TABLE mina_session_place (
    id integer PRIMARY KEY
        CONSTRAINT fk_mina_session_place_id
        REFERENCES session (id) ON UPDATE CASCADE ON DELETE CASCADE,
    workspace_id integer,
    status varchar(20) NOT NULL,
    started_at timestamp,
    created_at timestamp NOT NULL
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
        (SELECT workspace_id FROM "user" WHERE "user".id = session.user_id),
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

-- Writes the places of sessions. The caller has locked what they depend on.
CREATE FUNCTION mina_write_session_places(ids integer[], only_missing boolean) RETURNS void
LANGUAGE plpgsql AS $$
BEGIN
    INSERT INTO mina_session_place (id, workspace_id, status, started_at, created_at)
    SELECT id, workspace_id, status, started_at, created_at
    FROM mina_expected_session_place WHERE id = ANY (ids)
    ON CONFLICT (id) DO UPDATE SET
        (workspace_id, status, started_at, created_at)
        = (EXCLUDED.workspace_id, EXCLUDED.status, EXCLUDED.started_at, EXCLUDED.created_at)
    WHERE NOT only_missing;
END $$;

-- Places sessions that existed before the statement. If the owner
-- has a workspace, the meeting that links the session does not count, so that the external id need
-- not be locked.
CREATE FUNCTION mina_place_sessions(ids integer[], only_missing boolean) RETURNS void
LANGUAGE plpgsql AS $$
BEGIN
    IF only_missing THEN
        PERFORM FROM session WHERE id = ANY (ids) ORDER BY id FOR KEY SHARE;
    END IF;
    PERFORM mina_hold_users(ARRAY(SELECT user_id FROM session WHERE id = ANY (ids)));
    PERFORM mina_lock_external_ids(ARRAY(
        SELECT external_id FROM session WHERE id = ANY (ids)
            AND (SELECT workspace_id FROM "user" WHERE "user".id = session.user_id) IS NULL));
    PERFORM mina_write_session_places(ids, only_missing);
END $$;

-- Gives sessions their workspace after their owner or the meeting that links them has changed.
-- Other transactions may change the other columns meanwhile, so those stay as they are.
CREATE FUNCTION mina_move_sessions(ids integer[]) RETURNS void LANGUAGE plpgsql AS $$
BEGIN
    UPDATE mina_session_place AS place SET workspace_id = (
        SELECT workspace_id FROM mina_session_workspace AS found WHERE found.id = place.id)
    WHERE id = ANY (ids) AND workspace_id IS DISTINCT FROM (
        SELECT workspace_id FROM mina_session_workspace AS found WHERE found.id = place.id);
END $$;

CREATE FUNCTION mina_session_moved() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    PERFORM mina_require_read_committed();
    -- Waits for those who add markers.
    PERFORM FROM mina_session_place WHERE id = NEW.id FOR UPDATE;
    PERFORM mina_move_markers(ARRAY(SELECT external_id FROM session WHERE id = NEW.id));
    RETURN NULL;
END $$;

CREATE TRIGGER mina_session_place_move AFTER UPDATE ON mina_session_place FOR EACH ROW
    WHEN (OLD.workspace_id IS DISTINCT FROM NEW.workspace_id)
    EXECUTE FUNCTION mina_session_moved();

CREATE FUNCTION mina_sessions_inserted() RETURNS trigger LANGUAGE plpgsql AS $$
DECLARE
    external_ids text[] := ARRAY(SELECT external_id FROM changed);
BEGIN
    PERFORM mina_hold_users(ARRAY(SELECT user_id FROM changed));
    PERFORM mina_lock_external_ids(external_ids);
    PERFORM mina_write_session_places(ARRAY(SELECT id FROM changed), false);
    PERFORM mina_move_markers(external_ids);
    RETURN NULL;
END $$;

CREATE TRIGGER mina_session_place_insert AFTER INSERT ON session
    REFERENCING NEW TABLE AS changed
    FOR EACH STATEMENT EXECUTE FUNCTION mina_sessions_inserted();

CREATE FUNCTION mina_session_updated() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF (OLD.user_id, OLD.external_id) IS NOT DISTINCT FROM (NEW.user_id, NEW.external_id) THEN
        UPDATE mina_session_place
        SET status = coalesce(NEW.status, 'pending'),
            started_at = NEW.started_at,
            created_at = coalesce(NEW.created_at, '1970-01-01 00:00:00')
        WHERE id = NEW.id;
        IF NOT FOUND THEN PERFORM mina_place_sessions(ARRAY[NEW.id], false); END IF;
        RETURN NULL;
    END IF;
    PERFORM mina_require_read_committed();
    PERFORM mina_hold_users(ARRAY[OLD.user_id, NEW.user_id]);
    -- Those who link the session read its owner.
    PERFORM mina_lock_external_ids(ARRAY[OLD.external_id, NEW.external_id]);
    IF OLD.external_id <> NEW.external_id THEN
        -- Waits for those who add markers.
        PERFORM FROM mina_session_place WHERE id = NEW.id FOR UPDATE;
    END IF;
    PERFORM mina_write_session_places(ARRAY[NEW.id], false);
    IF OLD.external_id <> NEW.external_id THEN
        PERFORM mina_move_markers(ARRAY[OLD.external_id, NEW.external_id]);
    END IF;
    RETURN NULL;
END $$;

CREATE TRIGGER mina_session_place_update AFTER UPDATE ON session FOR EACH ROW
    WHEN ((OLD.user_id, OLD.external_id, OLD.status, OLD.started_at, OLD.created_at)
        IS DISTINCT FROM
        (NEW.user_id, NEW.external_id, NEW.status, NEW.started_at, NEW.created_at))
    EXECUTE FUNCTION mina_session_updated();

-- The place itself is deleted by its foreign key, whose trigger runs before this one and waits for
-- those who add markers.
CREATE FUNCTION mina_session_deleted() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    PERFORM mina_require_read_committed();
    PERFORM mina_move_markers(ARRAY[OLD.external_id]);
    RETURN NULL;
END $$;

CREATE TRIGGER mina_session_place_delete AFTER DELETE ON session FOR EACH ROW
    EXECUTE FUNCTION mina_session_deleted();
