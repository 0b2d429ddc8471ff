//! A database in a folder of its own, which the test process does not hold open, and its backups.

use std::{
    fs,
    path::{Path, PathBuf},
    process::{Command, Output},
};

use entity::{meeting, user::Role};
use libtest_mimic::Failed;
use sea_orm::{
    ActiveModelTrait, ActiveValue::Set, ConnectionTrait, Database, DatabaseConnection, DbBackend,
    EntityTrait, IntoActiveModel, QueryOrder, QuerySelect, Statement,
};
use serde_json::json;
use tempfile::TempDir;

use crate::support::{Outcome, call::Call, database::TestDatabase, seed::Seed, server::Server};

/// The folders of one case.
pub struct Place {
    root: TempDir,
}

impl Place {
    /// A copy of a test database, with an admin called Ada and one meeting, and a key.
    pub async fn new(database: &TestDatabase) -> Result<Self, Failed> {
        let connection = database.connection();
        let seed = Seed(connection);
        let workspace = seed.workspace("acme").await?;
        let mut ada = seed.user(workspace.id, "ada").await?.into_active_model();
        ada.role = Set(Some(Role::Admin));
        let ada = ada.update(connection).await?;
        seed.meeting(&ada, "Before everything").await?;
        let place = Self::empty()?;
        let target = place.database().to_string_lossy().into_owned();
        let copy =
            Statement::from_sql_and_values(DbBackend::Sqlite, "VACUUM INTO ?", [target.into()]);
        connection.execute_raw(copy).await?;
        Ok(place)
    }

    /// Folders without a database.
    pub fn empty() -> Result<Self, Failed> {
        let root = TempDir::with_prefix_in("backup.", env!("CARGO_TARGET_TMPDIR"))?;
        for folder in ["data", "backups"] {
            fs::create_dir(root.path().join(folder))?;
        }
        let place = Self { root };
        fs::write(place.key(), "2a".repeat(32))?;
        Ok(place)
    }

    /// The database file.
    pub fn database(&self) -> PathBuf {
        self.data().join("mina.db")
    }

    /// Its write-ahead log.
    pub fn log(&self) -> PathBuf {
        self.data().join("mina.db-wal")
    }

    /// The folder with the database.
    pub fn data(&self) -> PathBuf {
        self.root.path().join("data")
    }

    /// The folder with the backups.
    pub fn backups(&self) -> PathBuf {
        self.root.path().join("backups")
    }

    /// The key file.
    pub fn key(&self) -> PathBuf {
        self.root.path().join("key")
    }

    /// A path of a file that belongs to nothing.
    pub fn elsewhere(&self, name: &str) -> PathBuf {
        self.root.path().join(name)
    }

    /// The URL of the database.
    pub fn url(&self) -> String {
        format!("sqlite:{}", self.database().display())
    }

    /// Starts the server.
    pub fn server(&self, flags: &[&str]) -> Result<Server, Failed> {
        Server::start_at(&self.url(), flags)
    }

    /// Tries to start the server, and returns what it says when it does not.
    pub fn rejected_server(&self) -> Result<String, Failed> {
        match self.server(&[]) {
            Ok(_) => Err("the server starts".into()),
            Err(failed) => Ok(failed.message().unwrap_or_default().to_owned()),
        }
    }

    /// `mina backup` with these arguments.
    pub fn command(&self, arguments: &[&str]) -> Command {
        let mut command = Command::new(env!("CARGO_BIN_EXE_mina"));
        command
            .arg("backup")
            .args(arguments)
            .current_dir(self.root.path())
            .env_clear()
            .env("MINA_DATABASE_URL", self.url())
            .env("MINA_BACKUP_DIR", self.backups())
            .env("MINA_BACKUP_KEY_FILE", self.key());
        command
    }

    /// Runs `mina backup` with these arguments, which must succeed, and returns what it prints.
    pub fn run(&self, arguments: &[&str]) -> Result<String, Failed> {
        let output = self.command(arguments).output()?;
        if output.status.success() {
            Ok(String::from_utf8(output.stdout)?)
        } else {
            Err(format!("{arguments:?} fails: {output:?}").into())
        }
    }

    /// Runs `mina backup` with these arguments, which must fail, and returns the error.
    pub fn fail(&self, arguments: &[&str]) -> Result<String, Failed> {
        error_of(self.command(arguments).output()?)
    }

    /// The files in the folder of the database, hidden ones too.
    pub fn files(&self) -> Result<Vec<String>, Failed> {
        names(&self.data())
    }

    /// The files in the folder of the backups, hidden ones too.
    pub fn backup_files(&self) -> Result<Vec<String>, Failed> {
        names(&self.backups())
    }

    /// Runs a statement on the database, which no server may use.
    pub async fn execute(&self, sql: &str) -> Outcome {
        let connection = self.connect().await?;
        connection.execute_unprepared(sql).await?;
        connection.close().await?;
        Ok(())
    }

    /// The titles of the meetings in the database, in the order of their ids.
    pub async fn titles(&self) -> Result<Vec<String>, Failed> {
        let connection = self.connect().await?;
        let titles = titles_on(&connection).await?;
        connection.close().await?;
        Ok(titles)
    }

    async fn connect(&self) -> Result<DatabaseConnection, Failed> {
        Ok(Database::connect(format!("sqlite://{}", self.database().display())).await?)
    }
}

async fn titles_on(connection: &DatabaseConnection) -> Result<Vec<String>, Failed> {
    let titles = meeting::Entity::find()
        .select_only()
        .column(meeting::Column::Title)
        .order_by_asc(meeting::Column::Id)
        .into_tuple();
    Ok(titles.all(connection).await?)
}

/// A mutation that creates a meeting.
pub fn create(title: &str, token: &str) -> Call {
    Call::new(
        "meetingCreate",
        "meeting { databaseId }",
        json!({"title": title}),
    )
    .with_token(token)
}

/// The error that a command printed.
pub fn error_of(output: Output) -> Result<String, Failed> {
    assert!(!output.status.success(), "{output:?}");
    Ok(String::from_utf8(output.stderr)?)
}

/// A command without the right to ignore permissions, which the superuser has.
pub fn without_privileges(command: Command) -> Result<Command, Failed> {
    let id = Command::new("id").arg("-u").output()?;
    if id.stdout.trim_ascii() != b"0" {
        return Ok(command);
    }
    let mut without = Command::new("setpriv");
    without
        .args(["--bounding-set", "-all", "--inh-caps", "-all"])
        .arg(command.get_program())
        .args(command.get_args())
        .env_clear()
        .env("PATH", "/usr/sbin:/usr/bin:/sbin:/bin");
    for (name, value) in command.get_envs() {
        if let Some(value) = value {
            without.env(name, value);
        }
    }
    if let Some(folder) = command.get_current_dir() {
        without.current_dir(folder);
    }
    Ok(without)
}

fn names(folder: &Path) -> Result<Vec<String>, Failed> {
    let mut names = Vec::new();
    for entry in fs::read_dir(folder)? {
        names.push(entry?.file_name().to_string_lossy().into_owned());
    }
    names.sort_unstable();
    Ok(names)
}
