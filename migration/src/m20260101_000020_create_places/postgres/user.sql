CREATE FUNCTION mina_user_moved() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    PERFORM mina_require_read_committed();
    -- Waits for those who create sessions of the user, or link them.
    PERFORM FROM "user" WHERE id = NEW.id FOR UPDATE;
    PERFORM mina_move_sessions(ARRAY(SELECT id FROM session WHERE user_id = NEW.id));
    RETURN NULL;
END $$;

CREATE TRIGGER mina_user_place_update AFTER UPDATE ON "user" FOR EACH ROW
    WHEN (OLD.workspace_id IS DISTINCT FROM NEW.workspace_id)
    EXECUTE FUNCTION mina_user_moved();
