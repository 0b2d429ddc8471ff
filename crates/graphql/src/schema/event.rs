//! Events, which subscriptions deliver, and the filters that select them.

use std::{
    any::Any,
    sync::{Arc, Mutex, PoisonError},
};

use async_graphql::Enum;
use entity::segment;

/// An event that subscribers are notified of.
#[derive(Clone, Debug)]
pub(crate) enum Event {
    /// A segment of a transcript was added, changed or deleted.
    Segment {
        /// The position in the transcript's history of changes.
        position: i32,
        /// Whether it was deleted. Its row then has only its id and its session.
        is_deleted: bool,
        row: Arc<segment::Model>,
    },
    /// A row was created, updated or deleted.
    Change(RowChange),
}

/// A row of any table.
pub(crate) type AnyRow = Arc<dyn Any + Send + Sync>;

/// What happened to an object.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Enum)]
pub enum ChangeKind {
    /// The object was created.
    Created,
    /// The object was updated.
    Updated,
    /// The object was deleted. Only its ID remains.
    Deleted,
}

/// A change of a row.
#[derive(Clone, Debug)]
pub(crate) struct RowChange {
    /// The name of the GraphQL type.
    pub(crate) subject: &'static str,
    pub(crate) kind: ChangeKind,
    pub(crate) row_id: i32,
    /// The meeting the row belongs to or, for a marker, the session.
    pub(crate) parent_id: Option<i32>,
    /// The row as it is now, unless it was deleted, without long values that can be left out.
    pub(crate) row: Option<AnyRow>,
    /// About how many bytes the row has.
    pub(crate) bytes: usize,
}

/// About how many bytes an event needs beside the texts of its row.
const EVENT_BYTES: usize = 512;

impl Event {
    /// About how many bytes the event needs in memory.
    pub(crate) fn bytes(&self) -> usize {
        EVENT_BYTES
            + match self {
                Self::Segment { row, .. } => row.text.len(),
                Self::Change(change) => change.bytes,
            }
    }
}

/// The changes in a workspace that a subscriber wants.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub(crate) struct ChangeFilter {
    /// The name of the GraphQL type.
    pub(crate) subject: &'static str,
    /// If set, only changes of this row.
    pub(crate) row_id: Option<i32>,
    /// If set, only changes of rows of this meeting or session.
    pub(crate) parent_id: Option<i32>,
}

impl ChangeFilter {
    /// Whether an event is wanted.
    pub(crate) fn matches(&self, event: &Event) -> bool {
        let Event::Change(change) = event else {
            return false;
        };
        change.subject == self.subject
            && self.row_id.is_none_or(|id| id == change.row_id)
            && self.parent_id.is_none_or(|id| Some(id) == change.parent_id)
    }
}

/// What a subscription is about.
#[derive(Clone, Debug)]
pub(crate) enum Topic {
    /// The transcript of a session after a position.
    Transcript {
        /// The database id of the session.
        session_id: i32,
        /// The last position that the subscriber has.
        after: i32,
    },
    /// Changes in the viewer's workspace.
    Changes(ChangeFilter),
}

/// Why a root field of a subscription is resolved.
pub(crate) enum Moment {
    /// The subscription starts, and the field records what it is about.
    Beginning(Mutex<Option<Topic>>),
    /// An event happened.
    Event(Event),
}

impl Moment {
    /// What the subscription is about, once the root field has recorded it.
    pub(crate) fn topic(&self) -> Option<Topic> {
        match self {
            Self::Beginning(topic) => topic.lock().unwrap_or_else(PoisonError::into_inner).take(),
            Self::Event(_) => None,
        }
    }
}
