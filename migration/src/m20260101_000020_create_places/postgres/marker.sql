CREATE TABLE mina_marker_place (
    id integer PRIMARY KEY
        CONSTRAINT fk_mina_marker_place_id
        REFERENCES marker (id) ON UPDATE CASCADE ON DELETE CASCADE,
    workspace_id integer,
    user_id integer NOT NULL,
    created_at timestamp NOT NULL
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

-- Gives the markers of sessions their workspace.
CREATE FUNCTION mina_move_markers(external_ids text[]) RETURNS void LANGUAGE plpgsql AS $$
DECLARE
    ids integer[] := ARRAY(SELECT id FROM marker WHERE session_id = ANY (external_ids));
BEGIN
    IF ids = '{}' THEN RETURN; END IF;
    UPDATE mina_marker_place AS place SET workspace_id = (
        SELECT workspace_id FROM mina_expected_marker_place AS expected
        WHERE expected.id = place.id)
    WHERE id = ANY (ids) AND workspace_id IS DISTINCT FROM (
        SELECT workspace_id FROM mina_expected_marker_place AS expected
        WHERE expected.id = place.id);
END $$;

-- Those of some external ids that no session has.
CREATE FUNCTION mina_absent_sessions(external_ids text[]) RETURNS SETOF text
LANGUAGE sql STABLE AS $$
    SELECT id FROM unnest(external_ids) AS wanted (id)
    WHERE NOT EXISTS (SELECT FROM session WHERE external_id = wanted.id)
$$;

-- Holds the places of sessions, so that nobody moves or deletes these sessions until the
-- transaction ends, and locks the external ids of those that do not exist, so that nobody creates
-- them.
CREATE FUNCTION mina_hold_sessions(external_ids text[]) RETURNS void LANGUAGE plpgsql AS $$
DECLARE
    -- Sessions without a place exist only while a migration adds the places.
    unplaced integer[] := ARRAY(
        SELECT id FROM session WHERE external_id = ANY (external_ids)
            AND NOT EXISTS (SELECT FROM mina_session_place AS place WHERE place.id = session.id));
    absent text[] := ARRAY(SELECT id FROM mina_absent_sessions(external_ids) AS absent (id));
    locked text[] := absent;
    ids integer[];
BEGIN
    IF unplaced <> '{}' THEN PERFORM mina_place_sessions(unplaced, true); END IF;
    LOOP
        IF absent <> '{}' THEN PERFORM mina_lock_external_ids(absent); END IF;
        -- Some sessions may have been created while this waited.
        ids := ARRAY(SELECT id FROM session WHERE external_id = ANY (external_ids));
        IF mina_is_read_committed() THEN
            PERFORM FROM mina_session_place WHERE id = ANY (ids) ORDER BY id FOR KEY SHARE;
        ELSE
            PERFORM FROM mina_session_place WHERE id = ANY (ids) ORDER BY id FOR SHARE;
        END IF;
        -- Others may have been deleted.
        absent := ARRAY(
            SELECT id FROM mina_absent_sessions(external_ids) AS absent (id)
            EXCEPT SELECT unnest(locked));
        EXIT WHEN absent = '{}';
        locked := locked || absent;
    END LOOP;
END $$;

-- Places markers.
CREATE FUNCTION mina_place_markers(ids integer[], only_missing boolean) RETURNS void
LANGUAGE plpgsql AS $$
BEGIN
    IF only_missing THEN
        PERFORM FROM marker WHERE id = ANY (ids) ORDER BY id FOR KEY SHARE;
    END IF;
    PERFORM mina_hold_sessions(ARRAY(SELECT DISTINCT session_id FROM marker WHERE id = ANY (ids)));
    INSERT INTO mina_marker_place (id, workspace_id, user_id, created_at)
    SELECT id, workspace_id, user_id, created_at FROM mina_expected_marker_place WHERE id = ANY (ids)
    ON CONFLICT (id) DO UPDATE SET
        (workspace_id, user_id, created_at)
        = (EXCLUDED.workspace_id, EXCLUDED.user_id, EXCLUDED.created_at)
    WHERE NOT only_missing;
END $$;

CREATE FUNCTION mina_markers_inserted() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    PERFORM mina_place_markers(ARRAY(SELECT id FROM changed), false);
    RETURN NULL;
END $$;

CREATE TRIGGER mina_marker_place_insert AFTER INSERT ON marker
    REFERENCING NEW TABLE AS changed
    FOR EACH STATEMENT EXECUTE FUNCTION mina_markers_inserted();

CREATE FUNCTION mina_marker_updated() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF OLD.session_id = NEW.session_id THEN
        UPDATE mina_marker_place
        SET user_id = NEW.user_id,
            created_at = coalesce(NEW.created_at, '1970-01-01 00:00:00')
        WHERE id = NEW.id;
        IF FOUND THEN RETURN NULL; END IF;
    END IF;
    PERFORM mina_hold_sessions(ARRAY[OLD.session_id, NEW.session_id]);
    PERFORM mina_place_markers(ARRAY[NEW.id], false);
    RETURN NULL;
END $$;

CREATE TRIGGER mina_marker_place_update AFTER UPDATE ON marker FOR EACH ROW
    WHEN ((OLD.session_id, OLD.user_id, OLD.created_at)
        IS DISTINCT FROM (NEW.session_id, NEW.user_id, NEW.created_at))
    EXECUTE FUNCTION mina_marker_updated();
