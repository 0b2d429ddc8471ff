//! A temporary PostgreSQL cluster.

use std::{
    env, fs,
    io::{BufRead, BufReader},
    path::PathBuf,
    process::{Child, Command, Stdio},
    time::Duration,
};

use sqlx::{AssertSqlSafe, Connection, Executor, PgConnection};

use super::chunks;
use crate::{
    Outcome,
    data::{Size, TABLES},
    process,
};

/// The database with the data.
pub const DATA: &str = "data";

/// The name of the copy of it.
const COPY: &str = "copy";

/// The settings, besides those of the script. The data is in the memory of the server, and nothing
/// in the background runs in the time of a measurement. Commits do not wait for the disk.
const SETTINGS: [&str; 5] = [
    "listen_addresses=",
    "shared_buffers=512MB",
    "autovacuum=off",
    "max_wal_size=8GB",
    "checkpoint_timeout=1h",
];

/// A running cluster. Dropping it stops the cluster and removes its files.
pub struct Cluster {
    shell: Child,
    /// The folder of the socket, in which the data are, too.
    folder: String,
    /// The id of the first process, whose children are all others.
    postmaster: u32,
}

impl Cluster {
    pub async fn start() -> Outcome<Self> {
        let binaries = find_binaries().ok_or(
            "PostgreSQL is not installed: there is no `initdb` on PATH or in /usr/lib/postgresql",
        )?;
        let mut shell = Command::new("sh")
            .args(["-c", include_str!("../../../tests/support/cluster.sh")])
            .arg("cluster.sh")
            .arg(binaries)
            .args(SETTINGS.iter().flat_map(|setting| ["-c", setting]))
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .spawn()?;
        let stdout = shell.stdout.take().ok_or("the output is not piped")?;
        let mut folder = String::new();
        BufReader::new(stdout).read_line(&mut folder)?;
        let folder = folder.trim_end().to_owned();
        // The process must be there if the rest fails.
        let mut cluster = Self {
            shell,
            folder,
            postmaster: 0,
        };
        let file = fs::read_to_string(format!("{}/data/postmaster.pid", cluster.folder))?;
        let line = file.lines().next().ok_or("postmaster.pid is empty")?;
        cluster.postmaster = line.parse()?;
        cluster.execute("postgres", "CREATE DATABASE data").await?;
        Ok(cluster)
    }

    pub fn url(&self, database: &str) -> String {
        format!(
            "postgres://postgres@localhost/{database}?host={}",
            self.folder
        )
    }

    async fn execute(&self, database: &str, sql: &str) -> Outcome {
        let mut connection = PgConnection::connect(&self.url(database)).await?;
        connection.execute(AssertSqlSafe(sql)).await?;
        Ok(connection.close().await?)
    }

    pub async fn copy(&self) -> Outcome<String> {
        for sql in [
            format!("DROP DATABASE IF EXISTS {COPY} WITH (FORCE)"),
            format!("CREATE DATABASE {COPY} TEMPLATE {DATA}"),
            // Otherwise, the cost of writing the copy out would be in a later measurement.
            "CHECKPOINT".to_owned(),
        ] {
            self.execute("postgres", &sql).await?;
        }
        Ok(self.url(COPY))
    }

    pub async fn fill(&self, size: Size) -> Outcome {
        let mut connection = PgConnection::connect(&self.url(DATA)).await?;
        for table in &TABLES {
            let (name, columns) = (table.name, table.columns);
            for rows in chunks(table, size) {
                let mut text = String::new();
                for cells in rows {
                    let cells = cells.iter().map(|cell| cell.as_deref().unwrap_or("\\N"));
                    text.push_str(&cells.collect::<Vec<_>>().join("\t"));
                    text.push('\n');
                }
                let copy = format!("COPY {name} ({columns}) FROM STDIN");
                let mut copy = connection.copy_in_raw(&copy).await?;
                copy.send(text.as_bytes()).await?;
                copy.finish().await?;
            }
            let next = format!(
                "SELECT setval(pg_get_serial_sequence('{name}', 'id'), {})",
                size.rows(table)
            );
            connection.execute(AssertSqlSafe(next)).await?;
        }
        // The history of the data would be deleted bit by bit while the servers are measured.
        connection.execute("TRUNCATE mina_change").await?;
        connection.execute("VACUUM ANALYZE").await?;
        connection.execute("CHECKPOINT").await?;
        Ok(connection.close().await?)
    }

    /// The processor time of all processes of the cluster, also of those that have ended.
    pub fn cpu(&self) -> Outcome<Duration> {
        process::cpu_of_family(self.postmaster)
    }
}

impl Drop for Cluster {
    fn drop(&mut self) {
        // Waiting closes the standard input of the shell first, which is its sign to clean up.
        if let Err(error) = self.shell.wait() {
            eprintln!("The temporary PostgreSQL did not stop: {error}");
        }
    }
}

/// The folder of the installed binaries: the first on `PATH`, then the newest that Debian keeps
/// off it.
fn find_binaries() -> Option<PathBuf> {
    let path = env::var_os("PATH").unwrap_or_default();
    let mut debian: Vec<(u32, PathBuf)> = fs::read_dir("/usr/lib/postgresql")
        .into_iter()
        .flatten()
        .filter_map(|entry| {
            let entry = entry.ok()?;
            let version = entry.file_name().to_str()?.parse().ok()?;
            Some((version, entry.path().join("bin")))
        })
        .collect();
    debian.sort_unstable_by(|left, right| right.cmp(left));
    env::split_paths(&path)
        .chain(debian.into_iter().map(|(_, folder)| folder))
        .find(|folder| {
            let has = |program| folder.join(program).is_file();
            has("initdb") && has("postgres")
        })
}
