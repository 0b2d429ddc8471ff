//! Deletes transcripts that are older than their workspaces keep them, in slices, so that nobody who
//! writes waits long.

use std::{convert::Infallible, time::Duration};

use chrono::{NaiveDateTime, SubsecRound};
use entity::{bookkeeping::retention, meeting, segment, session};
use metrics::counter;
use sea_orm::{
    ActiveModelTrait, ActiveValue::Set, ColumnTrait, Condition, ConnectionTrait, DbBackend, DbErr,
    EntityTrait, IntoActiveModel, QueryFilter, QueryOrder, QuerySelect, Statement,
    TransactionTrait, sea_query::LockType,
};
use tokio::time::sleep;
use tracing::{info, warn};

use super::Engine;
use crate::{
    database::{WriteTransaction, model::model, usage},
    metric, moment,
    read::context::Publisher,
    schema::{
        segment::slice::delete_first,
        session::erasure::{delete_with_markers, has_at_most},
        workspace::retention::{due, stored_days},
    },
};

/// How many segments one transaction deletes at most.
pub(super) const SLICE: u64 = 2000;

/// The pause between two transactions.
pub(super) const PAUSE: Duration = Duration::from_millis(50);

/// How many sessions one statement finds.
const SESSIONS: u64 = 100;

/// The number of the lock of PostgreSQL that whoever deletes has, so that of several nodes one does.
const LOCK: i64 = 0x6d69_6e61_5f72_6574;

/// What a transaction did.
enum Step {
    /// It deleted a slice of the segments.
    Slice(u64),
    /// It deleted the session, with the rest of its segments.
    Done(u64),
    /// The session is not due any more.
    NotDue,
    /// Another node deletes.
    Elsewhere,
}

impl Engine {
    /// Deletes old transcripts whenever `interval` has passed, forever. The first time is an interval
    /// after the start, so that whoever sets a wrong number has time to correct it.
    pub async fn keep_retention(&self, interval: Duration) -> Infallible {
        let keeping = async {
            loop {
                sleep(interval).await;
                if let Err(error) = self.delete_old_transcripts().await {
                    counter!(metric::RETENTION_FAILURES).increment(1);
                    warn!(%error, "cannot delete old transcripts");
                }
            }
        };
        usage::scope_of_journal(keeping).await
    }

    async fn delete_old_transcripts(&self) -> Result<(), DbErr> {
        let workspaces: Vec<i32> = retention::Entity::find()
            .select_only()
            .column(retention::Column::WorkspaceId)
            .order_by_asc(retention::Column::WorkspaceId)
            .into_tuple()
            .all(&self.database.reader)
            .await?;
        for workspace_id in workspaces {
            if !self.delete_old_transcripts_of(workspace_id).await? {
                break;
            }
        }
        Ok(())
    }

    /// Deletes the old transcripts of a workspace. Returns false if another node deletes.
    async fn delete_old_transcripts_of(&self, workspace_id: i32) -> Result<bool, DbErr> {
        let (mut sessions, mut segments) = (0_u64, 0);
        let ended = 'sweep: loop {
            let ids = self.due_sessions(workspace_id).await?;
            for id in &ids {
                let mut is_begun = true;
                while is_begun {
                    match self.delete_step(workspace_id, *id).await? {
                        Step::Slice(deleted) => segments += deleted,
                        Step::Done(deleted) => {
                            (sessions, segments) = (sessions + 1, segments + deleted);
                            counter!(metric::RETENTION_SESSIONS).increment(1);
                            is_begun = false;
                        }
                        Step::NotDue => is_begun = false,
                        Step::Elsewhere => break 'sweep false,
                    }
                    self.live.publish();
                    sleep(PAUSE).await;
                }
            }
            if (ids.len() as u64) < SESSIONS {
                break true;
            }
        };
        if sessions > 0 || segments > 0 {
            self.quotas.outdate(workspace_id);
            info!(
                workspace = workspace_id,
                sessions, segments, "deleted transcripts that are older than the retention"
            );
        }
        Ok(ended)
    }

    fn now(&self) -> NaiveDateTime {
        self.tokens.now().naive_utc().trunc_subsecs(6)
    }

    async fn due_sessions(&self, workspace_id: i32) -> Result<Vec<i32>, DbErr> {
        let reader = &self.database.reader;
        let Some(days) = stored_days(reader, workspace_id).await? else {
            return Ok(Vec::new());
        };
        let due = due::ids(workspace_id, due::cutoff(self.now(), days), SESSIONS);
        let rows = reader.query_all(&due).await?;
        rows.iter().map(|row| row.try_get("", "id")).collect()
    }

    /// Deletes a slice of a session that is due, or the session with its last segments.
    async fn delete_step(&self, workspace_id: i32, session_id: i32) -> Result<Step, DbErr> {
        let tx = self.database.writer.begin().await?;
        let step = self.delete_within(&tx, workspace_id, session_id).await;
        match &step {
            Ok(Step::Slice(_) | Step::Done(_)) => tx.commit().await?,
            Ok(Step::NotDue | Step::Elsewhere) | Err(_) => tx.rollback().await?,
        }
        step
    }

    async fn delete_within(
        &self,
        tx: &WriteTransaction,
        workspace_id: i32,
        session_id: i32,
    ) -> Result<Step, DbErr> {
        if !is_turn(tx).await? {
            return Ok(Step::Elsewhere);
        }
        // It may have been changed since the session was found.
        let Some(days) = stored_days(tx, workspace_id).await? else {
            return Ok(Step::NotDue);
        };
        let is_postgres = tx.get_database_backend() == DbBackend::Postgres;
        let before = due::cutoff(self.now(), days);
        // The meetings are locked first, as by everything else that locks both.
        let seen = session::Entity::find_by_id(session_id).one(tx).await?;
        let meetings = match seen {
            Some(session) => {
                let find = meeting::Entity::find()
                    .filter(meeting::Column::SessionId.eq(&session.external_id))
                    .order_by_asc(meeting::Column::Id);
                let find = if is_postgres {
                    find.lock(LockType::NoKeyUpdate)
                } else {
                    find
                };
                find.all(tx).await?
            }
            None => return Ok(Step::NotDue),
        };
        if is_postgres {
            let lock = session::Entity::find_by_id(session_id).lock(LockType::Update);
            lock.one(tx).await?;
        }
        let row = tx
            .query_one(&due::one(workspace_id, before, session_id))
            .await?;
        let Some(row) = row else {
            return Ok(Step::NotDue);
        };
        let of_session = Condition::all().add(segment::Column::SessionId.eq(session_id));
        let slice = delete_first(of_session, SLICE);
        let is_last = has_at_most(tx, session_id, SLICE).await?;
        let deleted = tx.execute(&slice).await?.rows_affected();
        if !is_last {
            return Ok(Step::Slice(deleted));
        }
        for meeting in meetings {
            let updated_at = moment::of_change(self.now(), meeting.updated_at);
            let mut meeting = meeting.into_active_model();
            meeting.session_id = Set(None);
            meeting.updated_at = Set(Some(updated_at));
            meeting.update(tx).await?;
        }
        delete_with_markers(tx, model::<session::Model>(&row)?).await?;
        Ok(Step::Done(deleted))
    }
}

/// Whether this node may delete. On PostgreSQL, the lock ends with the transaction.
async fn is_turn(tx: &WriteTransaction) -> Result<bool, DbErr> {
    if tx.get_database_backend() != DbBackend::Postgres {
        return Ok(true);
    }
    let statement = Statement::from_sql_and_values(
        DbBackend::Postgres,
        "SELECT pg_try_advisory_xact_lock($1) AS is_turn",
        [LOCK.into()],
    );
    let row = tx.query_one_raw(statement).await?;
    row.map_or(Ok(false), |row| row.try_get("", "is_turn"))
}
