//! The age of the backups.

use std::time::Duration;

use chrono::{DateTime, Utc};
use sea_orm::{DatabaseConnection, DbBackend, DbErr, FromQueryResult};

use super::{
    database::{or_failed, row},
    report::Verdict,
};
use crate::{
    backup::{BackupError, BackupFolder, age, read_key},
    config::{DatabaseUrl, Settings},
};

/// An archive that is older than this lacks what was written since. PostgreSQL archives at least every
/// minute with `ops/postgres/archive.conf`, if anything is written.
const OLD_ARCHIVE: Duration = Duration::from_hours(1);

const SET_UP: &str = "set up backups (docs/operations.md), or leave this check out with --skip";

/// The folder with the backups of a SQLite database.
pub fn check_folder(settings: &Settings) -> Vec<Verdict> {
    let is_sqlite = matches!(settings.database.database_url, DatabaseUrl::Sqlite(_));
    let is_set = settings.backup.folder.backup_dir.is_some();
    let verdict = match (is_sqlite, is_set) {
        (false, false) => Verdict::skipped("not checked: Mina takes no backups of PostgreSQL"),
        (false, true) => Verdict::failed(&BackupError::Postgres),
        (true, false) => Verdict::warning("`backup_dir` is not set: no backups are taken", SET_UP),
        (true, true) => {
            check_age(settings, Utc::now()).unwrap_or_else(|error| Verdict::failed(&error))
        }
    };
    vec![verdict]
}

fn check_age(settings: &Settings, now: DateTime<Utc>) -> Result<Verdict, BackupError> {
    let folder = BackupFolder::open(&settings.backup.folder)?;
    read_key(&settings.backup.key)?;
    let every = settings.backup.schedule.backup_every;
    let Some(latest) = folder.latest_until(now)? else {
        let message = format!("there is no backup in {}", folder.path().display());
        let hint = "run `mina backup create`; `mina serve` takes one when it starts";
        return Ok(Verdict::failure(message, hint));
    };
    let age = age(latest.taken_at, now);
    let name = latest.name();
    let words = humantime::format_duration(Duration::from_secs(age.as_secs()));
    let message = format!("the latest backup, {name}, is {words} old");
    Ok(if age > every.saturating_mul(2) {
        let hint = "let `mina serve` run, and see in its log why it takes none";
        Verdict::failure(message, hint)
    } else {
        Verdict::ok(message)
    })
}

/// Whether PostgreSQL archives its write-ahead log, as a backup to any moment needs it.
pub async fn check_archive(database: &DatabaseConnection) -> Vec<Verdict> {
    if database.get_database_backend() == DbBackend::Sqlite {
        return vec![Verdict::skipped("not checked: SQLite has no archive")];
    }
    or_failed(try_archive(database).await)
}

#[derive(FromQueryResult)]
struct Archive {
    mode: String,
    is_failing: bool,
    age_seconds: Option<i64>,
}

const ARCHIVE: &str = "
    SELECT current_setting('archive_mode') AS mode,
        coalesce(last_failed_time > coalesce(last_archived_time, '-infinity'), false) AS is_failing,
        extract(epoch FROM now() - last_archived_time)::bigint AS age_seconds
    FROM pg_stat_archiver";

async fn try_archive(database: &DatabaseConnection) -> Result<Vec<Verdict>, DbErr> {
    let archive: Archive = row(database, ARCHIVE).await?;
    if archive.mode == "off" {
        let message = "PostgreSQL does not archive its write-ahead log (`archive_mode` is off)";
        return Ok(vec![Verdict::warning(message, SET_UP)]);
    }
    let hint = "see the log of PostgreSQL and `pg_stat_archiver`";
    if archive.is_failing {
        let message = "PostgreSQL cannot archive its write-ahead log";
        return Ok(vec![Verdict::failure(message, hint)]);
    }
    let Some(seconds) = archive.age_seconds else {
        let message = "PostgreSQL has not archived anything yet";
        return Ok(vec![Verdict::warning(message, hint)]);
    };
    let age = Duration::from_secs(seconds.unsigned_abs());
    let words = humantime::format_duration(age);
    let message = format!("the write-ahead log was archived {words} ago");
    Ok(vec![if age > OLD_ARCHIVE {
        Verdict::warning(
            message,
            "with `archive_timeout`, it is archived however little is written",
        )
    } else {
        Verdict::ok(message)
    }])
}
