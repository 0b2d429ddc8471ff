CREATE TABLE mina_transcript_copy AS SELECT * FROM mina_transcript;
DROP TABLE mina_transcript;
CREATE TABLE mina_transcript (
    session_id integer PRIMARY KEY
        CONSTRAINT fk_mina_transcript_session_id REFERENCES session (id) ON DELETE CASCADE,
    position integer NOT NULL
);
INSERT INTO mina_transcript (session_id, position)
    SELECT session_id, position FROM mina_transcript_copy
    WHERE EXISTS (SELECT 1 FROM session WHERE session.id = mina_transcript_copy.session_id);
DROP TABLE mina_transcript_copy;

DROP TRIGGER mina_segment_inserted;
DROP TRIGGER mina_segment_updated;
DROP TRIGGER mina_session_deleted;

CREATE TRIGGER mina_segment_inserted AFTER INSERT ON segment
WHEN NOT EXISTS (SELECT 1 FROM mina_upload WHERE session_id = NEW.session_id)
BEGIN
    INSERT INTO mina_transcript (session_id, position) VALUES (NEW.session_id, 1)
        ON CONFLICT (session_id) DO UPDATE SET position = position + 1;
    INSERT INTO mina_segment_position (segment_id, session_id, position)
        SELECT NEW.id, session_id, position FROM mina_transcript
        WHERE session_id = NEW.session_id
        ON CONFLICT (segment_id)
            DO UPDATE SET session_id = excluded.session_id, position = excluded.position;
    INSERT INTO mina_change (subject, row_id, action)
        VALUES ('Transcript', NEW.session_id, 'updated');
END;

CREATE TRIGGER mina_segment_updated AFTER UPDATE ON segment
WHEN NOT EXISTS (SELECT 1 FROM mina_upload WHERE session_id = OLD.session_id)
BEGIN
    INSERT INTO mina_transcript (session_id, position) VALUES (NEW.session_id, 1)
        ON CONFLICT (session_id) DO UPDATE SET position = position + 1;
    INSERT INTO mina_segment_position (segment_id, session_id, position)
        SELECT NEW.id, session_id, position FROM mina_transcript
        WHERE session_id = NEW.session_id
        ON CONFLICT (segment_id)
            DO UPDATE SET session_id = excluded.session_id, position = excluded.position;
    INSERT INTO mina_change (subject, row_id, action)
        VALUES ('Transcript', NEW.session_id, 'updated');
END;

CREATE TRIGGER mina_session_deleted AFTER DELETE ON session BEGIN
    INSERT INTO mina_change (subject, row_id, action) VALUES ('Transcript', OLD.id, 'deleted');
END;

DROP VIEW mina_expected_task_place;
CREATE VIEW mina_expected_task_place AS
SELECT id,
    (SELECT workspace_id FROM meeting WHERE meeting.id = task.meeting_id) AS workspace_id,
    created_by_id,
    assigned_to_id,
    due_date,
    coalesce(created_at, '1970-01-01 00:00:00') AS created_at
FROM task;

DROP VIEW mina_expected_marker_place;
CREATE VIEW mina_expected_marker_place AS
SELECT id,
    (SELECT workspace_id FROM mina_session_workspace AS found
        WHERE found.external_id = marker.session_id) AS workspace_id,
    user_id,
    coalesce(created_at, '1970-01-01 00:00:00') AS created_at
FROM marker;

DROP VIEW mina_expected_participant_place;
CREATE VIEW mina_expected_participant_place AS
SELECT id,
    (SELECT workspace_id FROM meeting WHERE meeting.id = participant.meeting_id) AS workspace_id,
    user_id
FROM participant;
