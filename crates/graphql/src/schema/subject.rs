//! Types whose changes are journaled and delivered to subscribers.

use std::{collections::HashMap, sync::Arc};

use entity::scope::Scoped;
use futures_util::future::BoxFuture;
use sea_orm::{
    ConnectionTrait, DbErr, EntityName, FromQueryResult,
    sea_query::{ArrayType, Asterisk, Expr, Query},
};

use super::{
    analytics::Analytics, event::AnyRow, marker::Marker, meeting::Meeting,
    participant::Participant, task::Task,
};
use crate::{
    database::Database,
    read::{
        filter::ROOT_TABLE,
        row::{ModelOf, Row},
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

/// Rows by their ids.
pub(crate) type Rows = HashMap<i32, AnyRow>;
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

/// The rows with these ids that belong to a workspace, except for those that cannot be read.
fn load<T: Row>(
    database: &Database,
    workspace_id: i32,
    ids: Vec<i32>,
) -> BoxFuture<'_, Result<Rows, DbErr>> {
    Box::pin(async move {
        let statement = Query::select()
            .column((ROOT_TABLE, Asterisk))
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
            let row = ModelOf::<T>::from_query_result(row, "")?;
            Ok((T::database_id(&row), Arc::new(row) as AnyRow))
        });
        Ok(rows.into_iter().collect())
    })
}
