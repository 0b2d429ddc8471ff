//! The places of the rows that were there before the triggers of the migration `create_places`.
//!
//! A slice of the rows at a time gets its places, in a transaction of its own, so that writers do
//! not wait for long. Rows that have a place are skipped, so the migration can be run again after it
//! was killed.

use sea_orm_migration::{
    prelude::*,
    sea_orm::{DbBackend, RuntimeErr, Statement, TransactionTrait},
};

/// Adds the places. The tables are dropped by the migration that created them.
#[derive(DeriveMigrationName)]
pub struct Migration;

/// How many rows get their places at once. Others wait for the locks of a slice, which took up to two
/// seconds for 5,000 rows on a busy machine.
const SLICE: u32 = 1000;

/// How long a slice waits for a row that a writer has locked. Others wait for the rows that the
/// slice has locked meanwhile.
const LOCK_TIMEOUT: &str = "SET LOCAL lock_timeout = '200ms'";

/// How often a slice is tried, and the pause in between. Writers may have long transactions.
const ATTEMPTS: usize = 120;
const PAUSE: &str = "SELECT pg_sleep(0.5)";

/// A lock that was not available in time, a deadlock, and a serialization failure.
const CONTENTION: [&str; 3] = ["55P03", "40P01", "40001"];

/// After how many slices PostgreSQL counts the places. It plans for an empty table before.
const SLICES_UNTIL_ANALYZE: [usize; 3] = [1, 10, 100];

/// The tables whose rows have places. Markers get theirs from sessions.
const TABLES: [&str; 4] = ["session", "task", "analytics", "marker"];

#[async_trait::async_trait]
impl MigrationTrait for Migration {
    async fn up(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        for table in TABLES {
            fill_table(manager, table).await?;
        }
        Ok(())
    }

    async fn down(&self, _manager: &SchemaManager) -> Result<(), DbErr> {
        Ok(())
    }
}

/// Adds the places of one table.
pub async fn fill_table(manager: &SchemaManager<'_>, table: &str) -> Result<(), DbErr> {
    let mut slices = 0;
    let mut after = i32::MIN;
    while let Some(last) = end_of_slice(manager, table, after).await? {
        fill_slice(manager, table, after, last).await?;
        after = last;
        slices += 1;
        if SLICES_UNTIL_ANALYZE.contains(&slices) {
            analyze(manager, table).await?;
        }
    }
    analyze(manager, table).await
}

async fn analyze(manager: &SchemaManager<'_>, table: &str) -> Result<(), DbErr> {
    if manager.get_database_backend() != DbBackend::Postgres {
        return Ok(());
    }
    let sql = format!("ANALYZE mina_{table}_place");
    let connection = manager.get_connection();
    connection.execute_unprepared(&sql).await.map(drop)
}

/// The last id of the slice that begins after an id, or `None` at the end of the table.
async fn end_of_slice(
    manager: &SchemaManager<'_>,
    table: &str,
    after: i32,
) -> Result<Option<i32>, DbErr> {
    let sql = format!(
        "SELECT max(id) AS last FROM (
            SELECT id FROM {table} WHERE id > {after} ORDER BY id LIMIT {SLICE}
        ) AS slice"
    );
    let statement = Statement::from_string(manager.get_database_backend(), sql);
    let row = manager.get_connection().query_one_raw(statement).await?;
    row.map_or(Ok(None), |row| row.try_get("", "last"))
}

/// Adds the missing places of a slice. If writers are in the way, it lets them go first.
async fn fill_slice(
    manager: &SchemaManager<'_>,
    table: &str,
    after: i32,
    last: i32,
) -> Result<(), DbErr> {
    let mut attempt = 1;
    loop {
        match try_to_fill(manager, table, after, last).await {
            Err(error) if attempt < ATTEMPTS && is_contention(&error) => {
                let connection = manager.get_connection();
                connection.execute_unprepared(PAUSE).await?;
                attempt += 1;
            }
            outcome => return outcome,
        }
    }
}

async fn try_to_fill(
    manager: &SchemaManager<'_>,
    table: &str,
    after: i32,
    last: i32,
) -> Result<(), DbErr> {
    let backend = manager.get_database_backend();
    let transaction = manager.get_connection().begin().await?;
    if backend == DbBackend::Postgres {
        transaction.execute_unprepared(LOCK_TIMEOUT).await?;
    }
    let sql = fill(backend, table, after, last);
    transaction.execute_unprepared(&sql).await?;
    transaction.commit().await
}

fn is_contention(error: &DbErr) -> bool {
    let (DbErr::Exec(RuntimeErr::SqlxError(error)) | DbErr::Query(RuntimeErr::SqlxError(error))) =
        error
    else {
        return false;
    };
    let Some(error) = error.as_database_error() else {
        return false;
    };
    error
        .code()
        .is_some_and(|code| CONTENTION.contains(&&*code))
}

/// The statement that adds the missing places of a slice.
fn fill(backend: DbBackend, table: &str, after: i32, last: i32) -> String {
    let missing = format!(
        "id > {after} AND id <= {last} AND NOT EXISTS (
            SELECT 1 FROM mina_{table}_place AS place
            WHERE place.id = unplaced.id AND place.id > {after} AND place.id <= {last})"
    );
    if backend == DbBackend::Postgres {
        let function = match table {
            "session" => "mina_place_sessions",
            "task" => "mina_place_tasks",
            "analytics" => "mina_place_analytics",
            "participant" => "mina_place_participants",
            _ => "mina_place_markers",
        };
        return format!(
            "SELECT {function}(ARRAY(
                SELECT id FROM {table} AS unplaced WHERE {missing} ORDER BY id), true)"
        );
    }
    // The view has the columns of the table in the same order.
    format!(
        "INSERT INTO mina_{table}_place
         SELECT * FROM mina_expected_{table}_place AS unplaced WHERE {missing}"
    )
}
