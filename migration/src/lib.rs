//! The database schema of Mina, one migration a step, on PostgreSQL and on SQLite.
//!
//! A step that has been released is never edited: what it created stands in somebody's database.
//! Steps therefore name tables and columns in text and share no code with the entities, which
//! follow the newest schema.

use sea_orm_migration::{
    prelude::*,
    sea_orm::{DatabaseTransaction, TransactionTrait},
};

/// What a [`Migrator`] can do, such as `up` and `down`.
pub use sea_orm_migration::prelude::MigratorTrait;

mod m20260101_000001_create_workspace;
mod m20260101_000002_create_user;
mod m20260101_000003_create_meeting;
mod m20260101_000004_create_session;
mod m20260101_000005_create_segment;
mod m20260101_000006_create_task;
mod m20260101_000007_create_participant;
mod m20260101_000008_create_analytics;
mod m20260101_000009_create_marker;
mod m20260101_000010_index_paged_lists;
mod m20260101_000011_create_bookkeeping;
mod m20260101_000012_create_journal;
mod parts;

/// Applies and reverts the steps.
pub struct Migrator;

impl MigratorTrait for Migrator {
    fn migrations() -> Vec<Box<dyn MigrationTrait>> {
        vec![
            Box::new(Atomic(m20260101_000001_create_workspace::Migration)),
            Box::new(Atomic(m20260101_000002_create_user::Migration)),
            Box::new(Atomic(m20260101_000003_create_meeting::Migration)),
            Box::new(Atomic(m20260101_000004_create_session::Migration)),
            Box::new(Atomic(m20260101_000005_create_segment::Migration)),
            Box::new(Atomic(m20260101_000006_create_task::Migration)),
            Box::new(Atomic(m20260101_000007_create_participant::Migration)),
            Box::new(Atomic(m20260101_000008_create_analytics::Migration)),
            Box::new(Atomic(m20260101_000009_create_marker::Migration)),
            Box::new(Atomic(m20260101_000010_index_paged_lists::Migration)),
            Box::new(Atomic(m20260101_000011_create_bookkeeping::Migration)),
            Box::new(Atomic(m20260101_000012_create_journal::Migration)),
        ]
    }
}

/// A step that is applied, or reverted, whole or not at all.
///
/// Both databases can change their schema in a transaction, but left to itself the migrator uses
/// one on PostgreSQL only, and a step that failed halfway on SQLite could not be run again.
///
/// The migrator does not wait for the end of a transaction that failed. A savepoint is rolled back
/// before the step returns, because PostgreSQL otherwise still sees the names of what the step
/// created: applied again at once, the step would create `workspace_id_seq1`.
struct Atomic<M>(M);

/// Ends the savepoint of a step in the way that the step ended.
async fn end(savepoint: DatabaseTransaction, outcome: Result<(), DbErr>) -> Result<(), DbErr> {
    if outcome.is_ok() {
        return savepoint.commit().await;
    }
    // The reason why the step failed matters more than that of the rollback.
    let _ = savepoint.rollback().await;
    outcome
}

impl<M: MigrationName> MigrationName for Atomic<M> {
    fn name(&self) -> &str {
        self.0.name()
    }
}

#[async_trait::async_trait]
impl<M: MigrationTrait> MigrationTrait for Atomic<M> {
    async fn up(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        let savepoint = manager.get_connection().begin().await?;
        let outcome = self.0.up(&SchemaManager::new(&savepoint)).await;
        end(savepoint, outcome).await
    }

    async fn down(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        let savepoint = manager.get_connection().begin().await?;
        let outcome = self.0.down(&SchemaManager::new(&savepoint)).await;
        end(savepoint, outcome).await
    }

    fn use_transaction(&self) -> Option<bool> {
        Some(true)
    }
}
