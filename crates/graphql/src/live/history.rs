//! What happened to the segments of a session after a position: which were added or changed, and which
//! were deleted.

use entity::{
    bookkeeping::{segment_deletion, segment_position},
    segment,
};
use sea_orm::{
    ExprTrait, Iterable, JoinType,
    sea_query::{Asterisk, Expr, Order, Query, SelectStatement, UnionType},
};

use crate::read::filter::ROOT_TABLE;

/// The column with the position.
pub(super) const POSITION: &str = "transcript_position";

/// The column that says whether the segment was deleted: 1, or else 0.
pub(super) const IS_DELETED: &str = "transcript_is_deleted";

/// From where on the history is read.
#[derive(Clone, Copy)]
pub(super) struct Since {
    /// Segments that changed after this position.
    pub(super) position: i32,
    /// Segments that were deleted after this position, if that is later.
    pub(super) deletions: i32,
}

/// The next rows of the history of a session, at most `limit`, each as a segment. Of a deleted one,
/// only the id is left, and its text is empty.
///
/// Each half is limited by itself, so that no database reads more of it.
pub(super) fn history(session_id: i32, since: Since, limit: usize) -> SelectStatement {
    let limit = limit as u64;
    let mut both = Query::select()
        .column(Asterisk)
        .from_subquery(changed(session_id, since.position, limit), "changed")
        .take();
    let after = Ord::max(since.position, since.deletions);
    let deleted = Query::select()
        .column(Asterisk)
        .from_subquery(deleted(session_id, after, limit), "deleted")
        .take();
    both.union(UnionType::All, deleted);
    Query::select()
        .column((ROOT_TABLE, Asterisk))
        .from_subquery(both, ROOT_TABLE)
        .order_by((ROOT_TABLE, POSITION), Order::Asc)
        .limit(limit)
        .take()
}

fn changed(session_id: i32, after: i32, limit: u64) -> SelectStatement {
    let of = |column| Expr::col((segment_position::Entity, column));
    let mut select = Query::select();
    for column in segment::Column::iter() {
        select.column((segment::Entity, column));
    }
    select
        .expr_as(of(segment_position::Column::Position), POSITION)
        .expr_as(Expr::cust("0"), IS_DELETED)
        .from(segment_position::Entity)
        .join(
            JoinType::InnerJoin,
            segment::Entity,
            of(segment_position::Column::SegmentId).equals((segment::Entity, segment::Column::Id)),
        )
        .and_where(of(segment_position::Column::SessionId).eq(session_id))
        .and_where(of(segment_position::Column::Position).gt(after))
        .order_by(
            (segment_position::Entity, segment_position::Column::Position),
            Order::Asc,
        )
        .limit(limit)
        .take()
}

fn deleted(session_id: i32, after: i32, limit: u64) -> SelectStatement {
    let of = |column| Expr::col((segment_deletion::Entity, column));
    let mut select = Query::select();
    for column in segment::Column::iter() {
        let value = match column {
            segment::Column::Id => of(segment_deletion::Column::SegmentId),
            segment::Column::SessionId => of(segment_deletion::Column::SessionId),
            segment::Column::Text => Expr::cust("CAST('' AS text)"),
            segment::Column::Confidence => Expr::cust("CAST(NULL AS double precision)"),
            segment::Column::StartMs | segment::Column::EndMs => {
                Expr::cust("CAST(NULL AS integer)")
            }
            segment::Column::Speaker | segment::Column::Language => {
                Expr::cust("CAST(NULL AS varchar)")
            }
            segment::Column::Kind => Expr::cust("CAST('final' AS varchar)"),
            segment::Column::CreatedAt => Expr::cust("CAST(NULL AS timestamp)"),
        };
        select.expr_as(value, column);
    }
    select
        .expr_as(of(segment_deletion::Column::Position), POSITION)
        .expr_as(Expr::cust("1"), IS_DELETED)
        .from(segment_deletion::Entity)
        .and_where(of(segment_deletion::Column::SessionId).eq(session_id))
        .and_where(of(segment_deletion::Column::Position).gt(after))
        .order_by(
            (segment_deletion::Entity, segment_deletion::Column::Position),
            Order::Asc,
        )
        .limit(limit)
        .take()
}
