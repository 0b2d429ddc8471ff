//! Indexes for keyset pagination: one for each order in which a paged list is read.
//!
//! A cursor compares `id` last, so PostgreSQL can read a page without sorting only from an index
//! that ends in `id`. Every index of SQLite ends in the rowid anyway, which is `id`. So SQLite needs
//! no further index for a list whose other columns are exactly those of an existing one.

use sea_orm_migration::{prelude::*, sea_orm::DbBackend};

use crate::parts::{asc, desc, index};

/// Creates and drops the keyset indexes.
#[derive(DeriveMigrationName)]
pub struct Migration;

#[async_trait::async_trait]
impl MigrationTrait for Migration {
    async fn up(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        for index in keyset_indexes(manager.get_database_backend()) {
            manager.create_index(index).await?;
        }
        Ok(())
    }

    async fn down(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        for index in keyset_indexes(manager.get_database_backend()) {
            let name = index.get_index_spec().get_name().unwrap_or_default();
            manager
                .drop_index(Index::drop().name(name).to_owned())
                .await?;
        }
        Ok(())
    }
}

/// The names of the indexes.
pub fn names(backend: DbBackend) -> impl Iterator<Item = String> {
    let indexes = keyset_indexes(backend).into_iter();
    indexes.map(|index| {
        index
            .get_index_spec()
            .get_name()
            .unwrap_or_default()
            .to_owned()
    })
}

fn keyset_indexes(backend: DbBackend) -> Vec<IndexCreateStatement> {
    let mut indexes = vec![
        // The meetings of a workspace, without an `orderBy`.
        index("meeting", [asc("workspace_id"), asc("id")]),
        // The meetings of a workspace, newest first, whatever their status.
        index(
            "meeting",
            [asc("workspace_id"), desc("created_at"), desc("id")],
        ),
        // The meetings of a workspace with one status, newest first. Without this index SQLite
        // would scan the index above, the only one in that order, and skip all other statuses.
        index(
            "meeting",
            [
                asc("workspace_id"),
                asc("status"),
                desc("created_at"),
                desc("id"),
            ],
        ),
        // The tasks of a meeting.
        index("task", [asc("meeting_id"), asc("id")]),
        // The tasks that are assigned to a user.
        index("task", [asc("assigned_to_id"), asc("id")]),
        // The participants of a meeting.
        index("participant", [asc("meeting_id"), asc("id")]),
        // The markers of a session, without an `orderBy`.
        index("marker", [asc("session_id"), asc("id")]),
    ];
    if backend == DbBackend::Postgres {
        indexes.extend([
            // The users of a workspace.
            index("user", [asc("workspace_id"), asc("id")]),
            // The meetings of a workspace, by start time. All meetings without a time are equal in
            // this order, and only the id tells where a page of them begins.
            index(
                "meeting",
                [asc("workspace_id"), asc("scheduled_start"), asc("id")],
            ),
            // The meetings that a user organizes.
            index("meeting", [asc("organizer_id"), asc("id")]),
            // The tasks that a user created.
            index("task", [asc("created_by_id"), asc("id")]),
            // The meetings that a user participates in.
            index("participant", [asc("user_id"), asc("id")]),
            // The sessions of a user.
            index("session", [asc("user_id"), asc("id")]),
            // The segments of a session, in the order of the recording.
            index("segment", [asc("session_id"), asc("start_ms"), asc("id")]),
            // The markers of a session, in the order of the recording.
            index("marker", [asc("session_id"), asc("timestamp"), asc("id")]),
            // The markers of a user.
            index("marker", [asc("user_id"), asc("id")]),
        ]);
    }
    indexes
}
