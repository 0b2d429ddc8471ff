CREATE TRIGGER mina_user_place_insert AFTER INSERT ON user BEGIN
    UPDATE mina_session_place SET workspace_id = (
        SELECT workspace_id FROM mina_expected_session_place AS expected
        WHERE expected.id = mina_session_place.id)
    WHERE id IN (SELECT id FROM session WHERE user_id = NEW.id);
END;

CREATE TRIGGER mina_user_place_move AFTER UPDATE OF id, workspace_id ON user
WHEN OLD.id IS NOT NEW.id OR OLD.workspace_id IS NOT NEW.workspace_id
BEGIN
    UPDATE mina_session_place SET workspace_id = (
        SELECT workspace_id FROM mina_expected_session_place AS expected
        WHERE expected.id = mina_session_place.id)
    WHERE id IN (SELECT id FROM session WHERE user_id IN (OLD.id, NEW.id));
END;

CREATE TRIGGER mina_user_place_delete AFTER DELETE ON user BEGIN
    UPDATE mina_session_place SET workspace_id = (
        SELECT workspace_id FROM mina_expected_session_place AS expected
        WHERE expected.id = mina_session_place.id)
    WHERE id IN (SELECT id FROM session WHERE user_id = OLD.id);
END;
