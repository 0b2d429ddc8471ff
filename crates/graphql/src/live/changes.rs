//! Subscriptions to changes of rows: turning journal entries into events, and delivering these.

use std::{collections::HashMap, sync::Arc};

use entity::bookkeeping::change;
use sea_orm::DbErr;

use super::{
    feeds::{Feeds, Follower, Lagged},
    price::MAX_EVENTS,
    rendering::{EventBatch, EventPayload},
    subscriber::{Part, Subscriber},
};
use crate::{
    account::viewer::Viewer,
    database::Database,
    error::Error,
    schema::{
        event::{ChangeFilter, ChangeKind, Event, RowChange},
        subject::{Rows, Subject},
    },
};

/// The changes in a workspace, for one subscriber.
pub(super) struct ChangeStream {
    workspace_id: i32,
    filter: ChangeFilter,
    follower: Follower,
    /// What is left of the last batch.
    pending: Option<Pending>,
}

/// Events of a batch that pass the filter, and how many of them were delivered.
struct Pending {
    batch: Arc<EventBatch>,
    events: Vec<Event>,
    delivered: usize,
}

impl ChangeStream {
    /// The changes from now on.
    pub(super) fn from_now(
        feeds: &Feeds<()>,
        viewer: &Viewer,
        filter: ChangeFilter,
    ) -> Result<Self, Error> {
        let workspace_id = viewer.user().workspace_id;
        let workspace_id = workspace_id
            .ok_or_else(|| Error::Forbidden("You do not belong to a workspace.".to_owned()))?;
        Ok(Self {
            workspace_id,
            filter,
            follower: feeds.follow(workspace_id, ()),
            pending: None,
        })
    }

    /// The next payloads to deliver; empty if no change of the next batch passes the filter.
    pub(super) async fn next(
        &mut self,
        subscriber: &Subscriber,
    ) -> Result<Vec<EventPayload>, Error> {
        let pending = match self.pending.take() {
            Some(pending) => pending,
            None => self.next_batch().await?,
        };
        let Pending {
            batch,
            events,
            delivered,
        } = pending;
        if events.is_empty() {
            subscriber.viewer_in(Some(self.workspace_id), "Workspace")?;
            return Ok(Vec::new());
        }
        let next = events.len().min(delivered + subscriber.query.chunk());
        let part = Part {
            batch: &batch,
            range: delivered..next,
            events: &events[delivered..next],
            filter: Some(&self.filter),
        };
        let rendered = subscriber.render_shared(part, "Workspace").await?;
        self.pending = (next < events.len()).then_some(Pending {
            batch,
            events,
            delivered: next,
        });
        Ok(rendered.to_vec())
    }

    async fn next_batch(&mut self) -> Result<Pending, Error> {
        let batch = self.follower.next().await;
        let batch = batch.map_err(|Lagged| Error::Lagged)?;
        let events = batch.events.iter();
        let events = events.filter(|it| self.filter.matches(it));
        Ok(Pending {
            events: events.cloned().collect(),
            batch,
            delivered: 0,
        })
    }
}

/// Turns changes in one workspace into events with the current rows, which are read with one
/// statement per type. Several changes of a row become one event, and rows that cannot be read
/// become none.
pub(super) async fn events(
    database: &Database,
    subjects: &[Subject],
    workspace_id: i32,
    changes: &[&change::Model],
) -> Result<Vec<Event>, DbErr> {
    let mut events = Vec::new();
    for Subject { name, load } in subjects {
        let net = net_changes(changes.iter().filter(|change| change.subject == *name));
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
            // A row that has been deleted in the meantime will get an event for that.
            if kind == ChangeKind::Deleted || row.is_some() {
                let event = Event::Change(RowChange {
                    subject: name,
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
    Ok(events.into_iter().map(|(_, event)| event).collect())
}

/// Events in a workspace as the batches in which they are sent.
pub(super) fn batches(workspace_id: i32, events: Vec<Event>) -> impl Iterator<Item = EventBatch> {
    let mut events = events.into_iter();
    std::iter::from_fn(move || {
        let batch: Vec<Event> = events.by_ref().take(MAX_EVENTS).collect();
        (!batch.is_empty()).then(|| EventBatch::new(Some(workspace_id), batch))
    })
}

/// The net change of each row, with its last journal entry.
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
    fn changes_of_a_row_are_merged() {
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
