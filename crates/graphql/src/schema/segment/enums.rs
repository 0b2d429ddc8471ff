//! The closed sets of `Segment`.

use async_graphql::Enum;
use entity::segment;

use crate::read::filter::ClosedSet;

/// How settled the text of a segment is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Enum)]
#[graphql(remote = "entity::segment::Kind")]
pub enum SegmentKind {
    /// A first guess that a later version replaces.
    Interim,
    /// What the transcriber settled on.
    Final,
    /// Mended by a person.
    Corrected,
}

impl ClosedSet for SegmentKind {
    type Stored = segment::Kind;
}
