//! Single objects that are read by the statement of the objects that refer to them.
//!
//! A statement of its own costs as much as some dozens of look-ups. So where there are few objects,
//! those that they refer to by id are joined.

use std::{
    hash::{Hash, Hasher},
    ptr,
};

use sea_orm::{
    DbBackend, ExprTrait, IdenStatic, Iterable,
    sea_query::{Condition, Expr, JoinType, Query, SelectStatement},
};

use super::{
    columns::{ColumnSet, Columns},
    edge::ToOneEdge,
    relation::{Key, LinkTo},
    row::{ColumnOf, Row},
    source::fenced,
};
use crate::account::viewer::Viewer;

/// The names of the joined tables. A statement joins no more.
const ALIASES: [&str; 8] = [
    "one0", "one1", "one2", "one3", "one4", "one5", "one6", "one7",
];

/// The most joins of a statement.
pub(crate) const MAX_JOINS: usize = ALIASES.len();

/// A relation to single objects that are joined.
#[derive(Clone, Copy)]
pub(crate) struct Join {
    pub(super) edge: &'static dyn ToOneEdge,
    /// The number of the column with the id of the object.
    pub(super) key: usize,
    /// The columns of the object that are read, with its id.
    pub(super) columns: ColumnSet,
}

impl PartialEq for Join {
    fn eq(&self, other: &Self) -> bool {
        ptr::addr_eq(self.edge, other.edge)
            && self.key == other.key
            && self.columns == other.columns
    }
}

impl Eq for Join {}

impl Hash for Join {
    fn hash<H: Hasher>(&self, state: &mut H) {
        ptr::from_ref(self.edge).cast::<()>().hash(state);
        self.key.hash(state);
        self.columns.hash(state);
    }
}

/// Adds joined objects, and their columns, to a select of rows of type `T`, whose order stays.
pub(super) fn add_to<T: Row>(
    joins: &[Join],
    select: &mut SelectStatement,
    table: &'static str,
    viewer: &Viewer,
    backend: DbBackend,
) {
    for (join, alias) in joins.iter().zip(ALIASES) {
        if let Some(column) = ColumnOf::<T>::iter().nth(join.key) {
            let key = Expr::col((table, column));
            join.edge
                .add_to(select, alias, key, join.columns, viewer, backend);
        }
    }
}

/// Whether a link leads to objects by their ids, so that there is at most one for each key.
pub(super) fn is_by_id<T: Row, K: Key>(link: &LinkTo<T, K>) -> bool {
    link.column()
        .is_some_and(|column| column.as_str() == T::ID.as_str())
}

/// Adds the object with an id, if the viewer may see it, and its columns to a select.
pub(super) fn add_one<T: Row>(
    select: &mut SelectStatement,
    alias: &'static str,
    id: Expr,
    columns: ColumnSet,
    viewer: &Viewer,
    backend: DbBackend,
) {
    let columns = Columns::Only(columns);
    let condition = Condition::all()
        .add(Expr::col((alias, T::ID)).eq(id))
        .add(viewer.scope::<T::Entity>(alias));
    if backend == DbBackend::Postgres {
        // It is looked up for one row after the other, so their order stays.
        let mut one = Query::select();
        columns.add_to::<T>(&mut one, alias);
        one.from_as(T::Entity::default(), alias)
            .cond_where(condition);
        select.join_lateral(JoinType::LeftJoin, fenced(one), alias, Condition::all());
    } else {
        select.join_as(JoinType::LeftJoin, T::Entity::default(), alias, condition);
    }
    columns.add_to::<T>(select, alias);
}
