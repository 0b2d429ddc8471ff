//! The places of the participants that were there before the migration `place_participants`.

use sea_orm_migration::prelude::*;

use crate::m20260101_000021_fill_places::fill_table;

/// Adds the places, as the migration `fill_places` does. The table is dropped by the migration that
/// created it.
#[derive(DeriveMigrationName)]
pub struct Migration;

#[async_trait::async_trait]
impl MigrationTrait for Migration {
    async fn up(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        fill_table(manager, "participant").await
    }

    async fn down(&self, _manager: &SchemaManager) -> Result<(), DbErr> {
        Ok(())
    }
}
