//! A running `mina demo`, with a database of its own.

use std::{
    io::{BufRead, BufReader},
    process::{Child, Command, Stdio},
};

use libtest_mimic::Failed;
use tempfile::TempDir;

/// A demo, which is stopped when this is dropped.
pub struct Demo {
    /// The address of the API.
    pub api: String,
    /// A bearer token of its first user.
    pub token: String,
    process: Child,
    _directory: TempDir,
}

impl Demo {
    /// Starts a demo on a free port, and reads what it prints.
    pub fn start() -> Result<Self, Failed> {
        let directory = tempfile::tempdir()?;
        let mut process = Command::new(env!("CARGO_BIN_EXE_mina"))
            .args(["demo", "--listen", "127.0.0.1:0"])
            .current_dir(directory.path())
            .env_clear()
            .stdin(Stdio::null())
            .stdout(Stdio::piped())
            .stderr(Stdio::null())
            .spawn()?;
        let mut banner = BufReader::new(process.stdout.take().ok_or("no banner")?).lines();
        let mut word_after = |label: &str| {
            banner
                .by_ref()
                .map_while(Result::ok)
                .find_map(|line| {
                    line.trim()
                        .strip_prefix(label)
                        .map(|rest| rest.trim().to_owned())
                })
                .ok_or(format!("the banner has no {label}"))
        };
        Ok(Self {
            api: word_after("API")?,
            token: word_after("export TOKEN=")?,
            process,
            _directory: directory,
        })
    }
}

impl Drop for Demo {
    fn drop(&mut self) {
        // It may have ended by itself already.
        self.process.kill().ok();
        self.process.wait().ok();
    }
}
