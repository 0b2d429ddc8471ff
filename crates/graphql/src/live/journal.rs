//! The journal of changes: reading new entries after a cursor, and pruning old ones.

use entity::bookkeeping::change;
use sea_orm::{
    ColumnTrait, ConnectionTrait, DbBackend, DbErr, EntityTrait, FromQueryResult, QueryFilter,
    QuerySelect, Statement,
};

use crate::database::Database;

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

/// New entries of the journal.
#[derive(Debug)]
pub(super) struct Reading {
    /// Sorted by id, which for each row is the order of its changes.
    pub(super) changes: Vec<change::Model>,
    /// The position after these entries.
    pub(super) cursor: Cursor,
}

/// A row of the result on PostgreSQL: a change, or the snapshot that was used to read them.
#[derive(FromQueryResult)]
struct Line {
    snapshot: Option<String>,
    #[sea_orm(nested)]
    change: Option<change::Model>,
}

/// Selects the changes of transactions that had not ended in the snapshot `$1`, the changes after
/// `$2` whose transactions seem to have ended because their ids were assigned again, and the
/// current snapshot.
///
/// Each transaction is looked up separately. With a join, the planner would read the whole table,
/// because it assumes that few transactions have written most of it. `OFFSET 0` prevents the join.
///
/// Source: <https://www.postgresql.org/docs/current/functions-info.html#FUNCTIONS-INFO-SNAPSHOT>.
const SINCE_SNAPSHOT: &str = "\
    SELECT NULL AS snapshot, id, subject, row_id, parent_id, workspace_id, action, at_ms \
    FROM mina_change WHERE transaction >= pg_snapshot_xmax($1::pg_snapshot) \
    UNION ALL \
    SELECT NULL, id, subject, row_id, parent_id, workspace_id, action, at_ms \
    FROM pg_snapshot_xip($1::pg_snapshot) AS in_flight (xid) CROSS JOIN LATERAL \
    (SELECT * FROM mina_change WHERE transaction = in_flight.xid OFFSET 0) AS written \
    UNION ALL \
    SELECT NULL, id, subject, row_id, parent_id, workspace_id, action, at_ms \
    FROM mina_change WHERE id > $2 AND pg_visible_in_snapshot(transaction, $1::pg_snapshot) \
    UNION ALL \
    SELECT pg_current_snapshot()::text, NULL, NULL, NULL, NULL, NULL, NULL, NULL";

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
        let newest = row.try_get("", "newest")?;
        Ok(match backend {
            DbBackend::Postgres => Self::Snapshot {
                snapshot: row.try_get("", "snapshot")?,
                newest,
            },
            _ => Self::Id(newest),
        })
    }

    /// The changes that have become visible since.
    pub(super) async fn read(&self, database: &Database) -> Result<Reading, DbErr> {
        match self {
            Self::Id(last) => {
                let changes = change::Entity::find()
                    .filter(change::Column::Id.gt(*last))
                    .all(&database.reader)
                    .await?;
                Ok(Reading::new(changes, *last, Self::Id))
            }
            Self::Snapshot { snapshot, newest } => {
                let statement = Statement::from_sql_and_values(
                    DbBackend::Postgres,
                    SINCE_SNAPSHOT,
                    [snapshot.into(), (*newest).into()],
                );
                let rows = database.retried(|| database.reader.query_all_raw(statement.clone()));
                let (mut changes, mut snapshot) = (Vec::new(), None);
                for row in rows.await? {
                    let line = Line::from_query_result(&row, "")?;
                    changes.extend(line.change);
                    snapshot = line.snapshot.or(snapshot);
                }
                let snapshot = snapshot.ok_or_else(|| no_row("a snapshot"))?;
                Ok(Reading::new(changes, *newest, |newest| Self::Snapshot {
                    snapshot,
                    newest,
                }))
            }
        }
    }
}

impl Reading {
    /// The changes after the one with the id `newest`. `cursor` makes a cursor of the id of the
    /// newest.
    fn new(
        mut changes: Vec<change::Model>,
        newest: i64,
        cursor: impl FnOnce(i64) -> Cursor,
    ) -> Self {
        changes.sort_unstable_by_key(|change| change.id);
        let last = changes.last().map_or(newest, |last| last.id.max(newest));
        Self {
            changes,
            cursor: cursor(last),
        }
    }
}

fn no_row(of: &str) -> DbErr {
    DbErr::Custom(format!("the database returned no row for {of}"))
}

/// The id of the newest change.
pub(super) async fn newest(database: &Database) -> Result<Option<i64>, DbErr> {
    let find = change::Entity::find()
        .select_only()
        .column_as(change::Column::Id.max(), "id")
        .into_tuple();
    Ok(find.one(&database.reader).await?.flatten())
}

/// Deletes all changes up to the one with this id.
pub(super) async fn prune(database: &Database, last: i64) -> Result<(), DbErr> {
    let old = change::Entity::delete_many().filter(change::Column::Id.lte(last));
    old.exec(&database.writer).await.map(drop)
}
