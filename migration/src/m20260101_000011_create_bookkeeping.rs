//! The server's own tables, in addition to those of the data contract.

use sea_orm_migration::{
    prelude::*,
    schema::{date_time, integer, integer_null, string_len},
    sea_orm::DbBackend,
};

use crate::parts::{asc, create_table, drop_table, index, references, unique_index};

/// Creates and drops five tables whose names begin with `mina_`.
#[derive(DeriveMigrationName)]
pub struct Migration;

#[async_trait::async_trait]
impl MigrationTrait for Migration {
    async fn up(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        create_table(
            manager,
            Table::create()
                .table("mina_idempotency_key")
                .col(integer("user_id"))
                .col(string_len("mutation", 64))
                .col(string_len("key", 128))
                .col(string_len("fingerprint", 43))
                .col(integer_null("object_id"))
                .col(date_time("created_at"))
                .primary_key(Index::create().col("user_id").col("mutation").col("key"))
                .foreign_key(&mut of("mina_idempotency_key", "user_id", "user")),
            // Finds the expired keys of a user.
            [index(
                "mina_idempotency_key",
                [asc("user_id"), asc("created_at")],
            )],
        )
        .await?;
        create_table(
            manager,
            Table::create()
                .table("mina_segment_key")
                .col(integer("session_id"))
                .col(string_len("key", 128))
                .col(integer("segment_id"))
                .primary_key(Index::create().col("session_id").col("key"))
                .foreign_key(&mut of("mina_segment_key", "session_id", "session"))
                .foreign_key(&mut of("mina_segment_key", "segment_id", "segment")),
            // Finds the keys of a segment when it is deleted.
            [index("mina_segment_key", [asc("segment_id")])],
        )
        .await?;
        create_table(
            manager,
            Table::create()
                .table("mina_analysis_lease")
                .col(integer("analytics_id").primary_key())
                .col(string_len("token", 36))
                .col(date_time("expires_at"))
                .foreign_key(&mut of("mina_analysis_lease", "analytics_id", "analytics")),
            [],
        )
        .await?;
        create_table(
            manager,
            Table::create()
                .table("mina_marker_task")
                .col(integer("marker_id").primary_key())
                .col(integer("task_id"))
                .foreign_key(&mut of("mina_marker_task", "marker_id", "marker"))
                .foreign_key(&mut of("mina_marker_task", "task_id", "task")),
            // Finds the marker of a task when the task is deleted.
            [unique_index("mina_marker_task", [asc("task_id")])],
        )
        .await?;
        create_table(
            manager,
            Table::create()
                .table("mina_token_generation")
                .col(integer("user_id").primary_key())
                .col(integer("generation"))
                .foreign_key(&mut of("mina_token_generation", "user_id", "user")),
            [],
        )
        .await?;
        revoke_older_tokens(manager).await
    }

    async fn down(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        for table in [
            "mina_token_generation",
            "mina_marker_task",
            "mina_analysis_lease",
            "mina_segment_key",
            "mina_idempotency_key",
        ] {
            drop_table(manager, table).await?;
        }
        Ok(())
    }
}

/// Begins a generation of tokens for each user that there is. If the table was dropped before, the
/// tokens that had been revoked would be valid again otherwise, because a user without a row has the
/// first generation.
async fn revoke_older_tokens(manager: &SchemaManager<'_>) -> Result<(), DbErr> {
    // Seconds since the start of 2020, so that no generation before was as high.
    let now = match manager.get_database_backend() {
        DbBackend::Postgres => "CAST(extract(epoch FROM now()) AS bigint) - 1577836800",
        _ => "CAST(strftime('%s', 'now') AS integer) - 1577836800",
    };
    let sql = format!(
        r#"INSERT INTO mina_token_generation (user_id, generation) SELECT id, {now} FROM "user""#
    );
    let connection = manager.get_connection();
    connection.execute_unprepared(&sql).await.map(drop)
}

/// A foreign key to a row with which the referring row is deleted.
fn of(
    table: &'static str,
    column: &'static str,
    target: &'static str,
) -> ForeignKeyCreateStatement {
    references(table, column, target)
        .on_delete(ForeignKeyAction::Cascade)
        .take()
}
