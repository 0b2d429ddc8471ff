//! Subscriptions to transcripts: segments in the order of their changes.

use std::sync::Arc;

use entity::{
    bookkeeping::{segment_position, transcript},
    scope::workspace_of_session,
    segment, session,
};
use sea_orm::{
    ConnectionTrait, DbErr, EntityTrait, ExprTrait, FromQueryResult, QueryResult,
    sea_query::{Asterisk, Expr, Order, Query, SelectStatement},
};

use super::{
    feeds::{Feeds, Follower, Lagged},
    rendering::{EventBatch, EventPayload},
    subscriber::Subscriber,
};
use crate::{
    account::viewer::Viewer, database::Database, error::Error, read::filter::ROOT_TABLE,
    schema::event::Event,
};

/// How many segments one statement reads.
pub(super) const PAGE: usize = 100;

const POSITION: &str = "transcript_position";
const WORKSPACE: &str = "transcript_workspace";

/// A transcript for one subscriber: first the stored segments, then new ones.
pub(super) struct TranscriptStream {
    session_id: i32,
    /// The position of the last event that was delivered.
    position: i32,
    follower: Follower,
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
            Progress::Live => match self.follower.next().await {
                Ok(batch) => return self.new_segments(subscriber, &batch).await,
                Err(Lagged) => self.progress = Progress::Lagged,
            },
        }
        Ok(Vec::new())
    }

    /// Delivers one page of stored segments.
    async fn stored_page(&mut self, subscriber: &Subscriber) -> Result<Vec<EventPayload>, Error> {
        let viewer = subscriber.viewer()?;
        let database = &subscriber.live.database;
        let page = page_after(database, &viewer, self.session_id, self.position).await?;
        if page.len() < PAGE {
            self.progress = Progress::Live;
        }
        self.position = last(&page).unwrap_or(self.position);
        Ok(subscriber.render(&viewer, &page).await)
    }

    /// Delivers the segments of a batch that were not delivered before.
    async fn new_segments(
        &mut self,
        subscriber: &Subscriber,
        batch: &EventBatch,
    ) -> Result<Vec<EventPayload>, Error> {
        let viewer = subscriber.viewer()?;
        let workspace_id = viewer.user().workspace_id;
        if workspace_id.is_none() || batch.workspace_id != workspace_id {
            return Err(Error::Gone("Session"));
        }
        let is_delivered = |event: &Event| position(event) <= Some(self.position);
        let delivered = batch.events.partition_point(is_delivered);
        if delivered == batch.events.len() {
            return Ok(Vec::new());
        }
        let rendered = subscriber.render_shared(&viewer, batch, &batch.events, None);
        let rendered = rendered.await;
        self.position = last(&batch.events).unwrap_or(self.position);
        Ok(rendered.iter().skip(delivered).cloned().collect())
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
pub(super) fn last(events: &[Event]) -> Option<i32> {
    events.last().and_then(position)
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
) -> Result<EventBatch, DbErr> {
    let workspace = Query::select()
        .expr(workspace_of_session("of_session"))
        .from_as(session::Entity, "of_session")
        .and_where(Expr::col(("of_session", session::Column::Id)).eq(session_id))
        .take();
    let mut statement = segments_after(session_id, position);
    statement.expr_as(Expr::SubQuery(None, Box::new(workspace.into())), WORKSPACE);
    let rows = rows(database, &statement).await?;
    let workspace_id = match rows.first() {
        Some(row) => row.try_get("", WORKSPACE)?,
        None => None,
    };
    Ok(EventBatch::new(workspace_id, events(&rows)?))
}

/// The next events of a session after a position that the viewer may see.
async fn page_after(
    database: &Database,
    viewer: &Viewer,
    session_id: i32,
    position: i32,
) -> Result<Vec<Event>, DbErr> {
    let mut statement = segments_after(session_id, position);
    statement.and_where(viewer.scope::<segment::Entity>(ROOT_TABLE));
    events(&rows(database, &statement).await?)
}

fn segments_after(session_id: i32, position: i32) -> SelectStatement {
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
        .limit(PAGE as u64)
        .take()
}

async fn rows(database: &Database, statement: &SelectStatement) -> Result<Vec<QueryResult>, DbErr> {
    let rows = database.retried(|| database.reader.query_all(statement));
    rows.await
}

fn events(rows: &[QueryResult]) -> Result<Vec<Event>, DbErr> {
    rows.iter()
        .map(|row| {
            Ok(Event::Segment {
                position: row.try_get("", POSITION)?,
                row: Arc::new(segment::Model::from_query_result(row, "")?),
            })
        })
        .collect()
}
