//! Where a statement finds the rows of a workspace, and their columns.
//!
//! Some tables know the workspace of a row only through its parents. Each of their rows has a place,
//! which says it, and from which all rows of a workspace are found. See [`Place`].

use entity::scope::{Place, Scoped};
use sea_orm::{
    ColumnTrait, DbBackend, EntityName, ExprTrait, IdenStatic, Value,
    sea_query::{Asterisk, Condition, Expr, Func, JoinType, Query, SelectStatement},
};

use super::{
    filter::ROOT_TABLE,
    row::{ColumnOf, Row},
};
use crate::account::viewer::Viewer;

/// The alias of the table of places.
const PLACE: &str = "place";

/// The tables that the columns of a row are read from.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Source {
    /// The alias of the table itself.
    table: &'static str,
    /// The places that the table is joined with.
    place: Option<Place>,
}

impl From<&'static str> for Source {
    /// The table with this alias alone.
    fn from(table: &'static str) -> Self {
        Self { table, place: None }
    }
}

impl Source {
    /// A column of the table itself.
    pub(crate) fn column<C: ColumnTrait>(self, column: C) -> Expr {
        Expr::col((self.table, column))
    }

    /// The copy of a column that the place has. It contains the default of the column instead of
    /// NULL, and an index begins with the workspace and it.
    pub(crate) fn copy_of<C: ColumnTrait>(self, column: C) -> Option<Expr> {
        let place = self.place?;
        place.has_copy_of(column.as_str()).then(|| copy(column))
    }

    /// The condition that the place belongs to a row in which a unique column of type `C` meets
    /// `condition`. Without it, all places of the workspace would be read, because they have no copy
    /// of the column. None if there are no places.
    pub(crate) fn is_found_by<C: ColumnTrait>(
        self,
        condition: Condition,
        backend: DbBackend,
    ) -> Option<Expr> {
        let place = self.place?;
        let found = Query::select()
            .column((self.table, place.key))
            .from_as(C::EntityName::default().table_ref(), self.table)
            .cond_where(condition)
            .take();
        Some(is_any_of(Expr::col((PLACE, Place::ID)), found, backend))
    }
}

/// The parent whose rows are selected: the column that refers to it, and its key.
pub(crate) struct Parent {
    /// The name of the column.
    pub(crate) column: String,
    /// The key, which may depend on other tables of the statement.
    pub(crate) key: Expr,
}

/// A select from the rows of a type that the viewer may see, without columns yet. It suits rows that
/// are found by their ids or other unique values.
pub(crate) fn visible_rows<T: Row>(viewer: &Viewer) -> SelectStatement {
    Query::select()
        .from_as(T::Entity::default(), ROOT_TABLE)
        .and_where(viewer.scope::<T::Entity>(ROOT_TABLE))
        .take()
}

/// A select from all rows of a list, without columns yet: those of the viewer's workspace or, with a
/// parent, those of the parent that the viewer may see. Where there are places, no row of another
/// workspace is read.
pub(crate) fn rows_of_list<E: Scoped>(
    viewer: &Viewer,
    parent: Option<Parent>,
    table: &'static str,
    backend: DbBackend,
) -> (SelectStatement, Source) {
    if let Some((place, places)) = places::<E>(viewer, parent.as_ref()) {
        let source = Source {
            table,
            place: Some(place),
        };
        return (with_rows::<E>(places, place, table, backend), source);
    }
    let scope = viewer.scope_of_list::<E>(table, parent.as_ref().map(|it| (&*it.column, &it.key)));
    let mut rows = Query::select()
        .from_as(E::default(), table)
        .and_where(scope)
        .take();
    match (parent, E::WORKSPACE_ID, viewer.user().workspace_id) {
        (Some(Parent { column, key }), _, _) => {
            rows.and_where(Expr::col((table, column)).eq(key));
        }
        (None, Some(column), Some(workspace_id)) if backend == DbBackend::Postgres => {
            rows.and_where(is_narrow(Expr::col((table, column)), workspace_id.into()));
        }
        _ => {}
    }
    (rows, table.into())
}

/// Makes PostgreSQL expect few rows of a whole workspace; see [`is_narrow`]. Otherwise, where there are
/// few workspaces, a page in the order of the ids would be read from the places of all of them.
///
/// If a copy of another column must have a certain value, it would expect no row at all, and take all indexes that begin
/// with the workspace for equally good.
pub(crate) fn expect_few(
    rows: &mut SelectStatement,
    source: Source,
    viewer: &Viewer,
    backend: DbBackend,
) {
    if let (Some(_), Some(workspace_id), DbBackend::Postgres) =
        (source.place, viewer.user().workspace_id, backend)
    {
        let column = Expr::col((PLACE, Place::WORKSPACE_ID));
        rows.and_where(is_narrow(column, workspace_id.into()));
    }
}

/// A select from as many rows as a list has, to count them. Places are not compared with their rows,
/// which would read twice as much: none is without a row unless triggers and foreign keys were
/// disabled, and then `mina migrate check` removes it.
pub(crate) fn counted_rows<T: Row>(
    viewer: &Viewer,
    parent: Option<Parent>,
    backend: DbBackend,
) -> SelectStatement {
    match places::<T::Entity>(viewer, parent.as_ref()) {
        Some((place, places)) if place.key == T::ID.as_str() => places,
        _ => rows_of_list::<T::Entity>(viewer, parent, ROOT_TABLE, backend).0,
    }
}

/// The condition that a row is in the viewer's workspace and the copy of `column` that its place has
/// is one of `values`. None if the viewer has no workspace, or there is no such copy.
pub(crate) fn is_any_by_copy<T: Row>(
    viewer: &Viewer,
    column: ColumnOf<T>,
    values: impl IntoIterator<Item = impl Into<Value>>,
    backend: DbBackend,
) -> Option<Expr> {
    let (place, mut ids) = places::<T::Entity>(viewer, None)?;
    if !place.has_copy_of(column.as_str()) {
        return None;
    }
    ids.column((PLACE, Place::ID))
        .and_where(copy(column).is_in(values));
    Some(is_any_of(Expr::col((ROOT_TABLE, T::ID)), ids, backend))
}

/// The condition that an id is one of those that are selected, which are found first.
fn is_any_of(id: Expr, ids: SelectStatement, backend: DbBackend) -> Expr {
    if backend == DbBackend::Postgres {
        // Of `IN`, it would make a join, which can begin with the other side.
        let array = Func::cust("ARRAY").arg(Expr::SubQuery(None, Box::new(ids.into())));
        id.eq(Func::cust("ANY").arg(array))
    } else {
        id.in_subquery(ids)
    }
}

/// The places of the viewer's workspace, or of a parent's rows in it, if the rows of the table have
/// places that can tell.
fn places<E: Scoped>(viewer: &Viewer, parent: Option<&Parent>) -> Option<(Place, SelectStatement)> {
    let place = E::PLACE?;
    let workspace_id = viewer.user().workspace_id?;
    if parent.is_some_and(|it| !place.has_copy_of(&it.column)) {
        return None;
    }
    let column = |name: &str| Expr::col((PLACE, name.to_owned()));
    let mut select = Query::select()
        .from_as(place.table, PLACE)
        .and_where(column(Place::WORKSPACE_ID).eq(workspace_id))
        .take();
    if let Some(Parent { column: name, key }) = parent {
        select.and_where(column(name).eq(key.clone()));
    }
    Some((place, select))
}

fn copy<C: ColumnTrait>(column: C) -> Expr {
    Expr::col((PLACE, column.as_str().to_owned()))
}

/// Adds the rows of places, which are looked up place by place.
fn with_rows<E: Scoped>(
    mut places: SelectStatement,
    place: Place,
    table: &'static str,
    backend: DbBackend,
) -> SelectStatement {
    let is_of_place = Expr::col((table, place.key)).equals((PLACE, Place::ID));
    if backend == DbBackend::Postgres {
        let rows = Query::select()
            .column((table, Asterisk))
            .from_as(E::default(), table)
            .and_where(is_of_place)
            .take();
        places.join_lateral(JoinType::InnerJoin, fenced(rows), table, Condition::all());
    } else {
        // In SQLite, a CROSS JOIN is one in the order of the statement.
        places
            .join_as(JoinType::CrossJoin, E::default(), table, Condition::all())
            .and_where(is_of_place);
    }
    places
}

/// Makes PostgreSQL run a subselect as it is, for one row of the outer select after the other. It
/// would otherwise make a join of it where it expects many rows, and read those of all workspaces.
/// The offset prevents that, and skips nothing. It is no parameter, for which there would be a step
/// of its own in the plan.
pub(crate) fn fenced(subselect: SelectStatement) -> SelectStatement {
    Query::select()
        .column(Asterisk)
        .from_subquery(subselect, "fenced")
        .and_where(Expr::cust("TRUE OFFSET 0"))
        .take()
}

/// A condition on a column that equals `value` anyway, with which PostgreSQL expects few rows.
///
/// Without it, the plan would depend on the number of workspaces: of three, it expects each to have
/// a third of all rows, so it reads the table in another order and skips what others have. Of a
/// range with unknown ends, it expects a two-hundredth.
fn is_narrow(column: Expr, value: Expr) -> Expr {
    column.between(value.clone(), value)
}

#[cfg(test)]
mod tests {
    use entity::{
        analytics,
        bookkeeping::{
            analytics_place, marker_place, participant_place, session_place, task_place,
        },
        marker, participant, segment, session, task,
    };
    use sea_orm::{EntityTrait, Iterable};

    use super::*;

    /// Checks that the declaration of a table's places is what the entity of the places says.
    fn check<E: Scoped, P: EntityTrait>(key: E::Column, copies: bool) {
        let place = E::PLACE.unwrap();
        assert_eq!(place.table, P::default().table_name());
        assert_eq!(place.key, key.as_str());
        let columns = P::Column::iter().map(|column| column.as_str().to_owned());
        let mut of_row: Vec<String> = columns
            .filter(|name| copies && name != Place::WORKSPACE_ID)
            .collect();
        let mut declared = place.copies.to_vec();
        of_row.sort_unstable();
        declared.sort_unstable();
        assert_eq!(declared, of_row);
        for name in declared {
            assert!(E::Column::iter().any(|column| column.as_str() == name));
        }
    }

    #[test]
    fn places_are_declared_as_they_are() {
        check::<task::Entity, task_place::Entity>(task::Column::Id, true);
        check::<session::Entity, session_place::Entity>(session::Column::Id, true);
        check::<analytics::Entity, analytics_place::Entity>(analytics::Column::Id, true);
        check::<marker::Entity, marker_place::Entity>(marker::Column::Id, true);
        check::<participant::Entity, participant_place::Entity>(participant::Column::Id, true);
        check::<segment::Entity, session_place::Entity>(segment::Column::SessionId, false);
    }
}
