//! The server that is measured.

use std::{
    io::{BufRead, BufReader},
    path::Path,
    process::{Child, Command, Stdio},
    sync::mpsc,
    time::Duration,
};

use libtest_mimic::Failed;
use serde_json::Value;

use super::process::Process;

/// How long the server may take to start.
const START_TIMEOUT: Duration = Duration::from_secs(30);

/// A running `mina serve`. It is killed when it is dropped.
pub struct Server {
    child: Child,
    address: String,
}

impl Server {
    /// Starts a server on a migrated database, with these flags. If it may have only so many KiB of
    /// address space, it ends when it asks for more.
    ///
    /// # Errors
    ///
    /// Fails if it does not begin to listen.
    pub fn start(
        binary: &Path,
        url: &str,
        flags: &[&str],
        address_space: Option<u64>,
    ) -> Result<Self, Failed> {
        let mut command = match address_space {
            None => Command::new(binary),
            Some(limit) => limited(binary, limit),
        };
        let mut child = command
            .args(["serve", "--log-format", "json", "--database-url", url])
            .args(flags)
            .env_clear()
            .env(
                "MINA_TOKEN_SECRET",
                "the secret that signs the tokens of a benchmark",
            )
            .stdin(Stdio::null())
            .stderr(Stdio::piped())
            .spawn()?;
        let stderr = child.stderr.take().ok_or("the log is not piped")?;
        let (found, address) = mpsc::channel();
        std::thread::spawn(move || {
            for line in BufReader::new(stderr).lines().map_while(Result::ok) {
                let parsed: Value = serde_json::from_str(&line).unwrap_or_default();
                if let Some(address) = parsed["address"].as_str() {
                    // The receiver is gone if the start took too long.
                    let _ = found.send(address.to_owned());
                }
                if parsed["level"] != "INFO" {
                    eprintln!("{line}");
                }
            }
        });
        let mut server = Self {
            child,
            address: String::new(),
        };
        server.address = address.recv_timeout(START_TIMEOUT)?;
        Ok(server)
    }

    /// Its host and port.
    pub fn address(&self) -> &str {
        &self.address
    }

    /// Its process, also if it has ended.
    pub fn process(&self) -> Process {
        Process::new(self.child.id())
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

/// The binary, with a limit on its address space in KiB. The shell becomes the server, so the id of
/// the process is the server's.
fn limited(binary: &Path, limit: u64) -> Command {
    let mut command = Command::new("/bin/sh");
    command
        .args(["-c", "ulimit -v \"$0\" && exec \"$@\"", &limit.to_string()])
        .arg(binary);
    command
}
