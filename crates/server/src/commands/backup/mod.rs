//! `mina backup`: takes, lists, checks, restores and deletes backups of a SQLite database.

mod interruption;
mod table;

use std::{
    path::{Path, PathBuf},
    sync::Arc,
};

use chrono::Utc;
use clap::{Args, Subcommand};
use tokio::select;

use self::interruption::Interruption;
use crate::{
    backup::{self, BackupError, BackupFolder, RemovedAtEnd, Restored, Verified, read_key},
    command_error::Outcome,
    config::{
        BackupFolderSettings, BackupKeepSettings, BackupKeySettings, DatabaseSettings, DatabaseUrl,
    },
    database, output,
};

/// Take, list, check and restore encrypted backups of a SQLite database
///
/// A backup is one file: the database as it was at one moment, compressed and encrypted. The server may
/// go on writing while one is taken. `mina serve` takes them by itself if --backup-dir is set.
/// PostgreSQL is backed up by pgBackRest instead, for which ops/postgres/ has everything.
#[derive(Args, Debug)]
#[command(
    arg_required_else_help = true,
    after_help = "\
First steps:
  mina backup key --write /etc/mina/backup.key    (keep a copy elsewhere: a lost key is final)
  mkdir -m 700 /var/backups/mina
  export MINA_BACKUP_KEY_FILE=/etc/mina/backup.key MINA_BACKUP_DIR=/var/backups/mina
  mina backup create
  mina backup verify

After a disaster, with the server stopped:
  mina backup list
  mina backup restore --force"
)]
pub struct Backup {
    #[command(subcommand)]
    action: Action,
}

#[derive(Debug, Subcommand)]
enum Action {
    Key(NewKey),
    Create(Create),
    List(List),
    Verify(Verify),
    Restore(Restore),
    Prune(Prune),
}

/// Make a key for backups: 32 random bytes, in a file that only its owner can read
///
/// Whoever has this file can read the backups, and without it nobody can, Mina's authors included. So
/// keep a copy of it where the backups are not, for example on paper: it is one line.
#[derive(Args, Debug)]
struct NewKey {
    /// The file to write, which must not exist
    #[arg(long, value_name = "FILE")]
    write: PathBuf,
}

/// Take a backup, also while the server is running
///
/// The database is first copied beside itself, as it is at this moment, so its disk needs room for a
/// second one. The copy is compressed and encrypted into --backup-dir, and is gone afterwards. The
/// backup appears under its name only when it is whole. Writers do not wait meanwhile, but the
/// write-ahead log grows by what they write until the copy is made.
#[derive(Args, Debug)]
struct Create {
    #[command(flatten)]
    folder: BackupFolderSettings,
    #[command(flatten)]
    key: BackupKeySettings,
    #[command(flatten)]
    database: DatabaseSettings,
}

/// List the backups, oldest first: when each was taken, of what, and by which version of mina
///
/// This needs no key, and checks nothing: see `mina backup verify`.
#[derive(Args, Debug)]
struct List {
    #[command(flatten)]
    folder: BackupFolderSettings,
}

/// Check that a backup can be restored
///
/// Decrypts and decompresses all of it, and lets SQLite check the database and its references. Rows
/// that refer to rows that do not exist are a warning: such a backup can be restored. Until that is
/// done, the database is in a hidden file beside --database-url, which only its owner can read.
#[derive(Args, Debug)]
struct Verify {
    /// The backup: its name in --backup-dir, or a path [default: the latest]
    backup: Option<PathBuf>,

    /// Check all backups in --backup-dir
    #[arg(long, conflicts_with = "backup")]
    all: bool,

    #[command(flatten)]
    folder: BackupFolderSettings,
    #[command(flatten)]
    key: BackupKeySettings,
    #[command(flatten)]
    database: DatabaseSettings,
}

/// Put a backup in the place of the database
///
/// The server must be stopped. The backup is checked first, as by `mina backup verify`, and then takes
/// the place of the database in one step, with the same owner and permissions: if this command is
/// interrupted, there is the former database or the restored one, and never a part. What was written
/// after the backup was taken is lost.
#[derive(Args, Debug)]
#[command(after_help = "\
Examples:
  mina backup restore --database-url sqlite:/tmp/look.db    (a copy, to look into it)
  mina backup restore mina-20260102T030405.678Z.minabackup --force")]
struct Restore {
    /// The backup: its name in --backup-dir, or a path [default: the latest]
    backup: Option<PathBuf>,

    /// Replace the database that exists
    #[arg(long)]
    force: bool,

    #[command(flatten)]
    folder: BackupFolderSettings,
    #[command(flatten)]
    key: BackupKeySettings,
    #[command(flatten)]
    database: DatabaseSettings,
}

/// Delete old backups
///
/// Deletes those that are older than --backup-keep, except the newest of them, so that there is a way
/// back as far as that, and the latest one that can be restored: it is checked first. If none can be
/// restored, or one cannot be checked now (for example because the disk is full), none is deleted.
#[derive(Args, Debug)]
struct Prune {
    #[command(flatten)]
    keep: BackupKeepSettings,
    #[command(flatten)]
    folder: BackupFolderSettings,
    #[command(flatten)]
    key: BackupKeySettings,
    #[command(flatten)]
    database: DatabaseSettings,
}

/// Runs the chosen subcommand. A signal ends it in an orderly way: nobody waits for threads that still
/// work, so their unfinished files are removed here and not by them.
pub async fn run(arguments: Backup) -> Outcome {
    let _removed = RemovedAtEnd::default();
    let mut interruption = Interruption::new().map_err(BackupError::Signals)?;
    let action = async {
        match arguments.action {
            Action::Key(arguments) => key(&arguments),
            Action::Create(arguments) => create(&arguments).await,
            Action::List(arguments) => list(&arguments),
            Action::Verify(arguments) => verify(&arguments).await,
            Action::Restore(arguments) => restore(&arguments).await,
            Action::Prune(arguments) => prune(&arguments).await,
        }
    };
    select! {
        // What was done is not reported as interrupted.
        biased;
        outcome = action => outcome,
        () = interruption.wait() => Err(BackupError::Interrupted.into()),
    }
}

fn key(arguments: &NewKey) -> Outcome {
    backup::write_key(&arguments.write)?;
    let path = arguments.write.display();
    output::line(&format!(
        "wrote a key to {path}; keep a copy elsewhere, because backups cannot be read without it"
    ))?;
    Ok(())
}

async fn create(arguments: &Create) -> Outcome {
    let database = path(&arguments.database)?;
    let folder = BackupFolder::open(&arguments.folder)?;
    let key = Arc::new(read_key(&arguments.key)?);
    // With the log of another file, what is read would be neither of the two.
    database::require_own_log(database)?;
    let file = backup::create(database, &folder, &key, Utc::now()).await?;
    output::line(&format!("created {}", file.path.display()))?;
    Ok(())
}

fn list(arguments: &List) -> Outcome {
    let folder = BackupFolder::open(&arguments.folder)?;
    output::print(&table::table(&folder.list()?, Utc::now()))?;
    Ok(())
}

async fn verify(arguments: &Verify) -> Outcome {
    let database = path(&arguments.database)?;
    let key = Arc::new(read_key(&arguments.key)?);
    if !arguments.all {
        let backup = chosen(arguments.backup.as_deref(), &arguments.folder)?;
        let Verified {
            description,
            warning,
        } = backup::verify(&backup, database, &key).await?;
        let taken_at = description.taken_at.format("%Y-%m-%d %H:%M:%S UTC");
        output::line(&format!(
            "{} can be restored: it has the database of {taken_at}",
            backup.display()
        ))?;
        return warn(warning);
    }
    let folder = BackupFolder::open(&arguments.folder)?;
    let files = folder.list()?;
    if files.is_empty() {
        return Err(BackupError::NoBackup {
            path: folder.path().to_owned(),
        }
        .into());
    }
    let mut bad = 0;
    for file in &files {
        match backup::verify(&file.path, database, &key).await {
            Ok(verified) => {
                output::line(&format!("{}  can be restored", file.name()))?;
                warn(verified.warning)?;
            }
            Err(error @ (BackupError::Unreadable { .. } | BackupError::Damaged { .. })) => {
                bad += 1;
                output::line(&error.to_string())?;
            }
            Err(error) => return Err(error.into()),
        }
    }
    match bad {
        0 => Ok(()),
        _ => Err(BackupError::SomeBad {
            bad,
            all: files.len(),
        }
        .into()),
    }
}

async fn restore(arguments: &Restore) -> Outcome {
    let database = path(&arguments.database)?;
    let backup = chosen(arguments.backup.as_deref(), &arguments.folder)?;
    let key = Arc::new(read_key(&arguments.key)?);
    let restored = backup::restore(&backup, database, &key, arguments.force, Utc::now()).await?;
    let Restored {
        verified,
        set_aside,
    } = restored;
    for log in set_aside {
        output::line(&format!(
            "the {} of the former database does not belong to the restored one, and is now {}",
            log.what,
            log.path.display()
        ))?;
    }
    let taken_at = verified
        .description
        .taken_at
        .format("%Y-%m-%d %H:%M:%S UTC");
    output::line(&format!(
        "restored {} from {}: it is as it was at {taken_at}",
        database.display(),
        backup.display()
    ))?;
    warn(verified.warning)
}

/// Prints what is wrong with a backup that can be restored all the same.
fn warn(warning: Option<String>) -> Outcome {
    if let Some(warning) = warning {
        output::line(&format!("warning: {warning}"))?;
    }
    Ok(())
}

async fn prune(arguments: &Prune) -> Outcome {
    let database = path(&arguments.database)?;
    let folder = BackupFolder::open(&arguments.folder)?;
    let key = Arc::new(read_key(&arguments.key)?);
    let keep = arguments.keep.backup_keep;
    let deleted = backup::prune(&folder, database, &key, keep, Utc::now()).await?;
    for file in &deleted {
        output::line(&format!("deleted {}", file.name()))?;
    }
    if deleted.is_empty() {
        output::line("nothing to delete")?;
    }
    Ok(())
}

/// The backup that somebody means: see [`BackupFolder::find`]. One that is named by its path needs no
/// folder.
fn chosen(named: Option<&Path>, folder: &BackupFolderSettings) -> Result<PathBuf, BackupError> {
    match (named, &folder.backup_dir) {
        (Some(path), None) => Ok(path.to_owned()),
        _ => BackupFolder::open(folder)?.find(named, Utc::now()),
    }
}

/// The file of the database.
fn path(settings: &DatabaseSettings) -> Result<&PathBuf, BackupError> {
    match &settings.database_url {
        DatabaseUrl::Sqlite(path) => Ok(path),
        DatabaseUrl::Postgres(_) => Err(BackupError::Postgres),
    }
}
