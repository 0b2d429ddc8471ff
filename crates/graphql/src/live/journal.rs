//! The journal of changes: what is new after a cursor, in pages and by workspace.

use entity::bookkeeping::change;
use sea_orm::{
    ConnectionTrait, DbBackend, DbErr, ExprTrait, FromQueryResult, QueryResult, Statement, Value,
    sea_query::{ArrayType, Asterisk, Expr, Order, Query, SelectStatement, UnionType},
};

use crate::{database::Database, read::unreadable::readable, value::is_any_of};

/// How many changes one statement reads.
pub(super) const PAGE: u64 = 1000;

/// The alias of the changes of a window.
const WINDOW: &str = "change_window";

/// A position in the journal.
#[derive(Clone, Debug)]
pub(super) enum Cursor {
    /// SQLite has one writer at a time, so later changes have higher ids.
    Id(i64),
    /// PostgreSQL assigns ids before the rows become visible. New changes are those written by
    /// transactions that had not ended in this snapshot.
    ///
    /// After a crash, transaction ids of which nothing had reached the disk are assigned again,
    /// although the snapshot may count them as ended. The ids of changes that were read are not
    /// reused, so changes with higher ids than the newest one are new, too.
    Snapshot { snapshot: String, newest: i64 },
}

/// The changes that became visible between two cursors. They stay the same however late they are
/// read.
#[derive(Debug)]
pub(super) struct Window {
    since: Cursor,
    pub(super) until: Cursor,
    /// All changes by id, which for each row is the order of its changes. None if there are more
    /// than fit into a page; then they are read page by page.
    pub(super) changes: Option<Vec<change::Model>>,
}

/// How many changes of a workspace there are in a window, and their first and last id.
#[derive(Clone, Copy, Debug, FromQueryResult)]
pub(super) struct Count {
    pub(super) workspace_id: i32,
    pub(super) changes: i64,
    pub(super) first: i64,
    pub(super) last: i64,
}

/// A page of changes.
#[derive(Debug, Default)]
pub(super) struct Page {
    pub(super) changes: Vec<change::Model>,
    /// The id after which the next page begins, if there may be one.
    pub(super) next_after: Option<i64>,
}

/// The names of the results of [`SINCE_SNAPSHOT`].
const SNAPSHOT: &str = "snapshot";
const CHANGES: &str = "changes";
const NEWEST: &str = "newest";

/// Selects the changes of transactions that had not ended in the snapshot `$1`, and the changes after
/// `$2` whose transactions seem to have ended because their ids were assigned again, if these are
/// at most `$3`; and then the current snapshot, the number of the changes (one more than `$3` if
/// there are more) and their highest id.
///
/// Each part stops as soon as more changes are found than are read, and has an order in which only
/// an index finds the first rows, so that the planner never reads the whole table, however it
/// estimates. Each transaction is looked up separately.
///
/// Source: <https://www.postgresql.org/docs/current/functions-info.html#FUNCTIONS-INFO-SNAPSHOT>.
const SINCE_SNAPSHOT: &str = "\
    WITH new AS MATERIALIZED (\
    SELECT id, subject, row_id, parent_id, workspace_id, action, at_ms \
    FROM (SELECT * FROM mina_change WHERE transaction >= pg_snapshot_xmax($1::pg_snapshot) \
    ORDER BY transaction LIMIT $3 + 1) AS later \
    UNION ALL \
    SELECT id, subject, row_id, parent_id, workspace_id, action, at_ms \
    FROM pg_snapshot_xip($1::pg_snapshot) AS in_flight (xid) CROSS JOIN LATERAL \
    (SELECT * FROM mina_change \
    WHERE transaction BETWEEN in_flight.xid AND in_flight.xid \
    ORDER BY transaction LIMIT $3 + 1) AS written \
    UNION ALL \
    SELECT id, subject, row_id, parent_id, workspace_id, action, at_ms \
    FROM (SELECT * FROM mina_change \
    WHERE id > $2 AND pg_visible_in_snapshot(transaction, $1::pg_snapshot) \
    ORDER BY id LIMIT $3 + 1) AS assigned_again \
    LIMIT $3 + 1), \
    total AS MATERIALIZED (SELECT count(*) AS changes, max(id) AS newest FROM new) \
    SELECT NULL AS snapshot, NULL::bigint AS changes, NULL::bigint AS newest, new.* \
    FROM new, total WHERE total.changes <= $3 \
    UNION ALL \
    SELECT pg_current_snapshot()::text, changes, \
    CASE WHEN changes <= $3 THEN newest ELSE (SELECT max(id) FROM mina_change) END, \
    NULL, NULL, NULL, NULL, NULL, NULL, NULL FROM total";

impl Cursor {
    /// The end of the journal.
    pub(super) async fn now(database: &Database) -> Result<Self, DbErr> {
        let backend = database.backend();
        let sql = match backend {
            DbBackend::Postgres => {
                "SELECT pg_current_snapshot()::text AS snapshot, coalesce(max(id), 0) AS newest \
                 FROM mina_change"
            }
            _ => "SELECT coalesce(max(id), 0) AS newest FROM mina_change",
        };
        let statement = Statement::from_string(backend, sql);
        let row = database.retried(|| database.reader.query_one_raw(statement.clone()));
        let row = row.await?.ok_or_else(|| no_row("an aggregate"))?;
        let newest = row.try_get("", NEWEST)?;
        Ok(match backend {
            DbBackend::Postgres => Self::Snapshot {
                snapshot: row.try_get("", SNAPSHOT)?,
                newest,
            },
            _ => Self::Id(newest),
        })
    }

    /// The changes that have become visible since.
    pub(super) async fn window(&self, database: &Database) -> Result<Window, DbErr> {
        match self {
            Self::Id(last) => self.after_id(*last, database).await,
            Self::Snapshot { snapshot, newest } => {
                self.since_snapshot(snapshot, *newest, database).await
            }
        }
    }

    async fn after_id(&self, last: i64, database: &Database) -> Result<Window, DbErr> {
        let statement = select_changes()
            .and_where(Expr::col(change::Column::Id).gt(last))
            .limit(PAGE + 1)
            .take();
        let rows = database.retried(|| database.reader.query_all(&statement));
        let rows = rows.await?;
        let (until, changes) = if rows.len() as u64 > PAGE {
            (Self::now(database).await?, None)
        } else {
            let newest = rows.last().map(|row| row.try_get("", "id"));
            let newest = newest.transpose()?.unwrap_or(last);
            (Self::Id(newest), Some(changes(&rows)))
        };
        Ok(Window {
            since: self.clone(),
            until,
            changes,
        })
    }

    async fn since_snapshot(
        &self,
        snapshot: &str,
        newest: i64,
        database: &Database,
    ) -> Result<Window, DbErr> {
        let statement = Statement::from_sql_and_values(
            DbBackend::Postgres,
            SINCE_SNAPSHOT,
            [snapshot.into(), newest.into(), PAGE.cast_signed().into()],
        );
        let rows = database.retried(|| database.reader.query_all_raw(statement.clone()));
        let (mut of_changes, mut total) = (Vec::new(), None);
        for row in rows.await? {
            match row.try_get::<Option<String>>("", SNAPSHOT)? {
                Some(snapshot) => total = Some((snapshot, row)),
                None => of_changes.push(row),
            }
        }
        let (snapshot, total) = total.ok_or_else(|| no_row("a snapshot"))?;
        let last: Option<i64> = total.try_get("", NEWEST)?;
        let is_complete = total.try_get::<i64>("", CHANGES)? <= PAGE.cast_signed();
        Ok(Window {
            since: self.clone(),
            until: Self::Snapshot {
                snapshot,
                newest: last.map_or(newest, |last| std::cmp::max(last, newest)),
            },
            changes: is_complete.then(|| {
                let mut changes = changes(&of_changes);
                changes.sort_unstable_by_key(|change| change.id);
                changes
            }),
        })
    }
}

impl Window {
    /// How many changes there are of each workspace.
    pub(super) async fn counts(&self, database: &Database) -> Result<Vec<Count>, DbErr> {
        let id = || Expr::col(change::Column::Id);
        let statement = Query::select()
            .column(change::Column::WorkspaceId)
            .expr_as(id().count(), "changes")
            .expr_as(id().min(), "first")
            .expr_as(id().max(), "last")
            .from_subquery(self.rows(), WINDOW)
            .and_where(Expr::col(change::Column::WorkspaceId).is_not_null())
            .group_by_col(change::Column::WorkspaceId)
            .take();
        let rows = database.retried(|| database.reader.query_all(&statement));
        let rows = rows.await?;
        rows.iter()
            .map(|row| Count::from_query_result(row, ""))
            .collect()
    }

    /// Those of these rows that have changed. They belong to no workspace in the journal, so this
    /// is how the changes of users and of transcripts are found.
    pub(super) async fn changed(
        &self,
        subject: &str,
        row_ids: Vec<i32>,
        database: &Database,
    ) -> Result<Vec<i32>, DbErr> {
        if row_ids.is_empty() {
            return Ok(row_ids);
        }
        let statement = Query::select()
            .distinct()
            .column(change::Column::RowId)
            .from_subquery(self.rows(), WINDOW)
            .and_where(Expr::col(change::Column::Subject).eq(subject))
            .and_where(is_one_of(change::Column::RowId, row_ids, database))
            .take();
        let rows = database.retried(|| database.reader.query_all(&statement));
        let rows = rows.await?;
        rows.iter().map(|row| row.try_get("", "row_id")).collect()
    }

    /// A page of the changes of these workspaces whose ids are higher than `after` and up to `last`.
    pub(super) async fn page(
        &self,
        workspace_ids: Vec<i32>,
        after: i64,
        last: i64,
        database: &Database,
    ) -> Result<Page, DbErr> {
        let statement = Query::select()
            .column(Asterisk)
            .from_subquery(self.rows(), WINDOW)
            .order_by(change::Column::Id, Order::Asc)
            .and_where(Expr::col(change::Column::Id).gt(after))
            .and_where(Expr::col(change::Column::Id).lte(last))
            .and_where(is_one_of(
                change::Column::WorkspaceId,
                workspace_ids,
                database,
            ))
            .limit(PAGE)
            .take();
        let rows = database.retried(|| database.reader.query_all(&statement));
        let rows = rows.await?;
        let last = rows.last().filter(|_| rows.len() as u64 == PAGE);
        Ok(Page {
            changes: changes(&rows),
            next_after: last.map(|row| row.try_get("", "id")).transpose()?,
        })
    }

    /// Selects the changes of the window.
    fn rows(&self) -> SelectStatement {
        match (&self.since, &self.until) {
            (
                Cursor::Snapshot { snapshot, newest },
                Cursor::Snapshot {
                    snapshot: until, ..
                },
            ) => between_snapshots(snapshot, *newest, until),
            (since, until) => {
                let id = || Expr::col(change::Column::Id);
                all_changes()
                    .and_where(id().gt(since.newest()).and(id().lte(until.newest())))
                    .take()
            }
        }
    }
}

/// Selects the changes that became visible between two snapshots, or have a higher id than `newest`.
///
/// The first two parts are the transactions that had not ended in the first snapshot: those from its
/// `xmax` on, and those that were in flight. Each part is a range of an index, so that a statement
/// reads the changes between the snapshots, and not all that are stored. With one condition for all
/// parts, it would read all.
fn between_snapshots(since: &str, newest: i64, until: &str) -> SelectStatement {
    let parts: Vec<&str> = since.split(':').collect();
    let (xmax, in_flight) = (parts.get(1), parts.get(2));
    let part = |condition, values: Vec<Value>| {
        all_changes()
            .and_where(Expr::cust_with_values(condition, values))
            .and_where(Expr::cust_with_values(
                "pg_visible_in_snapshot(transaction, CAST($1 AS pg_snapshot))",
                [until],
            ))
            .take()
    };
    let mut all = part(
        "transaction >= CAST($1 AS xid8)",
        vec![xmax.copied().unwrap_or("0").into()],
    );
    let written = part(
        "transaction = ANY (CAST($1 AS xid8[]))",
        vec![format!("{{{}}}", in_flight.copied().unwrap_or_default()).into()],
    );
    let assigned_again = part(
        "id > $1 AND pg_visible_in_snapshot(transaction, CAST($2 AS pg_snapshot))",
        vec![newest.into(), since.into()],
    );
    all.union(UnionType::All, written)
        .union(UnionType::All, assigned_again)
        .take()
}

impl Cursor {
    /// The highest id before the cursor.
    pub(super) fn newest(&self) -> i64 {
        match self {
            Self::Id(newest) | Self::Snapshot { newest, .. } => *newest,
        }
    }
}

/// Selects changes by id.
fn select_changes() -> SelectStatement {
    all_changes()
        .order_by(change::Column::Id, Order::Asc)
        .take()
}

fn all_changes() -> SelectStatement {
    Query::select()
        .columns([
            change::Column::Id,
            change::Column::Subject,
            change::Column::RowId,
            change::Column::ParentId,
            change::Column::WorkspaceId,
            change::Column::Action,
            change::Column::AtMs,
        ])
        .from(change::Entity)
        .take()
}

fn changes(rows: &[QueryResult]) -> Vec<change::Model> {
    readable("mina_change", rows, |row| {
        change::Model::from_query_result(row, "")
    })
}

fn is_one_of(column: change::Column, ids: Vec<i32>, database: &Database) -> Expr {
    let ids = ids.into_iter().map(Into::into).collect();
    is_any_of(Expr::col(column), ArrayType::Int, ids, database.backend())
}

fn no_row(of: &str) -> DbErr {
    DbErr::Custom(format!("the database returned no row for {of}"))
}
