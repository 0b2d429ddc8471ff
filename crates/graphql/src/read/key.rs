//! The keys of data loaders. Each is generic over the type that is loaded.

use std::{marker::PhantomData, sync::Arc};

use derive_where::derive_where;

use super::{
    page::keyset::Position,
    page::listed::{Listed, PageSpec},
    relation::{Key, Related},
    row::Row,
};

/// The row of `T` with this database id.
#[derive_where(Clone, PartialEq, Eq, Hash)]
pub(crate) struct ById<T>(pub(super) i32, PhantomData<fn() -> T>);

impl<T> ById<T> {
    pub(crate) fn new(id: i32) -> Self {
        Self(id, PhantomData)
    }
}

/// The single row that a parent is related to.
#[derive_where(Clone, PartialEq, Eq, Hash)]
pub(crate) struct ToOne<T: Row, K: Key>(pub(crate) Related<T, K>);

/// A page of the list that a parent is related to.
#[derive_where(Clone, PartialEq, Eq, Hash)]
pub(crate) struct PageOf<T: Listed, K: Key> {
    pub(crate) related: Related<T, K>,
    pub(crate) after: Option<Position>,
    pub(crate) before: Option<Position>,
    pub(crate) spec: Arc<PageSpec<T>>,
}

impl<T: Listed, K: Key> PageOf<T, K> {
    /// Whether one statement can load both pages: they may differ only in their parents and in the
    /// values of their cursors. A NULL in a cursor needs different SQL than a value, and a cursor
    /// with a float has a statement of its own.
    pub(super) fn shares_statement(&self, other: &Self) -> bool {
        fn nulls(position: Option<&Position>) -> Option<Vec<bool>> {
            position.map(|values| values.iter().map(serde_json::Value::is_null).collect())
        }
        self.related.has_same_link(&other.related)
            && self.spec == other.spec
            && !self.has_float()
            && nulls(self.after.as_ref()) == nulls(other.after.as_ref())
            && nulls(self.before.as_ref()) == nulls(other.before.as_ref())
    }

    /// Whether a cursor has a float. Those must be bound as parameters, because SQLite does not read
    /// every float in the JSON of a batch as exactly the number that was written.
    pub(super) fn has_float(&self) -> bool {
        let positions = [&self.after, &self.before].into_iter().flatten();
        positions.flatten().any(serde_json::Value::is_f64)
    }
}

/// The length of the whole list that a parent is related to.
#[derive_where(Clone, PartialEq, Eq, Hash)]
pub(crate) struct CountOf<T: Listed, K: Key> {
    pub(crate) related: Related<T, K>,
    pub(crate) filter: Option<Arc<T::Where>>,
}
