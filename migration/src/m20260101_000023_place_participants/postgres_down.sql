DROP TRIGGER mina_participant_place_move ON meeting;
DROP TRIGGER mina_participant_place_update ON participant;
DROP TRIGGER mina_participant_place_insert ON participant;
DROP FUNCTION mina_participants_moved;
DROP FUNCTION mina_participant_updated;
DROP FUNCTION mina_participants_inserted;
DROP FUNCTION mina_place_participants;
DROP VIEW mina_expected_participant_place;
DROP TABLE mina_participant_place;
