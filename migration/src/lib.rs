//! The database schema of Mina, as a list of migrations for PostgreSQL and SQLite.
//!
//! A released migration is never edited, because databases that were created with it exist.
//! Migrations therefore spell out the names of tables and columns, and share no code with the
//! entities, which always describe the newest schema.

use sea_orm_migration::{
    prelude::*,
    sea_orm::{DatabaseTransaction, TransactionTrait},
};

pub use m20260101_000015_normalize_times::normalized as normalized_time;
/// The methods of a [`Migrator`], such as `up` and `down`.
pub use sea_orm_migration::prelude::MigratorTrait;
pub use triggers::{Definition, rights, triggers};

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
mod m20260101_000013_time_journal_on_old_sqlite;
mod m20260101_000014_index_default_times;
mod m20260101_000015_normalize_times;
mod m20260101_000018_renew_password_hashes;
mod m20260101_000020_create_places;
mod m20260101_000021_fill_places;
mod m20260101_000022_index_organizers;
mod m20260101_000023_place_participants;
mod m20260101_000024_fill_participant_places;
mod m20260101_000025_index_dependents;
mod m20260101_000026_fill_positions;
mod m20260101_000027_create_speakers;
mod m20260101_000028_create_retention;
mod m20260101_000029_create_upload;
mod m20260101_000030_note_deletions;
mod m20260101_000032_keep_orphans;
mod parts;
mod triggers;

/// The indexes of tables of the data contract that migrations create after the tables: the migration and
/// the name. Adoption looks whether another program has given these names to something else.
#[must_use]
pub fn index_names(backend: sea_orm_migration::sea_orm::DbBackend) -> Vec<(&'static str, String)> {
    use sea_orm_migration::sea_orm::DbBackend;
    let keysets = m20260101_000010_index_paged_lists::names(backend);
    let keysets = keysets.map(|name| ("m20260101_000010_index_paged_lists", name));
    let defaults = m20260101_000014_index_default_times::NEW
        .map(|(name, _)| ("m20260101_000014_index_default_times", name.to_owned()));
    let mut names: Vec<_> = keysets.chain(defaults).collect();
    names.push((
        "m20260101_000022_index_organizers",
        m20260101_000022_index_organizers::INDEX.to_owned(),
    ));
    if backend == DbBackend::Postgres {
        names.push((
            "m20260101_000025_index_dependents",
            m20260101_000025_index_dependents::INDEX.to_owned(),
        ));
    }
    names
}

/// Applies and reverts the migrations.
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
            Box::new(Atomic(
                m20260101_000013_time_journal_on_old_sqlite::Migration,
            )),
            Box::new(Atomic(m20260101_000014_index_default_times::Migration)),
            Box::new(Atomic(m20260101_000015_normalize_times::Migration)),
            Box::new(Atomic(m20260101_000018_renew_password_hashes::Migration)),
            Box::new(Atomic(m20260101_000020_create_places::Migration)),
            Box::new(Resumable(m20260101_000021_fill_places::Migration)),
            Box::new(Resumable(m20260101_000022_index_organizers::Migration)),
            Box::new(Atomic(m20260101_000023_place_participants::Migration)),
            Box::new(Resumable(
                m20260101_000024_fill_participant_places::Migration,
            )),
            Box::new(Resumable(m20260101_000025_index_dependents::Migration)),
            Box::new(Atomic(m20260101_000026_fill_positions::Migration)),
            Box::new(Atomic(m20260101_000027_create_speakers::Migration)),
            Box::new(Atomic(m20260101_000028_create_retention::Migration)),
            Box::new(Atomic(m20260101_000029_create_upload::Migration)),
            Box::new(Atomic(m20260101_000030_note_deletions::Migration)),
            Box::new(Atomic(m20260101_000032_keep_orphans::Migration)),
        ]
    }
}

/// A migration that runs in one transaction, in both directions.
///
/// Both databases can change their schema in a transaction, but by default SeaORM's migrator uses
/// one on PostgreSQL only. A migration that failed halfway on SQLite could then not be run again.
///
/// The migrator does not wait for the end of a transaction that failed. A savepoint is rolled back
/// before the migration returns, because PostgreSQL would otherwise still see the names of what the
/// migration created: run again at once, it would create `workspace_id_seq1`.
struct Atomic<M>(M);

/// Ends the savepoint of a migration the way that the migration ended.
async fn end(savepoint: DatabaseTransaction, outcome: Result<(), DbErr>) -> Result<(), DbErr> {
    if outcome.is_ok() {
        return savepoint.commit().await;
    }
    // The reason why the migration failed matters more than that of the rollback.
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

/// A migration that runs in several short transactions, because one would lock many rows for long.
///
/// If it is killed, it runs again from the start, so it has to skip what it has done already.
struct Resumable<M>(M);

impl<M: MigrationName> MigrationName for Resumable<M> {
    fn name(&self) -> &str {
        self.0.name()
    }
}

#[async_trait::async_trait]
impl<M: MigrationTrait> MigrationTrait for Resumable<M> {
    async fn up(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        self.0.up(manager).await
    }

    async fn down(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        self.0.down(manager).await
    }

    fn use_transaction(&self) -> Option<bool> {
        Some(false)
    }
}
