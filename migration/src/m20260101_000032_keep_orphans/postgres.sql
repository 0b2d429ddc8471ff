ALTER TABLE mina_transcript DROP CONSTRAINT fk_mina_transcript_session_id;

INSERT INTO mina_transcript (session_id, position)
SELECT DISTINCT session_id, 0 FROM segment
WHERE session_id IS NOT NULL
    AND NOT EXISTS (SELECT FROM session WHERE session.id = segment.session_id)
ON CONFLICT DO NOTHING;
INSERT INTO mina_segment_position (segment_id, session_id, position)
SELECT segment.id, segment.session_id, mina_transcript.position
    + row_number() OVER (PARTITION BY segment.session_id ORDER BY segment.id)
FROM segment JOIN mina_transcript ON mina_transcript.session_id = segment.session_id
WHERE NOT EXISTS (SELECT FROM mina_segment_position WHERE segment_id = segment.id);
UPDATE mina_transcript SET position = coalesce((
    SELECT max(known.position) FROM mina_segment_position AS known
    WHERE known.session_id = mina_transcript.session_id), position)
WHERE NOT EXISTS (SELECT FROM session WHERE session.id = mina_transcript.session_id);

CREATE OR REPLACE FUNCTION mina_number_segments() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    WITH touched AS (
        INSERT INTO mina_transcript AS transcript (session_id, position)
        SELECT session_id, count(*) FROM changed WHERE session_id IS NOT NULL
        GROUP BY session_id ORDER BY session_id
        ON CONFLICT (session_id)
            DO UPDATE SET position = transcript.position + EXCLUDED.position
        RETURNING session_id, position
    ), numbered AS (
        INSERT INTO mina_segment_position (segment_id, session_id, position)
        SELECT changed.id, session_id, touched.position + 1
            - row_number() OVER (PARTITION BY session_id ORDER BY changed.id DESC)
        FROM changed JOIN touched USING (session_id)
        ON CONFLICT (segment_id)
            DO UPDATE SET session_id = EXCLUDED.session_id, position = EXCLUDED.position
    )
    INSERT INTO mina_change (subject, row_id, action)
    SELECT 'Transcript', session_id, 'updated' FROM touched ORDER BY session_id;
    RETURN NULL;
END $$;

-- Without its session, a transcript stays as long as one of its segments does.
CREATE OR REPLACE FUNCTION mina_note_deleted_session() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    DELETE FROM mina_transcript AS transcript
    WHERE session_id = OLD.id AND NOT EXISTS (
        SELECT FROM mina_segment_position AS position
        WHERE position.session_id = transcript.session_id);
    INSERT INTO mina_change (subject, row_id, action) VALUES ('Transcript', OLD.id, 'deleted');
    RETURN NULL;
END $$;

CREATE OR REPLACE VIEW mina_expected_task_place AS
SELECT id,
    (SELECT workspace_id FROM meeting WHERE meeting.id = task.meeting_id) AS workspace_id,
    created_by_id,
    assigned_to_id,
    due_date,
    coalesce(created_at, '1970-01-01 00:00:00') AS created_at
FROM task WHERE created_by_id IS NOT NULL;

CREATE OR REPLACE VIEW mina_expected_marker_place AS
SELECT id,
    (SELECT workspace_id FROM mina_session_workspace AS found
        WHERE found.external_id = marker.session_id) AS workspace_id,
    user_id,
    coalesce(created_at, '1970-01-01 00:00:00') AS created_at
FROM marker WHERE user_id IS NOT NULL;

CREATE OR REPLACE VIEW mina_expected_participant_place AS
SELECT id,
    (SELECT workspace_id FROM meeting WHERE meeting.id = participant.meeting_id) AS workspace_id,
    user_id
FROM participant WHERE user_id IS NOT NULL;

-- As for the other triggers of the journal.
DO $$
DECLARE
    name text;
BEGIN
    FOREACH name IN ARRAY ARRAY['mina_number_segments', 'mina_note_deleted_session']
    LOOP
        EXECUTE format('REVOKE EXECUTE ON FUNCTION %I() FROM PUBLIC', name);
        EXECUTE format('ALTER FUNCTION %I() SECURITY DEFINER SET search_path = %I, pg_temp',
            name, current_schema());
    END LOOP;
END $$;
