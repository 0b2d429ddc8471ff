//! `mina import`: transcripts that were made elsewhere.

use std::{path::PathBuf, time::UNIX_EPOCH};

use chrono::{DateTime, NaiveDateTime, SubsecRound, TimeDelta, Utc};
use clap::Args;
use sea_orm::DatabaseConnection;
use uuid::Uuid;

use crate::{
    config::DatabaseSettings,
    database::{self, MissingFile, SchemaState},
    failure::{Failure, Outcome},
    import::{self, Format, ImportError, NewSession, Owner, Source, Transcript},
    output,
    progress::Progress,
};

/// The longest title of a meeting, in characters.
const TITLE_LENGTH: usize = 255;

/// What stands for the name of the file in the title of a meeting.
const FILE_PLACEHOLDER: &str = "{file}";

/// Import transcripts: WebVTT, SubRip, or the JSON of Whisper
///
/// Each file becomes a session that is completed, and each cue of it a final segment. The session
/// belongs to a user, and everybody in the user's workspace sees it. With --meeting each file
/// also becomes a meeting that has taken place, linked to its session, with its organizer as the
/// one participant.
///
/// Every file is read before anything is written: if one cannot be imported, none is, and the
/// exit code is 1. Each file is then written in a transaction of its own. If the database fails
/// on the way, the files whose lines were printed are in, and no others.
///
/// For each file that was imported, one line is printed, with a tab between its columns:
///
///   external id of the session, cues, duration, id of the meeting or -, file
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

Odd files:
  Broken lines      an error that names the file and the line
  No words          a cue without words is left out, a file without any is an error
  Backwards cues    a cue that ends before it starts is taken to end when it starts
  Unsorted cues     are sorted by start; those that start together stay in their order
  Several voices    a cue with several speakers becomes one for each, all with its times
  Labels            `Ada: Good morning` names a speaker if every cue of a caption file is so
  Long speakers     more than 50 characters are cut, and end in …; the full names are printed to
                    standard error, and kept in the description of the meeting
  Markup            such as <i> is removed; what is no markup, such as <laughs>, stays
  Encoding          UTF-8, or UTF-16 with a byte order mark; anything else is an error"
)]
pub struct Import {
    /// The files to import; - is standard input
    #[arg(required = true, value_name = "FILE")]
    files: Vec<PathBuf>,

    /// The format of all the files, which otherwise the content and the extension tell
    #[arg(long, value_name = "FORMAT")]
    format: Option<Format>,

    /// Who owns the sessions, by username or e-mail address [default: the organizer]
    #[arg(long, value_name = "USER")]
    user: Option<String>,

    /// Make a meeting of this title for each file; {file} in it stands for the name of the file
    ///
    /// The name is without folder and extension. Where there are several files and the title has
    /// no {file}, it is added in parentheses, as in `Weekly (monday)`.
    #[arg(long, value_name = "TITLE")]
    meeting: Option<String>,

    /// Who organized the meetings, by username or e-mail address [default: the user]
    #[arg(long, value_name = "USER", requires = "meeting")]
    organizer: Option<String>,

    /// The slug of the workspace that these people must be in [default: that of the organizer]
    #[arg(long, value_name = "SLUG")]
    workspace: Option<String>,

    /// The code of the language, such as en [default: as the file says, or else en]
    #[arg(long, value_name = "CODE", value_parser = language)]
    language: Option<String>,

    /// When the recording began, such as 2026-01-05T10:00:00+01:00; for one file only
    ///
    /// Without it the file is taken to have been written when the recording ended, so that it
    /// began as much earlier as the transcript is long. Standard input is taken to be written now.
    #[arg(long, value_name = "TIME", value_parser = time)]
    started_at: Option<NaiveDateTime>,

    #[command(flatten)]
    database: DatabaseSettings,
}

/// Why nothing was imported.
#[derive(Debug, thiserror::Error)]
enum RefusedImport {
    #[error("{}", messages(.0))]
    Files(Vec<ImportError>),
    #[error("--started-at is for one file, and there are {0}")]
    SeveralStarts(usize),
    #[error("the title of a meeting must not be blank")]
    BlankTitle,
    #[error("the title `{title}` has more than {TITLE_LENGTH} characters")]
    LongTitle { title: String },
}

impl Failure for RefusedImport {
    fn hint(&self) -> Option<String> {
        let hint = match self {
            Self::Files(errors) if errors.len() == 1 => {
                "nothing was imported; mend the file or leave it out"
            }
            Self::Files(_) => "nothing was imported; mend these files or leave them out",
            Self::SeveralStarts(_) => "import the files one by one",
            Self::BlankTitle => "name the meetings after their files with --meeting '{file}'",
            Self::LongTitle { .. } => "give a shorter one with --meeting",
        };
        Some(hint.to_owned())
    }
}

/// One error a line, the first of which is begun by whoever prints it.
fn messages(errors: &[ImportError]) -> String {
    let messages: Vec<String> = errors.iter().map(ToString::to_string).collect();
    messages.join("\nerror: ")
}

/// A file that is ready to be written.
struct Recording {
    source: Source,
    transcript: Transcript,
    started_at: NaiveDateTime,
    ended_at: NaiveDateTime,
    meeting_title: Option<String>,
}

/// Imports the files.
pub async fn run(arguments: Import) -> Outcome {
    // The data contract has microseconds.
    let now = Utc::now().naive_utc().trunc_subsecs(6);
    let recordings = read(&arguments, now)?;
    let database = database::connect(&arguments.database, MissingFile::Refuse, None).await?;
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
    let cues = recordings
        .iter()
        .map(|recording| recording.transcript.cues.len());
    let progress = Progress::new(cues.sum());
    for recording in &recordings {
        let language = arguments.language.as_deref();
        write(
            &database.writer,
            &owner,
            recording,
            language,
            now,
            &progress,
        )
        .await?;
    }
    database::close(&database).await?;
    Ok(())
}

/// Reads all the files, so that whatever is wrong with one is known before anything is written.
fn read(arguments: &Import, now: NaiveDateTime) -> Result<Vec<Recording>, RefusedImport> {
    if arguments.started_at.is_some() && arguments.files.len() > 1 {
        return Err(RefusedImport::SeveralStarts(arguments.files.len()));
    }
    let mut recordings = Vec::new();
    let mut errors = Vec::new();
    for file in &arguments.files {
        let read = Source::read(file).and_then(|source| {
            let transcript = import::parse(&source.name, &source.bytes, arguments.format)?;
            Ok((source, transcript))
        });
        match read {
            Ok((source, transcript)) => {
                recordings.push(recording(arguments, source, transcript, now)?);
            }
            Err(error) => errors.push(error),
        }
    }
    if errors.is_empty() {
        Ok(recordings)
    } else {
        Err(RefusedImport::Files(errors))
    }
}

/// Decides what the file does not say: when it was recorded, and the title of its meeting.
fn recording(
    arguments: &Import,
    source: Source,
    transcript: Transcript,
    now: NaiveDateTime,
) -> Result<Recording, RefusedImport> {
    let duration = TimeDelta::milliseconds(transcript.duration_ms().into());
    let (started_at, ended_at) = if let Some(started_at) = arguments.started_at {
        (started_at, started_at + duration)
    } else {
        let ended_at = written_at(&source).unwrap_or(now).min(now);
        (ended_at - duration, ended_at)
    };
    let meeting_title = match &arguments.meeting {
        Some(template) => Some(title(template, &source.title(), arguments.files.len() > 1)?),
        None => None,
    };
    Ok(Recording {
        source,
        transcript,
        started_at,
        ended_at,
        meeting_title,
    })
}

/// When the file was last written; `None` too if that is before 1970 or beyond the calendar.
fn written_at(source: &Source) -> Option<NaiveDateTime> {
    let since_epoch = source.modified?.duration_since(UNIX_EPOCH).ok()?;
    let microseconds = i64::try_from(since_epoch.as_micros()).ok()?;
    Some(DateTime::from_timestamp_micros(microseconds)?.naive_utc())
}

/// Puts the name of the file into the title of its meeting.
fn title(template: &str, file: &str, must_differ: bool) -> Result<String, RefusedImport> {
    let template = template.trim();
    if template.is_empty() {
        return Err(RefusedImport::BlankTitle);
    }
    let title = if template.contains(FILE_PLACEHOLDER) {
        template.replace(FILE_PLACEHOLDER, file)
    } else if must_differ {
        format!("{template} ({file})")
    } else {
        template.to_owned()
    };
    if title.chars().count() > TITLE_LENGTH {
        return Err(RefusedImport::LongTitle { title });
    }
    Ok(title)
}

/// Writes one recording, and prints its line.
async fn write(
    writer: &DatabaseConnection,
    owner: &Owner,
    recording: &Recording,
    language: Option<&str>,
    now: NaiveDateTime,
    progress: &Progress,
) -> Outcome {
    let transcript = &recording.transcript;
    let session = NewSession {
        external_id: Uuid::new_v4(),
        transcript,
        language: language.or(transcript.language.as_deref()),
        started_at: recording.started_at,
        ended_at: recording.ended_at,
        meeting_title: recording.meeting_title.as_deref(),
    };
    let advance = |cues| progress.advance(cues);
    let meeting_id = import::store(writer, owner, &session, now, advance).await?;
    let file = recording.source.name.display();
    let line = format!(
        "{}\t{}\t{}\t{}\t{file}",
        session.external_id,
        transcript.cues.len(),
        clock(transcript.duration_ms()),
        meeting_id.map_or("-".to_owned(), |id| id.to_string()),
    );
    progress.suspend(|| {
        for speaker in &transcript.shortened_speakers {
            // In quotes and escaped, as the names are whatever the file says.
            eprintln!(
                "note: {file}: the speaker {:?} is stored as {:?}",
                speaker.full, speaker.short
            );
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

/// Reads RFC 3339 as UTC in microseconds, as the data contract has it.
fn time(text: &str) -> Result<NaiveDateTime, String> {
    DateTime::parse_from_rfc3339(text)
        .map(|time| time.naive_utc().trunc_subsecs(6))
        .map_err(|_| "must be a time with its offset, as 2026-01-05T10:00:00+01:00".to_owned())
}

fn language(code: &str) -> Result<String, String> {
    match import::language(code) {
        Ok(Some(code)) => Ok(code),
        Ok(None) => Err("must not be blank".to_owned()),
        Err(problem) => Err(problem.to_string()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn titles_take_in_the_name_of_the_file() {
        let title = |template, several| title(template, "monday", several).unwrap();
        assert_eq!(title(" Weekly ", false), "Weekly");
        assert_eq!(title("Weekly", true), "Weekly (monday)");
        assert_eq!(title("{file}", true), "monday");
        assert_eq!(title("On {file}", false), "On monday");
    }

    #[test]
    fn titles_fit_their_column() {
        let fits = "é".repeat(255);
        assert_eq!(title(&fits, "", false).unwrap(), fits);
        assert!(title(&fits, "", true).is_err());
        assert!(title(" ", "monday", true).is_err());
    }
}
