//! Relations of the graph: from an object to the rows of another table that refer to it, or that it
//! refers to. Each is a constant beside the type with the field.

use std::{
    fmt::Debug,
    hash::{Hash, Hasher},
    marker::PhantomData,
};

use derive_where::derive_where;
use sea_orm::{IdenStatic, TryGetable, Value, sea_query::ValueType};

use crate::read::row::{ColumnOf, Row};

/// The column with the workspace of a row.
const WORKSPACE_ID: &str = "workspace_id";

/// A relation from `P` to `T`: the link to the rows of `T`, and the key of a parent.
pub(crate) struct Relation<P, T: Row, K: Key = i32> {
    link: Link<T, K>,
    key: fn(&P) -> Option<K>,
}

/// Finds the rows of a table by the value of a column.
struct Link<T: Row, K> {
    /// The column with the key. None if the relation leads to all rows that the viewer may see.
    column: Option<ColumnOf<T>>,
    key: PhantomData<fn() -> K>,
}

impl<P, T: Row, K: Key> Relation<P, T, K> {
    /// The rows of `T` whose `column` equals the key of the parent.
    pub(crate) const fn new(column: ColumnOf<T>, key: fn(&P) -> Option<K>) -> Self {
        Self {
            link: Link {
                column: Some(column),
                key: PhantomData,
            },
            key,
        }
    }

    /// The related rows of a parent, if it has a key.
    pub(crate) fn of(&'static self, parent: &P) -> Option<Related<T, K>> {
        Some(self.by((self.key)(parent)?))
    }

    /// The related rows of a parent with this key.
    pub(crate) fn by(&'static self, key: K) -> Related<T, K> {
        self.link().related(key)
    }

    /// The link to the related rows.
    pub(crate) fn link(&'static self) -> LinkTo<T, K> {
        LinkTo(&self.link)
    }
}

impl<P, T: Row, K: Key> Relation<P, T, K> {
    /// Whether the relation leads to all rows of the viewer's workspace.
    pub(crate) fn is_whole(&self) -> bool {
        let column = self.link.column;
        column.is_none_or(|column| column.as_str() == WORKSPACE_ID)
    }
}

impl<P, T: Row> Relation<P, T> {
    /// All rows of `T` that the viewer may see. Their only parent is the root.
    pub(crate) const fn all() -> Self {
        Self {
            link: Link {
                column: None,
                key: PhantomData,
            },
            key: |_| Some(0),
        }
    }
}

/// The related rows of one parent: a link and the key of the parent.
#[derive_where(Clone, PartialEq, Eq, Hash)]
pub(crate) struct Related<T: Row, K: Key> {
    link: LinkTo<T, K>,
    /// The key of the parent.
    pub(crate) key: K,
}

impl<T: Row, K: Key> Related<T, K> {
    /// The column with the key. None if the relation leads to all rows that the viewer may see.
    pub(crate) fn column(&self) -> Option<ColumnOf<T>> {
        self.link.column()
    }

    /// Whether both use the same link, so that one statement can load them.
    pub(crate) fn has_same_link(&self, other: &Self) -> bool {
        self.link == other.link
    }

    /// The same link with another key.
    pub(crate) fn with_key(&self, key: K) -> Self {
        self.link.related(key)
    }
}

/// A link that is compared by its address: rows of different links are loaded by separate
/// statements, even if the columns are the same.
#[derive_where(Clone)]
pub(crate) struct LinkTo<T: Row, K: Key>(&'static Link<T, K>);

impl<T: Row, K: Key> LinkTo<T, K> {
    /// The column with the key. None if the relation leads to all rows that the viewer may see.
    pub(crate) fn column(&self) -> Option<ColumnOf<T>> {
        self.0.column
    }

    /// The related rows of a parent with this key.
    pub(crate) fn related(&self, key: K) -> Related<T, K> {
        Related {
            link: self.clone(),
            key,
        }
    }
}

impl<T: Row, K: Key> PartialEq for LinkTo<T, K> {
    fn eq(&self, other: &Self) -> bool {
        std::ptr::eq(self.0, other.0)
    }
}

impl<T: Row, K: Key> Eq for LinkTo<T, K> {}

impl<T: Row, K: Key> Hash for LinkTo<T, K> {
    fn hash<H: Hasher>(&self, state: &mut H) {
        std::ptr::hash(self.0, state);
    }
}

/// A value with which rows refer to each other.
pub(crate) trait Key:
    Clone + Debug + Eq + Hash + Into<Value> + ValueType + TryGetable + Send + Sync + 'static
{
    /// The SQL type, the same on both databases.
    const SQL_TYPE: &'static str;
}

impl Key for i32 {
    const SQL_TYPE: &'static str = "integer";
}

impl Key for String {
    const SQL_TYPE: &'static str = "text";
}
