//! Subscriptions to changes of rows: turning journal entries into events, and delivering these.

use std::{collections::HashMap, sync::Arc};

use entity::bookkeeping::change;
use sea_orm::DbErr;

use super::{
    batch::{EventBatch, Evicted},
    feeds::{Feeds, Follower, Lagged, MAX_LAG_BYTES},
    price::MAX_EVENTS,
    rendering::EventPayload,
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

/// A batch, which of its events pass the filter, and how many of these were delivered.
struct Pending {
    batch: Arc<EventBatch>,
    wanted: Vec<usize>,
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
            wanted,
            delivered,
        } = pending;
        if wanted.is_empty() {
            subscriber.viewer_in(Some(self.workspace_id), "Workspace")?;
            return Ok(Vec::new());
        }
        let next = wanted.len().min(delivered + subscriber.query.chunk());
        let part = Part {
            batch: &batch,
            range: delivered..next,
            events: &wanted[delivered..next],
            filter: Some(&self.filter),
        };
        let rendered = subscriber.render_shared(part, "Workspace").await?;
        self.pending = (next < wanted.len()).then_some(Pending {
            batch,
            wanted,
            delivered: next,
        });
        Ok(rendered.to_vec())
    }

    async fn next_batch(&mut self) -> Result<Pending, Error> {
        let batch = self.follower.next().await;
        let batch = batch.map_err(|Lagged| Error::Lagged)?;
        let events = batch.events().map_err(|Evicted| Error::Lagged)?;
        let events = events.iter().enumerate();
        let wanted = events.filter(|(_, event)| self.filter.matches(event));
        Ok(Pending {
            wanted: wanted.map(|(index, _)| index).collect(),
            batch,
            delivered: 0,
        })
    }
}

/// Turns changes in one workspace into events with the current rows, of which one statement reads a
/// hundred of a type. Several changes of a row become one event, and rows that cannot be read become
/// none. Returns none if the events have more bytes than a feed may hold.
pub(super) async fn events(
    database: &Database,
    subjects: &[Subject],
    workspace_id: i32,
    changes: &[&change::Model],
) -> Result<Option<Vec<Event>>, DbErr> {
    let mut events = Vec::new();
    let mut bytes = 0;
    for Subject { name, load } in subjects {
        let net = net_changes(changes.iter().filter(|change| change.subject == *name));
        let ids: Vec<i32> = net
            .iter()
            .filter(|(kind, _)| *kind != ChangeKind::Deleted)
            .map(|(_, change)| change.row_id)
            .collect();
        let mut rows = Rows::new();
        for ids in ids.chunks(MAX_EVENTS) {
            rows.extend(load(database, workspace_id, ids.to_vec()).await?);
            if bytes + rows.values().map(|(_, bytes)| bytes).sum::<usize>() > MAX_LAG_BYTES {
                return Ok(None);
            }
        }
        for (kind, change) in net {
            let row = rows.remove(&change.row_id);
            // A row that has been deleted in the meantime will get an event for that.
            if kind == ChangeKind::Deleted || row.is_some() {
                let (row, row_bytes) = row.unzip();
                let event = Event::Change(RowChange {
                    subject: name,
                    kind,
                    row_id: change.row_id,
                    parent_id: change.parent_id,
                    row,
                    bytes: row_bytes.unwrap_or_default(),
                });
                bytes += event.bytes();
                events.push((change.id, event));
            }
        }
    }
    events.sort_by_key(|(id, _)| *id);
    let events = events.into_iter().map(|(_, event)| event).collect();
    Ok((bytes <= MAX_LAG_BYTES).then_some(events))
}

/// Events in the numbers in which they are sent.
pub(super) fn batches(events: Vec<Event>) -> impl Iterator<Item = Vec<Event>> {
    let mut events = events.into_iter();
    std::iter::from_fn(move || {
        let batch: Vec<Event> = events.by_ref().take(MAX_EVENTS).collect();
        (!batch.is_empty()).then_some(batch)
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
