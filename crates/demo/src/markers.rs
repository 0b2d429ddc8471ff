//! Markers: the moments that people marked while a meeting was recorded.

use chrono::{NaiveDateTime, TimeDelta};
use entity::marker::{self, Kind};

use super::{
    dice::Dice,
    meetings::Meeting,
    recordings::Minutes,
    rows::{Rows, next_id},
    speech::{Cue, Utterance},
};

/// Adds the markers of a meeting, none if it was not recorded.
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
        let Some((kind, content, likelihood)) = worth(utterance) else {
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

/// What an utterance would be marked as, and in how many cases of a hundred it is.
fn worth(utterance: &Utterance) -> Option<(Kind, &str, u32)> {
    match utterance.cue.as_ref()? {
        Cue::Topic(_) => None,
        Cue::Question => Some((Kind::Question, &utterance.text, 18)),
        Cue::Risk => Some((Kind::Risk, &utterance.text, 55)),
        Cue::Decision(decision) => Some((Kind::Decision, decision, 75)),
        Cue::Action(action) => Some((Kind::Todo, &action.title, 45)),
    }
}
