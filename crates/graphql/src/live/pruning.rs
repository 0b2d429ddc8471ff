//! Deleting old changes from the journal.

use std::{collections::VecDeque, convert::Infallible, time::Duration};

use entity::bookkeeping::change;
use sea_orm::{
    ConnectionTrait, DbErr, ExprTrait,
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
