//! The journal of changes: reading on from where one was, and forgetting what is old.

use entity::bookkeeping::change;
use sea_orm::{
    ColumnTrait, ConnectionTrait, DbBackend, DbErr, EntityTrait, FromQueryResult, QueryFilter,
    QuerySelect, Statement,
};

use crate::database::Database;

/// Where a reader of the journal stands.
#[derive(Clone, Debug)]
pub(super) enum Cursor {
    /// SQLite has one writer: all that comes later has a higher id.
    Id(i64),
    /// PostgreSQL gives ids out before they can be seen. What is new is what was written by
    /// transactions that had not ended in this snapshot.
    ///
    /// After a crash the numbers of transactions are given out again of which nothing had reached
    /// the disk, although the snapshot may count them as ended. The ids of changes that were seen
    /// are not: what has a higher id than these is new, too.
    Snapshot { snapshot: String, newest: i64 },
}

/// What a reader has found.
#[derive(Debug)]
pub(super) struct Reading {
    /// In the order of their ids, which for one row is the order of its changes.
    pub(super) changes: Vec<change::Model>,
    /// Where to read on.
    pub(super) cursor: Cursor,
}

/// A line of what PostgreSQL answers: a change, or the snapshot in which all were looked for.
#[derive(FromQueryResult)]
struct Line {
    snapshot: Option<String>,
    #[sea_orm(nested)]
    change: Option<change::Model>,
}

/// What the transactions wrote that had not ended in the snapshot `$1`; what they wrote that had,
/// but after the change `$2`, with a number that was given out again; and the snapshot of now.
///
/// The transactions are looked up one by one: joined, the planner would read all that is there for
/// them, as few transactions may have written most of it. `OFFSET 0` keeps it from joining.
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
        let row = row.await?.ok_or_else(|| nothing("an aggregate"))?;
        let newest = row.try_get("", "newest")?;
        Ok(match backend {
            DbBackend::Postgres => Self::Snapshot {
                snapshot: row.try_get("", "snapshot")?,
                newest,
            },
            _ => Self::Id(newest),
        })
    }

    /// What has become visible since.
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
                let snapshot = snapshot.ok_or_else(|| nothing("a snapshot"))?;
                Ok(Reading::new(changes, *newest, |newest| Self::Snapshot {
                    snapshot,
                    newest,
                }))
            }
        }
    }
}

impl Reading {
    /// What was found after the change that was the newest; `cursor` is made with the newest now.
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

fn nothing(of: &str) -> DbErr {
    DbErr::Custom(format!("the database has no answer to {of}"))
}

/// The id of the newest change.
pub(super) async fn newest(database: &Database) -> Result<Option<i64>, DbErr> {
    let find = change::Entity::find()
        .select_only()
        .column_as(change::Column::Id.max(), "id")
        .into_tuple();
    Ok(find.one(&database.reader).await?.flatten())
}

/// Forgets all changes up to the one with this id.
pub(super) async fn forget(database: &Database, last: i64) -> Result<(), DbErr> {
    let old = change::Entity::delete_many().filter(change::Column::Id.lte(last));
    old.exec(&database.writer).await.map(drop)
}
