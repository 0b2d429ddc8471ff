//! Analytics: the topics, decisions and action items of a meeting.
//!
//! The JSON columns are lists of objects in which `at_ms` is a position in the recording, in
//! milliseconds:
//!
//! - `key_topics`: `{"topic": String, "share": Float, "at_ms": Int}`, where the share is that of the
//!   whole meeting, from 0 to 1;
//! - `action_items_summary`: `{"title": String, "assignee": String, "at_ms": Int}`, where the
//!   assignee is named as in the transcript;
//! - `decisions_made`: `{"decision": String, "speaker": String, "at_ms": Int}`.

use chrono::{NaiveDateTime, TimeDelta};
use entity::{
    analytics::{self, Status},
    meeting, session,
};
use serde_json::{Value, json};

use crate::{
    dice::Dice,
    meetings::Meeting,
    recordings::Minutes,
    rows::{Rows, next_id},
    speech::Highlight,
};

/// The age at which a transcript has been analyzed: the analysis is a day behind.
const BACKLOG: TimeDelta = TimeDelta::hours(26);

/// Adds the analytics of a meeting, if it is over and was recorded.
pub fn add(
    rows: &mut Rows,
    meeting: &Meeting,
    minutes: &Minutes,
    now: NaiveDateTime,
    dice: &mut Dice,
) {
    let Some((_, session)) = &minutes.session else {
        return;
    };
    if meeting.status != meeting::Status::Completed {
        return;
    }
    let ended_at = minutes.time(minutes.length_ms());
    let status = status(*session, now - ended_at, dice);
    let created_at = ended_at + TimeDelta::seconds(dice.between(20..=90));
    let worked = TimeDelta::seconds(match status {
        Status::Pending => 0,
        _ => dice.between(15..=240),
    });
    let completed = status == Status::Completed;
    rows.analytics.push(analytics::Model {
        id: next_id(&rows.analytics),
        meeting_id: Some(meeting.id),
        analysis_status: Some(status),
        meeting_effectiveness_score: completed.then(|| dice.score(0.42..=0.96)),
        overall_engagement_score: completed.then(|| dice.score(0.35..=0.97)),
        overall_sentiment_score: completed.then(|| dice.score(0.3..=0.92)),
        key_topics: completed.then(|| key_topics(minutes)),
        action_items_summary: completed.then(|| action_items(meeting, minutes)),
        decisions_made: completed.then(|| decisions(meeting, minutes)),
        created_at: Some(created_at),
        updated_at: Some(created_at + worked),
    });
}

/// The status of the analysis of a transcript that ended this long ago.
fn status(session: session::Status, age: TimeDelta, dice: &mut Dice) -> Status {
    match (session, dice.between(0..=99)) {
        (session::Status::Error, _) | (session::Status::Completed, ..3) => Status::Error,
        (session::Status::Completed, _) if age < BACKLOG => Status::Processing,
        (session::Status::Completed, _) => Status::Completed,
        _ => Status::Pending,
    }
}

/// The topics in the order in which they came up. Each lasts until the next one.
fn key_topics(minutes: &Minutes) -> Value {
    let begins: Vec<(&str, i32)> = minutes
        .utterances
        .iter()
        .filter_map(|utterance| match &utterance.highlight {
            Some(Highlight::Topic(topic)) => Some((topic.as_str(), utterance.start_ms)),
            _ => None,
        })
        .collect();
    let length_ms = minutes.length_ms();
    let ends = begins.iter().skip(1).map(|(_, start)| *start);
    begins
        .iter()
        .zip(ends.chain([length_ms]))
        .map(|(&(topic, start), end)| {
            let share = f64::from(end - start) / f64::from(length_ms);
            json!({
                "topic": topic,
                "share": (share * 100.0).round() / 100.0,
                "at_ms": start,
            })
        })
        .collect()
}

fn action_items(meeting: &Meeting, minutes: &Minutes) -> Value {
    let people = meeting.staff.company.people;
    minutes
        .utterances
        .iter()
        .filter_map(|utterance| match &utterance.highlight {
            Some(Highlight::Action(action)) => Some(json!({
                "title": action.title,
                "assignee": people[action.assignee].full_name(),
                "at_ms": utterance.start_ms,
            })),
            _ => None,
        })
        .collect()
}

fn decisions(meeting: &Meeting, minutes: &Minutes) -> Value {
    let people = meeting.staff.company.people;
    minutes
        .utterances
        .iter()
        .filter_map(|utterance| match &utterance.highlight {
            Some(Highlight::Decision(decision)) => Some(json!({
                "decision": decision,
                "speaker": people[utterance.speaker].full_name(),
                "at_ms": utterance.start_ms,
            })),
            _ => None,
        })
        .collect()
}
