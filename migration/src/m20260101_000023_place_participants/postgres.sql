CREATE TABLE mina_participant_place (
    id integer PRIMARY KEY
        CONSTRAINT fk_mina_participant_place_id
        REFERENCES participant (id) ON UPDATE CASCADE ON DELETE CASCADE,
    workspace_id integer,
    user_id integer NOT NULL
);
CREATE INDEX ix_mina_participant_place_workspace_id_user_id_id
    ON mina_participant_place (workspace_id, user_id, id);

CREATE VIEW mina_expected_participant_place AS
SELECT id,
    (SELECT workspace_id FROM meeting WHERE meeting.id = participant.meeting_id) AS workspace_id,
    user_id
FROM participant;

-- Places participants that the caller has inserted or locked. If it places only those that have no
-- place yet, others may delete them meanwhile.
CREATE FUNCTION mina_place_participants(ids integer[], only_missing boolean) RETURNS void
LANGUAGE plpgsql AS $$
BEGIN
    IF only_missing THEN
        PERFORM FROM participant WHERE id = ANY (ids) ORDER BY id FOR KEY SHARE;
    END IF;
    PERFORM mina_hold_meetings(ARRAY(SELECT meeting_id FROM participant WHERE id = ANY (ids)));
    INSERT INTO mina_participant_place (id, workspace_id, user_id)
    SELECT id, workspace_id, user_id FROM mina_expected_participant_place WHERE id = ANY (ids)
    ON CONFLICT (id) DO UPDATE SET
        (workspace_id, user_id) = (EXCLUDED.workspace_id, EXCLUDED.user_id)
    WHERE NOT only_missing;
END $$;

CREATE FUNCTION mina_participants_inserted() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    PERFORM mina_place_participants(ARRAY(SELECT id FROM changed), false);
    RETURN NULL;
END $$;

CREATE TRIGGER mina_participant_place_insert AFTER INSERT ON participant
    REFERENCING NEW TABLE AS changed
    FOR EACH STATEMENT EXECUTE FUNCTION mina_participants_inserted();

CREATE FUNCTION mina_participant_updated() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    PERFORM mina_hold_meetings(ARRAY[OLD.meeting_id, NEW.meeting_id]);
    PERFORM mina_place_participants(ARRAY[NEW.id], false);
    RETURN NULL;
END $$;

CREATE TRIGGER mina_participant_place_update AFTER UPDATE ON participant FOR EACH ROW
    WHEN ((OLD.meeting_id, OLD.user_id) IS DISTINCT FROM (NEW.meeting_id, NEW.user_id))
    EXECUTE FUNCTION mina_participant_updated();

CREATE FUNCTION mina_participants_moved() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    PERFORM mina_require_read_committed();
    -- Waits for those who invite others to the meeting.
    PERFORM FROM meeting WHERE id = NEW.id FOR UPDATE;
    UPDATE mina_participant_place SET workspace_id = NEW.workspace_id
    WHERE id = ANY (ARRAY(SELECT id FROM participant WHERE meeting_id = NEW.id));
    RETURN NULL;
END $$;

CREATE TRIGGER mina_participant_place_move AFTER UPDATE ON meeting FOR EACH ROW
    WHEN (OLD.workspace_id IS DISTINCT FROM NEW.workspace_id)
    EXECUTE FUNCTION mina_participants_moved();

-- As for the other triggers of places.
DO $$
DECLARE
    name text;
BEGIN
    FOREACH name IN ARRAY ARRAY[
        'mina_participants_inserted', 'mina_participant_updated', 'mina_participants_moved']
    LOOP
        EXECUTE format('REVOKE EXECUTE ON FUNCTION %I() FROM PUBLIC', name);
        EXECUTE format(
            'ALTER FUNCTION %I() SECURITY DEFINER
                SET search_path = %I, pg_temp
                SET plan_cache_mode = force_generic_plan
                SET enable_seqscan = off
                SET enable_hashjoin = off
                SET enable_mergejoin = off
                SET jit = off',
            name, current_schema());
    END LOOP;
END $$;
