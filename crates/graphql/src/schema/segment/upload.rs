//! Uploads: transcripts of any length, which become visible all at once.
//!
//! On PostgreSQL, they are stored by one transaction, for which nobody waits who writes elsewhere.
//!
//! On SQLite, everybody who writes would wait for it. There, the cues are first stored in slices, as
//! segments of a session that belongs to nobody, and then one statement moves them to their own
//! session. That keeps others waiting less than half as long as storing all of them at once, and also
//! less than copying them from a table of another form, which writes each row a second time with
//! everything that belongs to it.

use base64::{Engine, engine::general_purpose::URL_SAFE_NO_PAD};
use chrono::NaiveDateTime;
use entity::{
    bookkeeping::{segment_key, upload},
    segment,
    session::{self, Status},
};
use sea_orm::{
    ActiveModelTrait, ActiveValue::Set, ColumnTrait, ConnectionTrait, DbBackend, EntityTrait,
    IntoActiveModel, QueryFilter, Statement, Value, sea_query::Expr,
};
use sha2::{Digest, Sha256};
use transcript::{Cue, Transcript};
use uuid::Uuid;

use super::{Segment, import::row};
use crate::{
    error::{
        Error,
        user_error::{UserError, UserErrorCode},
    },
    quota::Stored,
    read::{context::RequestContext, row::Id},
    schema::session::{Session, actions::IMPORT_TRANSCRIPT},
    write::{
        input::{Command, Outcome, look, run_in},
        limit::Limit,
        text::check_text,
        transaction::{Abort, Transaction},
    },
};

/// How many cues one transaction stores.
const SLICE: usize = 1000;

/// The name under which idempotency keys of uploads are stored.
const NAME: &str = "transcriptUpload";

/// Where an upload goes, and what was said about it.
pub(crate) struct Target<'a> {
    pub(crate) session: Id<Session>,
    /// The language that the client has named.
    pub(crate) language: Option<&'a str>,
    /// Whether the file is imported even if it was imported before.
    pub(crate) again: bool,
    pub(crate) idempotency_key: Option<&'a str>,
    /// The key that says that the file was imported, which is a hash of it.
    pub(crate) file_key: &'a str,
    /// Everything else on which the result depends, for idempotency keys.
    pub(crate) options: &'a str,
}

/// What became of an upload.
#[derive(Default)]
pub(crate) struct Uploaded {
    pub(crate) session: Option<session::Model>,
}

impl Outcome for Uploaded {
    fn database_id(&self) -> Option<i32> {
        self.session.as_ref().map(|session| session.id)
    }
}

/// Segments that wait in a session of their own.
#[derive(Clone, Copy)]
pub(crate) struct Staged {
    pub(crate) session_id: i32,
    first_segment: i32,
    segments: usize,
}

/// Checks whether the viewer may upload to a session, without holding up others who write.
pub(crate) async fn may_upload(
    request: &RequestContext,
    session: Id<Session>,
) -> Result<Vec<UserError>, Error> {
    Ok(look(request, &Permitted(session)).await?.user_errors)
}

struct Permitted(Id<Session>);

impl Command for Permitted {
    const NAME: &'static str = NAME;

    type Outcome = Uploaded;

    async fn execute(&self, tx: &mut Transaction) -> Result<Uploaded, Abort> {
        tx.find_for(&IMPORT_TRANSCRIPT, &self.0, "session").await?;
        Ok(Uploaded::default())
    }
}

/// Whether the segments of an upload have to be stored. Otherwise it was done before, or is rejected.
pub(crate) async fn is_new(request: &RequestContext, target: &Target<'_>) -> Result<bool, Error> {
    let looked = look(request, &Known(target)).await?;
    Ok(looked.outcome.unwrap_or(false))
}

struct Known<'a>(&'a Target<'a>);

impl Command for Known<'_> {
    const NAME: &'static str = NAME;

    type Outcome = Option<bool>;

    async fn execute(&self, tx: &mut Transaction) -> Result<Option<bool>, Abort> {
        let target = self.0;
        tx.find_for(&IMPORT_TRANSCRIPT, &target.session, "session")
            .await?;
        target.language(tx);
        let key = target.key(tx);
        tx.ensure_valid()?;
        if let Some(key) = key
            && tx.is_key_known(NAME, &key).await?
        {
            return Ok(Some(false));
        }
        let is_imported = target.is_imported(tx).await?;
        Ok(Some(!is_imported || target.again))
    }
}

/// Creates the session in which the segments of an upload wait.
struct Begin {
    stored: Stored,
    external_id: Uuid,
}

impl Command for Begin {
    const NAME: &'static str = NAME;

    type Outcome = Option<i32>;

    async fn execute(&self, tx: &mut Transaction) -> Result<Option<i32>, Abort> {
        // The room is taken at the end, but nothing is stored in vain.
        tx.grow(self.stored)?;
        tx.shrink(self.stored);
        let session = session::ActiveModel {
            external_id: Set(self.external_id.to_string()),
            status: Set(Some(Status::Processing)),
            created_at: Set(Some(tx.now())),
            ..Default::default()
        };
        let session = session.insert(tx.connection()).await?;
        let row = upload::Model {
            session_id: session.id,
            touched_at: tx.now(),
        };
        tx.insert_keyed(&[row]).await?;
        Ok(Some(session.id))
    }
}

/// Stores a slice of the segments.
struct Add<'a> {
    session_id: i32,
    cues: &'a [Cue],
}

impl Command for Add<'_> {
    const NAME: &'static str = NAME;

    /// The id of the first segment.
    type Outcome = Option<i32>;

    async fn execute(&self, tx: &mut Transaction) -> Result<Option<i32>, Abort> {
        let touched = upload::Entity::update_many()
            .col_expr(upload::Column::TouchedAt, Expr::value(tx.now()))
            .filter(upload::Column::SessionId.eq(self.session_id))
            .exec(tx.connection())
            .await?;
        if touched.rows_affected == 0 {
            return Err(abandoned().into());
        }
        let now = tx.now();
        let rows = self.cues.iter().map(|cue| row(self.session_id, cue, now));
        let rows = tx.insert_all::<Segment>(rows.collect()).await?;
        Ok(rows.first().map(|row| row.id))
    }
}

/// Whether the segments are stored before the transaction that makes them visible.
pub(crate) fn needs_stage(backend: DbBackend) -> bool {
    backend == DbBackend::Sqlite
}

/// Stores all segments of a file, and returns the id of the first.
async fn insert(tx: &Transaction, session_id: i32, file: &Transcript) -> Result<i32, Error> {
    let now = tx.now();
    let mut first = None;
    for cues in file.cues.chunks(SLICE) {
        let rows = cues.iter().map(|cue| row(session_id, cue, now));
        let rows = tx.insert_all::<Segment>(rows.collect()).await?;
        first = first.or(rows.first().map(|row| row.id));
    }
    first.ok_or_else(abandoned)
}

/// Begins to store the segments of a file. They are in a new session with this external id, whose id is
/// returned unless there is no room for them.
pub(crate) async fn begin(
    request: &RequestContext,
    file: &Transcript,
    external_id: Uuid,
) -> Result<Result<i32, Vec<UserError>>, Error> {
    let begin = Begin {
        stored: stored(file),
        external_id,
    };
    let (result, _) = run_in(request, &begin).await?;
    Ok(result.outcome.ok_or(result.user_errors))
}

/// Stores the segments of a file in slices.
pub(crate) async fn stage(
    request: &RequestContext,
    session_id: i32,
    file: &Transcript,
) -> Result<Staged, Error> {
    let mut first_segment = None;
    for cues in file.cues.chunks(SLICE) {
        let (result, _) = run_in(request, &Add { session_id, cues }).await?;
        first_segment = first_segment.or(result.outcome);
    }
    Ok(Staged {
        session_id,
        first_segment: first_segment.ok_or_else(abandoned)?,
        segments: file.cues.len(),
    })
}

/// Makes the segments visible in their own session, all at once. On PostgreSQL, it also stores them.
pub(crate) async fn finish(
    request: &RequestContext,
    target: &Target<'_>,
    file: &Transcript,
    staged: Option<Staged>,
) -> Result<(Uploaded, Vec<UserError>), Error> {
    let finish = Finish {
        target,
        file,
        staged,
    };
    let (result, _) = run_in(request, &finish).await?;
    Ok((result.outcome, result.user_errors))
}

struct Finish<'a> {
    target: &'a Target<'a>,
    file: &'a Transcript,
    staged: Option<Staged>,
}

impl Command for Finish<'_> {
    const NAME: &'static str = NAME;

    type Outcome = Uploaded;

    async fn execute(&self, tx: &mut Transaction) -> Result<Uploaded, Abort> {
        let target = self.target;
        let key = target.key(tx);
        tx.ensure_valid()?;
        let before = match key {
            Some(key) => {
                let fingerprint = target.fingerprint();
                tx.changed_before::<Session>(NAME, fingerprint, key).await?
            }
            None => None,
        };
        let session = tx.lock_for(&IMPORT_TRANSCRIPT, &target.session, "session");
        let session = session.await?;
        let language = target.language(tx);
        tx.ensure_valid()?;
        if before.is_some() {
            return Ok(Uploaded {
                session: Some(session),
            });
        }
        let is_imported = target.is_imported(tx).await?;
        if is_imported && !target.again {
            return tx.reject(UserError::new(
                UserErrorCode::Conflict,
                ["content"],
                "This file was imported into this session before. To import it again, send \
                 `again=true`.",
            ));
        }
        tx.grow(stored(self.file))?;
        let first_segment = match self.staged {
            Some(staged) => {
                take_over(tx, staged, session.id).await?;
                staged.first_segment
            }
            None if needs_stage(tx.backend()) => return Err(abandoned().into()),
            None => insert(tx, session.id, self.file).await?,
        };
        if !is_imported {
            let key = segment_key::Model {
                session_id: session.id,
                key: target.file_key.to_owned(),
                segment_id: first_segment,
            };
            tx.insert_keyed(&[key]).await?;
        }
        let session = match language.or_else(|| self.file.language.clone()) {
            Some(language) if session.language.as_ref() != Some(&language) => {
                let mut session = session.into_active_model();
                session.language = Set(Some(language));
                session.update(tx.connection()).await?
            }
            _ => session,
        };
        Ok(Uploaded {
            session: Some(session),
        })
    }
}

impl Target<'_> {
    /// The idempotency key. Adds a problem if it is not valid.
    fn key(&self, tx: &mut Transaction) -> Option<String> {
        match check_text(self.idempotency_key?, Limit::IDEMPOTENCY_KEY) {
            Ok(key) => Some(key),
            Err(problem) => {
                tx.add_problem(problem.at(["Idempotency-Key"]));
                None
            }
        }
    }

    /// The language that the client has named. Adds a problem if it is not valid.
    fn language(&self, tx: &mut Transaction) -> Option<String> {
        let code = self.language?;
        Some(tx.text(code, Limit::LANGUAGE, "language"))
    }

    /// Whether the file was imported into the session before.
    async fn is_imported(&self, tx: &Transaction) -> Result<bool, Error> {
        let id = (self.session.database_id(), self.file_key.to_owned());
        let known = segment_key::Entity::find_by_id(id);
        Ok(known.one(tx.connection()).await?.is_some())
    }

    /// A hash of everything that was sent.
    fn fingerprint(&self) -> String {
        let digest = Sha256::new()
            .chain_update(self.session.database_id().to_be_bytes())
            .chain_update(self.options)
            .chain_update([0])
            .chain_update(self.file_key)
            .finalize();
        URL_SAFE_NO_PAD.encode(digest)
    }
}

fn stored(file: &Transcript) -> Stored {
    let texts = file.cues.iter().map(|cue| cue.text.len()).sum();
    Stored::rows(file.cues.len()).with_bytes(texts)
}

/// The error if the segments that were stored have been deleted meanwhile.
fn abandoned() -> Error {
    Error::Internal("the segments of an upload are gone".to_owned())
}

/// Moves the segments of an upload to a session, and deletes the session in which they waited.
///
/// No trigger runs for them, so the positions are assigned here, and subscribers are notified once.
async fn take_over(tx: &Transaction, staged: Staged, session_id: i32) -> Result<(), Error> {
    let Staged {
        session_id: from,
        segments,
        ..
    } = staged;
    let execute = async |sql: &str, values: Vec<Value>| {
        let statement = Statement::from_sql_and_values(tx.backend(), sql, values);
        tx.connection().execute_raw(statement).await
    };
    let count = i32::try_from(segments).unwrap_or(i32::MAX);
    execute(
        "INSERT INTO mina_transcript (session_id, position) VALUES ($1, $2)
         ON CONFLICT (session_id) DO UPDATE SET position = position + excluded.position",
        vec![session_id.into(), count.into()],
    )
    .await?;
    execute(
        "INSERT INTO mina_segment_position (segment_id, session_id, position)
         SELECT id, $1,
             (SELECT position FROM mina_transcript WHERE session_id = $1) - $2
                 + row_number() OVER (ORDER BY id)
         FROM segment WHERE session_id = $3
         ON CONFLICT (segment_id)
             DO UPDATE SET session_id = excluded.session_id, position = excluded.position",
        vec![session_id.into(), count.into(), from.into()],
    )
    .await?;
    execute(
        "INSERT INTO mina_change (subject, row_id, action) VALUES ('Transcript', $1, 'updated')",
        vec![session_id.into()],
    )
    .await?;
    let moved = segment::Entity::update_many()
        .col_expr(segment::Column::SessionId, Expr::value(session_id))
        .filter(segment::Column::SessionId.eq(from))
        .exec(tx.connection())
        .await?;
    if moved.rows_affected != segments as u64 {
        return Err(abandoned());
    }
    session::Entity::delete_by_id(from)
        .exec(tx.connection())
        .await?;
    Ok(())
}

/// Uploads of which nothing was heard since a moment, by their sessions.
pub(crate) async fn abandoned_before(
    connection: &impl ConnectionTrait,
    before: NaiveDateTime,
) -> Result<Vec<i32>, sea_orm::DbErr> {
    let rows = upload::Entity::find()
        .filter(upload::Column::TouchedAt.lt(before))
        .all(connection);
    let rows = rows.await?.into_iter();
    Ok(rows.map(|row| row.session_id).collect())
}
