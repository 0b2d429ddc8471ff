//! Writes a transcript to the database: a session, its segments and perhaps a meeting.

use std::fmt::Write;

use chrono::NaiveDateTime;
use entity::{meeting, participant, segment, session};
use mina_graphql::{MAX_DESCRIPTION_BYTES, MAX_SPOKEN_TEXT_BYTES, Writer};
use sea_orm::{
    ActiveModelTrait,
    ActiveValue::{NotSet, Set},
    ConnectionTrait, DbErr, EntityTrait, TransactionTrait,
};
use transcript::{Cue, MAX_TEXT_BYTES, Transcript, Warning};
use uuid::Uuid;

use super::owner::Owner;

/// How many cues one statement inserts. Each binds eight values, and SQLite accepts at most 32,766
/// in a statement.
const CUES_PER_STATEMENT: usize = 1000;

const _: () = assert!(
    MAX_TEXT_BYTES <= MAX_SPOKEN_TEXT_BYTES,
    "the text of a cue must fit into a segment"
);

/// The room in a description for the number of names that are left out.
const LEFT_OUT_BYTES: usize = 32;

/// A session to be created from a transcript.
#[derive(Debug)]
pub struct NewSession<'a> {
    /// The UUID that clients know it by.
    pub external_id: Uuid,
    /// What was said.
    pub transcript: &'a Transcript,
    /// The language code, if it is known.
    pub language: Option<&'a str>,
    /// When the recording started.
    pub started_at: NaiveDateTime,
    /// When it ended.
    pub ended_at: NaiveDateTime,
    /// The title of the meeting to create for it, if any, in at most 255 characters.
    pub meeting_title: Option<&'a str>,
}

/// Writes a session in one transaction. Returns the id of its meeting, if it has one.
///
/// All rows get `now` as their time of creation. `on_progress` is called after each statement with
/// the number of cues that it inserted; nothing is committed before this function returns.
///
/// # Errors
/// If the database fails. Then nothing was written.
pub async fn store(
    writer: &Writer,
    owner: &Owner,
    session: &NewSession<'_>,
    now: NaiveDateTime,
    mut on_progress: impl FnMut(usize),
) -> Result<Option<i32>, DbErr> {
    let transaction = writer.begin().await?;
    let session_id = insert_session(&transaction, owner, session, now).await?;
    for cues in session.transcript.cues.chunks(CUES_PER_STATEMENT) {
        let rows = cues.iter().map(|cue| segment_row(session_id, cue, now));
        segment::Entity::insert_many(rows)
            .exec_without_returning(&transaction)
            .await?;
        on_progress(cues.len());
    }
    let meeting_id = match session.meeting_title {
        Some(title) => Some(insert_meeting(&transaction, owner, session, title, now).await?),
        None => None,
    };
    transaction.commit().await?;
    Ok(meeting_id)
}

async fn insert_session(
    transaction: &impl ConnectionTrait,
    owner: &Owner,
    session: &NewSession<'_>,
    now: NaiveDateTime,
) -> Result<i32, DbErr> {
    let row = session::ActiveModel {
        external_id: Set(session.external_id.to_string()),
        status: Set(Some(session::Status::Completed)),
        user_id: Set(Some(owner.user.id)),
        // Without a language the column gets its default.
        language: session
            .language
            .map_or(NotSet, |language| Set(Some(language.to_owned()))),
        started_at: Set(Some(session.started_at)),
        ended_at: Set(Some(session.ended_at)),
        created_at: Set(Some(now)),
        ..Default::default()
    };
    Ok(row.insert(transaction).await?.id)
}

fn segment_row(session_id: i32, cue: &Cue, now: NaiveDateTime) -> segment::ActiveModel {
    segment::ActiveModel {
        session_id: Set(session_id),
        text: Set(cue.text.clone()),
        confidence: Set(cue.confidence),
        start_ms: Set(Some(cue.start_ms)),
        end_ms: Set(Some(cue.end_ms)),
        speaker: Set(cue.speaker.as_deref().map(str::to_owned)),
        kind: Set(Some(segment::Kind::Final)),
        created_at: Set(Some(now)),
        ..Default::default()
    }
}

async fn insert_meeting(
    transaction: &impl ConnectionTrait,
    owner: &Owner,
    session: &NewSession<'_>,
    title: &str,
    now: NaiveDateTime,
) -> Result<i32, DbErr> {
    let row = meeting::ActiveModel {
        title: Set(title.to_owned()),
        description: Set(full_names(&session.transcript.warnings)),
        status: Set(Some(meeting::Status::Completed)),
        workspace_id: Set(owner.workspace.id),
        organizer_id: Set(owner.organizer.id),
        session_id: Set(Some(session.external_id.to_string())),
        // Calendars show a meeting at its scheduled time.
        scheduled_start: Set(Some(session.started_at)),
        scheduled_end: Set(Some(session.ended_at)),
        created_at: Set(Some(now)),
        updated_at: Set(Some(now)),
        ..Default::default()
    };
    let meeting_id = row.insert(transaction).await?.id;
    let organizer = participant::ActiveModel {
        meeting_id: Set(meeting_id),
        user_id: Set(owner.organizer.id),
        role: Set(Some(participant::Role::Organizer)),
        status: Set(Some(participant::Status::Attended)),
        created_at: Set(Some(now)),
        ..Default::default()
    };
    organizer.insert(transaction).await?;
    Ok(meeting_id)
}

/// The full names of shortened speakers, as a text for people. `None` if there are none. Names that
/// do not fit into a description are left out; all of them are printed.
fn full_names(warnings: &[Warning]) -> Option<String> {
    let mut text = "Full names of speakers:".to_owned();
    let mut left_out = 0;
    for warning in warnings {
        let Warning::ShortenedSpeaker { full, short, .. } = warning else {
            continue;
        };
        let line = format!("\n- {short} = {full}");
        if text.len() + line.len() <= MAX_DESCRIPTION_BYTES - LEFT_OUT_BYTES {
            text.push_str(&line);
        } else {
            left_out += 1;
        }
    }
    if left_out > 0 {
        // Writing to a string cannot fail.
        let _ = write!(text, "\n- and {left_out} more");
    }
    text.contains('\n').then_some(text)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn full_names_fit_into_a_description() {
        let warning = |length| Warning::ShortenedSpeaker {
            line: 1,
            full: "é".repeat(length),
            short: "short…".to_owned(),
        };
        assert_eq!(full_names(&[]), None);
        assert_eq!(
            full_names(&[warning(2)]).unwrap(),
            "Full names of speakers:\n- short… = éé"
        );
        let text = full_names(&[warning(20_000), warning(20_000), warning(60)]).unwrap();
        assert!(text.len() <= MAX_DESCRIPTION_BYTES);
        assert_eq!(text.lines().count(), 4);
        assert!(text.ends_with("\n- and 1 more"));
    }
}
