//! One way to both databases: statements with parameters, and rows that are read column by column.

use std::{
    io::Write,
    sync::atomic::{AtomicU64, Ordering},
    time::Duration,
};

use chrono::{NaiveDate, NaiveDateTime};
use sqlx::{
    PgPool, Row as _, SqlitePool,
    postgres::{PgArguments, PgConnectOptions, PgPoolOptions, PgRow},
    query::Query,
    sqlite::{
        SqliteArguments, SqliteConnectOptions, SqliteJournalMode, SqlitePoolOptions, SqliteRow,
        SqliteSynchronous,
    },
};

use super::json::Json;

/// A statement in the words of each database.
pub struct Sql {
    pub postgres: &'static str,
    pub sqlite: &'static str,
}

impl Sql {
    /// A statement that both databases understand.
    pub const fn same(sql: &'static str) -> Self {
        Self {
            postgres: sql,
            sqlite: sql,
        }
    }
}

/// A parameter of a statement.
#[derive(Clone, Copy)]
pub enum Value<'a> {
    Int(i32),
    /// On SQLite a JSON array, for `json_each`.
    Ints(&'a [i32]),
    Text(&'a str),
    Time(NaiveDateTime),
}

/// The connections to a database.
pub struct Connection {
    pools: Pools,
    /// The number of statements so far.
    pub statements: AtomicU64,
}

enum Pools {
    Postgres(PgPool),
    /// SQLite has one writer at a time. A pool with one connection lets the others wait in order.
    Sqlite {
        readers: SqlitePool,
        writer: SqlitePool,
    },
}

impl Connection {
    /// Connects to the database of a URL.
    pub async fn open(url: &str, pool: u32) -> Result<Self, sqlx::Error> {
        Ok(Self {
            pools: if url.starts_with("sqlite:") {
                let options: SqliteConnectOptions = url.parse()?;
                let options = options
                    .foreign_keys(true)
                    .busy_timeout(Duration::from_secs(5))
                    // Room for all rows of a query, so that no thread waits for the other.
                    .row_buffer_size(1024)
                    .journal_mode(SqliteJournalMode::Wal)
                    .synchronous(SqliteSynchronous::Normal);
                let open = |connections| {
                    SqlitePoolOptions::new()
                        .max_connections(connections)
                        .test_before_acquire(false)
                        .connect_with(options.clone())
                };
                Pools::Sqlite {
                    readers: open(pool).await?,
                    writer: open(1).await?,
                }
            } else {
                let options: PgConnectOptions = url.parse()?;
                // As Mina does. Planning takes longer than executing most of the statements, and
                // a page is read in the order of an index.
                let options = options.options([
                    ("plan_cache_mode", "force_generic_plan"),
                    ("jit", "off"),
                    ("enable_bitmapscan", "off"),
                ]);
                let pool = PgPoolOptions::new()
                    .max_connections(pool)
                    .test_before_acquire(false)
                    .connect_with(options);
                Pools::Postgres(pool.await?)
            },
            statements: AtomicU64::new(0),
        })
    }

    /// The rows of a select.
    pub async fn rows(&self, sql: &Sql, values: &[Value<'_>]) -> Result<Vec<Row>, sqlx::Error> {
        self.count();
        match &self.pools {
            Pools::Postgres(pool) => {
                let rows = postgres(sql, values).fetch_all(pool).await?;
                Ok(rows.into_iter().map(Row::Postgres).collect())
            }
            Pools::Sqlite { readers, .. } => {
                let rows = sqlite(sql, values).fetch_all(readers).await?;
                Ok(rows.into_iter().map(Row::Sqlite).collect())
            }
        }
    }

    /// Begins a transaction that writes.
    pub async fn begin(&self) -> Result<Transaction<'_>, sqlx::Error> {
        let open = match &self.pools {
            Pools::Postgres(pool) => Open::Postgres(pool.begin().await?),
            Pools::Sqlite { writer, .. } => {
                Open::Sqlite(writer.begin_with("BEGIN IMMEDIATE").await?)
            }
        };
        Ok(Transaction { open, of: self })
    }

    fn count(&self) {
        self.statements.fetch_add(1, Ordering::Relaxed);
    }
}

/// A transaction. It is rolled back when it is dropped.
pub struct Transaction<'a> {
    open: Open,
    of: &'a Connection,
}

enum Open {
    Postgres(sqlx::Transaction<'static, sqlx::Postgres>),
    Sqlite(sqlx::Transaction<'static, sqlx::Sqlite>),
}

impl Transaction<'_> {
    /// Executes a statement and returns its rows.
    pub async fn rows(&mut self, sql: &Sql, values: &[Value<'_>]) -> Result<Vec<Row>, sqlx::Error> {
        self.of.count();
        match &mut self.open {
            Open::Postgres(open) => {
                let rows = postgres(sql, values).fetch_all(&mut **open).await?;
                Ok(rows.into_iter().map(Row::Postgres).collect())
            }
            Open::Sqlite(open) => {
                let rows = sqlite(sql, values).fetch_all(&mut **open).await?;
                Ok(rows.into_iter().map(Row::Sqlite).collect())
            }
        }
    }

    pub async fn commit(self) -> Result<(), sqlx::Error> {
        match self.open {
            Open::Postgres(open) => open.commit().await,
            Open::Sqlite(open) => open.commit().await,
        }
    }
}

fn postgres<'a>(sql: &Sql, values: &'a [Value<'_>]) -> Query<'a, sqlx::Postgres, PgArguments> {
    values
        .iter()
        .fold(sqlx::query(sql.postgres), |query, value| match value {
            Value::Int(value) => query.bind(value),
            Value::Ints(values) => query.bind(*values),
            Value::Text(text) => query.bind(*text),
            Value::Time(time) => query.bind(time),
        })
}

fn sqlite<'a>(sql: &Sql, values: &'a [Value<'_>]) -> Query<'a, sqlx::Sqlite, SqliteArguments> {
    values
        .iter()
        .fold(sqlx::query(sql.sqlite), |query, value| match value {
            Value::Int(value) => query.bind(value),
            Value::Ints(values) => {
                let mut json = Json::with_capacity(values.len() * 8);
                json.list(*values, |json, value| json.integer(*value));
                query.bind(String::from_utf8_lossy(&json.0).into_owned())
            }
            Value::Text(text) => query.bind((*text).to_owned()),
            Value::Time(time) => query.bind(time),
        })
}

/// A row, as the driver received it. Its columns are read where they are written into the answer.
pub enum Row {
    Postgres(PgRow),
    Sqlite(SqliteRow),
}

/// Reads a column of either row.
macro_rules! column {
    ($row:expr, $index:expr) => {
        match $row {
            Row::Postgres(row) => row.get($index),
            Row::Sqlite(row) => row.get($index),
        }
    };
}

impl Row {
    pub fn int(&self, index: usize) -> i32 {
        column!(self, index)
    }

    pub fn optional_int(&self, index: usize) -> Option<i32> {
        column!(self, index)
    }

    pub fn optional_float(&self, index: usize) -> Option<f64> {
        column!(self, index)
    }

    pub fn text(&self, index: usize) -> &str {
        column!(self, index)
    }

    pub fn optional_text(&self, index: usize) -> Option<&str> {
        column!(self, index)
    }

    /// Writes a point in time, or null.
    pub fn write_time(&self, index: usize, json: &mut Json) {
        match self {
            Self::Postgres(row) => {
                json.optional(row.get(index), |json, time: NaiveDateTime| {
                    // Writing to a buffer cannot fail.
                    let _ = write!(json.0, "\"{time:?}Z\"");
                });
            }
            // SQLite has a text, with a space between date and time.
            Self::Sqlite(row) => json.optional(row.get(index), |json, time: &str| {
                let (date, time) = time.split_once(' ').unwrap_or((time, ""));
                for part in ["\"", date, "T", time, "Z\""] {
                    json.raw(part);
                }
            }),
        }
    }

    /// Writes a date, or null.
    pub fn write_date(&self, index: usize, json: &mut Json) {
        match self {
            Self::Postgres(row) => {
                json.optional(row.get(index), |json, date: NaiveDate| {
                    let _ = write!(json.0, "\"{date:?}\"");
                });
            }
            Self::Sqlite(row) => json.optional(row.get(index), |json, date: &str| json.text(date)),
        }
    }
}
