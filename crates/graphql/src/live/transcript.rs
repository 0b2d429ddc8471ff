//! What is read of transcripts: segments in the order in which they have changed.

use std::sync::Arc;

use entity::{
    bookkeeping::{segment_position, transcript},
    segment, session,
    wall::workspace_of_session,
};
use sea_orm::{
    ConnectionTrait, DbErr, EntityTrait, ExprTrait, FromQueryResult, QueryResult,
    sea_query::{Asterisk, Expr, Order, Query, SelectStatement},
};

use super::batch::{Batch, Event};
use crate::{database::Database, filter::ROOT_TABLE, viewer::Viewer};

/// How many segments are read at once.
pub(super) const PAGE: usize = 200;

const POSITION: &str = "transcript_position";
const WORKSPACE: &str = "transcript_workspace";

/// The last position of a session that can be seen now.
pub(super) async fn last_position(database: &Database, session_id: i32) -> Result<i32, DbErr> {
    let find = || transcript::Entity::find_by_id(session_id).one(&database.reader);
    let row = database.retried(find).await?;
    Ok(row.map_or(0, |row| row.position))
}

/// The next events of a session after a position, with the workspace to which it belongs now.
pub(super) async fn batch_after(
    database: &Database,
    session_id: i32,
    position: i32,
) -> Result<Batch, DbErr> {
    let workspace = Query::select()
        .expr(workspace_of_session("of_session"))
        .from_as(session::Entity, "of_session")
        .and_where(Expr::col(("of_session", session::Column::Id)).eq(session_id))
        .take();
    let mut statement = after(session_id, position);
    statement.expr_as(Expr::SubQuery(None, Box::new(workspace.into())), WORKSPACE);
    let rows = rows(database, &statement).await?;
    let workspace_id = match rows.first() {
        Some(row) => row.try_get("", WORKSPACE)?,
        None => None,
    };
    Ok(Batch::new(workspace_id, events(&rows)?))
}

/// The next events of a session after a position, as far as a viewer may see them.
pub(super) async fn page_after(
    database: &Database,
    viewer: &Viewer,
    session_id: i32,
    position: i32,
) -> Result<Vec<Event>, DbErr> {
    let mut statement = after(session_id, position);
    statement.and_where(viewer.wall::<segment::Entity>(ROOT_TABLE));
    events(&rows(database, &statement).await?)
}

fn after(session_id: i32, position: i32) -> SelectStatement {
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
