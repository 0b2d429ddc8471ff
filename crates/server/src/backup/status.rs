//! What is known about the backups of a running server.

use std::{
    sync::{Arc, Mutex, MutexGuard, PoisonError},
    time::Duration,
};

use chrono::{DateTime, Utc};
use serde::Serialize;

/// What is known about the backups of this server. Clones share it.
#[derive(Clone, Debug, Default)]
pub struct BackupStatus(Arc<Mutex<Known>>);

#[derive(Debug, Default)]
struct Known {
    is_on: bool,
    last: Option<DateTime<Utc>>,
    is_failing: bool,
}

/// The backups in `/health/ready`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct BackupHealth {
    /// The age of the latest backup. Null if there is none.
    age_seconds: Option<u64>,
    /// Whether the last attempt to take one failed.
    failing: bool,
}

impl BackupStatus {
    /// Takes note of the latest backup there is, when the server starts to take them.
    pub fn begin(&self, last: Option<DateTime<Utc>>) {
        let mut known = self.known();
        known.is_on = true;
        known.last = last;
    }

    /// Takes note of a new backup.
    pub fn succeeded(&self, at: DateTime<Utc>) {
        let mut known = self.known();
        known.last = Some(at);
        known.is_failing = false;
    }

    /// Takes note that an attempt failed.
    pub fn failed(&self) {
        self.known().is_failing = true;
    }

    /// The backups in `/health/ready`. None if the server takes none.
    pub fn health(&self, now: DateTime<Utc>) -> Option<BackupHealth> {
        let known = self.known();
        known.is_on.then(|| BackupHealth {
            age_seconds: known.last.map(|last| age(last, now).as_secs()),
            failing: known.is_failing,
        })
    }

    /// The age of the latest backup in seconds, for metrics: infinite if there is none, so that
    /// alerts fire, and not a number if the server takes none.
    pub fn age_seconds(&self, now: DateTime<Utc>) -> f64 {
        let known = self.known();
        match known.last {
            _ if !known.is_on => f64::NAN,
            Some(last) => age(last, now).as_secs_f64(),
            None => f64::INFINITY,
        }
    }

    fn known(&self) -> MutexGuard<'_, Known> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// How long ago it was. Zero if the clock was put back since.
pub fn age(at: DateTime<Utc>, now: DateTime<Utc>) -> Duration {
    (now - at).to_std().unwrap_or_default()
}
