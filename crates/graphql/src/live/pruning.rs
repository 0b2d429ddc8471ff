//! Deleting old changes from the journal, and old notes of deleted segments.

use std::{collections::VecDeque, convert::Infallible, time::Duration};

use entity::bookkeeping::{change, segment_deletion};
use sea_orm::{
    ColumnTrait, ConnectionTrait, DbErr, EntityTrait, ExprTrait, QueryFilter, QueryOrder,
    QuerySelect,
    sea_query::{DeleteStatement, Expr, Order, Query},
};
use tokio::time::sleep;
use tracing::warn;

use super::{journal::Cursor, node::Live};
use crate::database::Database;

/// How often old changes are deleted.
const INTERVAL: Duration = Duration::from_mins(1);

/// For how many of these intervals changes are kept in the journal, at least.
const KEPT_INTERVALS: usize = 10;

/// How many changes one statement deletes, so that others who write wait only for a moment.
const SLICE: u64 = 5000;

/// For how long it is noted that a segment was deleted, in milliseconds: a week. Whoever resumes a
/// transcript within that time hears of it.
const DELETIONS_KEPT_MS: i64 = 7 * 24 * 60 * 60 * 1000;

/// The pause between two such statements.
const PAUSE: Duration = Duration::from_millis(100);

impl Live {
    /// Deletes old changes. The newest id is recorded at each interval, and changes up to the
    /// oldest recorded id are deleted.
    pub(super) async fn prune(&self) -> Infallible {
        let mut reached = VecDeque::new();
        loop {
            sleep(INTERVAL).await;
            let pruned = async {
                reached.push_back(Cursor::now(&self.database).await?.newest());
                if reached.len() > KEPT_INTERVALS
                    && let Some(old) = reached.pop_front()
                {
                    delete_until(old, &self.database).await?;
                }
                let now = (self.clock)().timestamp_millis();
                forget_deletions(now - DELETIONS_KEPT_MS, &self.database).await?;
                Ok::<_, DbErr>(())
            };
            if let Err(error) = pruned.await {
                warn!(%error, "cannot delete old changes");
            }
        }
    }
}

/// Deletes all changes up to the one with this id.
async fn delete_until(last: i64, database: &Database) -> Result<(), DbErr> {
    let statement = delete_slice(last);
    while database.writer.execute(&statement).await?.rows_affected() >= SLICE {
        sleep(PAUSE).await;
    }
    Ok(())
}

/// Deletes the notes of all segments that were deleted before a moment. They are found by reading
/// first, so that nobody who writes waits where there are none.
async fn forget_deletions(before_ms: i64, database: &Database) -> Result<(), DbErr> {
    loop {
        let old = segment_deletion::Entity::find()
            .select_only()
            .column(segment_deletion::Column::AtMs)
            .filter(segment_deletion::Column::AtMs.lt(before_ms))
            .order_by_asc(segment_deletion::Column::AtMs)
            .limit(SLICE)
            .into_tuple::<i64>()
            .all(&database.reader)
            .await?;
        let Some(last) = old.last() else {
            return Ok(());
        };
        // Whoever deletes many segments at once does so in slices, too.
        segment_deletion::Entity::delete_many()
            .filter(segment_deletion::Column::AtMs.lte(*last))
            .exec(&database.writer)
            .await?;
        sleep(PAUSE).await;
    }
}

/// Deletes the oldest changes up to the one with this id, as many as one statement may.
fn delete_slice(last: i64) -> DeleteStatement {
    let id = || Expr::col(change::Column::Id);
    let oldest = Query::select()
        .column(change::Column::Id)
        .from(change::Entity)
        .and_where(id().lte(last))
        .order_by(change::Column::Id, Order::Asc)
        .limit(SLICE)
        .take();
    Query::delete()
        .from_table(change::Entity)
        .and_where(id().in_subquery(oldest))
        .take()
}

#[cfg(test)]
mod tests {
    use sea_orm::sea_query::PostgresQueryBuilder;

    use super::*;

    #[test]
    fn a_statement_deletes_a_slice() {
        let sql = delete_slice(7).to_string(PostgresQueryBuilder);
        assert_eq!(
            sql,
            r#"DELETE FROM "mina_change" WHERE "id" IN (SELECT "id" FROM "mina_change" WHERE "id" <= 7 ORDER BY "id" ASC LIMIT 5000)"#
        );
    }
}
