//! The time of a change in the journal, in a form that every SQLite from 3.35 can compute.
//!
//! Triggers write the journal whenever a row changes, also when a program with its own SQLite makes
//! the change. The first default called `unixepoch('now', 'subsec')`, which SQLite knows only since
//! 3.42, so every such change failed with an older one.

use sea_orm_migration::{prelude::*, sea_orm::DbBackend};

/// Replaces the default of `mina_change.at_ms` on SQLite. On PostgreSQL there is nothing to do.
#[derive(DeriveMigrationName)]
pub struct Migration;

/// Milliseconds since 1970. 2440587.5 is the Julian day on which they begin.
const NOW: &str = "CAST(round((julianday('now') - 2440587.5) * 86400000) AS integer)";

/// The same, as the journal was created with.
const NOW_SINCE_3_42: &str = "CAST(round(unixepoch('now', 'subsec') * 1000) AS integer)";

#[async_trait::async_trait]
impl MigrationTrait for Migration {
    async fn up(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        replace_default(manager, NOW).await
    }

    async fn down(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        replace_default(manager, NOW_SINCE_3_42).await
    }
}

/// SQLite cannot alter a default, and can add a column with a computed one only to an empty table,
/// so the rows are set aside. The table itself stays, because all triggers refer to it, and because
/// the ids of new rows must be higher than any that were ever used.
async fn replace_default(manager: &SchemaManager<'_>, now: &str) -> Result<(), DbErr> {
    if manager.get_database_backend() != DbBackend::Sqlite {
        return Ok(());
    }
    let script = format!(
        "CREATE TABLE mina_change_copy AS SELECT * FROM mina_change;
         DELETE FROM mina_change;
         ALTER TABLE mina_change DROP COLUMN at_ms;
         ALTER TABLE mina_change ADD COLUMN at_ms bigint NOT NULL DEFAULT ({now});
         INSERT INTO mina_change
             (id, subject, row_id, parent_id, workspace_id, action, at_ms)
             SELECT id, subject, row_id, parent_id, workspace_id, action, at_ms
             FROM mina_change_copy;
         DROP TABLE mina_change_copy;"
    );
    let connection = manager.get_connection();
    connection.execute_unprepared(&script).await.map(drop)
}
