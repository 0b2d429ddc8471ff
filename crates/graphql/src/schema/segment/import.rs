//! `transcriptImport`: the content of a transcript file becomes segments of a session.
//!
//! The file is read before the transaction begins, so nobody who writes waits for that.

use async_graphql::{Context, Enum, InputObject, SimpleObject};
use base64::{Engine, engine::general_purpose::URL_SAFE_NO_PAD};
use chrono::NaiveDateTime;
use entity::{
    bookkeeping::segment_key,
    segment::{self, Kind},
    session,
};
use sea_orm::{ActiveModelTrait, ActiveValue::Set, EntityTrait, IntoActiveModel};
use sha2::{Digest, Sha256};
use transcript::{Cue, Format, ReadOptions, SpeakerLabels, TimeUnit, Transcript};

use super::Segment;
use crate::{
    directive::id_of,
    error::{
        Error,
        user_error::{UserError, UserErrorCode},
    },
    quota::Stored,
    read::{context::ContextExt, row::Id},
    schema::{
        mutation_field::{MutationField, field},
        session::{
            Session,
            actions::IMPORT_TRANSCRIPT,
            transcript::warning::{TranscriptWarning, unreadable},
        },
    },
    shares::background,
    write::{
        input::{Command, MutationInput, MutationResult, Outcome, check, run},
        limit::{Declared, Limit},
        transaction::{Abort, Transaction},
    },
};

/// The mutation that imports a transcript.
pub(crate) const MUTATIONS: &[&dyn MutationField] = &[field::<TranscriptImportInput>()];

/// How many cues one call imports at most. Others who write to the same SQLite database wait for as
/// long as it takes to store them.
const MAX_CUES: usize = 5000;

/// How many warnings a payload lists at most.
const MAX_WARNINGS: usize = 1000;

/// From how many bytes on a file is read on the background threads.
const LONG_FROM_BYTES: usize = 64 * 1024;

/// Imports the content of a transcript file into a session, as final segments: WebVTT, SubRip,
/// SubStation Alpha, or the JSON of speech recognition and meeting tools. Files are read as
/// `mina import` reads them.
/// The status of the session stays as it is. At most 5000 cues and 1,048,576 bytes; larger files are
/// uploaded with `POST /sessions/{id}/transcript` or imported with `mina import`.
#[derive(InputObject)]
pub(crate) struct TranscriptImportInput {
    /// The ID of the session.
    #[graphql(directive = id_of::apply(Id::<Session>::of()))]
    session_id: Id<Session>,
    /// The content of the file. At most 1,048,576 bytes of UTF-8; must not be blank.
    #[graphql(directive = Declared::apply(Limit::TRANSCRIPT))]
    content: String,
    /// The format of the file. If omitted, it is detected from the content.
    format: Option<TranscriptFileFormat>,
    /// When labels such as `Ada: ` at the beginning of captions are speakers.
    #[graphql(default_with = "SpeakerLabelUse::OnEveryCue")]
    speaker_labels: SpeakerLabelUse,
    /// The unit of numbers that are times in JSON. If omitted, it is detected.
    times_in: Option<TranscriptTimeUnit>,
    /// The spoken language, as a language code such as `en`. At most 10 characters; must not be
    /// blank. If omitted, it is that of the file, if the file names one. It becomes the language of
    /// the session.
    #[graphql(directive = Declared::apply(Limit::LANGUAGE))]
    language: Option<String>,
    /// If true, any part of the file that would be passed over or repaired is a problem, and nothing
    /// is imported.
    #[graphql(default)]
    strict: bool,
    /// If true, a file is imported also if it was imported into this session before.
    #[graphql(default)]
    again: bool,
    /// Idempotency key chosen by the client, up to 128 characters. Repeating the call with the same
    /// key and input within a week imports nothing twice, and returns the same warnings.
    #[graphql(directive = Declared::apply(Limit::IDEMPOTENCY_KEY))]
    idempotency_key: Option<String>,
}

/// A file format from which transcripts are imported.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Enum)]
pub(crate) enum TranscriptFileFormat {
    /// WebVTT captions.
    Webvtt,
    /// SubRip captions, and the similar format of `.sbv` files.
    Subrip,
    /// The JSON of speech recognition and of meeting tools.
    Json,
    /// SubStation Alpha captions, of `.ass` and `.ssa` files.
    Ass,
}

/// When labels such as `Ada: ` at the beginning of captions are speakers.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Enum)]
pub(crate) enum SpeakerLabelUse {
    /// If every cue of the file has one, and one of them occurs twice.
    OnEveryCue,
    /// Always. A cue without a label is said by the speaker of the one before.
    OnChanges,
    /// Never: labels stay in the text.
    Never,
}

/// The unit of numbers that are times.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Enum)]
pub(crate) enum TranscriptTimeUnit {
    /// Seconds, perhaps with a fraction.
    Seconds,
    /// Milliseconds.
    Milliseconds,
}

/// The outcome of an import.
#[derive(Default, SimpleObject)]
pub(crate) struct ImportOutcome {
    /// The session after this mutation. Null if `userErrors` is not empty.
    session: Option<Session>,
    /// The number of segments that were imported.
    imported_count: usize,
    /// What was not imported as the file has it, in the order of the lines: the first 1000.
    warnings: Vec<TranscriptWarning>,
    /// The number of all warnings.
    warning_count: usize,
    #[graphql(skip)]
    session_id: Option<i32>,
}

impl Outcome for ImportOutcome {
    fn database_id(&self) -> Option<i32> {
        self.session_id
    }
}

impl MutationInput for TranscriptImportInput {
    const NAME: &'static str = "transcriptImport";

    type Outcome = ImportOutcome;

    async fn run(&self, ctx: &Context<'_>) -> Result<MutationResult<ImportOutcome>, Error> {
        ctx.viewer()?;
        let too_long = self.content.len() > Limit::TRANSCRIPT.max();
        let file = if too_long {
            Err(too_many_bytes(self.content.len()))
        } else {
            let is_long = self.content.len() >= LONG_FROM_BYTES;
            if is_long {
                // A long file is not read for a viewer who may not import it.
                let user_errors = check(ctx.request(), &Permitted(self)).await?;
                if !user_errors.is_empty() {
                    return Ok(MutationResult::rejected_for(user_errors));
                }
            }
            self.read(is_long).await
        };
        run(ctx, &Import { input: self, file }).await
    }
}

impl TranscriptImportInput {
    /// Reads the file.
    async fn read(&self, is_long: bool) -> Result<Transcript, UserError> {
        let options = ReadOptions {
            format: self.format.map(Format::from),
            file_name: None,
            strict: self.strict,
            speaker_labels: self.speaker_labels.into(),
            time_unit: self.times_in.map(TimeUnit::from),
            // The limit of bytes bounds what is read.
            max_cues: None,
        };
        let content = self.content.clone();
        let read =
            move || transcript::read_with_warnings(content.as_bytes(), options, MAX_WARNINGS);
        let file = background::call(is_long, read).await.map_err(unreadable)?;
        if file.cues.len() > MAX_CUES {
            let message = format!(
                "The file has {} cues; at most {MAX_CUES} are allowed.",
                file.cues.len()
            );
            return Err(UserError::new(UserErrorCode::TooLong, ["content"], message));
        }
        Ok(file)
    }
}

/// The check that the viewer may import into the session.
struct Permitted<'a>(&'a TranscriptImportInput);

impl Command for Permitted<'_> {
    const NAME: &'static str = <TranscriptImportInput as MutationInput>::NAME;

    type Outcome = ImportOutcome;

    async fn execute(&self, tx: &mut Transaction) -> Result<ImportOutcome, Abort> {
        let session = &self.0.session_id;
        tx.find_for(&IMPORT_TRANSCRIPT, session, "sessionId")
            .await?;
        Ok(ImportOutcome::default())
    }
}

/// An import whose file has been read.
struct Import<'a> {
    input: &'a TranscriptImportInput,
    file: Result<Transcript, UserError>,
}

impl Command for Import<'_> {
    const NAME: &'static str = <TranscriptImportInput as MutationInput>::NAME;

    type Outcome = ImportOutcome;

    async fn execute(&self, tx: &mut Transaction) -> Result<ImportOutcome, Abort> {
        let input = self.input;
        let key = input.idempotency_key.as_deref();
        let imported_before = tx.created_before::<Session, _>(input, key).await?;
        let session = tx.lock_for(&IMPORT_TRANSCRIPT, &input.session_id, "sessionId");
        let session = session.await?;
        let language = input.language.as_deref();
        let language = language.map(|code| tx.text(code, Limit::LANGUAGE, "language"));
        let file = match &self.file {
            Ok(file) => file,
            Err(problem) => return tx.reject(problem.clone()),
        };
        tx.ensure_valid()?;
        if imported_before.is_some() {
            return Ok(ImportOutcome::new(session, file));
        }
        let file_key = self.check_repeated(tx, session.id).await?;
        tx.ensure_valid()?;
        let texts = file.cues.iter().map(|cue| cue.text.len()).sum();
        tx.grow(Stored::rows(file.cues.len()).with_bytes(texts))?;
        let now = tx.now();
        let rows = file.cues.iter().map(|cue| row(session.id, cue, now));
        let rows = tx.insert_all::<Segment>(rows.collect()).await?;
        if let (Some(key), Some(first)) = (file_key, rows.first()) {
            let key = segment_key::Model {
                session_id: session.id,
                key,
                segment_id: first.id,
            };
            tx.insert_keyed(&[key]).await?;
        }
        drop(rows);
        let session = match language.or_else(|| file.language.clone()) {
            Some(language) if session.language.as_ref() != Some(&language) => {
                let mut session = session.into_active_model();
                session.language = Set(Some(language));
                session.update(tx.connection()).await?
            }
            _ => session,
        };
        Ok(ImportOutcome::new(session, file))
    }
}

impl Import<'_> {
    /// The key that says that this file was imported, which belongs to its first segment. Adds a
    /// problem if the session has it already. None if it has it and that does not matter.
    async fn check_repeated(
        &self,
        tx: &mut Transaction,
        session_id: i32,
    ) -> Result<Option<String>, Error> {
        let key = file_key(self.input.content.as_bytes());
        let known = segment_key::Entity::find_by_id((session_id, key.clone()));
        if known.one(tx.connection()).await?.is_none() {
            return Ok(Some(key));
        }
        if !self.input.again {
            tx.add_problem(UserError::new(
                UserErrorCode::Conflict,
                ["content"],
                "This file was imported into this session before. To import it again, send \
                 `again: true`.",
            ));
        }
        Ok(None)
    }
}

impl ImportOutcome {
    fn new(session: session::Model, file: &Transcript) -> Self {
        let warnings = file.warnings.iter().map(TranscriptWarning::from);
        Self {
            session_id: Some(session.id),
            session: Some(Session(session.into())),
            imported_count: file.cues.len(),
            warnings: warnings.collect(),
            warning_count: file.warning_count,
        }
    }
}

/// The key that says that a file was imported.
pub(crate) fn file_key(content: &[u8]) -> String {
    let digest = Sha256::digest(content);
    format!("file:{}", URL_SAFE_NO_PAD.encode(digest))
}

/// The segment of a cue.
pub(super) fn row(session_id: i32, cue: &Cue, now: NaiveDateTime) -> segment::Model {
    segment::Model {
        id: 0,
        session_id,
        text: cue.text.clone(),
        confidence: cue.confidence,
        start_ms: Some(cue.start_ms),
        end_ms: Some(cue.end_ms),
        speaker: cue.speaker.as_deref().map(str::to_owned),
        language: None,
        kind: Some(Kind::Final),
        created_at: Some(now),
    }
}

fn too_many_bytes(bytes: usize) -> UserError {
    let max = Limit::TRANSCRIPT.max();
    let message = format!("The text has {bytes} bytes; at most {max} are allowed.");
    UserError::new(UserErrorCode::TooLong, ["content"], message)
}

impl From<TranscriptFileFormat> for Format {
    fn from(format: TranscriptFileFormat) -> Self {
        match format {
            TranscriptFileFormat::Webvtt => Self::WebVtt,
            TranscriptFileFormat::Subrip => Self::SubRip,
            TranscriptFileFormat::Json => Self::Json,
            TranscriptFileFormat::Ass => Self::Ass,
        }
    }
}

impl From<SpeakerLabelUse> for SpeakerLabels {
    fn from(labels: SpeakerLabelUse) -> Self {
        match labels {
            SpeakerLabelUse::OnEveryCue => Self::OnEveryCue,
            SpeakerLabelUse::OnChanges => Self::OnChanges,
            SpeakerLabelUse::Never => Self::Never,
        }
    }
}

impl From<TranscriptTimeUnit> for TimeUnit {
    fn from(unit: TranscriptTimeUnit) -> Self {
        match unit {
            TranscriptTimeUnit::Seconds => Self::Seconds,
            TranscriptTimeUnit::Milliseconds => Self::Milliseconds,
        }
    }
}
