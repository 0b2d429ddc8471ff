//! What processes use, read from Linux's `/proc`.

use std::{fs, time::Duration};

use crate::Outcome;

/// The unit of processor times, in ticks per second.
///
/// Source: `USER_HZ` in <https://man7.org/linux/man-pages/man5/proc_pid_stat.5.html>.
const TICKS_PER_SECOND: f64 = 100.0;

/// The fields of `/proc/PID/stat` after the name, by their number on the page above, less three.
mod field {
    pub const PARENT: usize = 1;
    pub const USER: usize = 11;
    pub const SYSTEM: usize = 12;
    pub const CHILDREN_USER: usize = 13;
    pub const CHILDREN_SYSTEM: usize = 14;
}

/// The processor time that a process has used.
pub fn cpu(id: u32) -> Outcome<Duration> {
    let fields = stat(id)?;
    Ok(ticks(fields[field::USER] + fields[field::SYSTEM]))
}

/// The processor time that this process has used, and those that it started and that have ended.
pub fn own_cpu() -> Outcome<Duration> {
    Ok(with_ended_children(&stat(std::process::id())?))
}

/// The processor time of a process and all its children, also of those that have ended.
pub fn cpu_of_family(parent: u32) -> Outcome<Duration> {
    let mut sum = with_ended_children(&stat(parent)?);
    for entry in fs::read_dir("/proc")? {
        let name = entry?.file_name();
        let Some(Ok(id)) = name.to_str().map(str::parse) else {
            continue;
        };
        // A process may end in between.
        if let Ok(fields) = stat(id)
            && fields[field::PARENT] == u64::from(parent)
        {
            sum += with_ended_children(&fields);
        }
    }
    Ok(sum)
}

/// The most memory that a process has had, in MiB.
pub fn peak_memory(id: u32) -> Outcome<f64> {
    let status = fs::read_to_string(format!("/proc/{id}/status"))?;
    let line = status.lines().find_map(|line| line.strip_prefix("VmHWM:"));
    let words = line.and_then(|line| line.split_whitespace().next());
    let kib: f64 = words.ok_or("/proc/PID/status lacks the memory")?.parse()?;
    Ok(kib / 1024.0)
}

/// The processor time of the whole machine.
#[derive(Clone, Copy)]
pub struct Machine {
    /// The time that processes have used. Interrupts are left out: nearly all of them are those of
    /// the network between the processes that are measured, which counts for none of them.
    pub busy: Duration,
    pub processors: u32,
}

impl Machine {
    pub fn now() -> Outcome<Self> {
        let stat = fs::read_to_string("/proc/stat")?;
        let mut lines = stat.lines();
        let words = lines.next().unwrap_or_default().split_whitespace();
        let times: Vec<u64> = words.skip(1).map(str::parse).collect::<Result<_, _>>()?;
        let [user, nice, system, _, _, _, _, steal, ..] = times[..] else {
            return Err("/proc/stat is malformed".into());
        };
        let processors = lines.take_while(|line| line.starts_with("cpu")).count();
        Ok(Self {
            busy: ticks(user + nice + system + steal),
            processors: u32::try_from(processors)?,
        })
    }
}

fn with_ended_children(fields: &[u64]) -> Duration {
    let times = [
        field::USER,
        field::SYSTEM,
        field::CHILDREN_USER,
        field::CHILDREN_SYSTEM,
    ];
    ticks(times.iter().map(|index| fields[*index]).sum())
}

/// The first fields of `/proc/PID/stat` after the name. The state, which is a letter, is 0.
fn stat(id: u32) -> Outcome<Vec<u64>> {
    let stat = fs::read_to_string(format!("/proc/{id}/stat"))?;
    // The name of the program can contain anything, and ends with the last parenthesis.
    let (_, rest) = stat.rsplit_once(')').ok_or("/proc/PID/stat is malformed")?;
    let fields = rest.split_whitespace().take(field::CHILDREN_SYSTEM + 1);
    let fields: Vec<u64> = fields.map(|word| word.parse().unwrap_or(0)).collect();
    if fields.len() <= field::CHILDREN_SYSTEM {
        return Err("/proc/PID/stat is too short".into());
    }
    Ok(fields)
}

#[expect(clippy::cast_precision_loss, reason = "no machine runs for that long")]
fn ticks(ticks: u64) -> Duration {
    Duration::from_secs_f64(ticks as f64 / TICKS_PER_SECOND)
}
