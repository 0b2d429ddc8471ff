//! The signals that end a command.

use std::io;

#[cfg(unix)]
use tokio::signal::unix::{Signal, SignalKind, signal};

/// The signals that end a command in an orderly way: Ctrl-C, SIGTERM, and the SIGHUP of a terminal
/// that is closed. From now on, they do not end the process by themselves.
#[cfg(unix)]
pub struct Interruption([Option<Signal>; 3]);

#[cfg(unix)]
impl Interruption {
    /// Begins to receive them.
    pub fn new() -> io::Result<Self> {
        let ignored = ignored();
        let receive = |kind: SignalKind| {
            // `nohup` ignores SIGHUP, so that the command goes on.
            let is_ignored = (ignored >> (kind.as_raw_value() - 1)) & 1 == 1;
            (!is_ignored).then(|| signal(kind)).transpose()
        };
        Ok(Self([
            receive(SignalKind::interrupt())?,
            receive(SignalKind::terminate())?,
            receive(SignalKind::hangup())?,
        ]))
    }

    /// Waits for the first one.
    pub async fn wait(&mut self) {
        let [interrupt, terminate, hangup] = &mut self.0;
        tokio::select! {
            () = next(interrupt) => {}
            () = next(terminate) => {}
            () = next(hangup) => {}
        }
    }
}

/// Waits for a signal, for ever if it is ignored.
#[cfg(unix)]
async fn next(signal: &mut Option<Signal>) {
    match signal {
        Some(signal) => {
            signal.recv().await;
        }
        None => std::future::pending().await,
    }
}

/// The signals that this process was started to ignore, one bit each, where the system says so.
#[cfg(unix)]
fn ignored() -> u64 {
    let status = std::fs::read_to_string("/proc/self/status").unwrap_or_default();
    let mask = status
        .lines()
        .find_map(|line| line.strip_prefix("SigIgn:"))
        .and_then(|mask| u64::from_str_radix(mask.trim(), 16).ok());
    mask.unwrap_or_default()
}

/// The signals that end a command in an orderly way: Ctrl-C. From now on, it does not end the
/// process by itself.
#[cfg(not(unix))]
pub struct Interruption(tokio::signal::windows::CtrlC);

#[cfg(not(unix))]
impl Interruption {
    /// Begins to receive it.
    pub fn new() -> io::Result<Self> {
        tokio::signal::windows::ctrl_c().map(Self)
    }

    /// Waits for it.
    pub async fn wait(&mut self) {
        self.0.recv().await;
    }
}
