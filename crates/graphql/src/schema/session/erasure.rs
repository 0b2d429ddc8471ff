//! Deleting what was said: sessions and segments.
//!
//! A transaction deletes a bounded number of segments, because others who write to the same SQLite
//! database wait for it.

use std::{collections::HashSet, sync::Arc};

use async_graphql::{InputObject, SimpleObject};
use entity::{bookkeeping::speaker, marker, meeting, segment, session};
use sea_orm::{
    ActiveModelTrait,
    ActiveValue::Set,
    ColumnTrait, Condition, ConnectionTrait, DbErr, EntityTrait, ExprTrait, IntoActiveModel,
    ModelTrait, QueryFilter, QuerySelect, QueryTrait,
    sea_query::{ArrayType, Expr, LockType},
};

use super::{
    Session,
    actions::{DELETE, DELETE_SEGMENTS},
};
use crate::{
    directive::id_of,
    error::{
        Error,
        failure::Failure,
        user_error::{UserError, UserErrorCode},
    },
    read::{filter::ROOT_TABLE, row::Id},
    schema::{
        meeting::Meeting,
        mutation_field::{MutationField, field},
        payload::DeletedOutcome,
        segment::{Segment, slice::delete_first},
    },
    value::is_any_of,
    write::{
        input::{Command, Outcome, Writes},
        limit::{Declared, ListLimit},
        number::check_length,
        rows::not_found,
        transaction::{Abort, Transaction},
    },
};

/// The mutations that delete what was said.
pub(crate) const MUTATIONS: &[&dyn MutationField] = &[
    field::<SessionDeleteInput>(),
    field::<SegmentsDeleteInput>(),
];

/// How many segments one call deletes at most.
const MAX_SEGMENTS: i32 = 10_000;

/// What the deletion of a session writes beside the session.
pub(crate) const DELETES_SEGMENTS: Writes = Writes {
    rows: MAX_SEGMENTS,
    when: None,
    unless: None,
};

/// Deletes a session with its transcript and its markers, whatever its status. A linked meeting
/// stays, without a session, and so do its analysis and the tasks that were created from markers.
/// If the session has more than 10,000 segments, delete them first with `segmentsDelete`.
#[derive(InputObject)]
pub(crate) struct SessionDeleteInput {
    /// The ID of the session.
    #[graphql(directive = id_of::apply(Id::<Session>::of()))]
    id: Id<Session>,
}

impl Command for SessionDeleteInput {
    const NAME: &'static str = "sessionDelete";

    type Outcome = DeletedOutcome;

    const WRITES: Option<Writes> = Some(DELETES_SEGMENTS);

    // The session and its meeting are read before they are locked and afterwards.
    const FURTHER_STATEMENTS: i32 = 2;

    async fn execute(&self, tx: &mut Transaction) -> Result<Self::Outcome, Abort> {
        // The meeting is locked first, as it is by everything else that locks both.
        let seen = tx.find::<Session>(self.id.database_id()).await?;
        let meetings = match &seen {
            Some(session) => meetings_of(tx, &session.external_id).await?,
            None => Vec::new(),
        };
        let session = tx.lock_by_id_for(&DELETE, &self.id).await?;
        tx.ensure_valid()?;
        ensure_locked(tx, &session.external_id, &meetings).await?;
        for meeting in meetings {
            let updated_at = tx.now_after(meeting.updated_at);
            let mut meeting = meeting.into_active_model();
            meeting.session_id = Set(None);
            meeting.updated_at = Set(Some(updated_at));
            meeting.update(tx.connection()).await?;
        }
        delete_session(tx, session, "id").await?;
        Ok(DeletedOutcome::new(&self.id))
    }
}

/// Deletes segments of a session: those that meet all given conditions or, with `all`, the whole
/// transcript. One call deletes at most 10,000, in the order of the recording; repeat it while
/// `hasMore` is true. Markers stay. Subscribers to the transcript get an event for each segment.
#[derive(InputObject)]
pub(crate) struct SegmentsDeleteInput {
    /// The ID of the session.
    #[graphql(directive = id_of::apply(Id::<Session>::of()))]
    session_id: Id<Session>,
    /// Only segments with these IDs, which must be in the session. At most 1000.
    #[graphql(
        directive = id_of::apply(Id::<Segment>::of()),
        directive = Declared::apply(ListLimit::SEGMENTS)
    )]
    ids: Option<Vec<Id<Segment>>>,
    /// Only segments that start at or after this position, in milliseconds from the start of the
    /// recording.
    from_ms: Option<i32>,
    /// Only segments that start before this position, in milliseconds from the start of the
    /// recording.
    until_ms: Option<i32>,
    /// Whether all segments are deleted. Must be true if there are no conditions, and cannot be
    /// combined with any.
    #[graphql(default)]
    all: bool,
}

/// The outcome of deleting segments.
#[derive(Default, SimpleObject)]
pub(crate) struct SegmentsDeleted {
    /// The session after this mutation. Null if `userErrors` is not empty.
    session: Option<Session>,
    /// The number of segments that were deleted.
    deleted_count: u64,
    /// Whether there are more segments to delete.
    has_more: bool,
}

impl Outcome for SegmentsDeleted {}

impl Command for SegmentsDeleteInput {
    const NAME: &'static str = "segmentsDelete";

    type Outcome = SegmentsDeleted;

    const WRITES: Option<Writes> = Some(Writes {
        unless: Some("ids"),
        ..DELETES_SEGMENTS
    });

    async fn execute(&self, tx: &mut Transaction) -> Result<Self::Outcome, Abort> {
        let session = tx.lock_for(&DELETE_SEGMENTS, &self.session_id, "sessionId");
        let session = session.await?;
        let ids = self.ids.as_deref();
        let length = check_length(ids.map_or(0, <[_]>::len), ListLimit::SEGMENTS);
        tx.check(length, ["ids"]);
        tx.check(self.check_conditions(), ["all"]);
        tx.ensure_valid()?;
        if let Some(ids) = ids {
            check_segments(tx, session.id, ids).await?;
        }
        tx.ensure_valid()?;
        let mut condition = Condition::all().add(segment::Column::SessionId.eq(session.id));
        if let Some(ids) = ids {
            let ids = ids.iter().map(|id| id.database_id().into()).collect();
            let column = Expr::col((segment::Entity, segment::Column::Id));
            condition = condition.add(is_any_of(column, ArrayType::Int, ids, tx.backend()));
        }
        if let Some(from) = self.from_ms {
            condition = condition.add(segment::Column::StartMs.gte(from));
        }
        if let Some(until) = self.until_ms {
            condition = condition.add(segment::Column::StartMs.lt(until));
        }
        let deleted_count = delete_segments(tx, condition).await?;
        if deleted_count > 0 {
            forget_speakers(tx, session.id).await?;
        }
        Ok(SegmentsDeleted {
            session: Some(Session(session.into())),
            deleted_count,
            has_more: deleted_count == u64::from(MAX_SEGMENTS.unsigned_abs()),
        })
    }
}

impl SegmentsDeleteInput {
    /// Whoever forgets a condition, or loses it in a variable that is null, is not to delete the whole
    /// transcript.
    fn check_conditions(&self) -> Result<(), UserError> {
        let has_condition = self.ids.is_some() || self.from_ms.is_some() || self.until_ms.is_some();
        let (code, message) = match (self.all, has_condition) {
            (false, false) => (
                UserErrorCode::Blank,
                "Give `ids`, `fromMs` or `untilMs`, or `all: true` to delete the whole transcript.",
            ),
            (true, true) => (
                UserErrorCode::Invalid,
                "Give either conditions or `all: true`, not both.",
            ),
            _ => return Ok(()),
        };
        Err(UserError::new(code, ["all"], message))
    }
}

/// Adds a problem for each of the segments that is not in the session.
async fn check_segments(
    tx: &mut Transaction,
    session_id: i32,
    ids: &[Id<Segment>],
) -> Result<(), Error> {
    let segments = tx.lock_all::<Segment>(ids).await?.into_iter();
    let segments = segments.filter(|segment| segment.session_id == session_id);
    let known: HashSet<i32> = segments.map(|segment| segment.id).collect();
    for (index, id) in ids.iter().enumerate() {
        if !known.contains(&id.database_id()) {
            let message = not_found(id).to_string();
            let path = ["ids", &index.to_string()];
            tx.add_problem(UserError::new(UserErrorCode::NotFound, path, message));
        }
    }
    Ok(())
}

/// Deletes at most [`MAX_SEGMENTS`] segments, with everything that belongs to them. Returns how many.
async fn delete_segments(tx: &mut Transaction, condition: Condition) -> Result<u64, Error> {
    let delete = delete_first(condition, MAX_SEGMENTS.unsigned_abs().into());
    let deleted = tx.connection().execute(&delete).await?.rows_affected();
    if deleted > 0 {
        tx.shrink_unknown();
    }
    Ok(deleted)
}

/// Forgets which users the speakers of a session are that nobody is any more, and with that their
/// names.
async fn forget_speakers(tx: &Transaction, session_id: i32) -> Result<(), DbErr> {
    let speaks = segment::Entity::find()
        .select_only()
        .expr(Expr::value(1))
        .filter(segment::Column::SessionId.eq(session_id))
        .filter(
            Expr::col((segment::Entity, segment::Column::Speaker))
                .equals((speaker::Entity, speaker::Column::Name)),
        )
        .into_query();
    speaker::Entity::delete_many()
        .filter(speaker::Column::SessionId.eq(session_id))
        .filter(Expr::not_exists(speaks))
        .exec(tx.connection())
        .await
        .map(drop)
}

/// Deletes a session, which is locked, with its segments and markers. Adds a problem if it has too
/// many segments; `field` is the input field with its id.
pub(crate) async fn delete_session(
    tx: &mut Transaction,
    session: session::Model,
    field: &str,
) -> Result<(), Abort> {
    let most = (MAX_SEGMENTS - 1).unsigned_abs().into();
    if !has_at_most(tx.connection(), session.id, most).await? {
        return tx.reject(UserError::new(
            UserErrorCode::TooLong,
            [field],
            format!(
                "The session has {MAX_SEGMENTS} segments or more. Delete them first with \
                 `segmentsDelete`."
            ),
        ));
    }
    tx.shrink_unknown();
    // Whoever is adding a marker holds the session, and the marker is to be deleted, too.
    tx.lock_to_delete::<Session>(session.id).await?;
    delete_with_markers(tx.connection(), session).await?;
    Ok(())
}

/// Deletes a session with its segments and markers. The foreign keys of an adopted database may not do
/// that.
pub(crate) async fn delete_with_markers(
    connection: &impl ConnectionTrait,
    session: session::Model,
) -> Result<(), DbErr> {
    segment::Entity::delete_many()
        .filter(segment::Column::SessionId.eq(session.id))
        .exec(connection)
        .await?;
    marker::Entity::delete_many()
        .filter(marker::Column::SessionId.eq(&session.external_id))
        .exec(connection)
        .await?;
    session.delete(connection).await.map(drop)
}

/// Whether a session has no more segments than that.
pub(crate) async fn has_at_most(
    connection: &impl ConnectionTrait,
    session_id: i32,
    segments: u64,
) -> Result<bool, DbErr> {
    let further = segment::Entity::find()
        .select_only()
        .column(segment::Column::Id)
        .filter(segment::Column::SessionId.eq(session_id))
        .offset(segments)
        .limit(1)
        .into_tuple::<i32>()
        .one(connection);
    Ok(further.await?.is_none())
}

/// The meetings that link a session, locked against other writers. There is at most one, unless
/// another program has written others.
async fn meetings_of(tx: &Transaction, external_id: &str) -> Result<Vec<meeting::Model>, Error> {
    let lock = Some(LockType::NoKeyUpdate);
    tx.rows::<Meeting>(links(external_id), lock).await
}

fn links(external_id: &str) -> Expr {
    Expr::col((ROOT_TABLE, meeting::Column::SessionId)).eq(external_id)
}

/// Has the transaction retried if a meeting links the session, which is locked, and is not locked
/// itself: it was started with this session while the session was waited for. To lock it now would be
/// against the order, because whoever starts a meeting locks the meeting first.
async fn ensure_locked(
    tx: &Transaction,
    external_id: &str,
    locked: &[meeting::Model],
) -> Result<(), Error> {
    let now = tx.rows::<Meeting>(links(external_id), None).await?;
    let is_locked = |meeting: &meeting::Model| locked.iter().any(|it| it.id == meeting.id);
    if now.iter().all(is_locked) {
        Ok(())
    } else {
        let message = "a meeting was started with a session that is being deleted".to_owned();
        Err(Error::Database {
            failure: Failure::Contention,
            source: Arc::new(DbErr::Custom(message)),
        })
    }
}
