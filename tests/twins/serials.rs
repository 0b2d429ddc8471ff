//! The counters that number new rows.
//!
//! PostgreSQL does not take back a number when a transaction is rolled back, and SQLite does. After
//! each mutation the counters of both databases are therefore set to the higher one, so that the
//! next row has the same id in both.

use std::collections::BTreeMap;

use libtest_mimic::Failed;
use sea_orm::{ConnectionTrait, DatabaseConnection, DbBackend, DbErr, Statement};

/// Sets the counters of two databases to the higher value of each.
///
/// # Errors
///
/// If a database fails.
pub async fn align(left: &DatabaseConnection, right: &DatabaseConnection) -> Result<(), Failed> {
    let of_left = read(left).await?;
    let of_right = read(right).await?;
    for (table, number) in &of_left {
        let other = of_right.get(table).copied().unwrap_or_default();
        if *number < other {
            write(left, table, other).await?;
        }
    }
    for (table, number) in &of_right {
        let other = of_left.get(table).copied().unwrap_or_default();
        if *number < other {
            write(right, table, other).await?;
        }
    }
    Ok(())
}

/// The last number of each table.
async fn read(database: &DatabaseConnection) -> Result<BTreeMap<String, i64>, DbErr> {
    let backend = database.get_database_backend();
    let sql = if backend == DbBackend::Postgres {
        "SELECT regexp_replace(sequencename, '_id_seq$', '') AS name, \
         coalesce(last_value, 0) AS seq FROM pg_sequences WHERE sequencename LIKE '%\\_id\\_seq'"
    } else {
        "SELECT name, seq FROM sqlite_sequence"
    };
    let rows = database.query_all_raw(Statement::from_string(backend, sql));
    let rows = rows.await?;
    let numbers = rows.iter().map(|row| {
        let name: String = row.try_get("", "name")?;
        Ok((name, row.try_get("", "seq")?))
    });
    numbers.collect()
}

async fn write(database: &DatabaseConnection, table: &str, number: i64) -> Result<(), DbErr> {
    let sql = if database.get_database_backend() == DbBackend::Postgres {
        format!("SELECT setval('{table}_id_seq', {number})")
    } else {
        format!(
            "UPDATE sqlite_sequence SET seq = {number} WHERE name = '{table}';
             INSERT INTO sqlite_sequence (name, seq) SELECT '{table}', {number}
             WHERE NOT EXISTS (SELECT 1 FROM sqlite_sequence WHERE name = '{table}')"
        )
    };
    database.execute_unprepared(&sql).await.map(drop)
}
