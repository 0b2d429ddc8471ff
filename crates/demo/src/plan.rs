//! Decides which meetings there are, and when.

use chrono::{NaiveDateTime, TimeDelta};

use crate::{
    companies::{COMPANIES, Company, Series},
    dice::Dice,
    phrases::{Point, Topic},
    speech,
};

/// The weeks that have meetings; 0 is the week of `now`.
const WEEKS: std::ops::RangeInclusive<i64> = -10..=4;

/// The times of day, as hour and minute, of meetings outside of a series. No series uses them, so
/// such meetings never coincide with one.
const FREE_TIMES: [(i64, i64); 3] = [(11, 30), (15, 30), (16, 45)];

/// The number of such meetings in a workspace.
const SINGLE_MEETINGS: usize = 26;

/// The number of drafts in a workspace.
const DRAFTS: usize = 6;

/// What is known about a meeting before it has a row.
#[derive(Debug)]
pub struct Plan {
    /// The company, as an index in [`COMPANIES`].
    pub company: usize,
    /// Its title.
    pub title: String,
    /// What it is about.
    pub topic: &'static Topic,
    /// The points to discuss.
    pub agenda: Vec<Point>,
    /// When it starts; `None` for a draft.
    pub start: Option<NaiveDateTime>,
    /// Its planned length.
    pub duration: TimeDelta,
    /// The organizer.
    pub organizer: usize,
    /// The other people who are invited.
    pub team: Vec<usize>,
}

/// All meetings of all workspaces, sorted by start, with drafts last.
pub fn plans(now: NaiveDateTime) -> Vec<Plan> {
    let mut plans = Vec::new();
    for (index, company) in COMPANIES.iter().enumerate() {
        let mut dice = Dice::new(&format!("calendar of {}", company.slug));
        for series in company.calendar {
            plans.extend(occurrences(index, company, series, now, &mut dice));
        }
        plans.extend(singles(index, company, now, &mut dice));
    }
    plans.sort_by_key(|plan| (plan.start.is_none(), plan.start));
    plans
}

/// The meetings of a series. Each discusses other threads than the one before, if there are enough,
/// and a thread comes back to a thing only after all other things.
fn occurrences(
    index: usize,
    company: &'static Company,
    series: &'static Series,
    now: NaiveDateTime,
    dice: &mut Dice,
) -> Vec<Plan> {
    let topic = company.topics[series.topic];
    let things = dice.shuffled(&company.things);
    let threads = dice.shuffled(&topic.threads.iter().collect::<Vec<_>>());
    let mut points = Vec::new();
    for round in 0..things.len() {
        for (place, thread) in threads.iter().enumerate() {
            points.push((*thread, things[(round + 2 * place) % things.len()]));
        }
    }
    let mut points = points.into_iter().cycle();
    let (weekday, hour, minute) = series.at;
    let count = speech::points_within(series.minutes).min(threads.len());
    WEEKS
        .step_by(series.every)
        .map(|week| Plan {
            company: index,
            title: series.title.to_owned(),
            topic,
            agenda: points.by_ref().take(count).collect(),
            start: Some(instant(now, week, weekday, hour, minute)),
            duration: TimeDelta::minutes(series.minutes),
            organizer: series.organizer,
            team: series.team.to_vec(),
        })
        .collect()
}

/// The meetings outside of a series, and the drafts. Each is about all aspects of one thing.
fn singles(
    index: usize,
    company: &'static Company,
    now: NaiveDateTime,
    dice: &mut Dice,
) -> Vec<Plan> {
    let times: Vec<NaiveDateTime> = WEEKS
        .flat_map(|week| (0..5).map(move |weekday| (week, weekday)))
        .flat_map(|(week, weekday)| {
            FREE_TIMES.map(|(hour, minute)| instant(now, week, weekday, hour, minute))
        })
        .collect();
    let starts = dice.shuffled(&times).into_iter().take(SINGLE_MEETINGS);
    starts
        .map(Some)
        .chain([None; DRAFTS])
        .map(|start| single(index, company, start, dice))
        .collect()
}

fn single(
    index: usize,
    company: &'static Company,
    start: Option<NaiveDateTime>,
    dice: &mut Dice,
) -> Plan {
    let topic = *dice.pick(&company.topics);
    let thing = *dice.pick(&company.things);
    let minutes = *dice.pick(&[30, 45, 60]);
    let staff: Vec<usize> = (0..company.people.len())
        .filter(|&person| !company.people[person].left)
        .collect();
    let organizers: Vec<usize> = staff
        .iter()
        .copied()
        .filter(|&person| company.people[person].role != entity::user::Role::Member)
        .collect();
    let organizer = *dice.pick(&organizers);
    let size = dice.between(3..=6);
    let team = dice.shuffled(&staff).into_iter();
    Plan {
        company: index,
        title: topic.title.replace("{thing}", thing),
        topic,
        agenda: topic.threads.iter().map(|thread| (thread, thing)).collect(),
        start,
        duration: TimeDelta::minutes(minutes),
        organizer,
        team: team
            .filter(|&person| person != organizer)
            .take(size)
            .collect(),
    }
}

/// The time of a weekday in a week. If `now` is a Wednesday at 14:20 this is as the calendar says;
/// with any other `now` the whole calendar moves along.
fn instant(now: NaiveDateTime, week: i64, weekday: i64, hour: i64, minute: i64) -> NaiveDateTime {
    let days = week * 7 + weekday - 2;
    now + TimeDelta::days(days) + TimeDelta::hours(hour - 14) + TimeDelta::minutes(minute - 20)
}
