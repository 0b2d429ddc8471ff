//! Which transcripts are older than their workspace keeps them.
//!
//! A transcript is as old as the latest of these: the end of its recording, the creation of its
//! session, and the creation of its newest segment. So an old recording that was imported yesterday is
//! a day old. A session whose times are unknown is kept, and so is one that has not ended.

use chrono::{NaiveDateTime, TimeDelta};
use entity::{
    bookkeeping::session_place,
    segment,
    session::{self, Status},
};
use sea_orm::{
    ConnectionTrait, DbErr, ExprTrait, JoinType, Order,
    sea_query::{Asterisk, Condition, Expr, Func, Query, SelectStatement},
};

/// The moment before which a transcript must have ended, if so many days are kept.
pub(crate) fn cutoff(now: NaiveDateTime, days: i32) -> NaiveDateTime {
    let ago = now.checked_sub_signed(TimeDelta::days(days.into()));
    ago.unwrap_or(NaiveDateTime::MIN)
}

/// What a retention would delete.
#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct Due {
    pub(crate) sessions: i64,
    pub(crate) segments: i64,
    /// Sessions that are as old, and are kept because they have not ended.
    pub(crate) unfinished: i64,
}

/// Counts what is due in a workspace.
pub(crate) async fn count(
    connection: &impl ConnectionTrait,
    workspace_id: i32,
    before: NaiveDateTime,
) -> Result<Due, DbErr> {
    let segments = Query::select()
        .expr(Expr::cust("count(*)"))
        .from(segment::Entity)
        .and_where(of_session())
        .take();
    let segments = Expr::SubQuery(None, Box::new(segments.into()));
    let unfinished = of_workspace(workspace_id)
        .expr(Expr::cust("count(*)"))
        .and_where(status().is_in([Status::Recording, Status::Processing]))
        .and_where(session_column(session::Column::CreatedAt).lt(before))
        .take();
    let due = sessions(workspace_id, before)
        .expr_as(Expr::cust("count(*)"), "sessions")
        .expr_as(
            Func::coalesce([Func::sum(segments).into(), Expr::val(0)]).cast_as("bigint"),
            "segments",
        )
        .expr_as(
            Expr::SubQuery(None, Box::new(unfinished.into())),
            "unfinished",
        )
        .take();
    let Some(row) = connection.query_one(&due).await? else {
        return Ok(Due::default());
    };
    Ok(Due {
        sessions: row.try_get("", "sessions")?,
        segments: row.try_get("", "segments")?,
        unfinished: row.try_get("", "unfinished")?,
    })
}

/// The ids of sessions that are due, the oldest first.
pub(crate) fn ids(workspace_id: i32, before: NaiveDateTime, limit: u64) -> SelectStatement {
    sessions(workspace_id, before)
        .column((session::Entity, session::Column::Id))
        .order_by(
            (session_place::Entity, session_place::Column::CreatedAt),
            Order::Asc,
        )
        .order_by(
            (session_place::Entity, session_place::Column::Id),
            Order::Asc,
        )
        .limit(limit)
        .take()
}

/// A session, if it is still due.
pub(crate) fn one(workspace_id: i32, before: NaiveDateTime, id: i32) -> SelectStatement {
    sessions(workspace_id, before)
        .column((session::Entity, Asterisk))
        .and_where(session_column(session::Column::Id).eq(id))
        .take()
}

/// The sessions that are due, without columns.
fn sessions(workspace_id: i32, before: NaiveDateTime) -> SelectStatement {
    let newer = Query::select()
        .expr(Expr::cust("1"))
        .from(segment::Entity)
        .and_where(of_session())
        .and_where(Expr::col((segment::Entity, segment::Column::CreatedAt)).gte(before))
        .take();
    let created_at = || session_column(session::Column::CreatedAt);
    let place = Expr::col((session_place::Entity, session_place::Column::CreatedAt));
    of_workspace(workspace_id)
        .and_where(status().is_in([Status::Completed, Status::Error]))
        .and_where(place.lt(before))
        .cond_where(
            Condition::any()
                .add(session_column(session::Column::EndedAt).lt(before))
                .add(
                    session_column(session::Column::EndedAt)
                        .is_null()
                        .and(created_at().is_not_null()),
                ),
        )
        .and_where(Expr::exists(newer).not())
        .take()
}

fn of_workspace(workspace_id: i32) -> SelectStatement {
    let place = |column| Expr::col((session_place::Entity, column));
    Query::select()
        .from(session_place::Entity)
        .join(
            JoinType::InnerJoin,
            session::Entity,
            place(session_place::Column::Id).equals((session::Entity, session::Column::Id)),
        )
        .and_where(place(session_place::Column::WorkspaceId).eq(workspace_id))
        .take()
}

fn of_session() -> Expr {
    Expr::col((segment::Entity, segment::Column::SessionId))
        .equals((session::Entity, session::Column::Id))
}

fn status() -> Expr {
    session_column(session::Column::Status)
}

fn session_column(column: session::Column) -> Expr {
    Expr::col((session::Entity, column))
}
