//! What a process takes, as Linux tells it under `/proc`.

use std::{fs, time::Duration};

use libtest_mimic::Failed;

/// How many times a second the kernel counts, for every program.
///
/// Source: `USER_HZ` in <https://man7.org/linux/man-pages/man5/proc_pid_stat.5.html>.
const TICKS_A_SECOND: u32 = 100;

/// A process that runs.
pub struct Process(u32);

impl Process {
    /// The one with an id.
    pub fn new(id: u32) -> Self {
        Self(id)
    }

    /// This one.
    pub fn own() -> Self {
        Self(std::process::id())
    }

    /// The memory that it has, in KiB.
    ///
    /// # Errors
    ///
    /// Fails if the process has ended, or the system does not tell.
    pub fn rss(&self) -> Result<u64, Failed> {
        let status = fs::read_to_string(format!("/proc/{}/status", self.0))?;
        let value = value(&status, "VmRSS:").ok_or("no memory is told of")?;
        Ok(value.parse()?)
    }

    /// The time that it has spent on processors.
    ///
    /// # Errors
    ///
    /// Fails if the process has ended, or the system does not tell.
    pub fn cpu(&self) -> Result<Duration, Failed> {
        let stat = fs::read_to_string(format!("/proc/{}/stat", self.0))?;
        // The name of the program may hold anything, and ends with the last parenthesis. Behind
        // it, the time of the program and that of the kernel for it are the 12th and the 13th.
        let (_, rest) = stat.rsplit_once(')').ok_or("no times are told of")?;
        let times = rest.split_whitespace().skip(11).take(2);
        let mut ticks = 0;
        for time in times {
            ticks += time.parse::<u32>()?;
        }
        Ok(Duration::from_secs(ticks.into()) / TICKS_A_SECOND)
    }
}

/// How many files this process, and those that it starts, may have open.
///
/// # Errors
///
/// Fails if the system does not tell.
pub fn open_files() -> Result<usize, Failed> {
    let limits = fs::read_to_string("/proc/self/limits")?;
    let limit = value(&limits, "Max open files").ok_or("no limit of files is told of")?;
    Ok(limit.parse().unwrap_or(usize::MAX))
}

/// The first word behind a name at the beginning of a line.
fn value<'a>(text: &'a str, name: &str) -> Option<&'a str> {
    let rest = text.lines().find_map(|line| line.strip_prefix(name))?;
    rest.split_whitespace().next()
}
