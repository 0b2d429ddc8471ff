//! PostgreSQL is restored to a time by pgBackRest, with the configuration and the script in
//! `ops/postgres/`. The steps are those of an operator, so they are a shell script.

use std::{path::PathBuf, process::Command};

use crate::support::Outcome;

/// Takes a backup, writes more, destroys rows, and restores the time before that.
pub async fn point_in_time(binaries: PathBuf) -> Outcome {
    let root = concat!(env!("CARGO_MANIFEST_DIR"), "/../..");
    let output = Command::new("bash")
        .arg(format!("{root}/tests/backups/pgbackrest.sh"))
        .arg(format!("{root}/ops/postgres"))
        .arg(binaries)
        .arg(env!("CARGO_BIN_EXE_mina"))
        .output()?;
    if output.status.success() {
        return Ok(());
    }
    let text = [output.stdout, output.stderr].concat();
    Err(String::from_utf8_lossy(&text).into_owned().into())
}
