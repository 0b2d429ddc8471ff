//! What is recorded about each GraphQL request: a line in the log, and metrics.

use std::{
    collections::HashSet,
    sync::{Arc, PoisonError, RwLock},
    time::Instant,
};

use metrics::{counter, histogram};
use tracing::info;

use super::metrics::{REQUEST_COST, REQUEST_DURATION, REQUESTS};

/// How many operation names become labels. Each label is a series that is kept forever, and clients
/// choose the names.
const MAX_LABELS: usize = 100;

/// The longest name that becomes a label.
const MAX_LABEL_LENGTH: usize = 64;

/// How a request ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum RequestOutcome {
    /// Everything was answered.
    Ok,
    /// Some fields failed.
    PartialErrors,
    /// It was executed, and no field could be answered.
    Failed,
    /// It is not a valid request.
    Invalid,
    /// It was rejected: unauthenticated, too expensive or over a rate limit.
    Rejected,
    /// It took too long.
    Timeout,
    /// The database was unavailable, or had no space left.
    Unavailable,
    /// Too many requests were being answered.
    Overloaded,
}

impl RequestOutcome {
    /// Its name in logs and metrics.
    pub fn name(self) -> &'static str {
        match self {
            Self::Ok => "ok",
            Self::PartialErrors => "partial_errors",
            Self::Failed => "failed",
            Self::Invalid => "invalid",
            Self::Rejected => "refused",
            Self::Timeout => "timeout",
            Self::Unavailable => "unavailable",
            Self::Overloaded => "overloaded",
        }
    }
}

/// What is recorded about a GraphQL request. It never includes documents, variables or tokens.
#[derive(Debug)]
pub struct RequestRecord {
    /// `query`, `mutation`, `subscription`, or `none` if unknown.
    pub kind: &'static str,
    /// The name of the operation.
    pub operation: Option<String>,
    /// The database id of the viewer.
    pub viewer: Option<i32>,
    /// Its calculated cost, in points.
    pub cost: Option<u32>,
    /// The SQL statements that it ran.
    pub statements: u64,
    /// The rows that it read.
    pub rows: u64,
    /// The number of events sent, for a subscription.
    pub events: Option<u64>,
    started_at: Instant,
    labels: Arc<OperationLabels>,
}

impl RequestRecord {
    /// Forgets the viewer and the operation, because the token is not valid any more.
    pub fn forget_caller(&mut self) {
        self.kind = "none";
        self.operation = None;
        self.viewer = None;
        self.cost = None;
    }

    /// The record of a request that starts now.
    pub fn new(labels: &Arc<OperationLabels>) -> Self {
        Self {
            kind: "none",
            operation: None,
            viewer: None,
            cost: None,
            statements: 0,
            rows: 0,
            events: None,
            started_at: Instant::now(),
            labels: Arc::clone(labels),
        }
    }

    /// Records the request, once it has ended.
    pub fn answered(&self, outcome: RequestOutcome, status: u16) {
        let duration = self.started_at.elapsed();
        let outcome = outcome.name();
        info!(
            operation = self.operation,
            kind = self.kind,
            viewer = self.viewer,
            outcome,
            status,
            duration_ms = (duration.as_secs_f64() * 1_000_000.0).round() / 1000.0,
            cost = self.cost,
            statements = self.statements,
            rows = self.rows,
            events = self.events,
            "answered"
        );
        let operation = self.labels.label(self.operation.as_deref());
        counter!(REQUESTS, "operation" => operation, "kind" => self.kind, "outcome" => outcome)
            .increment(1);
        histogram!(REQUEST_DURATION, "kind" => self.kind).record(duration);
        if let Some(cost) = self.cost {
            histogram!(REQUEST_COST).record(cost);
        }
    }
}

/// The names of operations that have become labels of metrics.
#[derive(Debug, Default)]
pub struct OperationLabels(RwLock<HashSet<String>>);

impl OperationLabels {
    /// The label for an operation of this name. The number of labels is bounded.
    fn label(&self, operation: Option<&str>) -> String {
        let Some(name) = operation else {
            return "anonymous".to_owned();
        };
        let is_known = |names: &HashSet<String>| names.contains(name);
        if name.len() <= MAX_LABEL_LENGTH {
            if is_known(&self.0.read().unwrap_or_else(PoisonError::into_inner)) {
                return name.to_owned();
            }
            let mut names = self.0.write().unwrap_or_else(PoisonError::into_inner);
            if names.len() < MAX_LABELS || is_known(&names) {
                names.insert(name.to_owned());
                return name.to_owned();
            }
        }
        "other".to_owned()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_number_of_labels_is_bounded() {
        let labels = OperationLabels::default();
        assert_eq!(labels.label(None), "anonymous");
        assert_eq!(labels.label(Some(&"x".repeat(65))), "other");
        let given: HashSet<String> = (0..150)
            .map(|number| labels.label(Some(&format!("Operation{number}"))))
            .collect();
        assert_eq!(given.len(), 101);
        assert_eq!(labels.label(Some("Operation7")), "Operation7");
        assert_eq!(labels.label(Some("Operation149")), "other");
    }
}
