//! A temporary SQLite file.

use std::{fmt::Write, fs, path::PathBuf};

use sqlx::{AssertSqlSafe, Connection, Executor, SqliteConnection};
use tempfile::TempDir;

use super::chunks;
use crate::{
    Outcome,
    data::{Size, TABLES},
};

/// The file with the data.
pub struct File {
    folder: TempDir,
}

impl File {
    pub fn create() -> Outcome<Self> {
        let folder = tempfile::Builder::new().prefix("mina-bench-").tempdir()?;
        Ok(Self { folder })
    }

    fn path(&self, name: &str) -> PathBuf {
        self.folder.path().join(name)
    }

    pub fn url(&self) -> String {
        format!("sqlite:{}", self.path("data.db").display())
    }

    pub fn copy(&self) -> Outcome<String> {
        let copy = self.path("copy.db");
        for suffix in ["", "-wal", "-shm"] {
            let name = format!("copy.db{suffix}");
            if let Err(error) = fs::remove_file(self.path(&name))
                && error.kind() != std::io::ErrorKind::NotFound
            {
                return Err(error.into());
            }
            // A server that only read may have left a log beside the data.
            let original = self.path(&format!("data.db{suffix}"));
            if suffix != "-shm" && original.exists() {
                fs::copy(original, self.path(&name))?;
            }
        }
        Ok(format!("sqlite:{}", copy.display()))
    }

    pub async fn fill(&self, size: Size) -> Outcome {
        let mut connection = SqliteConnection::connect(&self.url()).await?;
        connection.execute("PRAGMA synchronous = off").await?;
        connection.execute("BEGIN").await?;
        for table in &TABLES {
            for rows in chunks(table, size) {
                let mut insert = format!("INSERT INTO {} ({}) VALUES ", table.name, table.columns);
                for (row, cells) in rows.iter().enumerate() {
                    insert.push_str(if row == 0 { "(" } else { ", (" });
                    for (column, cell) in cells.iter().enumerate() {
                        let comma = if column == 0 { "" } else { "," };
                        match cell {
                            // The column's type says what a text in quotes becomes.
                            Some(text) => write!(insert, "{comma}'{text}'")?,
                            None => write!(insert, "{comma}NULL")?,
                        }
                    }
                    insert.push(')');
                }
                connection.execute(AssertSqlSafe(insert)).await?;
            }
        }
        // The history of the data would be deleted bit by bit while the servers are measured.
        connection.execute("DELETE FROM mina_change").await?;
        connection.execute("COMMIT").await?;
        connection
            .execute("PRAGMA wal_checkpoint(TRUNCATE)")
            .await?;
        Ok(connection.close().await?)
    }
}
