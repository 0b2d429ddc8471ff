//! Sessions and their segments.

use chrono::{NaiveDateTime, TimeDelta};
use entity::{
    meeting,
    segment::{self, Kind},
    session::{self, Status},
};

use crate::{
    dice::Dice,
    meetings::Meeting,
    people::Staff,
    rows::{Rows, next_id},
    speech::{self, Utterance},
};

/// How long before the end of its meeting a recording ends at the latest.
const MARGIN: TimeDelta = TimeDelta::minutes(4);

/// How long before a meeting its session is created.
const READY_BEFORE: TimeDelta = TimeDelta::hours(20);

/// How long after a meeting its transcript is still being processed.
const PROCESSING: TimeDelta = TimeDelta::hours(3);

/// The longest time from the end of an utterance to its segment.
const DELAY: TimeDelta = TimeDelta::milliseconds(900);

/// How many segments at the end of an unfinished transcript are interim ones.
const INTERIM: usize = 3;

/// What happened in a meeting that has started.
#[derive(Debug)]
pub struct Minutes {
    /// What was said.
    pub utterances: Vec<Utterance>,
    /// The code of the language that was spoken.
    pub language: &'static str,
    /// When the recording started.
    pub started_at: NaiveDateTime,
    /// The external id and the status of the session, if it was recorded.
    pub session: Option<(String, Status)>,
}

impl Minutes {
    /// The time of day of a position in the recording.
    pub fn time(&self, position_ms: i32) -> NaiveDateTime {
        self.started_at + milliseconds(position_ms)
    }

    /// The end of the last word, in milliseconds from the start of the recording.
    pub fn length_ms(&self) -> i32 {
        length_ms(&self.utterances)
    }
}

fn length_ms(utterances: &[Utterance]) -> i32 {
    utterances.last().map_or(0, |utterance| utterance.end_ms)
}

fn milliseconds(count: i32) -> TimeDelta {
    TimeDelta::milliseconds(i64::from(count))
}

/// Adds the session and the segments of a meeting. Returns minutes if it has started, even if it
/// was not recorded.
pub fn add(
    rows: &mut Rows,
    meeting: &Meeting,
    now: NaiveDateTime,
    dice: &mut Dice,
) -> Option<Minutes> {
    let start = meeting.plan.start?;
    match meeting.status {
        meeting::Status::Scheduled if start - now < READY_BEFORE => {
            add_ready(rows, meeting, now, dice);
            None
        }
        meeting::Status::Live | meeting::Status::Completed => {
            let mut minutes = talk(meeting, start, now, dice);
            let status = status(meeting, start, now, dice);
            if status == Some(Status::Error) {
                minutes.utterances.truncate(dice.between(6..=14));
            }
            if let Some(status) = status {
                let owner = (!dice.chance(6)).then(|| meeting.user_id(meeting.plan.organizer));
                let external_id = add_session(rows, meeting.staff, owner, status, &minutes, dice);
                link(rows, &external_id);
                minutes.session = Some((external_id, status));
            }
            Some(minutes)
        }
        _ => None,
    }
}

/// Adds a recording without a meeting, such as a spoken note.
pub fn add_note(rows: &mut Rows, staff: &Staff, now: NaiveDateTime, dice: &mut Dice) {
    let company = staff.company;
    let topic = *dice.pick(&company.topics);
    let point = (dice.pick(topic.threads), *dice.pick(&company.things));
    // The last person of the list has left the company.
    let speaker = dice.between(0..=company.people.len() - 2);
    let minutes = Minutes {
        utterances: speech::note(company, topic, point, speaker, dice),
        language: topic.phrasebook.code,
        started_at: now - TimeDelta::minutes(dice.between(600..=40_000)),
        session: None,
    };
    let owner = Some(staff.user_ids[speaker]);
    add_session(rows, staff, owner, Status::Completed, &minutes, dice);
}

/// What has been said in a meeting so far.
fn talk(meeting: &Meeting, start: NaiveDateTime, now: NaiveDateTime, dice: &mut Dice) -> Minutes {
    let Meeting { plan, staff, .. } = meeting;
    let (company, topic) = (staff.company, plan.topic);
    let mut utterances = speech::meeting(company, topic, &plan.agenda, &meeting.present, dice);
    let mut started_at = start + TimeDelta::seconds(dice.between(5..=80));
    let mut limit = start + plan.duration - MARGIN;
    if meeting.status == meeting::Status::Live {
        // The recording starts at the time that makes the last words before the farewells end now.
        utterances.truncate(utterances.len() - 3);
        limit = now - DELAY;
        started_at = start.max(limit - milliseconds(length_ms(&utterances)));
    }
    utterances.retain(|utterance| started_at + milliseconds(utterance.end_ms) <= limit);
    Minutes {
        utterances,
        language: topic.phrasebook.code,
        started_at,
        session: None,
    }
}

/// The status of the session; `None` if the meeting was not recorded.
fn status(
    meeting: &Meeting,
    start: NaiveDateTime,
    now: NaiveDateTime,
    dice: &mut Dice,
) -> Option<Status> {
    let chance = dice.between(0..=99);
    match (meeting.status, chance) {
        (meeting::Status::Live, _) => Some(Status::Recording),
        _ if now - (start + meeting.plan.duration) < PROCESSING => Some(Status::Processing),
        (_, ..4) => Some(Status::Error),
        (_, ..12) => None,
        _ => Some(Status::Completed),
    }
}

fn add_ready(rows: &mut Rows, meeting: &Meeting, now: NaiveDateTime, dice: &mut Dice) {
    let external_id = dice.uuid().to_string();
    rows.sessions.push(session::Model {
        id: next_id(&rows.sessions),
        external_id: external_id.clone(),
        status: Some(Status::Pending),
        user_id: Some(meeting.user_id(meeting.plan.organizer)),
        language: Some(meeting.plan.topic.phrasebook.code.to_owned()),
        vad_enabled: Some(true),
        started_at: None,
        ended_at: None,
        created_at: Some(now - TimeDelta::minutes(dice.between(5..=80))),
    });
    link(rows, &external_id);
}

/// Links the last meeting that was added to its session.
fn link(rows: &mut Rows, external_id: &str) {
    if let Some(meeting) = rows.meetings.last_mut() {
        meeting.session_id = Some(external_id.to_owned());
    }
}

fn add_session(
    rows: &mut Rows,
    staff: &Staff,
    user_id: Option<i32>,
    status: Status,
    minutes: &Minutes,
    dice: &mut Dice,
) -> String {
    let id = next_id(&rows.sessions);
    let external_id = dice.uuid().to_string();
    let silence_ms = dice.between(1_000..=6_000);
    let ended_at =
        (status != Status::Recording).then(|| minutes.time(minutes.length_ms() + silence_ms));
    rows.sessions.push(session::Model {
        id,
        external_id: external_id.clone(),
        status: Some(status),
        user_id,
        language: Some(minutes.language.to_owned()),
        vad_enabled: Some(dice.chance(92)),
        started_at: Some(minutes.started_at),
        ended_at,
        created_at: Some(minutes.started_at - TimeDelta::seconds(2)),
    });
    add_segments(rows, staff, id, status, minutes, dice);
    external_id
}

fn add_segments(
    rows: &mut Rows,
    staff: &Staff,
    session_id: i32,
    status: Status,
    minutes: &Minutes,
    dice: &mut Dice,
) {
    let settled = match status {
        Status::Recording | Status::Processing => minutes.utterances.len().saturating_sub(INTERIM),
        _ => minutes.utterances.len(),
    };
    for (position, utterance) in minutes.utterances.iter().enumerate() {
        let kind = match dice.chance(4) {
            _ if position >= settled => Kind::Interim,
            true => Kind::Corrected,
            false => Kind::Final,
        };
        let delay = TimeDelta::milliseconds(dice.between(300..=DELAY.num_milliseconds()));
        rows.segments.push(segment::Model {
            id: next_id(&rows.segments),
            session_id,
            text: match kind {
                Kind::Interim => interim_text(&utterance.text),
                Kind::Final | Kind::Corrected => utterance.text.clone(),
            },
            confidence: Some(confidence(kind, dice)),
            start_ms: Some(utterance.start_ms),
            end_ms: Some(utterance.end_ms),
            speaker: Some(staff.company.people[utterance.speaker].full_name()),
            language: Some(utterance.language.to_owned()),
            kind: Some(kind),
            created_at: Some(minutes.time(utterance.end_ms) + delay),
        });
    }
}

fn confidence(kind: Kind, dice: &mut Dice) -> f64 {
    dice.score(match kind {
        Kind::Interim => 0.4..=0.75,
        // People correct what the transcriber was not sure of.
        Kind::Corrected => 0.35..=0.7,
        Kind::Final => 0.86..=0.99,
    })
}

/// A text as an interim segment has it: words without punctuation.
fn interim_text(text: &str) -> String {
    text.to_lowercase().replace([',', '.', '?', '!', ':'], "")
}
