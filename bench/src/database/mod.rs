//! The databases that the servers read and write.

mod postgres;
mod sqlite;

use std::{path::Path, process::Command, time::Duration};

use clap::ValueEnum;
use fastrand::Rng;

use crate::{
    Outcome,
    data::{Size, TABLES, Table},
};

/// How many rows are written at once. A trigger of the segments looks at all of them once for each
/// session among them.
const CHUNK: usize = 2500;

/// A kind of database.
#[derive(Clone, Copy, PartialEq, Eq, ValueEnum)]
pub enum Backend {
    /// A temporary cluster
    Postgres,
    /// A temporary file
    Sqlite,
}

/// A database of the benchmark, with its data.
pub enum Database {
    Postgres(postgres::Cluster),
    Sqlite(sqlite::File),
}

impl Database {
    /// Creates a database, lets Mina migrate it, and writes the data.
    ///
    /// # Errors
    ///
    /// Fails if the database does not start, or rejects a statement.
    pub async fn create(backend: Backend, mina: &Path, size: Size) -> Outcome<Self> {
        let database = match backend {
            Backend::Postgres => Self::Postgres(postgres::Cluster::start().await?),
            Backend::Sqlite => Self::Sqlite(sqlite::File::create()?),
        };
        let status = Command::new(mina)
            .args(["migrate", "up", "--log", "warn", "--database-url"])
            .arg(database.url())
            .env_clear()
            .status()?;
        if !status.success() {
            return Err(format!("`mina migrate up` failed: {status}").into());
        }
        match &database {
            Self::Postgres(cluster) => cluster.fill(size).await?,
            Self::Sqlite(file) => file.fill(size).await?,
        }
        Ok(database)
    }

    /// The name of the database system.
    pub fn name(&self) -> &'static str {
        match self {
            Self::Postgres(_) => "PostgreSQL",
            Self::Sqlite(_) => "SQLite",
        }
    }

    /// The URL of the data, for servers that only read.
    pub fn url(&self) -> String {
        match self {
            Self::Postgres(cluster) => cluster.url(postgres::DATA),
            Self::Sqlite(file) => file.url(),
        }
    }

    /// The URL of a copy of the data, which is new each time, for servers that write. No server may
    /// be connected to the data or to the last copy.
    ///
    /// # Errors
    ///
    /// Fails if the data cannot be copied.
    pub async fn copy(&self) -> Outcome<String> {
        match self {
            Self::Postgres(cluster) => cluster.copy().await,
            Self::Sqlite(file) => file.copy(),
        }
    }

    /// The processor time that the processes of the database have used. None if it is part of its
    /// client.
    ///
    /// # Errors
    ///
    /// Fails if `/proc` cannot be read.
    pub fn cpu(&self) -> Outcome<Option<Duration>> {
        match self {
            Self::Postgres(cluster) => cluster.cpu().map(Some),
            Self::Sqlite(_) => Ok(None),
        }
    }
}

/// The rows of a table, in pieces of a size that a database takes at once. Each row has its id in
/// front.
pub fn chunks(table: &Table, size: Size) -> impl Iterator<Item = Vec<Vec<Option<String>>>> {
    let position = TABLES.iter().take_while(|other| other.name != table.name);
    let mut random = Rng::with_seed(size.seed.wrapping_add(position.count() as u64));
    let mut ids = (1..=size.rows(table)).peekable();
    let row = table.row;
    std::iter::from_fn(move || {
        ids.peek()?;
        let rows = ids.by_ref().take(CHUNK).map(|id| {
            let mut cells = vec![Some(id.to_string())];
            cells.extend(row(size, &mut random, id));
            cells
        });
        Some(rows.collect())
    })
}
