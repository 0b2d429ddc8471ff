//! Subscriptions to transcripts: segments in the order of their changes.

use std::sync::{Arc, Mutex, PoisonError};

use entity::{
    bookkeeping::{session_place, transcript},
    segment,
};
use sea_orm::{
    ConnectionTrait, DbErr, EntityTrait, IdenStatic, QueryResult,
    sea_query::{Expr, ExprTrait, Query, SelectStatement},
};

use super::{
    batch::EventBatch,
    feeds::{Follower, Lagged},
    history::{IS_DELETED, POSITION, Since, history},
    price::MAX_EVENTS,
    rendering::EventPayload,
    subscriber::{Part, Subscriber},
};
use crate::{
    account::viewer::Viewer,
    database::{Database, model::model},
    error::Error,
    read::{filter::ROOT_TABLE, unreadable::readable},
    schema::event::Event,
};

/// How many bytes of text are rendered at once, unless one segment alone has more.
const MAX_TEXT_BYTES: usize = 256 * 1024;

const WORKSPACE: &str = "transcript_workspace";

/// A transcript for one subscriber: first the stored segments, then new ones.
pub(super) struct TranscriptStream {
    session_id: i32,
    /// The position of the last event that was delivered.
    position: i32,
    /// Segments that were deleted up to this position were never sent to this subscriber.
    began_at: i32,
    follower: Follower,
    /// The batch of which not everything was delivered.
    pending: Option<Arc<EventBatch>>,
    progress: Progress,
}

/// What a subscriber does next.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Progress {
    /// It has missed batches: follow the feed again, then read the stored segments.
    Lagged,
    /// Read the stored segments, of which the last one has this position, as far as is known.
    CatchingUp { until: i32 },
    /// The same, and the next so many segments are paid for.
    Paid { until: i32, segments: usize },
    /// Deliver new segments.
    Live,
}

impl TranscriptStream {
    /// The segments that changed after a position.
    pub(super) async fn after(
        subscriber: &Subscriber,
        session_id: i32,
        position: i32,
    ) -> Result<Self, Error> {
        // Follow first and read the stored segments then, so that none is missed in between.
        let live = &subscriber.live;
        let until = subscriber.read(Box::pin(last_position(&live.database, session_id)));
        let until = until.await?;
        Ok(Self {
            session_id,
            position,
            began_at: if position == 0 { until } else { position },
            follower: live.transcripts.follow(session_id, until),
            pending: None,
            progress: Progress::CatchingUp { until },
        })
    }

    /// The next payloads to deliver; may be empty.
    pub(super) async fn next(
        &mut self,
        subscriber: &Subscriber,
    ) -> Result<Vec<EventPayload>, Error> {
        match self.progress {
            // Boxed, because a waiting subscriber reserves memory for the largest of these futures.
            Progress::Lagged => {
                Box::pin(ensure_exists_in_turn(subscriber, self.session_id)).await?;
                let until = Box::pin(last_position_in_turn(subscriber, self.session_id)).await?;
                self.follower = subscriber.live.transcripts.follow(self.session_id, until);
                self.progress = Progress::CatchingUp { until };
            }
            Progress::CatchingUp { until } => {
                Box::pin(self.pay_stored(subscriber, until)).await?;
            }
            Progress::Paid { until, segments } => {
                return Box::pin(self.stored_page(subscriber, until, segments)).await;
            }
            Progress::Live => {
                let batch = match self.pending.take() {
                    Some(batch) => Ok(batch),
                    None => self.follower.next().await,
                };
                match batch {
                    Ok(batch) => return Box::pin(self.new_segments(subscriber, batch)).await,
                    Err(Lagged) => self.progress = Progress::Lagged,
                }
            }
        }
        Ok(Vec::new())
    }

    /// Pays for the next stored segments before they are read, so that nothing is in memory while a
    /// subscriber has no points. There may be fewer, because a segment has only its last position.
    async fn pay_stored(&mut self, subscriber: &Subscriber, until: i32) -> Result<(), Error> {
        let until = if until > self.position {
            until
        } else {
            last_position_in_turn(subscriber, self.session_id).await?
        };
        let left = usize::try_from(until.saturating_sub(self.position)).unwrap_or_default();
        if left == 0 {
            self.progress = Progress::Live;
            return Ok(());
        }
        let segments = left.min(subscriber.query.chunk());
        subscriber.pay_rendering(segments).await?;
        self.progress = Progress::Paid { until, segments };
        Ok(())
    }

    /// Delivers stored segments that are paid for.
    async fn stored_page(
        &mut self,
        subscriber: &Subscriber,
        until: i32,
        segments: usize,
    ) -> Result<Vec<EventPayload>, Error> {
        let viewer = subscriber.viewer()?;
        let workspace_id = viewer.user().workspace_id;
        let read = Arc::new(Mutex::new(None));
        let work = {
            let (live, renderer) = (
                Arc::clone(&subscriber.live),
                Arc::clone(&subscriber.renderer),
            );
            let (query, viewer) = (Arc::clone(&subscriber.query), viewer.clone());
            let session_id = self.session_id;
            let since = Since {
                position: self.position,
                deletions: self.began_at,
            };
            let read = Arc::clone(&read);
            move |meter| {
                let (live, renderer) = (Arc::clone(&live), Arc::clone(&renderer));
                let (query, viewer) = (Arc::clone(&query), viewer.clone());
                let read = Arc::clone(&read);
                async move {
                    let database = &live.database;
                    let page = page_after(database, &viewer, session_id, since, segments);
                    let page = page.await?;
                    *read.lock().unwrap_or_else(PoisonError::into_inner) = Some(page.end());
                    let events = &page.events;
                    Ok(renderer.render(&query, &viewer, events, &meter).await)
                }
            }
        };
        let rendered = subscriber.in_turn(&viewer, work).await;
        let read = *read.lock().unwrap_or_else(PoisonError::into_inner);
        let (payloads, end) = match (rendered, read) {
            (Ok(payloads), Some(end)) => (payloads.to_vec(), end),
            // The next one alone may not be too long.
            (Err(Error::AnswerTooLong(_)), _) if segments > 1 => {
                self.progress = Progress::Paid { until, segments: 1 };
                return Ok(Vec::new());
            }
            (Err(error @ Error::AnswerTooLong(_)), Some(end)) => {
                (vec![EventPayload::of_error(error); end.events], end)
            }
            (Err(error), _) => return Err(error),
            (Ok(_), None) => return Err(Error::Internal("no page was read".to_owned())),
        };
        self.position = end.last_position.unwrap_or(self.position);
        self.progress = if end.is_last {
            Progress::Live
        } else {
            Progress::CatchingUp { until }
        };
        if !payloads.is_empty() {
            let paid = subscriber.pay_delivery(&payloads, workspace_id, "Session");
            paid.await?;
        }
        Ok(payloads)
    }

    /// Delivers the next of the segments of a batch that were not delivered before, as many as are
    /// rendered at once. They are the same for all subscribers with the same selections.
    async fn new_segments(
        &mut self,
        subscriber: &Subscriber,
        batch: Arc<EventBatch>,
    ) -> Result<Vec<EventPayload>, Error> {
        subscriber.viewer_in(batch.workspace_id, "Session")?;
        let Ok(events) = batch.events() else {
            self.progress = Progress::Lagged;
            return Ok(Vec::new());
        };
        let is_delivered = |event: &Event| position(event) <= Some(self.position);
        let delivered = events.partition_point(is_delivered);
        if delivered == events.len() {
            return Ok(Vec::new());
        }
        let chunk = subscriber.query.chunk();
        let start = delivered - delivered % chunk;
        let end = events.len().min(start + chunk);
        let is_pending = end < events.len();
        let last_position = last(&events[start..end]);
        drop(events);
        let part = Part {
            batch: &batch,
            range: start..end,
            events: &(start..end).collect::<Vec<_>>(),
            filter: None,
        };
        let rendered = match subscriber.render_shared(part, "Session").await {
            Err(Error::Lagged) => {
                self.progress = Progress::Lagged;
                return Ok(Vec::new());
            }
            rendered => rendered?,
        };
        self.position = last_position.unwrap_or(self.position);
        self.pending = is_pending.then_some(batch);
        Ok(rendered.iter().skip(delivered - start).cloned().collect())
    }
}

/// Fails if a session was deleted, so that its subscribers do not wait for it forever.
async fn ensure_exists_in_turn(subscriber: &Subscriber, session_id: i32) -> Result<(), Error> {
    let viewer = subscriber.viewer()?;
    let live = Arc::clone(&subscriber.live);
    let read = move |_| {
        let live = Arc::clone(&live);
        async move { Ok(exists(&live.database, session_id).await?) }
    };
    if subscriber.in_turn(&viewer, read).await? {
        Ok(())
    } else {
        Err(Error::Gone("Session"))
    }
}

/// Whether there is a session with this id.
pub(super) async fn exists(database: &Database, session_id: i32) -> Result<bool, DbErr> {
    let find = || session_place::Entity::find_by_id(session_id).one(&database.reader);
    Ok(database.retried(find).await?.is_some())
}

/// The last position of a session, read by a subscriber that is running.
async fn last_position_in_turn(subscriber: &Subscriber, session_id: i32) -> Result<i32, Error> {
    let viewer = subscriber.viewer()?;
    let live = Arc::clone(&subscriber.live);
    let read = move |_| {
        let live = Arc::clone(&live);
        async move { last_position(&live.database, session_id).await }
    };
    subscriber.in_turn(&viewer, read).await
}

fn position(event: &Event) -> Option<i32> {
    match event {
        Event::Segment { position, .. } => Some(*position),
        Event::Change(_) => None,
    }
}

/// The position of the last of these events.
fn last(events: &[Event]) -> Option<i32> {
    events.last().and_then(position)
}

/// Segments of a session that were read together.
pub(super) struct SegmentPage {
    pub(super) events: Vec<Event>,
    /// The workspace that the session belongs to right now, if that was read.
    pub(super) workspace_id: Option<i32>,
    /// The position of the last segment, whether or not that could be read.
    pub(super) last_position: Option<i32>,
    /// Whether there are no more segments.
    is_last: bool,
}

/// Where a page ends.
#[derive(Clone, Copy)]
struct PageEnd {
    /// How many events it has.
    events: usize,
    last_position: Option<i32>,
    is_last: bool,
}

impl SegmentPage {
    /// Rows that a statement with this limit has found, as far as their texts are not too long
    /// together. Segments that cannot be read are left out.
    fn new(rows: &[QueryResult], limit: usize) -> Result<Self, DbErr> {
        let fitting = within_bytes(rows);
        let is_last = rows.len() < limit && rows.len() == fitting;
        let rows = &rows[..fitting];
        let last = rows.last().map(|row| row.try_get("", POSITION));
        let events = readable("segment", rows, |row| {
            Ok(Event::Segment {
                position: row.try_get("", POSITION)?,
                is_deleted: row.try_get::<i32>("", IS_DELETED)? != 0,
                row: Arc::new(model(row)?),
            })
        });
        Ok(Self {
            events,
            workspace_id: None,
            last_position: last.transpose()?,
            is_last,
        })
    }

    pub(super) fn is_last(&self) -> bool {
        self.is_last
    }

    fn end(&self) -> PageEnd {
        PageEnd {
            events: self.events.len(),
            last_position: self.last_position,
            is_last: self.is_last,
        }
    }
}

/// How many of the rows have no more text together than is rendered at once, at least one.
fn within_bytes(rows: &[QueryResult]) -> usize {
    let mut bytes = 0;
    let lengths = rows.iter().map(|row| {
        let text = row.try_get::<String>("", segment::Column::Text.as_str());
        text.map_or(0, |text| text.len())
    });
    let fitting = lengths.take_while(|length| {
        bytes += length;
        bytes <= MAX_TEXT_BYTES
    });
    fitting.count().max(1).min(rows.len())
}

/// The last position of a session that is visible right now.
async fn last_position(database: &Database, session_id: i32) -> Result<i32, Error> {
    let find = || transcript::Entity::find_by_id(session_id).one(&database.reader);
    let row = database.retried(find).await?;
    Ok(row.map_or(0, |row| row.position))
}

/// The next events of a session after a position, with the workspace that it belongs to right now.
pub(super) async fn batch_after(
    database: &Database,
    session_id: i32,
    position: i32,
) -> Result<SegmentPage, DbErr> {
    let workspace = Query::select()
        .column(session_place::Column::WorkspaceId)
        .from(session_place::Entity)
        .and_where(Expr::col(session_place::Column::Id).eq(session_id))
        .take();
    let since = Since {
        position,
        deletions: position,
    };
    let mut statement = history(session_id, since, MAX_EVENTS);
    statement.expr_as(Expr::SubQuery(None, Box::new(workspace.into())), WORKSPACE);
    let rows = rows(database, &statement).await?;
    let workspace_id = match rows.first() {
        Some(row) => row.try_get("", WORKSPACE)?,
        None => None,
    };
    Ok(SegmentPage {
        workspace_id,
        ..SegmentPage::new(&rows, MAX_EVENTS)?
    })
}

/// The next events of a session after a position that the viewer may see, at most `limit`.
async fn page_after(
    database: &Database,
    viewer: &Viewer,
    session_id: i32,
    since: Since,
    limit: usize,
) -> Result<SegmentPage, DbErr> {
    let mut statement = history(session_id, since, limit);
    statement.and_where(viewer.scope::<segment::Entity>(ROOT_TABLE));
    SegmentPage::new(&rows(database, &statement).await?, limit)
}

async fn rows(database: &Database, statement: &SelectStatement) -> Result<Vec<QueryResult>, DbErr> {
    let rows = database.retried(|| database.reader.query_all(statement));
    rows.await
}
