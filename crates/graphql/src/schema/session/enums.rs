//! The enums of `Session`.

use async_graphql::Enum;
use entity::session;

use crate::read::filter::ClosedSet;

/// The status of a transcription session.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Enum)]
#[graphql(remote = "entity::session::Status")]
pub enum SessionStatus {
    /// Created, but not recording yet.
    Pending,
    /// Recording speech.
    Recording,
    /// The recording has ended, but the transcript is still being processed.
    Processing,
    /// The transcript is complete.
    Completed,
    /// Transcription failed.
    Error,
}

impl ClosedSet for SessionStatus {
    type Stored = session::Status;
}
