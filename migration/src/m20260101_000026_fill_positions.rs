//! The positions of segments that have none. Until lately, the migration `create_journal` did not keep
//! writers away, so a segment that was written meanwhile got none, and no transcript showed it.

use sea_orm_migration::prelude::*;

use crate::m20260101_000020_create_places::lock;

/// Adds the positions. The table is dropped by the migration that created it.
#[derive(DeriveMigrationName)]
pub struct Migration;

/// Segments get the positions after those that their sessions have assigned.
const FILL: &str = "
    INSERT INTO mina_transcript (session_id, position)
    SELECT DISTINCT session_id, 0 FROM segment
    WHERE NOT EXISTS (SELECT 1 FROM mina_segment_position WHERE segment_id = segment.id)
        AND EXISTS (SELECT 1 FROM session WHERE session.id = segment.session_id)
        AND NOT EXISTS (
            SELECT 1 FROM mina_transcript AS known WHERE known.session_id = segment.session_id);
    INSERT INTO mina_segment_position (segment_id, session_id, position)
    SELECT segment.id, segment.session_id, mina_transcript.position
        + row_number() OVER (PARTITION BY segment.session_id ORDER BY segment.id)
    FROM segment JOIN mina_transcript ON mina_transcript.session_id = segment.session_id
    WHERE NOT EXISTS (SELECT 1 FROM mina_segment_position WHERE segment_id = segment.id);
    UPDATE mina_transcript SET position = (
        SELECT max(known.position) FROM mina_segment_position AS known
        WHERE known.session_id = mina_transcript.session_id)
    WHERE EXISTS (
        SELECT 1 FROM mina_segment_position AS known
        WHERE known.session_id = mina_transcript.session_id
            AND known.position > mina_transcript.position)";

#[async_trait::async_trait]
impl MigrationTrait for Migration {
    async fn up(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        lock(manager, "segment").await?;
        let connection = manager.get_connection();
        connection.execute_unprepared(FILL).await.map(drop)
    }

    async fn down(&self, _manager: &SchemaManager) -> Result<(), DbErr> {
        Ok(())
    }
}
