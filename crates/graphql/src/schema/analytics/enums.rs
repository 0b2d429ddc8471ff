//! The closed sets of `Analytics`.

use async_graphql::Enum;
use entity::analytics;

use crate::read::filter::ClosedSet;

/// Where an analysis is in its life.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Enum)]
#[graphql(remote = "entity::analytics::Status")]
pub enum AnalysisStatus {
    /// Waiting for a worker.
    Pending,
    /// Being worked on.
    Processing,
    /// Results are there.
    Completed,
    /// The analysis failed.
    Error,
}

impl ClosedSet for AnalysisStatus {
    type Stored = analytics::Status;
}
