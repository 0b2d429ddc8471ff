//! An index for the tasks that depend on a task, in the order of their ids. Only PostgreSQL needs it,
//! because each index of SQLite ends in the id by itself.

use sea_orm_migration::{prelude::*, sea_orm::DbBackend};

/// Creates and drops the index.
#[derive(DeriveMigrationName)]
pub struct Migration;

/// The name of the index.
pub const INDEX: &str = "ix_task_depends_on_task_id_id";

#[async_trait::async_trait]
impl MigrationTrait for Migration {
    async fn up(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        if manager.get_database_backend() != DbBackend::Postgres {
            return Ok(());
        }
        // Writers go on meanwhile. A migration that was killed leaves an index that is never used,
        // so it has to begin from the start.
        let connection = manager.get_connection();
        for sql in [
            format!("DROP INDEX CONCURRENTLY IF EXISTS {INDEX}"),
            format!("CREATE INDEX CONCURRENTLY {INDEX} ON task (depends_on_task_id, id)"),
        ] {
            connection.execute_unprepared(&sql).await?;
        }
        Ok(())
    }

    async fn down(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        if manager.get_database_backend() != DbBackend::Postgres {
            return Ok(());
        }
        manager
            .drop_index(Index::drop().name(INDEX).to_owned())
            .await
    }
}
