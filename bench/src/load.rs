//! The load generator, oha.

use std::{
    collections::BTreeMap,
    fs::File,
    io::Write,
    path::Path,
    process::{Command, Stdio},
    time::Duration,
};

use serde::Deserialize;
use tempfile::NamedTempFile;

use crate::{Outcome, query::Query, server::Server};

/// The status of an answer.
const ANSWERED: &str = "200";

/// The status of a request that waited for too long, as the server had too many.
const REJECTED: &str = "503";

/// How long a load lasts.
#[derive(Clone, Copy)]
pub enum Length {
    Time(Duration),
    Requests(usize),
}

/// How a server answered a load.
pub struct Load {
    /// The requests that were answered.
    pub requests: u64,
    /// The requests that the server rejected, because it had too many.
    pub rejected: u64,
    pub seconds: f64,
    pub p50: Duration,
    pub p99: Duration,
}

/// What oha prints, as far as it is needed.
#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Printed {
    summary: Summary,
    latency_percentiles: BTreeMap<String, Option<f64>>,
    status_code_distribution: BTreeMap<String, u64>,
    error_distribution: BTreeMap<String, u64>,
}

#[derive(Deserialize)]
struct Summary {
    total: f64,
}

/// Fails if oha cannot be run.
pub fn check_is_installed(oha: &Path) -> Outcome {
    let mut command = Command::new(oha);
    match command.arg("--version").stdout(Stdio::null()).status() {
        Ok(status) if status.success() => Ok(()),
        _ => Err(format!(
            "{} cannot be run. Install the load generator with `cargo install --locked oha`.",
            oha.display()
        )
        .into()),
    }
}

/// Writes the bodies of a query to a file, one a line, as oha reads them.
pub fn write_bodies(query: &Query) -> Outcome<NamedTempFile> {
    let file = NamedTempFile::new()?;
    let mut lines = std::io::BufWriter::new(File::create(file.path())?);
    for body in &query.bodies {
        writeln!(lines, "{body}")?;
    }
    lines.flush()?;
    Ok(file)
}

/// Sends bodies at random on all connections at once, each as soon as the last one is answered.
///
/// # Errors
///
/// Fails if a request was answered with another status than 200, or 503 for too many requests.
pub fn send(
    oha: &Path,
    connections: u32,
    server: &Server,
    bodies: &Path,
    length: Length,
) -> Outcome<Load> {
    let mut command = Command::new(oha);
    command
        .args([
            "--no-tui",
            "--output-format",
            "json",
            "--disable-compression",
        ])
        .args(["-m", "POST", "-T", "application/json", "-Z"])
        .arg(bodies)
        .args(["-c", &connections.to_string()]);
    match length {
        // The requests that are under way at the end are answered, so that their work counts.
        Length::Time(time) => {
            command.args(["-w", "-z", &format!("{}ms", time.as_millis())]);
        }
        Length::Requests(requests) => {
            command.args(["-n", &requests.to_string()]);
        }
    }
    if let Some(authorization) = server.authorization() {
        command.args(["-H", &format!("authorization: {authorization}")]);
    }
    let output = command
        .arg(server.url())
        .stderr(Stdio::inherit())
        .output()?;
    if !output.status.success() {
        return Err(format!("oha failed: {}", output.status).into());
    }
    let printed: Printed = serde_json::from_slice(&output.stdout)?;
    let (statuses, errors) = (
        &printed.status_code_distribution,
        &printed.error_distribution,
    );
    if !errors.is_empty()
        || statuses
            .keys()
            .any(|status| status != ANSWERED && status != REJECTED)
    {
        return Err(server.failed(&format!(
            "not all requests were answered: {statuses:?} {errors:?}"
        )));
    }
    let percentile = |name: &str| {
        let seconds = printed.latency_percentiles.get(name).copied().flatten();
        seconds.map(Duration::from_secs_f64)
    };
    Ok(Load {
        requests: statuses.get(ANSWERED).copied().unwrap_or_default(),
        rejected: statuses.get(REJECTED).copied().unwrap_or_default(),
        seconds: printed.summary.total,
        p50: percentile("p50").ok_or("oha printed no p50")?,
        p99: percentile("p99").ok_or("oha printed no p99")?,
    })
}
