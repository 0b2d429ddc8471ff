//! Statements about the first of many segments, so that others who write do not wait long.

use entity::segment;
use sea_orm::{
    Condition, ExprTrait, Order,
    sea_query::{DeleteStatement, Expr, Query, SelectStatement, UpdateStatement},
};

/// Deletes the segments that meet a condition, at most `limit`, in the order of the recording.
pub(crate) fn delete_first(condition: Condition, limit: u64) -> DeleteStatement {
    Query::delete()
        .from_table(segment::Entity)
        .and_where(Expr::col(segment::Column::Id).in_subquery(first(condition, limit)))
        .take()
}

/// Gives the segments that meet a condition another speaker, at most `limit`, in the order of the
/// recording.
pub(crate) fn rename_first(condition: Condition, limit: u64, speaker: &str) -> UpdateStatement {
    Query::update()
        .table(segment::Entity)
        .value(segment::Column::Speaker, speaker)
        .and_where(Expr::col(segment::Column::Id).in_subquery(first(condition, limit)))
        .take()
}

/// The ids of these segments.
fn first(condition: Condition, limit: u64) -> SelectStatement {
    Query::select()
        .column(segment::Column::Id)
        .from(segment::Entity)
        .cond_where(condition)
        .order_by(segment::Column::StartMs, Order::Asc)
        .order_by(segment::Column::Id, Order::Asc)
        .limit(limit)
        .take()
}
