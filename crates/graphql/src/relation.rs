//! Relations of the graph: from an object to the rows of another table that refer to it, or that
//! it refers to. One `impl` each, beside the type that has the field.

use std::{fmt::Debug, hash::Hash, marker::PhantomData};

use sea_orm::{Value, sea_query::ValueType};

use crate::{
    node::{ColumnOf, Row},
    page::Listed,
    query::Query,
};

/// A relation from `Parent` to `Target`: the rows of the target whose column equals the key that
/// the parent gives.
pub(crate) trait Relation: Send + Sync + 'static {
    /// The type that has the field.
    type Parent;
    /// The type that the field leads to.
    type Target: Row;
    /// What the two rows have in common.
    type Key: Key;

    /// The column of the target that holds the key.
    const COLUMN: ColumnOf<Self::Target>;

    /// The key, where the parent has one.
    fn key(parent: &Self::Parent) -> Option<Self::Key>;
}

/// What a list field leads to: a relation, or all of a type.
pub(crate) trait Listing: Send + Sync + 'static {
    /// The type that has the field.
    type Parent;
    /// The type that is listed.
    type Target: Listed;
    /// What a parent and its list have in common.
    type Key: Key;

    /// The column of the target that holds the key; none where all rows are listed.
    const COLUMN: Option<ColumnOf<Self::Target>>;

    /// The key, where the parent has one.
    fn key(parent: &Self::Parent) -> Option<Self::Key>;
}

impl<R: Relation<Target: Listed>> Listing for R {
    type Parent = R::Parent;
    type Target = R::Target;
    type Key = R::Key;

    const COLUMN: Option<ColumnOf<Self::Target>> = Some(R::COLUMN);

    fn key(parent: &Self::Parent) -> Option<Self::Key> {
        R::key(parent)
    }
}

/// All objects of a type that the viewer may see, as a list at the root.
pub(crate) struct All<T>(PhantomData<fn() -> T>);

impl<T: Listed> Listing for All<T> {
    type Parent = Query;
    type Target = T;
    /// There is one root, and this is its key.
    type Key = i32;

    const COLUMN: Option<ColumnOf<Self::Target>> = None;

    fn key(_root: &Query) -> Option<i32> {
        Some(0)
    }
}

/// A value by which rows refer to each other.
pub(crate) trait Key:
    Clone + Debug + Eq + Hash + Into<Value> + ValueType + Send + Sync + 'static
{
    /// Its type in SQL, the same on both databases.
    const SQL_TYPE: &'static str;
}

impl Key for i32 {
    const SQL_TYPE: &'static str = "integer";
}

impl Key for String {
    const SQL_TYPE: &'static str = "text";
}
