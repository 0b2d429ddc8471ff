//! Indexes for lists of meetings in which a NULL counts as the default of its column: meetings
//! without a time of creation are listed as if they were created at the start of 1970, and those
//! without a status are drafts.
//!
//! They replace the keyset indexes on the column `created_at` itself. An index on an expression
//! serves only statements that contain the very same expression.

use sea_orm_migration::prelude::*;

use crate::parts::{asc, desc, index};

/// Creates and drops the indexes.
#[derive(DeriveMigrationName)]
pub struct Migration;

/// The meetings of a workspace, newest first: of any status, of one status, and the drafts.
pub const NEW: [(&str, &str); 3] = [
    (
        "ix_meeting_workspace_id_created_at_or_default_id",
        "(workspace_id, COALESCE(created_at, '1970-01-01 00:00:00') DESC, id DESC)",
    ),
    (
        "ix_meeting_workspace_id_status_created_at_or_default_id",
        "(workspace_id, status, COALESCE(created_at, '1970-01-01 00:00:00') DESC, id DESC)",
    ),
    (
        "ix_meeting_workspace_id_created_at_or_default_id_of_drafts",
        "(workspace_id, COALESCE(created_at, '1970-01-01 00:00:00') DESC, id DESC)
         WHERE status = 'draft' OR status IS NULL",
    ),
];

/// The old indexes, of any status and of one status.
fn old() -> [IndexCreateStatement; 2] {
    [
        index(
            "meeting",
            [asc("workspace_id"), desc("created_at"), desc("id")],
        ),
        index(
            "meeting",
            [
                asc("workspace_id"),
                asc("status"),
                desc("created_at"),
                desc("id"),
            ],
        ),
    ]
}

#[async_trait::async_trait]
impl MigrationTrait for Migration {
    async fn up(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        for index in old() {
            let name = index.get_index_spec().get_name().unwrap_or_default();
            manager
                .drop_index(Index::drop().name(name).to_owned())
                .await?;
        }
        let connection = manager.get_connection();
        for (name, terms) in NEW {
            let create = format!("CREATE INDEX {name} ON meeting {terms}");
            connection.execute_unprepared(&create).await?;
        }
        Ok(())
    }

    async fn down(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        for (name, _) in NEW {
            manager
                .drop_index(Index::drop().name(name).to_owned())
                .await?;
        }
        for index in old() {
            manager.create_index(index).await?;
        }
        Ok(())
    }
}
