CREATE TABLE mina_segment_deletion (
    session_id integer NOT NULL
        CONSTRAINT fk_mina_segment_deletion_session_id REFERENCES session (id) ON DELETE CASCADE,
    position integer NOT NULL,
    segment_id integer NOT NULL,
    at_ms bigint NOT NULL,
    PRIMARY KEY (session_id, position)
);
CREATE INDEX ix_mina_segment_deletion_at_ms ON mina_segment_deletion (at_ms);

-- Segments that are deleted with their session leave nothing.
CREATE TRIGGER mina_segment_deleted AFTER DELETE ON segment
WHEN EXISTS (SELECT 1 FROM session WHERE id = OLD.session_id)
    AND NOT EXISTS (SELECT 1 FROM mina_upload WHERE session_id = OLD.session_id)
BEGIN
    INSERT INTO mina_transcript (session_id, position) VALUES (OLD.session_id, 1)
        ON CONFLICT (session_id) DO UPDATE SET position = position + 1;
    INSERT INTO mina_segment_deletion (session_id, position, segment_id, at_ms)
        SELECT session_id, position, OLD.id,
            CAST(round((julianday('now') - 2440587.5) * 86400000) AS integer)
        FROM mina_transcript
        WHERE session_id = OLD.session_id;
    INSERT INTO mina_change (subject, row_id, action)
        VALUES ('Transcript', OLD.session_id, 'updated');
END;

CREATE TRIGGER mina_session_deleted AFTER DELETE ON session BEGIN
    INSERT INTO mina_change (subject, row_id, action) VALUES ('Transcript', OLD.id, 'deleted');
END;
