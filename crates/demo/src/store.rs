//! Writing the rows.

use entity::{analytics, marker, meeting, participant, segment, session, task, user, workspace};
use sea_orm::{
    ConnectionTrait, DatabaseTransaction, DbBackend, DbErr, EntityTrait, IntoActiveModel,
    PaginatorTrait, TransactionTrait,
};

use super::rows::Rows;

/// How many rows one statement inserts. The widest table has 13 columns, and SQLite takes 32,766
/// values in a statement.
const ROWS_PER_STATEMENT: usize = 1_000;

/// Why a database was not filled.
#[derive(Debug, thiserror::Error)]
pub enum FillError {
    /// There are workspaces already.
    #[error("the demo fills empty databases only, and this one has {workspaces} workspaces")]
    NotEmpty {
        /// How many.
        workspaces: u64,
    },
    /// The password could not be hashed.
    #[error("cannot hash the password of the demo: {0}")]
    Hash(#[from] bcrypt::BcryptError),
    /// The database failed.
    #[error(transparent)]
    Database(#[from] DbErr),
}

/// Writes all rows or, if anything fails, none. `written` is told of each batch how many rows it
/// had.
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
    let batch = Batch {
        transaction: &transaction,
        written,
    };
    // Each table after those that it refers to.
    batch.insert::<workspace::Entity>(rows.workspaces).await?;
    batch.insert::<user::Entity>(rows.users).await?;
    batch.insert::<session::Entity>(rows.sessions).await?;
    batch.insert::<meeting::Entity>(rows.meetings).await?;
    batch
        .insert::<participant::Entity>(rows.participants)
        .await?;
    batch.insert::<task::Entity>(rows.tasks).await?;
    batch.insert::<segment::Entity>(rows.segments).await?;
    batch.insert::<analytics::Entity>(rows.analytics).await?;
    batch.insert::<marker::Entity>(rows.markers).await?;
    transaction.commit().await?;
    Ok(())
}

/// The transaction in which everything is written.
struct Batch<'a, W> {
    transaction: &'a DatabaseTransaction,
    written: W,
}

impl<W: Fn(usize)> Batch<'_, W> {
    /// Inserts the rows of one table with the ids that they have.
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
        self.pass_ids::<E>().await
    }

    /// Makes PostgreSQL count on from the ids that were inserted. SQLite does so by itself.
    async fn pass_ids<E: EntityTrait>(&self) -> Result<(), DbErr> {
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
