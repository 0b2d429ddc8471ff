CREATE TABLE mina_transcript_copy AS SELECT * FROM mina_transcript;
DROP TABLE mina_transcript;
CREATE TABLE mina_transcript (
    session_id integer PRIMARY KEY,
    position integer NOT NULL
);
INSERT INTO mina_transcript (session_id, position)
    SELECT session_id, position FROM mina_transcript_copy;
DROP TABLE mina_transcript_copy;

INSERT INTO mina_transcript (session_id, position)
    SELECT DISTINCT session_id, 0 FROM segment
    WHERE typeof(session_id) = 'integer'
        AND NOT EXISTS (SELECT 1 FROM session WHERE session.id = segment.session_id)
        AND NOT EXISTS (
            SELECT 1 FROM mina_transcript AS known WHERE known.session_id = segment.session_id);
INSERT INTO mina_segment_position (segment_id, session_id, position)
    SELECT segment.id, segment.session_id, mina_transcript.position
        + row_number() OVER (PARTITION BY segment.session_id ORDER BY segment.id)
    FROM segment JOIN mina_transcript ON mina_transcript.session_id = segment.session_id
    WHERE NOT EXISTS (SELECT 1 FROM mina_segment_position WHERE segment_id = segment.id);
UPDATE mina_transcript SET position = coalesce((
    SELECT max(known.position) FROM mina_segment_position AS known
    WHERE known.session_id = mina_transcript.session_id), position)
WHERE NOT EXISTS (SELECT 1 FROM session WHERE session.id = mina_transcript.session_id);

DROP TRIGGER mina_segment_inserted;
DROP TRIGGER mina_segment_updated;
DROP TRIGGER mina_session_deleted;

CREATE TRIGGER mina_segment_inserted AFTER INSERT ON segment
WHEN typeof(NEW.session_id) = 'integer'
    AND NOT EXISTS (SELECT 1 FROM mina_upload WHERE session_id = NEW.session_id)
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
WHEN typeof(NEW.session_id) = 'integer'
    AND NOT EXISTS (SELECT 1 FROM mina_upload WHERE session_id = OLD.session_id)
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

-- Without its session, a transcript stays as long as one of its segments does.
CREATE TRIGGER mina_session_deleted AFTER DELETE ON session BEGIN
    DELETE FROM mina_transcript WHERE session_id = OLD.id
        AND NOT EXISTS (SELECT 1 FROM mina_segment_position WHERE session_id = OLD.id);
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
FROM task WHERE created_by_id IS NOT NULL;

DROP VIEW mina_expected_marker_place;
CREATE VIEW mina_expected_marker_place AS
SELECT id,
    (SELECT workspace_id FROM mina_session_workspace AS found
        WHERE found.external_id = marker.session_id) AS workspace_id,
    user_id,
    coalesce(created_at, '1970-01-01 00:00:00') AS created_at
FROM marker WHERE user_id IS NOT NULL;

DROP VIEW mina_expected_participant_place;
CREATE VIEW mina_expected_participant_place AS
SELECT id,
    (SELECT workspace_id FROM meeting WHERE meeting.id = participant.meeting_id) AS workspace_id,
    user_id
FROM participant WHERE user_id IS NOT NULL;
