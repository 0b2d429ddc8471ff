//! Subscriptions to transcripts: segments in the order of their changes.

use std::sync::Arc;

use entity::{
    bookkeeping::{segment_position, session_place, transcript},
    segment,
};
use sea_orm::{
    ConnectionTrait, DbErr, EntityTrait, ExprTrait, FromQueryResult, IdenStatic, QueryResult,
    sea_query::{Asterisk, Expr, Order, Query, SelectStatement},
};

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
    read::{filter::ROOT_TABLE, unreadable::readable},
    schema::event::Event,
};

/// How many bytes of text are rendered at once, unless one segment alone has more.
const MAX_TEXT_BYTES: usize = 256 * 1024;

const POSITION: &str = "transcript_position";
const WORKSPACE: &str = "transcript_workspace";

/// A transcript for one subscriber: first the stored segments, then new ones.
pub(super) struct TranscriptStream {
    session_id: i32,
    /// The position of the last event that was delivered.
    position: i32,
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
    /// Read the stored segments.
    CatchingUp,
    /// Deliver new segments.
    Live,
}

impl TranscriptStream {
    /// The segments that changed after a position.
    pub(super) async fn after(
        database: &Database,
        feeds: &Feeds<i32>,
        session_id: i32,
        position: i32,
    ) -> Result<Self, Error> {
        Ok(Self {
            session_id,
            position,
            // Follow first and read the stored segments then, so that none is missed in between.
            follower: follow(database, feeds, session_id).await?,
            pending: None,
            progress: Progress::CatchingUp,
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
                let live = &subscriber.live;
                let follow = follow(&live.database, &live.transcripts, self.session_id);
                self.follower = Box::pin(follow).await?;
                self.progress = Progress::CatchingUp;
            }
            Progress::CatchingUp => return Box::pin(self.stored_page(subscriber)).await,
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

    /// Delivers stored segments, as many as are rendered at once.
    async fn stored_page(&mut self, subscriber: &Subscriber) -> Result<Vec<EventPayload>, Error> {
        let viewer = subscriber.viewer()?;
        let live = &subscriber.live;
        let limit = subscriber.query.chunk();
        let page = page_after(
            &live.database,
            &viewer,
            self.session_id,
            self.position,
            limit,
        );
        let page = page.await?;
        let rendered = subscriber.render(&viewer, &page.events, "Session").await?;
        if page.is_last() {
            self.progress = Progress::Live;
        }
        self.position = page.last_position.unwrap_or(self.position);
        Ok(rendered)
    }

    /// Delivers the next of the segments of a batch that were not delivered before, as many as are
    /// rendered at once. They are the same for all subscribers with the same selections.
    async fn new_segments(
        &mut self,
        subscriber: &Subscriber,
        batch: Arc<EventBatch>,
    ) -> Result<Vec<EventPayload>, Error> {
        subscriber.viewer_in(batch.workspace_id, "Session")?;
        let is_delivered = |event: &Event| position(event) <= Some(self.position);
        let delivered = batch.events.partition_point(is_delivered);
        if delivered == batch.events.len() {
            return Ok(Vec::new());
        }
        let chunk = subscriber.query.chunk();
        let start = delivered - delivered % chunk;
        let end = batch.events.len().min(start + chunk);
        let part = Part {
            batch: &batch,
            range: start..end,
            events: &batch.events[start..end],
            filter: None,
        };
        let rendered = subscriber.render_shared(part, "Session").await?;
        self.position = last(&batch.events[start..end]).unwrap_or(self.position);
        if end < batch.events.len() {
            self.pending = Some(batch);
        }
        Ok(rendered.iter().skip(delivered - start).cloned().collect())
    }
}

async fn follow(
    database: &Database,
    feeds: &Feeds<i32>,
    session_id: i32,
) -> Result<Follower, Error> {
    let position = last_position(database, session_id).await?;
    Ok(feeds.follow(session_id, position))
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
    events: Vec<Event>,
    /// The workspace that the session belongs to right now, if that was read.
    workspace_id: Option<i32>,
    /// The position of the last segment, whether or not that could be read.
    pub(super) last_position: Option<i32>,
    /// Whether there are no more segments.
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
                row: Arc::new(segment::Model::from_query_result(row, "")?),
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

impl From<SegmentPage> for EventBatch {
    fn from(page: SegmentPage) -> Self {
        Self::new(page.workspace_id, page.events)
    }
}

/// The last position of a session that is visible right now.
async fn last_position(database: &Database, session_id: i32) -> Result<i32, DbErr> {
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
    let mut statement = segments_after(session_id, position, MAX_EVENTS);
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
    position: i32,
    limit: usize,
) -> Result<SegmentPage, DbErr> {
    let mut statement = segments_after(session_id, position, limit);
    statement.and_where(viewer.scope::<segment::Entity>(ROOT_TABLE));
    SegmentPage::new(&rows(database, &statement).await?, limit)
}

fn segments_after(session_id: i32, position: i32, limit: usize) -> SelectStatement {
    let of = |column| Expr::col((segment_position::Entity, column));
    Query::select()
        .column((ROOT_TABLE, Asterisk))
        .expr_as(of(segment_position::Column::Position), POSITION)
        .from(segment_position::Entity)
        .join_as(
            sea_orm::JoinType::InnerJoin,
            segment::Entity,
            ROOT_TABLE,
            Expr::col((ROOT_TABLE, segment::Column::Id)).equals((
                segment_position::Entity,
                segment_position::Column::SegmentId,
            )),
        )
        .and_where(of(segment_position::Column::SessionId).eq(session_id))
        .and_where(of(segment_position::Column::Position).gt(position))
        .order_by(
            (segment_position::Entity, segment_position::Column::Position),
            Order::Asc,
        )
        .limit(limit as u64)
        .take()
}

async fn rows(database: &Database, statement: &SelectStatement) -> Result<Vec<QueryResult>, DbErr> {
    let rows = database.retried(|| database.reader.query_all(statement));
    rows.await
}
