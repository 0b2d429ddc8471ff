//! Workspaces, the tenants of Mina.

use sea_orm_migration::{
    prelude::*,
    schema::{json_binary_null, pk_auto, string_len},
};

use crate::parts::{asc, create_table, drop_table, timestamp_now, unique_index};

/// Creates and drops the table `workspace`.
#[derive(DeriveMigrationName)]
pub struct Migration;

#[async_trait::async_trait]
impl MigrationTrait for Migration {
    async fn up(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        create_table(
            manager,
            Table::create()
                .table("workspace")
                .col(pk_auto("id"))
                .col(string_len("name", 128))
                .col(string_len("slug", 64))
                .col(json_binary_null("settings").default("{}"))
                .col(timestamp_now(manager, "created_at")),
            [unique_index("workspace", [asc("slug")])],
        )
        .await
    }

    async fn down(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        drop_table(manager, "workspace").await
    }
}
