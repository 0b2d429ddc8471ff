//! Changes of rows: what they are about, and who wants to hear of them.

use std::{collections::HashMap, sync::Arc};

use async_graphql::Enum;
use entity::{bookkeeping::change, scope::Scoped};
use futures_util::future::BoxFuture;
use sea_orm::{
    ConnectionTrait, DbErr, FromQueryResult,
    sea_query::{ArrayType, Asterisk, Expr, Query},
};

use super::{
    Live,
    batch::{AnyRow, Batch, Event, Payload},
    delivery::Subscriber,
    feeds::{Follower, Missed},
};
use crate::{
    account::viewer::Viewer,
    database::Database,
    error::Error,
    read::filter::ROOT_TABLE,
    read::row::{ModelOf, Row},
    schema::analytics::Analytics,
    schema::marker::Marker,
    schema::meeting::Meeting,
    schema::participant::Participant,
    schema::task::Task,
    value::is_any_of,
};

/// What has happened to an object.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Enum)]
pub enum ChangeKind {
    /// It is new.
    Created,
    /// Something about it is different.
    Updated,
    /// It is gone: only its id is left.
    Deleted,
}

/// What has happened to a row.
#[derive(Clone, Debug)]
pub(crate) struct Change {
    /// The name of its type.
    pub(crate) subject: &'static str,
    pub(crate) kind: ChangeKind,
    pub(crate) row_id: i32,
    /// The meeting, or for a marker the session, that it belongs to.
    pub(crate) parent_id: Option<i32>,
    /// The row as it is now, unless it is gone.
    pub(crate) row: Option<AnyRow>,
}

/// Which changes in a workspace somebody wants to hear of.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub(crate) struct Filter {
    /// The name of the type.
    pub(crate) subject: &'static str,
    /// One row alone.
    pub(crate) row_id: Option<i32>,
    /// The rows of one meeting, or of one session, alone.
    pub(crate) parent_id: Option<i32>,
}

impl Filter {
    /// Whether a change is among them.
    pub(crate) fn takes(&self, event: &Event) -> bool {
        let Event::Change(change) = event else {
            return false;
        };
        change.subject == self.subject
            && self.row_id.is_none_or(|id| id == change.row_id)
            && self.parent_id.is_none_or(|id| Some(id) == change.parent_id)
    }
}

/// Changes in a workspace as one subscriber follows them.
pub(super) struct FollowedChanges {
    workspace_id: i32,
    filter: Filter,
    follower: Follower,
}

impl FollowedChanges {
    /// What happens from now on.
    pub(super) fn from_now(live: &Live, viewer: &Viewer, filter: Filter) -> Result<Self, Error> {
        let workspace_id = viewer.user().workspace_id;
        let workspace_id = workspace_id
            .ok_or_else(|| Error::Forbidden("You belong to no workspace.".to_owned()))?;
        Ok(Self {
            workspace_id,
            filter,
            follower: live.changes.follow(workspace_id, ()),
        })
    }

    /// What is to be delivered next; nothing where none of it passes the filter.
    pub(super) async fn next(&mut self, subscriber: &Subscriber) -> Result<Vec<Payload>, Error> {
        let batch = self.follower.next().await;
        let batch = batch.map_err(|Missed| Error::Lagged)?;
        let viewer = subscriber.viewer()?;
        if viewer.user().workspace_id != Some(self.workspace_id) {
            return Err(Error::Gone("Workspace"));
        }
        let events = batch.events.iter();
        let events: Vec<Event> = events.filter(|it| self.filter.takes(it)).cloned().collect();
        if events.is_empty() {
            return Ok(Vec::new());
        }
        let rendered = subscriber.render_shared(&viewer, &batch, &events, Some(&self.filter));
        Ok(rendered.await.to_vec())
    }
}

type Rows = HashMap<i32, AnyRow>;
type Load = for<'a> fn(&'a Database, i32, Vec<i32>) -> BoxFuture<'a, Result<Rows, DbErr>>;

/// The types whose changes are told, and how their rows are read.
static SUBJECTS: [(&str, Load); 5] = [
    (Meeting::NAME, load::<Meeting>),
    (Task::NAME, load::<Task>),
    (Participant::NAME, load::<Participant>),
    (Analytics::NAME, load::<Analytics>),
    (Marker::NAME, load::<Marker>),
];

/// The changes of one workspace as events, with the rows as they are now: one statement a type.
/// What happened to a row several times is told once.
pub(super) async fn batch(
    database: &Database,
    workspace_id: i32,
    changes: &[&change::Model],
) -> Result<Batch, DbErr> {
    let mut events = Vec::new();
    for (subject, load) in &SUBJECTS {
        let net = net_changes(changes.iter().filter(|change| change.subject == *subject));
        let ids: Vec<i32> = net
            .iter()
            .filter(|(kind, _)| *kind != ChangeKind::Deleted)
            .map(|(_, change)| change.row_id)
            .collect();
        let mut rows = if ids.is_empty() {
            Rows::new()
        } else {
            load(database, workspace_id, ids).await?
        };
        for (kind, change) in net {
            let row = rows.remove(&change.row_id);
            // What has been deleted meanwhile will be told as such.
            if kind == ChangeKind::Deleted || row.is_some() {
                let event = Event::Change(Change {
                    subject,
                    kind,
                    row_id: change.row_id,
                    parent_id: change.parent_id,
                    row,
                });
                events.push((change.id, event));
            }
        }
    }
    events.sort_by_key(|(id, _)| *id);
    let events = events.into_iter().map(|(_, event)| event).collect();
    Ok(Batch::new(Some(workspace_id), events))
}

/// What has become of each row in the end, in the order of the last changes.
fn net_changes<'a>(
    changes: impl Iterator<Item = &'a &'a change::Model>,
) -> Vec<(ChangeKind, &'a change::Model)> {
    let mut net: HashMap<i32, (ChangeKind, &change::Model)> = HashMap::new();
    for change in changes {
        let was_created = matches!(net.get(&change.row_id), Some((ChangeKind::Created, _)));
        let kind = match change.action.as_str() {
            "deleted" => ChangeKind::Deleted,
            "created" => ChangeKind::Created,
            _ if was_created => ChangeKind::Created,
            _ => ChangeKind::Updated,
        };
        net.insert(change.row_id, (kind, change));
    }
    net.into_values().collect()
}

/// The rows with these ids that belong to a workspace.
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
        rows.await?
            .iter()
            .map(|row| {
                let row = ModelOf::<T>::from_query_result(row, "")?;
                Ok((T::database_id(&row), Arc::new(row) as AnyRow))
            })
            .collect()
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn change(id: i64, row_id: i32, action: &str) -> change::Model {
        change::Model {
            id,
            subject: "Task".to_owned(),
            row_id,
            parent_id: None,
            workspace_id: Some(1),
            action: action.to_owned(),
            at_ms: 0,
        }
    }

    #[test]
    fn a_row_is_told_of_once() {
        let changes = [
            change(1, 1, "created"),
            change(2, 2, "updated"),
            change(3, 1, "updated"),
            change(4, 3, "updated"),
            change(5, 3, "deleted"),
        ];
        let changes: Vec<&change::Model> = changes.iter().collect();
        let mut net: Vec<_> = net_changes(changes.iter())
            .into_iter()
            .map(|(kind, change)| (change.id, change.row_id, kind))
            .collect();
        net.sort_unstable_by_key(|(id, ..)| *id);
        assert_eq!(
            net,
            [
                (2, 2, ChangeKind::Updated),
                (3, 1, ChangeKind::Created),
                (5, 3, ChangeKind::Deleted),
            ]
        );
    }
}
