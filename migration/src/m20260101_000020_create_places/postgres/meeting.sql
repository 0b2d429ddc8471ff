-- Gives sessions their workspace after meetings began or ceased to link them.
CREATE FUNCTION mina_link_sessions(external_ids text[]) RETURNS void LANGUAGE plpgsql AS $$
BEGIN
    -- Users come before external ids in the order of locks. The owner of a session may change until
    -- the external id is locked, so the new one is locked afterwards.
    PERFORM mina_hold_users(ARRAY(
        SELECT user_id FROM session WHERE external_id = ANY (external_ids)));
    PERFORM mina_lock_external_ids(external_ids);
    PERFORM mina_hold_users(ARRAY(
        SELECT user_id FROM session WHERE external_id = ANY (external_ids)));
    PERFORM mina_move_sessions(ARRAY(
        SELECT id FROM session WHERE external_id = ANY (external_ids)));
END $$;

CREATE FUNCTION mina_meeting_inserted() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    PERFORM mina_link_sessions(ARRAY[NEW.session_id::text]);
    RETURN NULL;
END $$;

CREATE TRIGGER mina_meeting_place_insert AFTER INSERT ON meeting FOR EACH ROW
    WHEN (NEW.session_id IS NOT NULL) EXECUTE FUNCTION mina_meeting_inserted();

CREATE FUNCTION mina_meeting_updated() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    PERFORM mina_require_read_committed();
    IF OLD.workspace_id <> NEW.workspace_id THEN
        -- Waits for those who add rows to the meeting.
        PERFORM FROM meeting WHERE id = NEW.id FOR UPDATE;
        UPDATE mina_task_place SET workspace_id = NEW.workspace_id
        WHERE id = ANY (ARRAY(SELECT id FROM task WHERE meeting_id = NEW.id));
        UPDATE mina_analytics_place SET workspace_id = NEW.workspace_id
        WHERE id = ANY (ARRAY(SELECT id FROM analytics WHERE meeting_id = NEW.id));
    END IF;
    IF OLD.session_id IS NOT NULL OR NEW.session_id IS NOT NULL THEN
        PERFORM mina_link_sessions(ARRAY[OLD.session_id::text, NEW.session_id::text]);
    END IF;
    RETURN NULL;
END $$;

CREATE TRIGGER mina_meeting_place_update AFTER UPDATE ON meeting FOR EACH ROW
    WHEN ((OLD.workspace_id, OLD.session_id) IS DISTINCT FROM (NEW.workspace_id, NEW.session_id))
    EXECUTE FUNCTION mina_meeting_updated();

CREATE FUNCTION mina_meeting_deleted() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    PERFORM mina_require_read_committed();
    PERFORM mina_link_sessions(ARRAY[OLD.session_id::text]);
    RETURN NULL;
END $$;

CREATE TRIGGER mina_meeting_place_delete AFTER DELETE ON meeting FOR EACH ROW
    WHEN (OLD.session_id IS NOT NULL) EXECUTE FUNCTION mina_meeting_deleted();
