//! `mina import`: stores transcripts that were made elsewhere.

mod error;
mod options;
mod owner;
mod recording;
mod repeat;
mod source;
mod store;

use std::path::PathBuf;

use chrono::{NaiveDateTime, SubsecRound, Utc};
use clap::Args;
use mina_graphql::{Writer, moment};
use sea_orm::SqlErr;
use transcript::check_language;
use uuid::Uuid;

use self::{
    error::{ImportError, RepeatedFile},
    options::{FormatName, LabelsName, UnitName},
    owner::Owner,
    recording::Recording,
    repeat::session_ids,
    store::{NewSession, store},
};
use crate::{
    command_error::{CommandError, Outcome},
    config::DatabaseSettings,
    database::{self, MissingFile, SchemaState},
    output,
    progress::Progress,
};

/// Import transcripts: WebVTT, SubRip, SubStation Alpha, or the JSON of speech recognition
///
/// Each file becomes a completed session, and each of its cues a final segment. The session belongs
/// to a user, and everybody in the user's workspace sees it. With --meeting, each file also becomes
/// a completed meeting, linked to its session, with the organizer as the only participant.
///
/// All files are read before anything is written: if one of them cannot be imported, none is, and
/// the exit code is 1. Each file is then written in a transaction of its own. If the database fails
/// in between, the files whose lines were printed have been imported, and no others.
///
/// For each imported file one line is printed, with tabs between its columns:
///
///   external id of the session, cues, duration, id of the meeting or -, file
///
/// What is odd about a file is printed to standard error, with its line and the words that were
/// passed over, if any.
#[derive(Args, Debug)]
#[command(
    verbatim_doc_comment,
    after_help = "\
Examples:
  mina import monday.vtt --user ada
  mina import monday.vtt --meeting 'Weekly' --organizer ada --workspace acme \\
    --started-at 2026-01-05T10:00:00Z
  mina import *.srt --meeting 'Weekly {file}' --organizer ada@example.com --language de
  cat talk.json | mina import - --user ada | cut -f 1

How unusual files are read (more in docs/transcripts.md):
  Malformed parts   are passed over, and printed with their line; with --strict they are errors
  No words          cues without words are left out; a file without any words is an error
  Times             hours and fractions can be missing, and numbers can have any number of digits
  Backwards cues    a cue that ends before it starts is read as one that ends when it starts
  Unsorted cues     are sorted by start; those that start together keep their order
  Several voices    a cue with several speakers becomes one for each, all with its times
  Labels            `Ada: Good morning` names a speaker if all cues of a caption file look like it;
                    see --speaker-labels
  Long speakers     names over 50 characters are shortened, and end in …; the full names are printed
                    to standard error, and kept in the description of the meeting
  Long texts        a cue with more than 16,384 bytes becomes several, which share its time; they
                    are split between words, and a note to standard error names the cue
  Markup            such as <i> is removed; anything else, such as <laughs>, stays
  Encoding          UTF-8, UTF-16 or, where bytes are neither, Windows-1252"
)]
pub struct Import {
    /// The files to import; - is standard input
    #[arg(required = true, value_name = "FILE")]
    files: Vec<PathBuf>,

    /// The format of all files [default: detected from content and extension]
    #[arg(long, value_name = "FORMAT")]
    format: Option<FormatName>,

    /// Reject a file if any part of it would be passed over or repaired
    #[arg(long)]
    strict: bool,

    /// Import files also if the workspace already has sessions of the same content
    ///
    /// Without this, importing the same file twice is an error. A file can be imported again once
    /// the session that it became is deleted.
    #[arg(long)]
    again: bool,

    /// Where labels such as `Ada: ` at the start of captions name the speaker
    #[arg(long, value_name = "WHERE", default_value = "every")]
    speaker_labels: LabelsName,

    /// The unit of times in JSON that are numbers [default: detected]
    #[arg(long, value_name = "UNIT")]
    times_in: Option<UnitName>,

    /// The owner of the sessions, by username or email address [default: the organizer]
    #[arg(long, value_name = "USER")]
    user: Option<String>,

    /// Create a meeting with this title for each file; {file} in it becomes the name of the file
    ///
    /// The name is without folder and extension. With several files and no {file} in the title, the
    /// name is appended in parentheses, as in `Weekly (monday)`.
    #[arg(long, value_name = "TITLE")]
    meeting: Option<String>,

    /// The organizer of the meetings, by username or email address [default: the user]
    #[arg(long, value_name = "USER", requires = "meeting")]
    organizer: Option<String>,

    /// The slug of the workspace that user and organizer must be in [default: the organizer's]
    #[arg(long, value_name = "SLUG")]
    workspace: Option<String>,

    /// The language code, such as en [default: as the file says, or else en]
    #[arg(long, value_name = "CODE", value_parser = language)]
    language: Option<String>,

    /// When the recording started, such as 2026-01-05T10:00:00+01:00; for one file only
    ///
    /// By default, the recording is assumed to have ended when the file was last modified, or now
    /// for standard input, and to have started earlier by the length of the transcript.
    #[arg(long, value_name = "TIME", value_parser = time)]
    started_at: Option<NaiveDateTime>,

    #[command(flatten)]
    database: DatabaseSettings,
}

/// Imports the files.
pub async fn run(arguments: Import) -> Outcome {
    // The database stores microseconds.
    let now = Utc::now().naive_utc().trunc_subsecs(6);
    let recordings = recording::read_all(&arguments, now)?;
    let database = database::connect(&arguments.database, MissingFile::Fail, None).await?;
    SchemaState::read(&database.reader)
        .await?
        .require_current()?;
    let owner = Owner::find(
        &database.reader,
        arguments.workspace.as_deref(),
        arguments.user.as_deref(),
        arguments.organizer.as_deref(),
    )
    .await?;
    let workspace_id = owner.workspace.id;
    let reader = &database.reader;
    let external_ids = session_ids(reader, workspace_id, &recordings, arguments.again).await?;
    let cues = recordings
        .iter()
        .map(|recording| recording.transcript.cues.len());
    let progress = Progress::new(cues.sum());
    let language = arguments.language.as_deref();
    for (recording, external_id) in recordings.iter().zip(external_ids) {
        let writer = &database.writer;
        let id = external_id;
        write(writer, &owner, recording, id, language, now, &progress).await?;
    }
    database::close(&database).await;
    Ok(())
}

/// Stores one recording, and prints its line.
async fn write(
    writer: &Writer,
    owner: &Owner,
    recording: &Recording,
    external_id: Uuid,
    language: Option<&str>,
    now: NaiveDateTime,
    progress: &Progress,
) -> Outcome {
    let transcript = &recording.transcript;
    let session = NewSession {
        external_id,
        transcript,
        language: language.or(transcript.language.as_deref()),
        started_at: recording.started_at,
        ended_at: recording.ended_at,
        meeting_title: recording.meeting_title.as_deref(),
    };
    let advance = |cues| progress.advance(cues);
    let stored = store(writer, owner, &session, now, advance).await;
    let meeting_id = stored.map_err(|error| -> Box<dyn CommandError> {
        // Somebody else has imported the same file in the meantime.
        match error.sql_err() {
            Some(SqlErr::UniqueConstraintViolation(_)) => {
                ImportError::Repeated(vec![RepeatedFile {
                    file: recording.source.name.clone(),
                    session: Some(external_id),
                }])
                .into()
            }
            _ => error.into(),
        }
    })?;
    let file = recording.source.name.display();
    let line = format!(
        "{}\t{}\t{}\t{}\t{file}",
        session.external_id,
        transcript.cues.len(),
        clock(transcript.duration_ms()),
        meeting_id.map_or("-".to_owned(), |id| id.to_string()),
    );
    progress.suspend(|| {
        for warning in &transcript.warnings {
            let kind = if warning.is_fault() {
                "warning"
            } else {
                "note"
            };
            eprintln!("{kind}: {file}:{}: {warning}", warning.line());
        }
        output::line(&line)
    })?;
    Ok(())
}

/// A duration as caption files write it, such as `01:02:03.450`.
fn clock(milliseconds: i32) -> String {
    let (seconds, milliseconds) = (milliseconds / 1000, milliseconds % 1000);
    let (hours, minutes, seconds) = (seconds / 3600, seconds / 60 % 60, seconds % 60);
    format!("{hours:02}:{minutes:02}:{seconds:02}.{milliseconds:03}")
}

/// Reads an RFC 3339 time as UTC, in microseconds as the database stores it.
fn time(text: &str) -> Result<NaiveDateTime, String> {
    moment::parse(text).ok_or_else(|| {
        "must be a time with an offset in the years 1 to 9999, such as 2026-01-05T10:00:00+01:00"
            .to_owned()
    })
}

fn language(code: &str) -> Result<String, String> {
    match check_language(code) {
        Ok(Some(code)) => Ok(code),
        Ok(None) => Err("must not be blank".to_owned()),
        Err(error) => Err(error.to_string()),
    }
}
