//! Keyset indexes: the order in which each paged list is read, ending in `id`.
//!
//! A cursor compares `id` last, so on PostgreSQL an index serves a page without a sort only if it
//! ends in `id`. Every SQLite index already ends in the rowid, which is `id`: there the lists whose
//! leading columns are the whole of another index are served by that one and get none of their own.

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

fn keyset_indexes(backend: DbBackend) -> Vec<IndexCreateStatement> {
    let mut indexes = vec![
        // The meetings of a workspace, in no asked-for order.
        index("meeting", [asc("workspace_id"), asc("id")]),
        // The meetings of a workspace, newest first, whatever their status.
        index(
            "meeting",
            [asc("workspace_id"), desc("created_at"), desc("id")],
        ),
        // The meetings of a workspace with one status, newest first. SQLite would otherwise walk
        // the index above and skip the others, because it alone gives the order.
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
        // The tasks that a user is to do.
        index("task", [asc("assigned_to_id"), asc("id")]),
        // The participants of a meeting.
        index("participant", [asc("meeting_id"), asc("id")]),
        // The markers of a session, in no asked-for order.
        index("marker", [asc("session_id"), asc("id")]),
    ];
    if backend == DbBackend::Postgres {
        indexes.extend([
            // The users of a workspace.
            index("user", [asc("workspace_id"), asc("id")]),
            // The calendar of a workspace. Those without a time are all equal in it, and only the
            // id tells where a page of them begins.
            index(
                "meeting",
                [asc("workspace_id"), asc("scheduled_start"), asc("id")],
            ),
            // The meetings that a user organizes.
            index("meeting", [asc("organizer_id"), asc("id")]),
            // The tasks that a user created.
            index("task", [asc("created_by_id"), asc("id")]),
            // The meetings that a user takes part in.
            index("participant", [asc("user_id"), asc("id")]),
            // The sessions of a user.
            index("session", [asc("user_id"), asc("id")]),
            // The transcript of a session.
            index("segment", [asc("session_id"), asc("start_ms"), asc("id")]),
            // The markers of a session, in the order of the recording.
            index("marker", [asc("session_id"), asc("timestamp"), asc("id")]),
            // The markers of a user.
            index("marker", [asc("user_id"), asc("id")]),
        ]);
    }
    indexes
}
