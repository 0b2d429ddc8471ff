//! For how long the transcripts of a workspace are kept.

use sea_orm_migration::{prelude::*, schema::integer};

use crate::parts::{create_table, drop_table, references};

/// Creates and drops the table `mina_retention`.
#[derive(DeriveMigrationName)]
pub struct Migration;

#[async_trait::async_trait]
impl MigrationTrait for Migration {
    async fn up(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        create_table(
            manager,
            Table::create()
                .table("mina_retention")
                .col(integer("workspace_id").primary_key())
                .col(integer("transcript_days"))
                .foreign_key(
                    references("mina_retention", "workspace_id", "workspace")
                        .on_delete(ForeignKeyAction::Cascade),
                ),
            [],
        )
        .await
    }

    async fn down(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        drop_table(manager, "mina_retention").await
    }
}
