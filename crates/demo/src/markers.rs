//! Markers: moments that people marked while a meeting was recorded.

use chrono::{NaiveDateTime, TimeDelta};
use entity::marker::{self, Type};

use crate::{
    dice::Dice,
    meetings::Meeting,
    recordings::Minutes,
    rows::{Rows, next_id},
    speech::{Highlight, Utterance},
};

/// Adds the markers of a meeting, if it was recorded.
pub fn add(
    rows: &mut Rows,
    meeting: &Meeting,
    minutes: &Minutes,
    now: NaiveDateTime,
    dice: &mut Dice,
) {
    let Some((external_id, _)) = &minutes.session else {
        return;
    };
    for utterance in &minutes.utterances {
        let Some((kind, content, likelihood)) = candidate(utterance) else {
            continue;
        };
        if !dice.chance(likelihood) {
            continue;
        }
        let reaction = TimeDelta::milliseconds(dice.between(900..=14_000));
        rows.markers.push(marker::Model {
            id: next_id(&rows.markers),
            session_id: external_id.clone(),
            user_id: meeting.user_id(*dice.pick(&meeting.present)),
            kind,
            content: content.to_owned(),
            timestamp: Some(utterance.start_ms),
            speaker: Some(meeting.staff.company.people[utterance.speaker].full_name()),
            created_at: Some((minutes.time(utterance.end_ms) + reaction).min(now)),
        });
    }
}

/// What an utterance can be marked as: the kind of marker, its content, and the probability in
/// percent.
fn candidate(utterance: &Utterance) -> Option<(Type, &str, u32)> {
    match utterance.highlight.as_ref()? {
        Highlight::Topic(_) => None,
        Highlight::Question => Some((Type::Question, &utterance.text, 18)),
        Highlight::Risk => Some((Type::Risk, &utterance.text, 55)),
        Highlight::Decision(decision) => Some((Type::Decision, decision, 75)),
        Highlight::Action(action) => Some((Type::Todo, &action.title, 45)),
    }
}
