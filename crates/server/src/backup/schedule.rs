//! Backups that the server takes by itself.

use std::{path::PathBuf, sync::Arc, time::Duration};

use ::backup::Key;
use chrono::{DateTime, Utc};
use metrics::counter;
use mina_graphql::Database;
use tokio::time::sleep;
use tracing::{error, info, warn};

use super::{BackupError, BackupFolder, BackupStatus, RemovedAtEnd, create, prune, read_key};
use crate::{
    config::{BackupSettings, DatabaseUrl},
    telemetry::BACKUP_FAILURES,
};

/// The longest time until the age of the latest backup is looked at again. The clock may be set
/// meanwhile, or the machine sleep.
const LONGEST_SLEEP: Duration = Duration::from_mins(1);

/// The longest time until a failed backup is tried again.
const LONGEST_RETRY: Duration = Duration::from_mins(10);

/// Takes a backup whenever the latest one is old enough, and deletes old ones.
pub struct Schedule {
    database: PathBuf,
    folder: BackupFolder,
    key: Arc<Key>,
    every: Duration,
    keep: Duration,
    status: BackupStatus,
}

impl Schedule {
    /// The schedule in the settings, if there is a folder for backups.
    ///
    /// # Errors
    /// If the folder or the key cannot be used.
    pub fn new(
        settings: &BackupSettings,
        database: &DatabaseUrl,
        status: BackupStatus,
    ) -> Result<Option<Self>, BackupError> {
        if settings.folder.backup_dir.is_none() {
            return Ok(None);
        }
        let DatabaseUrl::Sqlite(path) = database else {
            return Err(BackupError::Postgres);
        };
        let folder = BackupFolder::open(&settings.folder)?;
        let key = Arc::new(read_key(&settings.key)?);
        let latest = folder.latest_until(Utc::now())?;
        status.begin(latest.map(|it| it.taken_at));
        Ok(Some(Self {
            database: path.clone(),
            folder,
            key,
            every: settings.schedule.backup_every,
            keep: settings.schedule.keep.backup_keep,
            status,
        }))
    }

    /// Takes backups of the database that is open, until the process ends, when this is dropped.
    pub async fn run(self, open: Database) {
        let _removed = RemovedAtEnd::default();
        loop {
            let wait = match self.attempt(&open, Utc::now()).await {
                Ok(wait) => wait,
                Err(error) => {
                    error!(%error, "a backup failed");
                    counter!(BACKUP_FAILURES).increment(1);
                    self.status.failed();
                    (self.every / 10).clamp(Duration::from_secs(1), LONGEST_RETRY)
                }
            };
            sleep(wait).await;
        }
    }

    /// Takes a backup if it is time, and says when to look again.
    async fn attempt(&self, open: &Database, now: DateTime<Utc>) -> Result<Duration, BackupError> {
        if let Some(latest) = self.folder.latest_until(now)? {
            let age = super::status::age(latest.taken_at, now);
            if let Some(wait) = self.every.checked_sub(age).filter(|it| !it.is_zero()) {
                return Ok(wait.min(LONGEST_SLEEP));
            }
        }
        // Whatever is at the path now, nobody has written to it what this server has acknowledged.
        if !open.is_in_place() {
            return Err(BackupError::Moved {
                path: self.database.clone(),
            });
        }
        let file = create(&self.database, &self.folder, &self.key, now).await?;
        info!(name = file.name(), bytes = file.bytes, "took a backup");
        self.status.succeeded(file.taken_at);
        // The new backup exists even if old ones cannot be deleted.
        match prune(&self.folder, &self.database, &self.key, self.keep, now).await {
            Ok(deleted) if deleted.is_empty() => {}
            Ok(deleted) => info!(count = deleted.len(), "deleted old backups"),
            Err(error) => {
                warn!(%error, "cannot delete old backups");
                counter!(BACKUP_FAILURES).increment(1);
            }
        }
        Ok(self.every.min(LONGEST_SLEEP))
    }
}
