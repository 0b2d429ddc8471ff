//! Writes the rows to the database.

use entity::{analytics, marker, meeting, participant, segment, session, task, user, workspace};
use sea_orm::{
    ConnectionTrait, DatabaseTransaction, DbBackend, DbErr, EntityTrait, IntoActiveModel,
    PaginatorTrait, TransactionTrait,
};

use crate::rows::Rows;

/// How many rows one statement inserts. The widest table has 13 columns, and SQLite accepts at most
/// 32,766 values in a statement.
const ROWS_PER_STATEMENT: usize = 1_000;

/// Why a database was not filled.
#[derive(Debug, thiserror::Error)]
pub enum FillError {
    /// There are workspaces already.
    #[error(
        "the demo fills empty databases only, and this one has {workspaces} {}",
        if *workspaces == 1 { "workspace" } else { "workspaces" }
    )]
    NotEmpty {
        /// The number of workspaces.
        workspaces: u64,
    },
    /// The password could not be hashed.
    #[error("cannot hash the password of the demo: {0}")]
    Hash(#[from] bcrypt::BcryptError),
    /// The database failed.
    #[error(transparent)]
    Database(#[from] DbErr),
}

/// Writes all rows or, if anything fails, none. `written` is called after each statement with the
/// number of rows that it inserted.
pub async fn store(
    rows: Rows,
    database: &impl TransactionTrait<Transaction = DatabaseTransaction>,
    written: impl Fn(usize),
) -> Result<(), FillError> {
    let transaction = database.begin().await?;
    let workspaces = workspace::Entity::find().count(&transaction).await?;
    if workspaces > 0 {
        return Err(FillError::NotEmpty { workspaces });
    }
    let tables = TableWriter {
        transaction: &transaction,
        written,
    };
    // Each table comes after those that it refers to.
    tables.insert::<workspace::Entity>(rows.workspaces).await?;
    tables.insert::<user::Entity>(rows.users).await?;
    tables.insert::<session::Entity>(rows.sessions).await?;
    tables.insert::<meeting::Entity>(rows.meetings).await?;
    tables
        .insert::<participant::Entity>(rows.participants)
        .await?;
    tables.insert::<task::Entity>(rows.tasks).await?;
    tables.insert::<segment::Entity>(rows.segments).await?;
    tables.insert::<analytics::Entity>(rows.analytics).await?;
    tables.insert::<marker::Entity>(rows.markers).await?;
    transaction.commit().await?;
    Ok(())
}

/// Writes tables in one transaction.
struct TableWriter<'a, W> {
    transaction: &'a DatabaseTransaction,
    written: W,
}

impl<W: Fn(usize)> TableWriter<'_, W> {
    /// Inserts the rows of one table, with their ids.
    async fn insert<E>(&self, rows: Vec<E::Model>) -> Result<(), DbErr>
    where
        E: EntityTrait,
        E::Model: IntoActiveModel<E::ActiveModel>,
    {
        let mut rows = rows.into_iter().peekable();
        while rows.peek().is_some() {
            let chunk: Vec<E::ActiveModel> = rows
                .by_ref()
                .take(ROWS_PER_STATEMENT)
                .map(IntoActiveModel::into_active_model)
                .collect();
            let count = chunk.len();
            E::insert_many(chunk)
                .exec_without_returning(self.transaction)
                .await?;
            (self.written)(count);
        }
        self.advance_sequence::<E>().await
    }

    /// Makes PostgreSQL continue after the ids that were inserted. SQLite does so by itself.
    async fn advance_sequence<E: EntityTrait>(&self) -> Result<(), DbErr> {
        if self.transaction.get_database_backend() != DbBackend::Postgres {
            return Ok(());
        }
        let table = E::default().table_name().to_owned();
        let statement = format!(
            "SELECT setval(pg_get_serial_sequence('\"{table}\"', 'id'), MAX(id)) FROM \"{table}\""
        );
        self.transaction.execute_unprepared(&statement).await?;
        Ok(())
    }
}
