//! Users: accounts with a role and a workspace.

use sea_orm_migration::{
    prelude::*,
    schema::{boolean_null, integer_null, pk_auto, string_len, string_len_null},
};

use crate::parts::{
    asc, closed_set, create_table, drop_table, index, references, timestamp_now, unique_index,
};

/// Creates and drops the table `user`.
#[derive(DeriveMigrationName)]
pub struct Migration;

#[async_trait::async_trait]
impl MigrationTrait for Migration {
    async fn up(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        create_table(
            manager,
            Table::create()
                .table("user")
                .col(pk_auto("id"))
                .col(string_len("username", 64))
                .col(string_len("email", 120))
                .col(string_len_null("password_hash", 256))
                .col(integer_null("workspace_id"))
                .col(closed_set("user", "role", ["admin", "organizer", "member"]).default("member"))
                .col(boolean_null("is_active").default(true))
                .col(timestamp_now(manager, "created_at"))
                .foreign_key(&mut references("user", "workspace_id", "workspace")),
            [
                unique_index("user", [asc("username")]),
                unique_index("user", [asc("email")]),
                index("user", [asc("workspace_id")]),
            ],
        )
        .await
    }

    async fn down(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        drop_table(manager, "user").await
    }
}
