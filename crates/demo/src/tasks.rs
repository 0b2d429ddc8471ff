//! Tasks: the action items of meetings, and their progress since.

use std::collections::HashMap;

use chrono::{Days, NaiveDateTime, TimeDelta};
use entity::task::{self, Priority, Status};

use crate::{
    dice::Dice,
    meetings::Meeting,
    recordings::Minutes,
    rows::{Rows, next_id},
    speech::{ActionItem, Highlight},
};

/// The latest task of each series of meetings, as the index of its row, by workspace and title.
#[derive(Debug, Default)]
pub struct Latest(HashMap<(usize, String), usize>);

/// Adds the tasks of a meeting.
pub fn add(
    rows: &mut Rows,
    latest: &mut Latest,
    meeting: &Meeting,
    minutes: &Minutes,
    now: NaiveDateTime,
    dice: &mut Dice,
) {
    let series = (meeting.plan.company, meeting.plan.title.clone());
    for utterance in &minutes.utterances {
        let Some(Highlight::Action(action)) = &utterance.highlight else {
            continue;
        };
        // A task depends only on an earlier one, so there can be no cycle.
        let before = latest.0.get(&series).filter(|_| dice.chance(30));
        let before = before.map(|&place| rows.tasks[place].clone());
        let before = before.filter(|task| task.status != Some(Status::Cancelled));
        let created_at = minutes.time(utterance.end_ms);
        let mut task = task(rows, meeting, action, created_at, now, dice);
        if minutes.session.is_none() && dice.chance(40) {
            // Without a recording, tasks are written down by hand, and names are forgotten.
            task.assigned_to_id = None;
        }
        if let Some(before) = before {
            add_dependency(&mut task, &before);
        }
        latest.0.insert(series.clone(), rows.tasks.len());
        rows.tasks.push(task);
    }
}

fn task(
    rows: &Rows,
    meeting: &Meeting,
    action: &ActionItem,
    created_at: NaiveDateTime,
    now: NaiveDateTime,
    dice: &mut Dice,
) -> task::Model {
    let staff = meeting.staff;
    let assignee = meeting.user_id(action.assignee);
    let organizer = meeting.user_id(meeting.plan.organizer);
    let gone = !staff.has(action.assignee, now, now);
    let status = match status(now - created_at, dice) {
        // People who have left have completed their tasks.
        Status::Todo | Status::InProgress if gone => Status::Completed,
        status => status,
    };
    let touched_at = touched_at(created_at, now, dice);
    let due = Days::new(dice.between(2..=24));
    task::Model {
        id: next_id(&rows.tasks),
        title: action.title.clone(),
        description: dice.chance(70).then(|| action.background.clone()),
        status: Some(status),
        priority: Some(priority(dice)),
        meeting_id: meeting.id,
        assigned_to_id: Some(assignee),
        created_by_id: if dice.chance(75) { organizer } else { assignee },
        due_date: dice.chance(85).then(|| created_at.date() + due),
        completed_at: (status == Status::Completed).then_some(touched_at),
        depends_on_task_id: None,
        created_at: Some(created_at),
        updated_at: Some(match status {
            Status::Todo => created_at,
            _ => touched_at,
        }),
    }
}

/// The older a task is, the more likely it is completed.
fn status(age: TimeDelta, dice: &mut Dice) -> Status {
    match (age.num_days(), dice.between(0..=99)) {
        (21.., ..80) | (7..21, ..55) | (1..7, ..20) => Status::Completed,
        (1.., 97..) => Status::Cancelled,
        (21.., ..88) | (7..21, ..78) | (1..7, ..50) | (..1, ..15) => Status::InProgress,
        _ => Status::Todo,
    }
}

fn priority(dice: &mut Dice) -> Priority {
    match dice.between(0..=99) {
        ..20 => Priority::Low,
        20..65 => Priority::Medium,
        65..92 => Priority::High,
        _ => Priority::Critical,
    }
}

/// When somebody last worked on a task: at some time in its first two weeks.
fn touched_at(created_at: NaiveDateTime, now: NaiveDateTime, dice: &mut Dice) -> NaiveDateTime {
    let age = (now - created_at).min(TimeDelta::days(14));
    created_at + age * dice.between(10..=95) / 100
}

/// Makes a task depend on an earlier one: it is not started before that one is completed.
fn add_dependency(task: &mut task::Model, before: &task::Model) {
    task.depends_on_task_id = Some(before.id);
    let started = matches!(task.status, Some(Status::InProgress | Status::Completed));
    let unblocked = before.completed_at.is_some() && before.completed_at < task.updated_at;
    if started && !unblocked {
        task.status = Some(Status::Todo);
        task.completed_at = None;
        task.updated_at = task.created_at;
    }
}
