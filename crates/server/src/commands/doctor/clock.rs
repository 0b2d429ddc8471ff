//! The clock of this machine.

use std::time::Duration;

use chrono::{DateTime, TimeDelta, Utc};
use sea_orm::{DatabaseConnection, DbBackend, DbErr, FromQueryResult};

use super::{
    database::{or_failed, row},
    report::Verdict,
};
use crate::database::SchemaState;

/// More than this is worth a look. Clocks that are kept by NTP differ by milliseconds.
const NOTICEABLE: Duration = Duration::from_secs(2);

/// A server accepts tokens of another whose clock is ahead by less than this.
const TOLERATED: Duration = Duration::from_mins(1);

const SYNCHRONIZE: &str = "let both machines keep their clocks by NTP (`timedatectl status`)";

/// Compares the clock with that of PostgreSQL, or with the latest times in the database.
pub async fn check(database: &DatabaseConnection) -> Vec<Verdict> {
    or_failed(try_check(database).await)
}

async fn try_check(database: &DatabaseConnection) -> Result<Vec<Verdict>, DbErr> {
    let mut verdicts = Vec::new();
    if database.get_database_backend() == DbBackend::Postgres {
        verdicts.push(compare(database).await?);
    }
    if let Some(latest) = latest(database).await?
        && let Ok(ahead) = (latest - Utc::now()).to_std()
        && ahead > TOLERATED
    {
        verdicts.push(Verdict::warning(
            format!(
                "the latest change is of {latest:.0?}, which is {} from now",
                in_words(ahead)
            ),
            "the clock of this machine is behind, or was ahead when something was stored",
        ));
    }
    if verdicts.is_empty() {
        verdicts.push(Verdict::ok("nothing in the database is of the future"));
    }
    Ok(verdicts)
}

#[derive(FromQueryResult)]
struct Milliseconds {
    ms: i64,
}

/// The difference to the clock of the server. What the statement takes is divided between both ways.
async fn compare(database: &DatabaseConnection) -> Result<Verdict, DbErr> {
    let sql = "SELECT (extract(epoch FROM clock_timestamp()) * 1000)::bigint AS ms";
    let before = Utc::now();
    let Milliseconds { ms } = row(database, sql).await?;
    let after = Utc::now();
    let here = before + (after - before) / 2;
    let difference = TimeDelta::milliseconds(here.timestamp_millis().saturating_sub(ms));
    let amount = difference.abs().to_std().unwrap_or(Duration::MAX);
    let direction = if difference > TimeDelta::zero() {
        "ahead of"
    } else {
        "behind"
    };
    let words = in_words(amount);
    let message = format!("this machine is {words} {direction} the clock of PostgreSQL");
    Ok(if amount > TOLERATED {
        Verdict::failure(message, SYNCHRONIZE)
    } else if amount > NOTICEABLE {
        Verdict::warning(message, SYNCHRONIZE)
    } else {
        Verdict::ok(message)
    })
}

/// The latest of the times that the database holds of migrations and changes.
async fn latest(database: &DatabaseConnection) -> Result<Option<DateTime<Utc>>, DbErr> {
    let state = SchemaState::read(database).await?;
    let migrated = state.applied().filter_map(|it| it.applied_at).max();
    if state.require_current().is_err() {
        return Ok(migrated);
    }
    let sql = "SELECT coalesce(max(at_ms), 0) AS ms FROM mina_change";
    let Milliseconds { ms } = row(database, sql).await?;
    Ok(migrated.max(DateTime::from_timestamp_millis(ms)))
}

fn in_words(duration: Duration) -> String {
    let whole = if duration < Duration::from_secs(10) {
        Duration::from_millis(u64::try_from(duration.as_millis()).unwrap_or(u64::MAX))
    } else {
        Duration::from_secs(duration.as_secs())
    };
    humantime::format_duration(whole).to_string()
}
