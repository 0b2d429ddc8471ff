//! Types whose changes are journaled and delivered to subscribers.

use std::{collections::HashMap, sync::Arc};

use entity::scope::Scoped;
use futures_util::future::BoxFuture;
use sea_orm::{
    ColumnTrait, ConnectionTrait, DbErr, EntityName, IdenStatic, Iterable, QueryResult,
    sea_query::{ArrayType, ColumnType, Expr, Query},
};

use super::{
    analytics::Analytics, event::AnyRow, marker::Marker, meeting::Meeting,
    participant::Participant, task::Task,
};
use crate::{
    database::{Database, model::model},
    guard::document::LargeFields,
    read::{
        columns::Columns,
        filter::ROOT_TABLE,
        row::{ColumnOf, ModelOf, Row},
        unreadable::readable,
    },
    value::is_any_of,
};

/// A type whose changes are delivered.
pub(crate) struct Subject {
    /// The name of the type, as the triggers write it into the journal.
    pub(crate) name: &'static str,
    /// Reads the rows of a workspace by their ids.
    pub(crate) load: Load,
}

/// Rows by their ids, each with about how many bytes it has.
pub(crate) type Rows = HashMap<i32, (AnyRow, usize)>;
type Load = for<'a> fn(&'a Database, i32, Vec<i32>) -> BoxFuture<'a, Result<Rows, DbErr>>;

/// All types whose changes are delivered.
pub(crate) static SUBJECTS: &[Subject] = &[
    Subject::of::<Meeting>(),
    Subject::of::<Task>(),
    Subject::of::<Participant>(),
    Subject::of::<Analytics>(),
    Subject::of::<Marker>(),
];

impl Subject {
    const fn of<T: Row>() -> Self {
        Self {
            name: T::NAME,
            load: load::<T>,
        }
    }
}

/// About how many bytes a row has beside its texts without a limit.
const ROW_BYTES: usize = 512;

/// The rows with these ids that belong to a workspace, except for those that cannot be read. Long
/// values that can be left out are not read: a subscriber who selects them reads them when the event
/// is rendered, so that the events that wait for subscribers are small.
fn load<T: Row>(
    database: &Database,
    workspace_id: i32,
    ids: Vec<i32>,
) -> BoxFuture<'_, Result<Rows, DbErr>> {
    Box::pin(async move {
        let mut select = Query::select();
        Columns::All(&LargeFields::default()).add_to::<T>(&mut select, ROOT_TABLE);
        let statement = select
            .from_as(T::Entity::default(), ROOT_TABLE)
            .and_where(T::Entity::in_workspace(ROOT_TABLE, workspace_id))
            .and_where(is_any_of(
                Expr::col((ROOT_TABLE, T::ID)),
                ArrayType::Int,
                ids.into_iter().map(Into::into).collect(),
                database.backend(),
            ))
            .take();
        let rows = database.retried(|| database.reader.query_all(&statement));
        let rows = readable(T::Entity::default().table_name(), &rows.await?, |row| {
            let bytes = row_bytes::<T>(row);
            let row = model::<ModelOf<T>>(row)?;
            let id = T::database_id(&row);
            Ok((id, (Arc::new(row) as AnyRow, bytes)))
        });
        Ok(rows.into_iter().collect())
    })
}

/// About how many bytes a row has.
fn row_bytes<T: Row>(row: &QueryResult) -> usize {
    let texts = ColumnOf::<T>::iter()
        .filter(|column| matches!(column.def().get_column_type(), ColumnType::Text));
    let lengths = texts.map(|column| {
        let text = row.try_get::<Option<String>>("", column.as_str());
        text.ok().flatten().map_or(0, |text| text.len())
    });
    ROW_BYTES + lengths.sum::<usize>()
}
