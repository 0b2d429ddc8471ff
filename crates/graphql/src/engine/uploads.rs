//! Uploads of transcripts: files of any length, beside the GraphQL API.

use std::{convert::Infallible, sync::Arc, time::Duration};

use chrono::TimeDelta;
use entity::{segment, session};
use sea_orm::{
    ColumnTrait, Condition, ConnectionTrait, DbErr, EntityTrait, IdenStatic, QueryFilter,
    TransactionTrait,
};
use serde_json::{Value, json};
use tokio::time::sleep;
use tracing::{info, warn};
use transcript::{Format, ReadOptions, SpeakerLabels, TimeUnit, Transcript};
use uuid::Uuid;

use super::{
    Engine,
    retention::{PAUSE, SLICE},
    transcripts::{TranscriptError, condition},
};
use crate::{
    account::caller::Caller,
    database::usage::{self, Usage},
    error::{Error, user_error::UserError},
    guard::{cost::measure::Cost, document::LargeFields},
    read::{
        context::RequestContext,
        filter::ROOT_TABLE,
        row::{Id, Row},
        source::visible_rows,
    },
    schema::{
        segment::{
            import::file_key,
            slice::delete_first,
            upload::{self, Target},
        },
        session::{
            Session,
            erasure::{delete_with_markers, has_at_most},
            transcript::warning::{TranscriptWarning, unreadable},
        },
    },
    shares::{AnswerMemory, background},
};

/// How many warnings a result lists at most.
const MAX_WARNINGS: usize = 1000;

/// How many cues a file has at most, which bounds the memory that it takes while it is read.
const MAX_CUES: usize = 500_000;

/// As many bytes as no machine has.
const NO_LIMIT: usize = usize::MAX / 8;

/// The name of the operation in the log of slow statements.
const OPERATION: &str = "upload";

/// How often uploads are looked for that nobody finishes.
const INTERVAL: Duration = Duration::from_mins(1);

/// An upload is given up if nothing was added to it for so long.
const GIVEN_UP_AFTER: TimeDelta = TimeDelta::minutes(10);

/// The statements that check whether the viewer may upload.
const STATEMENTS_TO_BEGIN: u64 = 6;

/// The statements of an upload beside those of its slices.
const STATEMENTS_TO_END: u64 = 14;

/// The statements of a slice, and its cues.
const STATEMENTS_OF_SLICE: u64 = 3;
const CUES_OF_SLICE: u64 = 1000;

/// How many bytes of a file are read for a point.
const BYTES_PER_POINT: usize = 8 * 1024;

/// How a file is read, and what becomes of it.
#[derive(Clone, Debug, Default)]
pub struct UploadOptions {
    /// The format. If None, it is detected.
    pub format: Option<Format>,
    /// Which labels are speakers.
    pub speaker_labels: SpeakerLabels,
    /// The unit of numbers that are times. If None, it is detected.
    pub time_unit: Option<TimeUnit>,
    /// Whether a warning is an error.
    pub strict: bool,
    /// The language code. If None, it is that of the file.
    pub language: Option<String>,
    /// Whether a file is imported that was imported before.
    pub again: bool,
    /// The client's idempotency key.
    pub idempotency_key: Option<String>,
}

/// A session that the viewer may upload to.
#[derive(Debug)]
pub struct UploadTarget(i32);

/// A file that was read, or why it cannot be.
pub struct Upload {
    /// The key that says that the file was imported, which is a hash of it.
    file_key: String,
    options: UploadOptions,
    file: Result<Transcript, UserError>,
}

/// What became of an upload.
pub struct UploadResult {
    session: Option<session::Model>,
    imported: usize,
    warnings: Vec<TranscriptWarning>,
    warning_count: usize,
    user_errors: Vec<UserError>,
    statements: u64,
    rows: u64,
}

impl Engine {
    /// The session that is named by its global id or its external id. None if the viewer can see no
    /// such session.
    ///
    /// # Errors
    ///
    /// If the viewer may not import transcripts into it, or the database fails.
    pub async fn upload_target(
        &self,
        caller: &Caller,
        session: &str,
    ) -> Result<Option<UploadTarget>, TranscriptError> {
        let viewer = caller.viewer.as_ref().ok_or(Error::Unauthenticated)?;
        let Some(condition) = condition(session) else {
            return Ok(None);
        };
        let statement = visible_rows::<Session>(viewer)
            .column((ROOT_TABLE, Session::ID))
            .and_where(condition)
            .take();
        let usage = self.usage_of(viewer);
        let found = usage.scope(async {
            let rows = self.database.query_all(&statement).await?;
            let Some(row) = rows.first() else {
                return Ok(None);
            };
            let id = row.try_get("", Session::ID.as_str())?;
            let context = self.context(caller.clone(), LargeFields::default());
            upload::may_upload(&context, Id::new(id)).await?;
            Ok::<_, Error>(Some(UploadTarget(id)))
        });
        Ok(found.await?)
    }

    /// Reads a file, on the background threads.
    pub async fn read_upload(&self, content: Vec<u8>, options: UploadOptions) -> Upload {
        let read = move || {
            let read_options = ReadOptions {
                format: options.format,
                file_name: None,
                strict: options.strict,
                speaker_labels: options.speaker_labels,
                time_unit: options.time_unit,
                max_cues: Some(MAX_CUES),
            };
            let file_key = file_key(&content);
            // Once it is read, the file takes no memory any more.
            let file = transcript::read_with_warnings(content, read_options, MAX_WARNINGS);
            Upload {
                file: file.map_err(unreadable),
                file_key,
                options,
            }
        };
        background::call(true, read).await
    }

    /// Stores a file that was read. If this is dropped, nothing of it becomes visible.
    ///
    /// # Errors
    ///
    /// If the viewer may no longer do that, or the database fails.
    pub async fn store_upload(
        &self,
        caller: &Caller,
        target: &UploadTarget,
        upload: &Upload,
    ) -> Result<UploadResult, TranscriptError> {
        let file = match &upload.file {
            Ok(file) => file,
            Err(problem) => return Ok(UploadResult::rejected(vec![problem.clone()])),
        };
        let context = self.context(caller.clone(), LargeFields::default());
        // Its memory is bounded by the size of a file and by the turns, not by that of answers.
        let memory = AnswerMemory::new(NO_LIMIT, NO_LIMIT);
        let usage = Usage::of(
            Some(OPERATION),
            caller.party(),
            memory.meter(caller.party()),
        );
        let storing = Box::pin(usage.scope(self.store(&context, target, upload, file)));
        let (place, waiting) = (&caller.place, &self.waiting_places);
        let stored = place.exchanged_during(waiting, storing).await;
        Ok(UploadResult {
            statements: usage.statements(),
            rows: usage.rows(),
            ..stored?
        })
    }

    async fn store(
        &self,
        context: &Arc<RequestContext>,
        target: &UploadTarget,
        upload: &Upload,
        file: &Transcript,
    ) -> Result<UploadResult, Error> {
        let options = &upload.options;
        let others = format!(
            "{:?} {:?} {:?} {} {} {:?}",
            options.format,
            options.speaker_labels,
            options.time_unit,
            options.strict,
            options.again,
            options.language
        );
        let target = Target {
            session: Id::new(target.0),
            language: options.language.as_deref(),
            again: options.again,
            idempotency_key: options.idempotency_key.as_deref(),
            file_key: &upload.file_key,
            options: &others,
        };
        let mut waiting = Waiting::new(self.clone());
        let is_new = upload::is_new(context, &target).await?;
        let staged = if is_new && upload::needs_stage(self.database.backend()) {
            let external_id = Uuid::new_v4();
            // Noted before, because this can be dropped when the session is there, and its id is not
            // known yet.
            waiting.external_id = Some(external_id);
            let session_id = match upload::begin(context, file, external_id).await? {
                Ok(session_id) => session_id,
                Err(problems) => return Ok(UploadResult::rejected(problems)),
            };
            Some(upload::stage(context, session_id, file).await?)
        } else {
            None
        };
        let (uploaded, user_errors) = upload::finish(context, &target, file, staged).await?;
        if !user_errors.is_empty() {
            return Ok(UploadResult::rejected(user_errors));
        }
        waiting.external_id = None;
        Ok(UploadResult {
            session: uploaded.session,
            imported: file.cues.len(),
            warnings: file.warnings.iter().map(TranscriptWarning::from).collect(),
            warning_count: file.warning_count,
            ..UploadResult::rejected(user_errors)
        })
    }

    /// Deletes what uploads have left that were never finished, because their server was killed,
    /// forever.
    pub async fn clean_up_uploads(&self) -> Infallible {
        let cleaning = async {
            loop {
                if let Err(error) = self.delete_abandoned_uploads().await {
                    warn!(%error, "cannot delete what an upload has left");
                }
                sleep(INTERVAL).await;
            }
        };
        usage::scope_of_journal(cleaning).await
    }

    async fn delete_abandoned_uploads(&self) -> Result<(), DbErr> {
        let before = self.tokens.now().naive_utc() - GIVEN_UP_AFTER;
        let sessions = upload::abandoned_before(&self.database.reader, before).await?;
        for session_id in sessions {
            self.delete_upload(session_id).await?;
            info!(session = session_id, "deleted what an upload has left");
        }
        Ok(())
    }

    /// Deletes the session with this external id in which the segments of an upload wait, if it is
    /// there. Whoever creates it writes before.
    async fn delete_staged(&self, external_id: Uuid) -> Result<(), DbErr> {
        let tx = self.database.writer.begin().await?;
        let is_it = session::Column::ExternalId.eq(external_id.to_string());
        let session = session::Entity::find().filter(is_it).one(&tx).await?;
        tx.rollback().await?;
        match session {
            Some(session) => self.delete_upload(session.id).await,
            None => Ok(()),
        }
    }

    /// Deletes the session in which the segments of an upload wait, in slices.
    async fn delete_upload(&self, session_id: i32) -> Result<(), DbErr> {
        loop {
            let tx = self.database.writer.begin().await?;
            if has_at_most(&tx, session_id, SLICE).await? {
                if let Some(session) = session::Entity::find_by_id(session_id).one(&tx).await? {
                    delete_with_markers(&tx, session).await?;
                }
                return tx.commit().await;
            }
            let of_session = Condition::all().add(segment::Column::SessionId.eq(session_id));
            tx.execute(&delete_first(of_session, SLICE)).await?;
            tx.commit().await?;
            sleep(PAUSE).await;
        }
    }
}

/// Deletes the segments of an upload that is not finished, however it ends.
struct Waiting {
    engine: Engine,
    /// The external id of the session in which they wait.
    external_id: Option<Uuid>,
}

impl Waiting {
    fn new(engine: Engine) -> Self {
        Self {
            engine,
            external_id: None,
        }
    }
}

impl Drop for Waiting {
    fn drop(&mut self) {
        let Some(external_id) = self.external_id else {
            return;
        };
        let engine = self.engine.clone();
        tokio::spawn(usage::scope_of_journal(async move {
            // Otherwise, that is done later.
            if let Err(error) = engine.delete_staged(external_id).await {
                warn!(%error, "cannot delete what an upload has left");
            }
        }));
    }
}

impl UploadTarget {
    /// What it costs to find out whether the viewer may upload.
    #[must_use]
    pub fn cost_to_begin() -> Cost {
        Cost {
            statements: STATEMENTS_TO_BEGIN,
            ..Cost::default()
        }
    }
}

impl Upload {
    /// The points that reading a file of so many bytes costs.
    #[must_use]
    pub fn points_to_read(bytes: usize) -> u32 {
        u32::try_from(bytes.div_ceil(BYTES_PER_POINT)).unwrap_or(u32::MAX)
    }

    /// What it costs to store the file.
    #[must_use]
    pub fn cost_to_store(&self) -> Cost {
        let cues = self.file.as_ref().map_or(0, |file| file.cues.len() as u64);
        Cost {
            statements: STATEMENTS_TO_END + cues.div_ceil(CUES_OF_SLICE) * STATEMENTS_OF_SLICE,
            rows: cues,
            ..Cost::default()
        }
    }
}

impl UploadResult {
    fn rejected(user_errors: Vec<UserError>) -> Self {
        Self {
            session: None,
            imported: 0,
            warnings: Vec::new(),
            warning_count: 0,
            user_errors,
            statements: 0,
            rows: 0,
        }
    }

    /// The problems that the user can fix. If there are any, nothing was stored.
    #[must_use]
    pub fn user_errors(&self) -> &[UserError] {
        &self.user_errors
    }

    /// The SQL statements that were run and the rows that were read.
    #[must_use]
    pub fn used(&self) -> (u64, u64) {
        (self.statements, self.rows)
    }

    /// The result as JSON, with the fields of the payload of `transcriptImport`.
    #[must_use]
    pub fn into_json(self) -> Value {
        let session = self.session.map(|session| {
            json!({"id": Session::global_id(&session), "externalId": session.external_id})
        });
        let warnings = self.warnings.iter().map(TranscriptWarning::to_json);
        let user_errors = self.user_errors.iter().map(|problem| {
            let code = async_graphql::resolver_utils::enum_value(problem.code);
            json!({"code": code, "message": problem.message, "path": problem.path})
        });
        json!({
            "session": session,
            "importedCount": self.imported,
            "warnings": warnings.collect::<Value>(),
            "warningCount": self.warning_count,
            "userErrors": user_errors.collect::<Value>(),
        })
    }
}
