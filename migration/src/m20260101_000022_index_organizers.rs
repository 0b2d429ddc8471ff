//! An index for the meetings of a workspace that a user organizes. A user may organize meetings of
//! other workspaces too, whose number must not matter.

use sea_orm_migration::{prelude::*, sea_orm::DbBackend};

/// Creates and drops the index.
#[derive(DeriveMigrationName)]
pub struct Migration;

/// The name of the index.
pub const INDEX: &str = "ix_meeting_workspace_id_organizer_id_id";

#[async_trait::async_trait]
impl MigrationTrait for Migration {
    async fn up(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        // Writers go on meanwhile on PostgreSQL. A migration that was killed leaves an index that
        // is never used, so it has to begin from the start.
        let concurrently = match manager.get_database_backend() {
            DbBackend::Postgres => "CONCURRENTLY",
            _ => "",
        };
        let connection = manager.get_connection();
        for sql in [
            format!("DROP INDEX {concurrently} IF EXISTS {INDEX}"),
            format!(
                "CREATE INDEX {concurrently} {INDEX} ON meeting (workspace_id, organizer_id, id)"
            ),
        ] {
            connection.execute_unprepared(&sql).await?;
        }
        Ok(())
    }

    async fn down(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        manager
            .drop_index(Index::drop().name(INDEX).to_owned())
            .await
    }
}
