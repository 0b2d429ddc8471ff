CREATE TRIGGER mina_meeting_place_insert AFTER INSERT ON meeting BEGIN
    UPDATE mina_task_place SET workspace_id = (
        SELECT workspace_id FROM mina_expected_task_place AS expected
        WHERE expected.id = mina_task_place.id)
    WHERE id IN (SELECT id FROM task WHERE meeting_id = NEW.id);
    UPDATE mina_analytics_place SET workspace_id = (
        SELECT workspace_id FROM mina_expected_analytics_place AS expected
        WHERE expected.id = mina_analytics_place.id)
    WHERE id IN (SELECT id FROM analytics WHERE meeting_id = NEW.id);
    UPDATE mina_session_place SET workspace_id = (
        SELECT workspace_id FROM mina_expected_session_place AS expected
        WHERE expected.id = mina_session_place.id)
    WHERE id IN (SELECT id FROM session WHERE external_id = NEW.session_id);
END;

CREATE TRIGGER mina_meeting_place_move AFTER UPDATE OF id, workspace_id ON meeting
WHEN OLD.id IS NOT NEW.id OR OLD.workspace_id IS NOT NEW.workspace_id
BEGIN
    UPDATE mina_task_place SET workspace_id = (
        SELECT workspace_id FROM mina_expected_task_place AS expected
        WHERE expected.id = mina_task_place.id)
    WHERE id IN (SELECT id FROM task WHERE meeting_id IN (OLD.id, NEW.id));
    UPDATE mina_analytics_place SET workspace_id = (
        SELECT workspace_id FROM mina_expected_analytics_place AS expected
        WHERE expected.id = mina_analytics_place.id)
    WHERE id IN (SELECT id FROM analytics WHERE meeting_id IN (OLD.id, NEW.id));
END;

CREATE TRIGGER mina_meeting_place_link AFTER UPDATE OF workspace_id, session_id ON meeting
WHEN OLD.workspace_id IS NOT NEW.workspace_id OR OLD.session_id IS NOT NEW.session_id
BEGIN
    UPDATE mina_session_place SET workspace_id = (
        SELECT workspace_id FROM mina_expected_session_place AS expected
        WHERE expected.id = mina_session_place.id)
    WHERE id IN (SELECT id FROM session WHERE external_id IN (OLD.session_id, NEW.session_id));
END;

CREATE TRIGGER mina_meeting_place_delete AFTER DELETE ON meeting BEGIN
    UPDATE mina_task_place SET workspace_id = NULL
    WHERE id IN (SELECT id FROM task WHERE meeting_id = OLD.id);
    UPDATE mina_analytics_place SET workspace_id = NULL
    WHERE id IN (SELECT id FROM analytics WHERE meeting_id = OLD.id);
    UPDATE mina_session_place SET workspace_id = (
        SELECT workspace_id FROM mina_expected_session_place AS expected
        WHERE expected.id = mina_session_place.id)
    WHERE id IN (SELECT id FROM session WHERE external_id = OLD.session_id);
END;
