//! The closed sets of `Session`.

use async_graphql::Enum;
use entity::session;

use crate::read::filter::ClosedSet;

/// Where a transcription session is in its life.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Enum)]
#[graphql(remote = "entity::session::Status")]
pub enum SessionStatus {
    /// Made, not yet recording.
    Pending,
    /// Taking in speech.
    Recording,
    /// Recording has ended; text is still being worked on.
    Processing,
    /// The transcript is whole.
    Completed,
    /// Transcription failed.
    Error,
}

impl ClosedSet for SessionStatus {
    type Stored = session::Status;
}
