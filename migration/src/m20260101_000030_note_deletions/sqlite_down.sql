DROP TRIGGER mina_session_deleted;
DROP TRIGGER mina_segment_deleted;
