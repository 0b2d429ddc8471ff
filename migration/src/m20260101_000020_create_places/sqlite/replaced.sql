-- OR REPLACE deletes rows that have the same key as the new one. Unless recursive_triggers is on,
-- no trigger runs for them, and if foreign keys are off, nothing else that refers to them is
-- deleted either. So a trigger writes down which rows are in the way before the new one is stored,
-- and another places again what belonged to them afterwards.
--
-- The first trigger does not know whether the rows will be replaced: OR IGNORE and upserts run it
-- too. To place rows again that were right already does no harm.
CREATE TABLE mina_replaced (
    table_name varchar(20) NOT NULL,
    row_id integer NOT NULL,
    external_id varchar(36),
    is_done boolean NOT NULL DEFAULT false
);

CREATE TRIGGER mina_replaced_before_session_insert BEFORE INSERT ON session
WHEN EXISTS (SELECT 1 FROM session WHERE id = NEW.id OR external_id = NEW.external_id)
BEGIN
    DELETE FROM mina_replaced WHERE is_done OR table_name = 'session';
    INSERT INTO mina_replaced (table_name, row_id, external_id)
    SELECT 'session', id, external_id FROM session
    WHERE id = NEW.id OR external_id = NEW.external_id;
END;

CREATE TRIGGER mina_replaced_before_session_update BEFORE UPDATE OF id, external_id ON session
WHEN OLD.id IS NOT NEW.id OR OLD.external_id IS NOT NEW.external_id
BEGIN
    DELETE FROM mina_replaced WHERE is_done OR table_name = 'session';
    INSERT INTO mina_replaced (table_name, row_id, external_id)
    SELECT 'session', id, external_id FROM session
    WHERE (id = NEW.id OR external_id = NEW.external_id) AND id <> OLD.id;
END;

CREATE TRIGGER mina_replaced_after_session_insert AFTER INSERT ON session BEGIN
    UPDATE mina_replaced SET is_done = true WHERE NOT is_done;
END;

CREATE TRIGGER mina_replaced_after_session_update AFTER UPDATE OF id, external_id ON session BEGIN
    UPDATE mina_replaced SET is_done = true WHERE NOT is_done;
END;

CREATE TRIGGER mina_replaced_before_meeting_insert BEFORE INSERT ON meeting
WHEN EXISTS (SELECT 1 FROM meeting WHERE id = NEW.id OR session_id = NEW.session_id)
BEGIN
    DELETE FROM mina_replaced WHERE is_done OR table_name = 'meeting';
    INSERT INTO mina_replaced (table_name, row_id, external_id)
    SELECT 'meeting', id, session_id FROM meeting
    WHERE id = NEW.id OR session_id = NEW.session_id;
END;

CREATE TRIGGER mina_replaced_before_meeting_update BEFORE UPDATE OF id, session_id ON meeting
WHEN OLD.id IS NOT NEW.id OR OLD.session_id IS NOT NEW.session_id
BEGIN
    DELETE FROM mina_replaced WHERE is_done OR table_name = 'meeting';
    INSERT INTO mina_replaced (table_name, row_id, external_id)
    SELECT 'meeting', id, session_id FROM meeting
    WHERE (id = NEW.id OR session_id = NEW.session_id) AND id <> OLD.id;
END;

CREATE TRIGGER mina_replaced_after_meeting_insert AFTER INSERT ON meeting BEGIN
    UPDATE mina_replaced SET is_done = true WHERE NOT is_done;
END;

CREATE TRIGGER mina_replaced_after_meeting_update AFTER UPDATE OF id, session_id ON meeting BEGIN
    UPDATE mina_replaced SET is_done = true WHERE NOT is_done;
END;

CREATE TRIGGER mina_replaced_before_user_insert BEFORE INSERT ON user
WHEN EXISTS (
    SELECT 1 FROM user WHERE id = NEW.id OR username = NEW.username OR email = NEW.email)
BEGIN
    DELETE FROM mina_replaced WHERE is_done OR table_name = 'user';
    INSERT INTO mina_replaced (table_name, row_id) SELECT 'user', id FROM user
    WHERE id = NEW.id OR username = NEW.username OR email = NEW.email;
END;

CREATE TRIGGER mina_replaced_before_user_update BEFORE UPDATE OF id, username, email ON user
WHEN OLD.id IS NOT NEW.id
    OR OLD.username IS NOT NEW.username
    OR OLD.email IS NOT NEW.email
BEGIN
    DELETE FROM mina_replaced WHERE is_done OR table_name = 'user';
    INSERT INTO mina_replaced (table_name, row_id) SELECT 'user', id FROM user
    WHERE (id = NEW.id OR username = NEW.username OR email = NEW.email) AND id <> OLD.id;
END;

CREATE TRIGGER mina_replaced_after_user_insert AFTER INSERT ON user BEGIN
    UPDATE mina_replaced SET is_done = true WHERE NOT is_done;
END;

CREATE TRIGGER mina_replaced_after_user_update AFTER UPDATE OF id, username, email ON user BEGIN
    UPDATE mina_replaced SET is_done = true WHERE NOT is_done;
END;

-- Nothing belongs to an analysis but its place, which stays if foreign keys are off.
CREATE TRIGGER mina_replaced_before_analytics_insert BEFORE INSERT ON analytics
WHEN EXISTS (SELECT 1 FROM analytics WHERE meeting_id = NEW.meeting_id)
BEGIN
    DELETE FROM mina_replaced WHERE is_done OR table_name = 'analytics';
    INSERT INTO mina_replaced (table_name, row_id) SELECT 'analytics', id FROM analytics
    WHERE meeting_id = NEW.meeting_id;
END;

CREATE TRIGGER mina_replaced_before_analytics_update BEFORE UPDATE OF meeting_id ON analytics
WHEN OLD.meeting_id IS NOT NEW.meeting_id
BEGIN
    DELETE FROM mina_replaced WHERE is_done OR table_name = 'analytics';
    INSERT INTO mina_replaced (table_name, row_id) SELECT 'analytics', id FROM analytics
    WHERE meeting_id = NEW.meeting_id AND id <> OLD.id;
END;

CREATE TRIGGER mina_replaced_after_analytics_insert AFTER INSERT ON analytics BEGIN
    UPDATE mina_replaced SET is_done = true WHERE NOT is_done;
END;

CREATE TRIGGER mina_replaced_after_analytics_update AFTER UPDATE OF meeting_id ON analytics BEGIN
    UPDATE mina_replaced SET is_done = true WHERE NOT is_done;
END;

CREATE TRIGGER mina_replaced_session AFTER UPDATE ON mina_replaced
WHEN NEW.table_name = 'session' BEGIN
    DELETE FROM mina_session_place
    WHERE id = NEW.row_id AND NOT EXISTS (SELECT 1 FROM session WHERE id = NEW.row_id);
    UPDATE mina_marker_place SET workspace_id = (
        SELECT workspace_id FROM mina_expected_marker_place AS expected
        WHERE expected.id = mina_marker_place.id)
    WHERE id IN (SELECT id FROM marker WHERE session_id = NEW.external_id);
END;

CREATE TRIGGER mina_replaced_meeting AFTER UPDATE ON mina_replaced
WHEN NEW.table_name = 'meeting' BEGIN
    UPDATE mina_task_place SET workspace_id = (
        SELECT workspace_id FROM mina_expected_task_place AS expected
        WHERE expected.id = mina_task_place.id)
    WHERE id IN (SELECT id FROM task WHERE meeting_id = NEW.row_id);
    UPDATE mina_analytics_place SET workspace_id = (
        SELECT workspace_id FROM mina_expected_analytics_place AS expected
        WHERE expected.id = mina_analytics_place.id)
    WHERE id IN (SELECT id FROM analytics WHERE meeting_id = NEW.row_id);
    UPDATE mina_session_place SET workspace_id = (
        SELECT workspace_id FROM mina_expected_session_place AS expected
        WHERE expected.id = mina_session_place.id)
    WHERE id IN (SELECT id FROM session WHERE external_id = NEW.external_id);
END;

CREATE TRIGGER mina_replaced_user AFTER UPDATE ON mina_replaced
WHEN NEW.table_name = 'user' BEGIN
    UPDATE mina_session_place SET workspace_id = (
        SELECT workspace_id FROM mina_expected_session_place AS expected
        WHERE expected.id = mina_session_place.id)
    WHERE id IN (SELECT id FROM session WHERE user_id = NEW.row_id);
END;

CREATE TRIGGER mina_replaced_analytics AFTER UPDATE ON mina_replaced
WHEN NEW.table_name = 'analytics' BEGIN
    DELETE FROM mina_analytics_place
    WHERE id = NEW.row_id AND NOT EXISTS (SELECT 1 FROM analytics WHERE id = NEW.row_id);
END;
