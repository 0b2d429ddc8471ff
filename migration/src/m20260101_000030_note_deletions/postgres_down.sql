DROP TRIGGER mina_session_deleted ON session;
DROP TRIGGER mina_segment_deleted ON segment;
DROP FUNCTION mina_note_deleted_session;
DROP FUNCTION mina_note_deleted_segments;
