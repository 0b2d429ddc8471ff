CREATE TABLE mina_participant_place (
    id integer NOT NULL PRIMARY KEY
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

CREATE TRIGGER mina_participant_place_insert AFTER INSERT ON participant BEGIN
    INSERT INTO mina_participant_place (id, workspace_id, user_id)
    SELECT id, workspace_id, user_id FROM mina_expected_participant_place WHERE id = NEW.id
    ON CONFLICT (id) DO UPDATE SET
        workspace_id = excluded.workspace_id,
        user_id = excluded.user_id;
END;

CREATE TRIGGER mina_participant_place_update
AFTER UPDATE OF id, meeting_id, user_id ON participant
WHEN OLD.id IS NOT NEW.id
    OR OLD.meeting_id IS NOT NEW.meeting_id
    OR OLD.user_id IS NOT NEW.user_id
BEGIN
    DELETE FROM mina_participant_place WHERE id = OLD.id AND OLD.id IS NOT NEW.id;
    INSERT INTO mina_participant_place (id, workspace_id, user_id)
    SELECT id, workspace_id, user_id FROM mina_expected_participant_place WHERE id = NEW.id
    ON CONFLICT (id) DO UPDATE SET
        workspace_id = excluded.workspace_id,
        user_id = excluded.user_id;
END;

CREATE TRIGGER mina_participant_place_delete AFTER DELETE ON participant BEGIN
    DELETE FROM mina_participant_place WHERE id = OLD.id;
END;

CREATE TRIGGER mina_participant_place_of_new_meeting AFTER INSERT ON meeting BEGIN
    UPDATE mina_participant_place SET workspace_id = NEW.workspace_id
    WHERE id IN (SELECT id FROM participant WHERE meeting_id = NEW.id);
END;

CREATE TRIGGER mina_participant_place_move AFTER UPDATE OF id, workspace_id ON meeting
WHEN OLD.id IS NOT NEW.id OR OLD.workspace_id IS NOT NEW.workspace_id
BEGIN
    UPDATE mina_participant_place SET workspace_id = (
        SELECT workspace_id FROM mina_expected_participant_place AS expected
        WHERE expected.id = mina_participant_place.id)
    WHERE id IN (SELECT id FROM participant WHERE meeting_id IN (OLD.id, NEW.id));
END;

CREATE TRIGGER mina_participant_place_of_old_meeting AFTER DELETE ON meeting BEGIN
    UPDATE mina_participant_place SET workspace_id = NULL
    WHERE id IN (SELECT id FROM participant WHERE meeting_id = OLD.id);
END;

-- Nothing belongs to a participant but its place, which stays if the participant is replaced while
-- foreign keys are off.
CREATE TRIGGER mina_replaced_before_participant_insert BEFORE INSERT ON participant
WHEN EXISTS (
    SELECT 1 FROM participant WHERE meeting_id = NEW.meeting_id AND user_id = NEW.user_id)
BEGIN
    DELETE FROM mina_replaced WHERE is_done OR table_name = 'participant';
    INSERT INTO mina_replaced (table_name, row_id) SELECT 'participant', id FROM participant
    WHERE meeting_id = NEW.meeting_id AND user_id = NEW.user_id;
END;

CREATE TRIGGER mina_replaced_before_participant_update
BEFORE UPDATE OF meeting_id, user_id ON participant
WHEN OLD.meeting_id IS NOT NEW.meeting_id OR OLD.user_id IS NOT NEW.user_id
BEGIN
    DELETE FROM mina_replaced WHERE is_done OR table_name = 'participant';
    INSERT INTO mina_replaced (table_name, row_id) SELECT 'participant', id FROM participant
    WHERE meeting_id = NEW.meeting_id AND user_id = NEW.user_id AND id <> OLD.id;
END;

CREATE TRIGGER mina_replaced_after_participant_insert AFTER INSERT ON participant BEGIN
    UPDATE mina_replaced SET is_done = true WHERE NOT is_done;
END;

CREATE TRIGGER mina_replaced_after_participant_update
AFTER UPDATE OF meeting_id, user_id ON participant BEGIN
    UPDATE mina_replaced SET is_done = true WHERE NOT is_done;
END;

CREATE TRIGGER mina_replaced_participant AFTER UPDATE ON mina_replaced
WHEN NEW.table_name = 'participant' BEGIN
    DELETE FROM mina_participant_place
    WHERE id = NEW.row_id AND NOT EXISTS (SELECT 1 FROM participant WHERE id = NEW.row_id);
END;

CREATE TRIGGER mina_replaced_meeting_of_participants AFTER UPDATE ON mina_replaced
WHEN NEW.table_name = 'meeting' BEGIN
    UPDATE mina_participant_place SET workspace_id = (
        SELECT workspace_id FROM mina_expected_participant_place AS expected
        WHERE expected.id = mina_participant_place.id)
    WHERE id IN (SELECT id FROM participant WHERE meeting_id = NEW.row_id);
END;
