//! The settings of backups.

use std::{path::PathBuf, time::Duration};

use clap::Args;

use super::value;

/// Where backups are, which key they have, and when the server takes them.
#[derive(Args, Clone, Debug)]
pub struct BackupSettings {
    /// Where backups are.
    #[command(flatten)]
    pub folder: BackupFolderSettings,

    /// What encrypts them.
    #[command(flatten)]
    pub key: BackupKeySettings,

    /// When the server takes them, and for how long it keeps them.
    #[command(flatten)]
    pub schedule: BackupScheduleSettings,
}

/// Where backups are.
#[derive(Args, Clone, Debug)]
#[command(next_help_heading = "Backups (SQLite)")]
pub struct BackupFolderSettings {
    /// The folder with the backups, which must exist. With it, `mina serve` takes backups by itself.
    /// Each database needs its own
    #[arg(long, env = "MINA_BACKUP_DIR", value_name = "DIR")]
    pub backup_dir: Option<PathBuf>,
}

/// What encrypts backups.
#[derive(Args, Clone, Debug)]
#[command(next_help_heading = "Backups (SQLite)")]
pub struct BackupKeySettings {
    /// The file with the key of the backups, which `mina backup key` makes. Without it, no backup can
    /// be read again, so keep a copy elsewhere
    #[arg(long, env = "MINA_BACKUP_KEY_FILE", value_name = "PATH")]
    pub backup_key_file: Option<PathBuf>,

    /// A file with a passphrase, instead of --backup-key-file
    #[arg(long, env = "MINA_BACKUP_PASSPHRASE_FILE", value_name = "PATH")]
    pub backup_passphrase_file: Option<PathBuf>,
}

/// When the server takes backups.
#[derive(Args, Clone, Debug)]
#[command(next_help_heading = "Backups (SQLite)")]
pub struct BackupScheduleSettings {
    /// How old the latest backup becomes before `mina serve` takes another
    #[arg(
        long,
        env = "MINA_BACKUP_EVERY",
        value_name = "DURATION",
        default_value = "24h",
        value_parser = value::positive_duration
    )]
    pub backup_every: Duration,

    /// How long it keeps them.
    #[command(flatten)]
    pub keep: BackupKeepSettings,
}

/// How long backups are kept.
#[derive(Args, Clone, Debug)]
#[command(next_help_heading = "Backups (SQLite)")]
pub struct BackupKeepSettings {
    /// How long backups are kept. The newest older one, and the latest one that can be restored, are kept in any case
    #[arg(
        long,
        visible_alias = "keep",
        env = "MINA_BACKUP_KEEP",
        value_name = "DURATION",
        default_value = "7d",
        value_parser = value::positive_duration
    )]
    pub backup_keep: Duration,
}
