//! The users that the speakers of sessions are.

use sea_orm_migration::{
    prelude::*,
    schema::{integer, string_len},
};

use crate::parts::{asc, create_table, drop_table, index, references};

/// Creates and drops the table `mina_speaker`.
#[derive(DeriveMigrationName)]
pub struct Migration;

#[async_trait::async_trait]
impl MigrationTrait for Migration {
    async fn up(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        create_table(
            manager,
            Table::create()
                .table("mina_speaker")
                .col(integer("session_id"))
                .col(string_len("name", 50))
                .col(integer("user_id"))
                .primary_key(Index::create().col("session_id").col("name"))
                .foreign_key(
                    references("mina_speaker", "session_id", "session")
                        .on_delete(ForeignKeyAction::Cascade),
                )
                .foreign_key(
                    references("mina_speaker", "user_id", "user")
                        .on_delete(ForeignKeyAction::Cascade),
                ),
            // Finds the speakers of a user when the user is deleted.
            [index("mina_speaker", [asc("user_id")])],
        )
        .await
    }

    async fn down(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        drop_table(manager, "mina_speaker").await
    }
}
