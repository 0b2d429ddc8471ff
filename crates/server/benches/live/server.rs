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
    /// Starts a server on a migrated database, for this many subscribers.
    ///
    /// # Errors
    ///
    /// Fails if it does not begin to listen.
    pub fn start(binary: &Path, url: &str, subscribers: usize) -> Result<Self, Failed> {
        // An eighth of the connections is kept for requests.
        let connections = (subscribers * 8 / 7 + 1000).to_string();
        let mut child = Command::new(binary)
            .args(["serve", "--listen", "127.0.0.1:0", "--log-format", "json"])
            .args(["--bcrypt-cost", "4", "--database-url", url])
            .args(["--max-connections", &connections])
            // All clients share one machine and one user, so their limits are off.
            .args(["--rate-limit-viewer", "0", "--rate-limit-address", "0"])
            .args(["--max-streams-per-viewer", "0"])
            .args(["--max-anonymous-websockets", "0"])
            .args(["--max-connections-per-address", "0"])
            .args(["--max-requests-in-flight", "1000"])
            .env_clear()
            .env(
                "MINA_TOKEN_SECRET",
                "the secret that signs the tokens of the load recipe",
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

    /// Its process.
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
