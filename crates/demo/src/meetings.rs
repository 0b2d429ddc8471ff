//! Meetings and their participants, made from plans.

use chrono::{NaiveDateTime, TimeDelta};
use entity::{
    meeting::{self, Status},
    participant,
};

use crate::{
    dice::Dice,
    people::Staff,
    plan::Plan,
    rows::{Rows, next_id},
};

/// A meeting whose row has been added, with what the other tables need to know about it.
#[derive(Debug)]
pub struct Meeting<'a> {
    /// Its id.
    pub id: i32,
    /// The company that it belongs to.
    pub staff: &'a Staff,
    /// The plan that it was made from.
    pub plan: &'a Plan,
    /// Its status.
    pub status: Status,
    /// The people who attend or attended, the organizer first.
    pub present: Vec<usize>,
}

impl Meeting<'_> {
    /// The user id of a person.
    pub fn user_id(&self, person: usize) -> i32 {
        self.staff.user_ids[person]
    }
}

/// Adds the meeting of a plan and its participants.
pub fn add<'a>(
    rows: &mut Rows,
    staff: &'a Staff,
    plan: &'a Plan,
    now: NaiveDateTime,
    dice: &mut Dice,
) -> Meeting<'a> {
    let status = status(plan, now, dice);
    let created_at = created_at(plan, now, dice);
    let mut meeting = Meeting {
        id: next_id(&rows.meetings),
        staff,
        plan,
        status,
        present: Vec::new(),
    };
    rows.meetings.push(meeting::Model {
        id: meeting.id,
        title: plan.title.clone(),
        description: dice.chance(85).then(|| description(plan)),
        status: Some(status),
        workspace_id: staff.workspace_id,
        organizer_id: meeting.user_id(plan.organizer),
        session_id: None,
        scheduled_start: plan.start,
        scheduled_end: plan.start.map(|start| start + plan.duration),
        created_at: Some(created_at),
        updated_at: Some(updated_at(plan, status, created_at, now)),
    });
    for (place, person) in invited(&meeting, now, dice).into_iter().enumerate() {
        let participant = participant(rows, &meeting, (place, person), now, dice);
        if participant.status == Some(participant::Status::Attended) {
            meeting.present.push(person);
        }
        rows.participants.push(participant);
    }
    meeting
}

/// Meetings of the past are completed, those of the present are live and those of the future are
/// scheduled, except for those that were cancelled.
fn status(plan: &Plan, now: NaiveDateTime, dice: &mut Dice) -> Status {
    let cancelled = dice.chance(9);
    match plan.start {
        None => Status::Draft,
        Some(start) if start <= now && now < start + plan.duration => Status::Live,
        Some(_) if cancelled => Status::Cancelled,
        Some(start) if start > now => Status::Scheduled,
        Some(_) => Status::Completed,
    }
}

fn created_at(plan: &Plan, now: NaiveDateTime, dice: &mut Dice) -> NaiveDateTime {
    let latest = now - TimeDelta::minutes(dice.between(90..=9_000));
    let ahead = TimeDelta::minutes(dice.between(4_000..=30_000));
    plan.start.map_or(latest, |start| latest.min(start - ahead))
}

fn updated_at(
    plan: &Plan,
    status: Status,
    created_at: NaiveDateTime,
    now: NaiveDateTime,
) -> NaiveDateTime {
    match (status, plan.start) {
        (Status::Completed, Some(start)) => start + plan.duration,
        (Status::Live, Some(start)) => start,
        (Status::Cancelled, Some(start)) => created_at + (start.min(now) - created_at) / 2,
        _ => created_at + (now - created_at) / 3,
    }
}

fn description(plan: &Plan) -> String {
    let topics: Vec<String> = plan
        .agenda
        .iter()
        .map(|(thread, thing)| thread.topic.replace("{thing}", thing))
        .collect();
    let agenda = plan.topic.phrasebook.agenda;
    agenda.replace("{topic}", &topics.join(", "))
}

/// The people who are invited: the organizer, the team, and sometimes a guest.
fn invited(meeting: &Meeting, now: NaiveDateTime, dice: &mut Dice) -> Vec<usize> {
    let Meeting { plan, staff, .. } = meeting;
    let mut people = vec![plan.organizer];
    people.extend(&plan.team);
    let guest = dice.between(0..=staff.company.people.len() - 1);
    if dice.chance(35) && !people.contains(&guest) {
        people.push(guest);
    }
    let then = plan.start.unwrap_or(now);
    people.retain(|&person| staff.has(person, then, now));
    people
}

/// How many of those invited always attend, so that there is somebody to talk to.
const RELIABLE: usize = 3;

/// The participant in a place of the list of those invited, of whom the first is the organizer.
fn participant(
    rows: &Rows,
    meeting: &Meeting,
    (place, person): (usize, usize),
    now: NaiveDateTime,
    dice: &mut Dice,
) -> participant::Model {
    use participant::{Role, Status as Answer};

    let Meeting { plan, status, .. } = meeting;
    let chance = dice.between(0..=99);
    let answer = match (status, place, chance) {
        (Status::Completed | Status::Live, ..RELIABLE, _) => Answer::Attended,
        (_, 0, _) => Answer::Accepted,
        (Status::Draft, ..) => Answer::Invited,
        (Status::Completed | Status::Live, _, ..78) => Answer::Attended,
        (_, _, ..52) | (Status::Completed | Status::Live, _, ..86) => Answer::Accepted,
        (_, _, ..87) => Answer::Invited,
        _ => Answer::Declined,
    };
    let role = match place {
        0 => Role::Organizer,
        1 if dice.chance(60) => Role::Presenter,
        _ => Role::Participant,
    };
    let late = TimeDelta::seconds(dice.between(-150..=200));
    let early = TimeDelta::seconds(dice.between(0..=150));
    let attended = (answer == Answer::Attended).then_some(plan.start).flatten();
    let over = *status == Status::Completed;
    let invited_after = TimeDelta::seconds(dice.between(5..=3_600));
    let created_at = rows.meetings.last().and_then(|row| row.created_at);
    participant::Model {
        id: next_id(&rows.participants),
        meeting_id: meeting.id,
        user_id: meeting.user_id(person),
        role: Some(role),
        status: Some(answer),
        joined_at: attended.map(|start| (start + late).min(now)),
        left_at: attended
            .filter(|_| over)
            .map(|start| start + plan.duration - early),
        created_at: created_at.map(|time| time + invited_after),
    }
}
