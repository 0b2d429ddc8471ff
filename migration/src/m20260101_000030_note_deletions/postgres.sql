CREATE TABLE mina_segment_deletion (
    session_id integer NOT NULL
        CONSTRAINT fk_mina_segment_deletion_session_id REFERENCES session (id) ON DELETE CASCADE,
    position integer NOT NULL,
    segment_id integer NOT NULL,
    at_ms bigint NOT NULL,
    CONSTRAINT pk_mina_segment_deletion PRIMARY KEY (session_id, position)
);
CREATE INDEX ix_mina_segment_deletion_at_ms ON mina_segment_deletion (at_ms);

-- Runs once per statement, for all segments that the statement deleted. Segments that are deleted
-- with their session leave nothing.
CREATE FUNCTION mina_note_deleted_segments() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    WITH touched AS (
        INSERT INTO mina_transcript AS transcript (session_id, position)
        SELECT session_id, count(*) FROM changed
        WHERE EXISTS (SELECT 1 FROM session WHERE session.id = changed.session_id)
        GROUP BY session_id ORDER BY session_id
        ON CONFLICT (session_id)
            DO UPDATE SET position = transcript.position + EXCLUDED.position
        RETURNING session_id, position
    ), numbered AS (
        INSERT INTO mina_segment_deletion (session_id, position, segment_id, at_ms)
        SELECT session_id, touched.position + 1
            - row_number() OVER (PARTITION BY session_id ORDER BY changed.id DESC), changed.id,
            (extract(epoch FROM clock_timestamp()) * 1000)::bigint
        FROM changed JOIN touched USING (session_id)
    )
    INSERT INTO mina_change (subject, row_id, action)
    SELECT 'Transcript', session_id, 'updated' FROM touched ORDER BY session_id;
    RETURN NULL;
END $$;

CREATE TRIGGER mina_segment_deleted AFTER DELETE ON segment
    REFERENCING OLD TABLE AS changed
    FOR EACH STATEMENT EXECUTE FUNCTION mina_note_deleted_segments();

CREATE FUNCTION mina_note_deleted_session() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    INSERT INTO mina_change (subject, row_id, action) VALUES ('Transcript', OLD.id, 'deleted');
    RETURN NULL;
END $$;

CREATE TRIGGER mina_session_deleted AFTER DELETE ON session
    FOR EACH ROW EXECUTE FUNCTION mina_note_deleted_session();

-- As for the other triggers of the journal.
DO $$
DECLARE
    name text;
BEGIN
    FOREACH name IN ARRAY ARRAY['mina_note_deleted_segments', 'mina_note_deleted_session']
    LOOP
        EXECUTE format('REVOKE EXECUTE ON FUNCTION %I() FROM PUBLIC', name);
        EXECUTE format('ALTER FUNCTION %I() SECURITY DEFINER SET search_path = %I, pg_temp',
            name, current_schema());
    END LOOP;
END $$;
