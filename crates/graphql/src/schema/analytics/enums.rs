//! The enums of `Analytics`.

use async_graphql::Enum;
use entity::analytics;

use crate::read::filter::ClosedSet;

/// The status of an analysis.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Enum)]
#[graphql(remote = "entity::analytics::Status")]
pub enum AnalysisStatus {
    /// Waiting for a worker.
    Pending,
    /// A worker is processing the analysis.
    Processing,
    /// The results are available.
    Completed,
    /// The analysis failed.
    Error,
}

impl ClosedSet for AnalysisStatus {
    type Stored = analytics::Status;
}
