//! The files of an import, read and ready to be stored.

use std::time::UNIX_EPOCH;

use chrono::{DateTime, NaiveDateTime, TimeDelta};
use mina_graphql::moment;
use transcript::{Format, ReadOptions, TimeUnit, Transcript};

use super::{
    Import,
    error::{ImportError, InputError},
    source::Source,
};

/// The longest title that a meeting can have, in characters.
pub const MAX_TITLE_LENGTH: usize = 255;

/// The part of a title that is replaced by the name of the file.
const FILE_PLACEHOLDER: &str = "{file}";

/// A file that is ready to be stored.
#[derive(Debug)]
pub struct Recording {
    /// The file.
    pub source: Source,
    /// What was said.
    pub transcript: Transcript,
    /// When the recording started.
    pub started_at: NaiveDateTime,
    /// When it ended.
    pub ended_at: NaiveDateTime,
    /// The title of its meeting, if one is to be created.
    pub meeting_title: Option<String>,
}

/// Reads all files, so that all errors in them are known before anything is written.
///
/// # Errors
/// If one of them cannot be imported. The error names all that cannot.
pub fn read_all(arguments: &Import, now: NaiveDateTime) -> Result<Vec<Recording>, ImportError> {
    if arguments.started_at.is_some() && arguments.files.len() > 1 {
        return Err(ImportError::SeveralFiles(arguments.files.len()));
    }
    let options = ReadOptions {
        format: arguments.format.map(Format::from),
        file_name: None,
        strict: arguments.strict,
        speaker_labels: arguments.speaker_labels.into(),
        time_unit: arguments.times_in.map(TimeUnit::from),
        max_cues: None,
    };
    let mut recordings = Vec::new();
    let mut errors = Vec::new();
    for file in &arguments.files {
        let read = Source::read(file).and_then(|source| {
            let transcript = read(&source, options)?;
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
        Err(ImportError::Files(errors))
    }
}

fn read(source: &Source, options: ReadOptions<'_>) -> Result<Transcript, InputError> {
    let options = ReadOptions {
        file_name: Some(&source.name),
        ..options
    };
    transcript::read(&source.bytes, options).map_err(|error| InputError::new(&source.name, error))
}

/// Adds what the file does not say: when it was recorded, and the title of its meeting.
fn recording(
    arguments: &Import,
    source: Source,
    transcript: Transcript,
    now: NaiveDateTime,
) -> Result<Recording, ImportError> {
    let duration = TimeDelta::milliseconds(transcript.duration_ms().into());
    let (started_at, ended_at) = if let Some(started_at) = arguments.started_at {
        let ended_at = moment::after(started_at, duration);
        if ended_at - started_at != duration {
            return Err(ImportError::LateStart);
        }
        (started_at, ended_at)
    } else {
        let ended_at = modified_at(&source).unwrap_or(now).min(now);
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

/// When the file was last modified. `None` also for times before 1970 and beyond the calendar.
fn modified_at(source: &Source) -> Option<NaiveDateTime> {
    let since_epoch = source.modified?.duration_since(UNIX_EPOCH).ok()?;
    let microseconds = i64::try_from(since_epoch.as_micros()).ok()?;
    Some(DateTime::from_timestamp_micros(microseconds)?.naive_utc())
}

/// Puts the name of the file into the title of its meeting.
fn title(template: &str, file: &str, must_differ: bool) -> Result<String, ImportError> {
    let template = template.trim();
    if template.is_empty() {
        return Err(ImportError::BlankTitle);
    }
    let title = if template.contains(FILE_PLACEHOLDER) {
        template.replace(FILE_PLACEHOLDER, file)
    } else if must_differ {
        format!("{template} ({file})")
    } else {
        template.to_owned()
    };
    if title.chars().count() > MAX_TITLE_LENGTH {
        return Err(ImportError::LongTitle { title });
    }
    Ok(title)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn titles_contain_the_name_of_the_file() {
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
