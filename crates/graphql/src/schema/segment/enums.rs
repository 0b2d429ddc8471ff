//! The enums of `Segment`.

use async_graphql::Enum;
use entity::segment;

use crate::read::filter::ClosedSet;

/// How final the text of a segment is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Enum)]
#[graphql(remote = "entity::segment::Kind")]
pub enum SegmentKind {
    /// A preliminary text, to be replaced by a later version.
    Interim,
    /// The transcriber's final text.
    Final,
    /// Corrected by a person.
    Corrected,
}

impl ClosedSet for SegmentKind {
    type Stored = segment::Kind;
}
