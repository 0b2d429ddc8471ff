//! The rows of each table.

use std::fmt::Display;

use chrono::{Days, NaiveDate, NaiveTime, TimeDelta};
use fastrand::Rng;

use super::{
    PARTICIPANTS, PASSWORD_HASH, RECORDING, SECOND_EVERY, SEGMENTS, Size, TASKS, VIEWER,
    words::text,
};

/// A value as text, or NULL.
pub type Cell = Option<String>;

/// A table, and how its rows are made.
pub struct Table {
    pub name: &'static str,
    pub columns: &'static str,
    pub rows: fn(Size) -> i32,
    /// The values of the row with an id, after the id. Ids begin with 1 and are taken in order.
    pub row: fn(Size, &mut Rng, i32) -> Vec<Cell>,
}

/// The tables, each after those that it refers to.
pub const TABLES: [Table; 8] = [
    Table {
        name: "workspace",
        columns: "id, name, slug, created_at",
        rows: |_| 2,
        row: |_, _, id| {
            vec![
                some(format_args!("Workspace {id}")),
                some(format_args!("workspace{id}")),
                moment(0),
            ]
        },
    },
    Table {
        name: "\"user\"",
        columns: "id, username, email, password_hash, workspace_id, role, is_active, created_at",
        rows: |size| size.users,
        row: |_, _, id| {
            vec![
                some(format_args!("user{id}")),
                some(format_args!("user{id}@example.org")),
                some(PASSWORD_HASH),
                some(1 + i32::from(id % SECOND_EVERY == 0)),
                some(if id == VIEWER { "admin" } else { "member" }),
                some("1"),
                moment(id),
            ]
        },
    },
    Table {
        name: "session",
        columns: "id, external_id, status, user_id, language, started_at, ended_at, created_at",
        rows: |size| size.sessions + RECORDING,
        row: |size, random, id| {
            let is_recording = id > size.sessions;
            let user_id = if is_recording {
                VIEWER
            } else {
                user(size, random, id)
            };
            vec![
                some(external_id(id)),
                some(if is_recording {
                    "recording"
                } else {
                    "completed"
                }),
                some(user_id),
                some("en"),
                moment(id),
                moment(id + 60).filter(|_| !is_recording),
                moment(id),
            ]
        },
    },
    Table {
        name: "meeting",
        columns: "id, title, description, status, workspace_id, organizer_id, session_id,
            scheduled_start, scheduled_end, created_at, updated_at",
        rows: |size| size.meetings,
        row: |size, random, id| {
            // The order of creation is another one than that of the ids.
            let created = id.wrapping_mul(7919).rem_euclid(size.meetings);
            let has_session = id <= size.sessions.min(size.meetings);
            vec![
                some(text(random, 3..7)),
                some(text(random, 20..60)),
                some(if has_session {
                    "completed"
                } else {
                    "scheduled"
                }),
                some(1 + i32::from(id % SECOND_EVERY == 0)),
                some(user(size, random, id)),
                some(external_id(id)).filter(|_| has_session),
                moment(created + 10_000),
                moment(created + 10_060),
                moment(created),
                moment(created),
            ]
        },
    },
    Table {
        name: "task",
        columns: "id, title, description, status, priority, meeting_id, assigned_to_id,
            created_by_id, due_date, completed_at, depends_on_task_id, created_at, updated_at",
        rows: Size::tasks,
        row: |size, random, id| {
            let meeting_id = 1 + (id - 1) / TASKS;
            let is_open = random.u8(..100) < 65;
            let status = ["completed", "in_progress", "cancelled"][random.usize(..3)];
            let status = if is_open { "todo" } else { status };
            // A task of an earlier meeting of the same workspace.
            let distance = TASKS * SECOND_EVERY;
            let distances = (id - 1) / distance;
            let before = id - distance * random.i32(1..=distances.max(1));
            let created = random.i32(0..size.meetings);
            vec![
                some(text(random, 4..9)),
                some(text(random, 10..30)),
                some(status),
                some(["low", "medium", "high", "critical"][random.usize(..4)]),
                some(meeting_id),
                some(user(size, random, meeting_id)).filter(|_| random.u8(..100) < 88),
                some(user(size, random, meeting_id)),
                some(date(random.u64(..500))),
                moment(created + 30).filter(|_| status == "completed"),
                some(before).filter(|_| distances > 0 && random.u8(..100) < 75),
                moment(created),
                moment(created + 30),
            ]
        },
    },
    Table {
        name: "participant",
        columns: "id, meeting_id, user_id, role, status, created_at",
        rows: Size::participants,
        row: |size, random, id| {
            let meeting_id = 1 + (id - 1) / PARTICIPANTS;
            // No user is invited twice to a meeting.
            let place = meeting_id * 31 + id % PARTICIPANTS;
            let status = ["invited", "accepted", "declined", "attended"][random.usize(..4)];
            vec![
                some(meeting_id),
                some(nth_user(size, place, meeting_id)),
                some(["presenter", "participant"][random.usize(..2)]),
                some(status),
                moment(id),
            ]
        },
    },
    Table {
        name: "analytics",
        columns: "id, meeting_id, analysis_status, meeting_effectiveness_score,
            overall_engagement_score, overall_sentiment_score, created_at, updated_at",
        rows: |size| size.meetings * 4 / 5,
        row: |_, random, id| {
            // Each fifth meeting has none.
            let meeting_id = id + (id - 1) / 4;
            let mut scores = vec![some(meeting_id), some("completed")];
            scores.extend((0..3).map(|_| share(random)));
            scores.extend([moment(id), moment(id)]);
            scores
        },
    },
    Table {
        name: "segment",
        columns: "id, session_id, start_ms, end_ms, speaker, text, confidence, language, kind,
            created_at",
        rows: Size::segments,
        row: |_, random, id| {
            let place = (id - 1) % SEGMENTS;
            vec![
                some(1 + (id - 1) / SEGMENTS),
                some(place * 3000),
                some(place * 3000 + random.i32(500..3000)),
                some(format_args!("Speaker {}", random.u8(1..9))),
                some(text(random, 6..20)),
                share(random),
                some("en"),
                some("final"),
                moment(id / 1000),
            ]
        },
    },
];

#[expect(clippy::unnecessary_wraps, reason = "other cells are NULL")]
fn some(value: impl Display) -> Cell {
    Some(value.to_string())
}

/// A number between 0 and 1. It is never whole, as JSON could then have it in two forms.
fn share(random: &mut Rng) -> Cell {
    some(f64::from(random.u16(1..1000)) / 1000.0)
}

/// A user of the workspace that a row with this id belongs to.
fn user(size: Size, random: &mut Rng, id: i32) -> i32 {
    nth_user(size, random.i32(0..size.users), id)
}

/// The nth user of the workspace that a row with this id belongs to, in a circle.
fn nth_user(size: Size, place: i32, id: i32) -> i32 {
    let seconds = size.users / SECOND_EVERY;
    if id % SECOND_EVERY == 0 {
        return (1 + place % seconds) * SECOND_EVERY;
    }
    let place = place % (size.users - seconds);
    let per_block = SECOND_EVERY - 1;
    1 + place / per_block * SECOND_EVERY + place % per_block
}

fn external_id(id: i32) -> String {
    format!("00000000-0000-4000-8000-{id:012}")
}

/// The first day.
fn first_day() -> NaiveDate {
    NaiveDate::default() + Days::new(20_454)
}

fn date(days: u64) -> NaiveDate {
    first_day() + Days::new(days)
}

/// The time so many minutes after the first.
fn moment(minutes: i32) -> Cell {
    let time = first_day().and_time(NaiveTime::MIN) + TimeDelta::minutes(minutes.into());
    some(time.format("%Y-%m-%d %H:%M:%S"))
}
