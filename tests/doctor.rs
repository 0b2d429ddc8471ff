//! `mina doctor` names what is wrong, and nothing else.

use std::{
    fs,
    os::unix::fs::PermissionsExt,
    path::{Path, PathBuf},
    process::{Command, Output},
};

use chrono::{TimeDelta, Utc};
use libtest_mimic::Failed;
use sea_orm::{ConnectionTrait, DbBackend};
use serde_json::Value;
use tempfile::TempDir;

use crate::{
    places::checked::without_triggers,
    support::{
        Outcome,
        clock::{FakeClock, Which},
        database::TestDatabase,
        pooler::Pooler,
        seed::Seed,
        suite::Suite,
    },
};

/// Adds the cases of this module.
pub fn list(suite: &mut Suite) {
    suite.on_both_databases(nothing_wrong);
    suite.on_both_databases(settings);
    suite.on_both_databases(permissions);
    suite.on_both_databases(pending_migrations);
    suite.on_both_databases(damage);
    suite.with_fake_clock(wrong_clock);
    suite.on_database(DbBackend::Postgres, connections);
    suite.on_database(DbBackend::Sqlite, backups);
    suite.through_pooler(behind_a_pooler);
    suite.without_database(no_database);
}

/// The files of a server: its secret, and backups with their key. Everybody could reach them.
struct Files {
    directory: TempDir,
    secret: PathBuf,
    key: PathBuf,
    backups: PathBuf,
}

impl Files {
    fn make(database: &TestDatabase) -> Result<Self, Failed> {
        // Not below the folder of the tests, which may be out of reach of other users.
        let directory = tempfile::tempdir()?;
        allow(directory.path(), 0o755)?;
        let path = |name| directory.path().join(name);
        let files = Self {
            secret: path("secret"),
            key: path("key"),
            backups: path("backups"),
            directory,
        };
        fs::write(&files.secret, "s".repeat(32))?;
        fs::write(&files.key, "2a".repeat(32))?;
        fs::create_dir(&files.backups)?;
        for file in [&files.secret, &files.key] {
            allow(file, 0o640)?;
        }
        if let Some(file) = database.url().strip_prefix("sqlite://") {
            allow(Path::new(file), 0o640)?;
        }
        Ok(files)
    }

    /// A command that uses the files.
    fn command(&self, mut command: Command, database: &TestDatabase) -> Command {
        command
            .env_clear()
            .current_dir(self.directory.path())
            .env("MINA_TOKEN_SECRET_FILE", &self.secret)
            .env("MINA_DATABASE_URL", database.url());
        if database.backend() == DbBackend::Sqlite {
            command
                .env("MINA_BACKUP_DIR", &self.backups)
                .env("MINA_BACKUP_KEY_FILE", &self.key);
        }
        command
    }

    fn doctor(&self, database: &TestDatabase, flags: &[&str]) -> Result<Diagnosis, Failed> {
        self.doctor_of(mina(), database, flags)
    }

    fn doctor_of(
        &self,
        command: Command,
        database: &TestDatabase,
        flags: &[&str],
    ) -> Result<Diagnosis, Failed> {
        let mut command = self.command(command, database);
        Diagnosis::of(&command.args(["doctor", "--json"]).args(flags).output()?)
    }

    /// Takes a backup, if that is what Mina does for the database.
    fn back_up(&self, database: &TestDatabase) -> Outcome {
        if database.backend() == DbBackend::Sqlite {
            let output = self
                .command(mina(), database)
                .args(["backup", "create"])
                .output()?;
            assert!(output.status.success(), "{output:?}");
        }
        Ok(())
    }
}

fn mina() -> Command {
    Command::new(env!("CARGO_BIN_EXE_mina"))
}

fn allow(path: &Path, mode: u32) -> Outcome {
    Ok(fs::set_permissions(path, fs::Permissions::from_mode(mode))?)
}

/// What the doctor says.
#[derive(Debug)]
struct Diagnosis {
    code: Option<i32>,
    report: Value,
}

impl Diagnosis {
    fn of(output: &Output) -> Result<Self, Failed> {
        let report = serde_json::from_slice(&output.stdout)
            .map_err(|error| format!("{error}: {output:?}"))?;
        let code = output.status.code();
        Ok(Self { code, report })
    }

    /// The warnings and failures, each as `check status`, without the archive of PostgreSQL, which the
    /// servers of the tests have not.
    fn problems(&self) -> Vec<String> {
        let findings = self.report["findings"].as_array().into_iter().flatten();
        let text =
            |finding: &Value, key: &str| finding[key].as_str().unwrap_or_default().to_owned();
        findings
            .filter(|it| it["check"] != "archive" && it["status"] != "ok")
            .filter(|it| it["status"] != "skipped")
            .map(|it| format!("{} {}", text(it, "check"), text(it, "status")))
            .collect()
    }

    /// The first finding of a check.
    fn finding(&self, check: &str) -> Result<&Value, Failed> {
        let findings = self.report["findings"].as_array().into_iter().flatten();
        let mut of_check = findings.filter(|it| it["check"] == check);
        Ok(of_check
            .next()
            .ok_or_else(|| format!("no {check}: {self:?}"))?)
    }

    fn message(&self, check: &str) -> Result<&str, Failed> {
        Ok(self.finding(check)?["message"]
            .as_str()
            .ok_or("no message")?)
    }

    fn assert_problems(&self, problems: &[&str]) -> Outcome {
        if self.problems() == problems {
            Ok(())
        } else {
            Err(format!("not {problems:?}: {self:#?}").into())
        }
    }
}

/// A server as it should be, in JSON and as text.
async fn nothing_wrong(database: &TestDatabase) -> Outcome {
    let files = Files::make(database)?;
    files.back_up(database)?;
    let diagnosis = files.doctor(database, &[])?;
    diagnosis.assert_problems(&[])?;
    for check in [
        "settings", "files", "schema", "triggers", "places", "journal",
    ] {
        assert_eq!(diagnosis.finding(check)?["status"], "ok", "{check}");
    }
    let (version, archive) = match database.backend() {
        DbBackend::Postgres => ("PostgreSQL 1", "warning"),
        _ => ("SQLite 3", "skipped"),
    };
    assert!(diagnosis.message("database")?.starts_with(version));
    // The servers of the tests archive nothing, so this is the one warning on PostgreSQL.
    assert_eq!(diagnosis.finding("archive")?["status"], archive);
    let healthy = files.doctor(database, &["--skip", "archive,places"])?;
    assert_eq!(healthy.code, Some(0), "{healthy:?}");
    assert_eq!(healthy.report["status"], "ok");
    assert_eq!(healthy.finding("places")?["status"], "skipped");

    let output = files.command(mina(), database).arg("doctor").output()?;
    let text = String::from_utf8(output.stdout)?;
    let lines = text.lines().filter(|line| !line.starts_with(' ')).count();
    assert_eq!(lines, 11, "one line for each check: {text}");
    assert_eq!(output.status.code(), diagnosis.code);
    Ok(())
}

/// Settings with which the server does not start.
async fn settings(database: &TestDatabase) -> Outcome {
    let files = Files::make(database)?;
    files.back_up(database)?;
    fs::write(&files.secret, "short")?;
    let flags = ["--tls-key", "missing.pem", "--documents", "trusted"];
    let diagnosis = files.doctor(database, &flags)?;
    diagnosis.assert_problems(&["settings failure"; 3])?;
    assert_eq!(diagnosis.code, Some(2));
    assert_eq!(diagnosis.report["status"], "failure");

    fs::write(files.directory.path().join("mina.toml"), "lisen = 'x'")?;
    let output = files.command(mina(), database).arg("doctor").output()?;
    assert_eq!(output.status.code(), Some(2), "{output:?}");
    let error = String::from_utf8(output.stderr)?;
    assert!(error.contains("did you mean listen?"), "{error}");
    Ok(())
}

/// Secrets that everybody can read, also in a settings file, and files that everybody can change.
async fn permissions(database: &TestDatabase) -> Outcome {
    let files = Files::make(database)?;
    files.back_up(database)?;
    let settings = files.directory.path().join("mina.toml");
    fs::write(&settings, "log = 'warn'")?;
    files.doctor(database, &[])?.assert_problems(&[])?;
    for (path, mode) in [(&files.secret, 0o644), (&files.secret, 0o642)] {
        allow(path, mode)?;
        let diagnosis = files.doctor(database, &[])?;
        diagnosis.assert_problems(&["files failure"])?;
        assert!(diagnosis.message("files")?.contains("secret"));
        assert_eq!(diagnosis.code, Some(2));
    }
    // What is in a folder that others cannot enter is out of their reach.
    allow(files.directory.path(), 0o750)?;
    files.doctor(database, &[])?.assert_problems(&[])?;
    allow(files.directory.path(), 0o755)?;
    allow(&files.secret, 0o600)?;

    // A flag wins, but everybody can read what is in the file.
    let password = "database_url = 'postgres://mina:hunter2@localhost/mina'";
    for (line, problems) in [
        (password, &["files failure"][..]),
        ("database_url = 'sqlite:other.db'", &[]),
    ] {
        fs::write(&settings, line)?;
        let diagnosis = files.doctor(database, &["--database-url", database.url()])?;
        diagnosis.assert_problems(problems)?;
        assert!(!diagnosis.report.to_string().contains("hunter2"));
    }
    fs::remove_file(settings)?;
    if let Some(file) = database.url().strip_prefix("sqlite://") {
        for (path, mode, problem) in [
            (Path::new(file), 0o644, "files warning"),
            (Path::new(file), 0o646, "files failure"),
            (&files.backups, 0o777, "files failure"),
        ] {
            allow(path, mode)?;
            files.doctor(database, &[])?.assert_problems(&[problem])?;
            allow(path, 0o750)?;
        }
    }
    Ok(())
}

/// A database of the last release.
async fn pending_migrations(database: &TestDatabase) -> Outcome {
    let files = Files::make(database)?;
    files.back_up(database)?;
    let output = files
        .command(mina(), database)
        .args(["migrate", "down"])
        .output()?;
    assert!(output.status.success(), "{output:?}");
    let diagnosis = files.doctor(database, &[])?;
    diagnosis.assert_problems(&["schema failure"])?;
    assert_eq!(
        diagnosis.finding("schema")?["hint"],
        "run `mina migrate up`"
    );
    assert_eq!(diagnosis.finding("journal")?["status"], "skipped");
    Ok(())
}

/// What goes wrong in the database without its triggers, and which check finds it.
const DAMAGE: &[(&str, &str)] = &[
    ("DELETE FROM mina_task_place", "places"),
    ("DELETE FROM mina_segment_position", "journal"),
    (
        "DELETE FROM mina_segment_position WHERE segment_id = 2",
        "journal",
    ),
    ("UPDATE mina_transcript SET position = 0", "journal"),
    ("DROP TRIGGER mina_task_place_insert", "triggers"),
];

/// Each damage is found by its check, and the hint repairs it.
async fn damage(database: &TestDatabase) -> Outcome {
    let files = Files::make(database)?;
    files.back_up(database)?;
    let seed = Seed(database.connection());
    let workspace = seed.workspace("acme").await?;
    let ada = seed.user(workspace.id, "ada").await?;
    let meeting = seed.meeting(&ada, "Planning").await?;
    seed.task(&meeting, "Write the plan").await?;
    let session = seed.session(&ada).await?;
    for (number, text) in ["One.", "Two."].into_iter().enumerate() {
        let start = i32::try_from(number)? * 1000;
        seed.segment(&session, start, text).await?;
    }
    files.doctor(database, &[])?.assert_problems(&[])?;
    for (change, check) in DAMAGE {
        let careless = without_triggers(database).await?;
        // On PostgreSQL, the name of a trigger belongs to its table.
        let is_of_table = change.starts_with("DROP") && database.backend() == DbBackend::Postgres;
        let table = if is_of_table { " ON task" } else { "" };
        let damage = format!("{change}{table}");
        careless.execute_unprepared(&damage).await?;
        careless.close().await?;
        let diagnosis = files.doctor(database, &[])?;
        diagnosis.assert_problems(&[&format!("{check} failure")])?;
        let hint = diagnosis.finding(check)?["hint"].as_str();
        let repair = hint.and_then(|hint| hint.split('`').nth(1));
        let repair = repair.ok_or("no command in the hint")?;
        if let Some(arguments) = repair.strip_prefix("mina ") {
            let output = files
                .command(mina(), database)
                .args(arguments.split(' '))
                .output()?;
            assert!(output.status.success(), "{output:?}");
        } else {
            database.connection().execute_unprepared(repair).await?;
        }
        files.doctor(database, &[])?.assert_problems(&[])?;
    }
    Ok(())
}

/// A clock that is an hour ahead of that of PostgreSQL, and one that is behind what is stored.
async fn wrong_clock(database: &TestDatabase) -> Outcome {
    let files = Files::make(database)?;
    files.back_up(database)?;
    let is_postgres = database.backend() == DbBackend::Postgres;
    for (offset, on_postgres, on_sqlite) in [
        ("+10s", &["clock warning"][..], &[][..]),
        ("+1h", &["clock failure"], &[]),
        (
            "-1h",
            &["clock failure", "clock warning"],
            &["clock warning", "backups failure"],
        ),
    ] {
        let clock = FakeClock::new(Which::Set, offset)?;
        let command = clock.command(Path::new(env!("CARGO_BIN_EXE_mina")));
        let diagnosis = files.doctor_of(command, database, &[])?;
        let expected = if is_postgres { on_postgres } else { on_sqlite };
        diagnosis.assert_problems(expected)?;
    }
    Ok(())
}

/// A pool that PostgreSQL has not enough connections for.
async fn connections(database: &TestDatabase) -> Outcome {
    let files = Files::make(database)?;
    let diagnosis = files.doctor(database, &["--database-pool-size", "1000"])?;
    diagnosis.assert_problems(&["connections failure"])?;
    let message = diagnosis.message("connections")?;
    assert!(message.contains("up to 1002 connections"), "{message}");
    Ok(())
}

/// Backups that are missing or old, and a key that cannot be read.
async fn backups(database: &TestDatabase) -> Outcome {
    let files = Files::make(database)?;
    let of_backups = |flags: &[&str]| {
        let diagnosis = files.doctor(database, flags)?;
        diagnosis.assert_problems(&["backups failure"])?;
        Ok::<_, Failed>(diagnosis.message("backups")?.to_owned())
    };
    assert!(of_backups(&[])?.contains("there is no backup"));
    let taken = Utc::now() - TimeDelta::days(3);
    let name = taken.format("mina-%Y%m%dT%H%M%S.000Z.minabackup");
    fs::write(files.backups.join(name.to_string()), "")?;
    assert!(of_backups(&[])?.contains("3days"));
    let patient = files.doctor(database, &["--backup-every", "2d"])?;
    patient.assert_problems(&[])?;
    fs::write(&files.key, "no key")?;
    of_backups(&["--backup-every", "2d"])?;
    let output = files
        .command(mina(), database)
        .env_remove("MINA_BACKUP_DIR")
        .args(["doctor", "--json"])
        .output()?;
    let diagnosis = Diagnosis::of(&output)?;
    diagnosis.assert_problems(&["backups warning"])?;
    assert_eq!(diagnosis.code, Some(1));
    Ok(())
}

/// Behind a pooler, the doctor says that it sees little.
async fn behind_a_pooler(database: &TestDatabase, pooler: &Pooler) -> Outcome {
    let files = Files::make(database)?;
    let diagnosis = files.doctor(database, &["--database-url", pooler.url()])?;
    diagnosis.assert_problems(&["database warning"])?;
    assert_eq!(diagnosis.finding("schema")?["status"], "skipped");
    Ok(())
}

/// Without a database, what needs one is not checked.
async fn no_database() -> Outcome {
    let directory = tempfile::tempdir()?;
    let output = mina()
        .env_clear()
        .current_dir(directory.path())
        .env("MINA_TOKEN_SECRET", "s".repeat(32))
        .args(["doctor", "--json"])
        .output()?;
    let diagnosis = Diagnosis::of(&output)?;
    diagnosis.assert_problems(&["database failure", "backups warning"])?;
    assert_eq!(diagnosis.code, Some(2));
    assert_eq!(fs::read_dir(directory.path())?.count(), 0);
    Ok(())
}
