//! Where a statement finds the rows of a workspace, and their columns.
//!
//! Some tables know the workspace of a row only through its parents. Each of their rows has a place,
//! which says it, and from which all rows of a workspace are found. See [`Place`].

use entity::scope::{Place, Scoped};
use sea_orm::{
    ColumnTrait, ExprTrait, IdenStatic, Value,
    sea_query::{Expr, JoinType, Query, SelectStatement},
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
        let name = column.as_str();
        let is_copied = self.place?.copies.contains(&name);
        is_copied.then(|| Expr::col((PLACE, name.to_owned())))
    }
}

impl Source {
    /// A column of numbers to order by that is never NULL, read from the place if that has a copy.
    ///
    /// If it has none, no index has the order for one workspace. As an expression, the column keeps
    /// PostgreSQL from following the order in an index of all workspaces.
    pub(crate) fn ordered<C: ColumnTrait>(self, column: C) -> Expr {
        match (self.copy_of(column), self.place) {
            (Some(copy), _) => copy,
            (None, Some(_)) => self.column(column).add(Expr::cust("0")),
            (None, None) => self.column(column),
        }
    }
}

/// A select from the rows of a type that the viewer may see, without columns yet. It suits rows that
/// are found by something else, such as a parent.
pub(crate) fn visible<T: Row>(viewer: &Viewer) -> SelectStatement {
    Query::select()
        .from_as(T::Entity::default(), ROOT_TABLE)
        .and_where(viewer.scope::<T::Entity>(ROOT_TABLE))
        .take()
}

/// The same, if only the workspace leads to the rows. No row of another workspace is read.
pub(crate) fn whole<T: Row>(viewer: &Viewer) -> (SelectStatement, Source) {
    match places::<T::Entity>(viewer) {
        Some((place, places)) => (
            joined::<T::Entity>(places, place, ROOT_TABLE),
            Source {
                table: ROOT_TABLE,
                place: Some(place),
            },
        ),
        None => (visible::<T>(viewer), ROOT_TABLE.into()),
    }
}

/// All rows that the viewer may see, in a part of a statement where the table has this alias.
pub(crate) fn whole_as<E: Scoped>(viewer: &Viewer, table: &'static str) -> SelectStatement {
    match places::<E>(viewer) {
        Some((place, places)) => joined::<E>(places, place, table),
        None => Query::select()
            .from_as(E::default(), table)
            .and_where(viewer.scope::<E>(table))
            .take(),
    }
}

/// Adds the rows of places.
fn joined<E: Scoped>(
    mut places: SelectStatement,
    place: Place,
    table: &'static str,
) -> SelectStatement {
    let is_of_place = Expr::col((table, place.key)).equals((PLACE, Place::ID));
    places
        .join_as(JoinType::InnerJoin, E::default(), table, is_of_place)
        .take()
}

/// A select from as many rows as the viewer may see, to count them.
pub(crate) fn counted<T: Row>(viewer: &Viewer) -> SelectStatement {
    match places::<T::Entity>(viewer) {
        Some((place, places)) if place.key == T::ID.as_str() => places,
        _ => visible::<T>(viewer),
    }
}

/// The ids of the rows of the viewer's workspace whose copy of `column` is one of `values`. None if
/// the viewer has no workspace, or there is no such copy.
pub(crate) fn ids_by_copy<T: Row>(
    viewer: &Viewer,
    column: ColumnOf<T>,
    values: impl IntoIterator<Item = impl Into<Value>>,
) -> Option<SelectStatement> {
    let (place, mut ids) = places::<T::Entity>(viewer)?;
    let source = Source {
        table: ROOT_TABLE,
        place: Some(place),
    };
    let is_any = source.copy_of(column)?.is_in(values);
    Some(ids.column((PLACE, Place::ID)).and_where(is_any).take())
}

/// The places of the viewer's workspace, if the rows of the table have places.
fn places<E: Scoped>(viewer: &Viewer) -> Option<(Place, SelectStatement)> {
    let place = E::PLACE?;
    let workspace_id = viewer.user().workspace_id?;
    let select = Query::select()
        .from_as(place.table, PLACE)
        .and_where(Expr::col((PLACE, Place::WORKSPACE_ID)).eq(workspace_id))
        .take();
    Some((place, select))
}

#[cfg(test)]
mod tests {
    use entity::{
        analytics,
        bookkeeping::{analytics_place, marker_place, session_place, task_place},
        marker, segment, session, task,
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
        check::<segment::Entity, session_place::Entity>(segment::Column::SessionId, false);
    }
}
