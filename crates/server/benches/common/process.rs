//! The resources that a process uses, read from Linux's `/proc`.

use std::{fs, time::Duration};

use libtest_mimic::Failed;

/// The unit of processor times, in ticks per second.
///
/// Source: `USER_HZ` in <https://man7.org/linux/man-pages/man5/proc_pid_stat.5.html>.
const TICKS_PER_SECOND: u32 = 100;

/// A running process.
pub struct Process(u32);

impl Process {
    /// The process with this id.
    pub fn new(id: u32) -> Self {
        Self(id)
    }

    /// The process of the benchmark itself.
    pub fn own() -> Self {
        Self(std::process::id())
    }

    /// Its resident memory, in KiB.
    ///
    /// # Errors
    ///
    /// Fails if the process has ended, or `/proc` cannot be read.
    pub fn rss(&self) -> Result<u64, Failed> {
        self.memory("VmRSS:")
    }

    /// The most resident memory that it has had, in KiB.
    ///
    /// # Errors
    ///
    /// Fails if the process has ended, or `/proc` cannot be read.
    pub fn peak_rss(&self) -> Result<u64, Failed> {
        self.memory("VmHWM:")
    }

    fn memory(&self, name: &str) -> Result<u64, Failed> {
        let status = fs::read_to_string(format!("/proc/{}/status", self.0))?;
        let value = value(&status, name).ok_or("/proc/PID/status lacks the memory")?;
        Ok(value.parse()?)
    }

    /// The processor time that it has used.
    ///
    /// # Errors
    ///
    /// Fails if the process has ended, or `/proc` cannot be read.
    pub fn cpu(&self) -> Result<Duration, Failed> {
        let stat = fs::read_to_string(format!("/proc/{}/stat", self.0))?;
        // The name of the program can contain anything, and ends with the last parenthesis. After it,
        // the user time and the system time are the 12th and the 13th field.
        let (_, rest) = stat.rsplit_once(')').ok_or("/proc/PID/stat is malformed")?;
        let times = rest.split_whitespace().skip(11).take(2);
        let mut ticks = 0;
        for time in times {
            ticks += time.parse::<u32>()?;
        }
        Ok(Duration::from_secs(ticks.into()) / TICKS_PER_SECOND)
    }
}

/// How many open files this process and its children may have.
///
/// # Errors
///
/// Fails if `/proc` cannot be read.
pub fn open_files() -> Result<usize, Failed> {
    let limits = fs::read_to_string("/proc/self/limits")?;
    let limit =
        value(&limits, "Max open files").ok_or("/proc/self/limits has no limit on open files")?;
    Ok(limit.parse().unwrap_or(usize::MAX))
}

/// The first word after a name at the beginning of a line.
fn value<'a>(text: &'a str, name: &str) -> Option<&'a str> {
    let rest = text.lines().find_map(|line| line.strip_prefix(name))?;
    rest.split_whitespace().next()
}
