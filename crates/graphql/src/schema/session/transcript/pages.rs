//! The segments of a transcript, page by page in the order of the recording.

use std::sync::Arc;

use entity::segment;
use transcript::Spoken;

use crate::{
    error::Error,
    read::{
        key::PageOf,
        loader::Loaders,
        order::TotalOrder,
        page::keyset::Position,
        page::listed::{Listed, Page, PageSpec},
    },
    schema::{segment::Segment, session::SEGMENTS},
};

/// The segments after a position, at most `limit`.
pub(crate) async fn page(
    loaders: &Loaders,
    session_id: i32,
    after: Option<Position>,
    limit: u16,
) -> Result<Arc<Page<Segment>>, Error> {
    let page = PageOf {
        related: SEGMENTS.by(session_id),
        after,
        before: None,
        spec: Arc::new(PageSpec {
            filter: None,
            order_by: Segment::default_order(),
            limit,
            backward: false,
        }),
    };
    let page = loaders.load_one(page).await?;
    page.ok_or_else(|| Error::Internal("a page was not loaded".into()))
}

/// The position of a segment in its transcript.
pub(crate) fn position(segment: &segment::Model) -> Position {
    TotalOrder::<Segment>::new(&Segment::default_order()).position(segment)
}

/// A segment as a cue. One without times is at the beginning; one without an end ends when it starts.
pub(crate) fn spoken(segment: &segment::Model) -> Spoken<'_> {
    let start_ms = segment.start_ms.unwrap_or_default();
    Spoken {
        start_ms,
        end_ms: segment.end_ms.unwrap_or(start_ms),
        speaker: segment.speaker.as_deref(),
        text: &segment.text,
        confidence: segment.confidence,
    }
}
