CREATE TRIGGER mina_segment_inserted AFTER INSERT ON segment BEGIN
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

CREATE TRIGGER mina_segment_updated AFTER UPDATE ON segment BEGIN
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
