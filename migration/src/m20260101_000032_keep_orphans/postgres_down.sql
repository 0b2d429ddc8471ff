DELETE FROM mina_transcript
WHERE NOT EXISTS (SELECT FROM session WHERE session.id = mina_transcript.session_id);
ALTER TABLE mina_transcript ADD CONSTRAINT fk_mina_transcript_session_id
    FOREIGN KEY (session_id) REFERENCES session (id) ON DELETE CASCADE;

CREATE OR REPLACE FUNCTION mina_number_segments() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    WITH touched AS (
        INSERT INTO mina_transcript AS transcript (session_id, position)
        SELECT session_id, count(*) FROM changed GROUP BY session_id ORDER BY session_id
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

CREATE OR REPLACE FUNCTION mina_note_deleted_session() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
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
FROM task;

CREATE OR REPLACE VIEW mina_expected_marker_place AS
SELECT id,
    (SELECT workspace_id FROM mina_session_workspace AS found
        WHERE found.external_id = marker.session_id) AS workspace_id,
    user_id,
    coalesce(created_at, '1970-01-01 00:00:00') AS created_at
FROM marker;

CREATE OR REPLACE VIEW mina_expected_participant_place AS
SELECT id,
    (SELECT workspace_id FROM meeting WHERE meeting.id = participant.meeting_id) AS workspace_id,
    user_id
FROM participant;

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
