//! What the checks found, as text and as JSON.

use std::fmt::Write;

use clap::ValueEnum;
use serde::Serialize;

use crate::command_error::{CommandError, Outcome};

/// What is checked.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, ValueEnum)]
#[serde(rename_all = "lowercase")]
pub enum Check {
    /// The settings, as `mina serve` uses them
    Settings,
    /// Who can read and write the files that the settings name
    Files,
    /// Whether the database can be reached, and its version
    Database,
    /// The clock of this machine against that of the database
    Clock,
    /// The pool against the limits of PostgreSQL
    Connections,
    /// Whether PostgreSQL archives its write-ahead log
    Archive,
    /// Pending migrations
    Schema,
    /// Whether all triggers are there and enabled
    Triggers,
    /// Whether each row is in its workspace
    Places,
    /// The journal, and the positions of segments
    Journal,
    /// The age of the backups of SQLite
    Backups,
}

impl Check {
    /// Those that need the database.
    pub const OF_THE_DATABASE: [Self; 7] = [
        Self::Clock,
        Self::Connections,
        Self::Archive,
        Self::Schema,
        Self::Triggers,
        Self::Places,
        Self::Journal,
    ];

    /// Those that need the tables of this binary.
    pub const OF_THE_SCHEMA: [Self; 3] = [Self::Triggers, Self::Places, Self::Journal];

    fn name(self) -> String {
        self.to_possible_value()
            .map(|value| value.get_name().to_owned())
            .unwrap_or_default()
    }
}

/// How a check ended. The worse, the higher.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum Status {
    /// Nothing is wrong.
    Ok,
    /// Nothing was checked.
    Skipped,
    /// Something should be looked at.
    Warning,
    /// The server does not start, does not work as it should, or reveals a secret.
    Failure,
}

/// One result of a check.
#[derive(Clone, Debug, Serialize)]
pub struct Verdict {
    status: Status,
    message: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    hint: Option<String>,
}

impl Verdict {
    /// Nothing is wrong.
    pub fn ok(message: impl Into<String>) -> Self {
        Self::new(Status::Ok, message, None)
    }

    /// Nothing was checked.
    pub fn skipped(message: impl Into<String>) -> Self {
        Self::new(Status::Skipped, message, None)
    }

    /// Something should be looked at.
    pub fn warning(message: impl Into<String>, hint: impl Into<String>) -> Self {
        Self::new(Status::Warning, message, Some(hint.into()))
    }

    /// Something is wrong.
    pub fn failure(message: impl Into<String>, hint: impl Into<String>) -> Self {
        Self::new(Status::Failure, message, Some(hint.into()))
    }

    /// An error that `mina serve` or the check itself fails with.
    pub fn failed(error: &dyn CommandError) -> Self {
        Self::new(Status::Failure, error.to_string(), error.hint())
    }

    fn new(status: Status, message: impl Into<String>, hint: Option<String>) -> Self {
        Self {
            status,
            message: message.into(),
            hint,
        }
    }
}

/// A verdict with the name of its check.
#[derive(Debug, Serialize)]
struct Finding {
    check: Check,
    #[serde(flatten)]
    verdict: Verdict,
}

/// All verdicts, in the order of the checks.
#[derive(Debug)]
pub struct Report {
    skip: Vec<Check>,
    findings: Vec<Finding>,
}

/// Something is wrong.
#[derive(Debug, thiserror::Error)]
#[error("{}", summary(*.failures, *.warnings))]
struct Unhealthy {
    failures: usize,
    warnings: usize,
}

impl CommandError for Unhealthy {
    fn exit_code(&self) -> u8 {
        if self.failures > 0 { 2 } else { 1 }
    }
}

fn summary(failures: usize, warnings: usize) -> String {
    let count = |count, noun: &str| mina_graphql::counted(count as u64, noun);
    match (failures, warnings) {
        (0, warnings) => count(warnings, "warning"),
        (failures, 0) => count(failures, "failure"),
        _ => format!(
            "{}, {}",
            count(failures, "failure"),
            count(warnings, "warning")
        ),
    }
}

impl Report {
    /// An empty report that leaves out some checks.
    pub fn without(skip: Vec<Check>) -> Self {
        Self {
            skip,
            findings: Vec::new(),
        }
    }

    /// Runs a check, unless it is left out.
    pub async fn add(&mut self, check: Check, run: impl AsyncFnOnce() -> Vec<Verdict>) {
        if self.skip.contains(&check) {
            self.omit(&[check], "left out");
            return;
        }
        let verdicts = run().await.into_iter();
        self.findings
            .extend(verdicts.map(|verdict| Finding { check, verdict }));
    }

    /// Records that nothing was checked.
    pub fn omit(&mut self, checks: &[Check], reason: &str) {
        self.findings.extend(checks.iter().map(|&check| Finding {
            check,
            verdict: Verdict::skipped(format!("not checked: {reason}")),
        }));
    }

    /// One line for each verdict, and one for each hint.
    pub fn text(&self) -> String {
        let mut text = String::new();
        for Finding { check, verdict } in &self.findings {
            let status = match verdict.status {
                Status::Ok => "ok",
                Status::Skipped => "-",
                Status::Warning => "WARNING",
                Status::Failure => "FAILURE",
            };
            // Writing to a text cannot fail.
            let _ = writeln!(text, "{:12} {status:8} {}", check.name(), verdict.message);
            if let Some(hint) = &verdict.hint {
                let _ = writeln!(text, "{:21} {hint}", "");
            }
        }
        text
    }

    /// The same for programs.
    pub fn json(&self) -> String {
        let report = serde_json::json!({
            "status": self.status(),
            "version": env!("CARGO_PKG_VERSION"),
            "findings": self.findings,
        });
        format!("{report:#}\n")
    }

    /// The worst of all verdicts. What was not checked is no fault.
    fn status(&self) -> Status {
        let statuses = self.findings.iter().map(|finding| finding.verdict.status);
        let worst = statuses.filter(|status| *status != Status::Skipped).max();
        worst.unwrap_or(Status::Ok)
    }

    /// The end of the command.
    pub fn outcome(&self) -> Outcome {
        let count = |status| {
            let findings = self.findings.iter();
            findings.filter(|it| it.verdict.status == status).count()
        };
        let (failures, warnings) = (count(Status::Failure), count(Status::Warning));
        if failures + warnings == 0 {
            return Ok(());
        }
        Err(Unhealthy { failures, warnings }.into())
    }
}
