//! Checks that hold for all rows of the demo.

use std::{
    collections::{HashMap, HashSet},
    fmt::Debug,
    hash::Hash,
    sync::LazyLock,
};

use chrono::{NaiveDate, NaiveDateTime, TimeDelta};
use entity::{analytics, marker, meeting, participant, segment, session, task, user, workspace};
use migration::{Migrator, MigratorTrait};
use sea_orm::{
    ActiveEnum, ConnectOptions, Database, DatabaseConnection, EntityTrait, Iterable, PaginatorTrait,
};

use crate::{FillError, PASSWORD, VERSION, fill, generate, rows::Rows, sign_ins};

/// The instant of the demo of a Wednesday.
fn now() -> NaiveDateTime {
    crate::now(NaiveDate::from_ymd_opt(2026, 11, 18).unwrap())
}

static ROWS: LazyLock<Rows> = LazyLock::new(|| generate(now()));

/// The values of a column that is never NULL in the demo.
fn values<'a, R, T>(rows: &'a [R], column: impl Fn(&'a R) -> Option<T>) -> Vec<T> {
    rows.iter().map(|row| column(row).unwrap()).collect()
}

/// Checks that each value of a closed set occurs.
fn assert_all_occur<E: ActiveEnum + Iterable + Eq + Hash + Debug>(values: Vec<E>) {
    let found: HashSet<E> = values.into_iter().collect();
    for value in E::iter() {
        assert!(found.contains(&value), "{value:?} does not occur");
    }
}

fn meeting_of(id: i32) -> &'static meeting::Model {
    let place = usize::try_from(id - 1).unwrap();
    let meeting = &ROWS.meetings[place];
    assert_eq!(meeting.id, id);
    meeting
}

fn workspace_of(user_id: i32) -> i32 {
    let place = usize::try_from(user_id - 1).unwrap();
    let user = &ROWS.users[place];
    assert_eq!(user.id, user_id);
    user.workspace_id.unwrap()
}

fn sessions() -> HashMap<&'static str, &'static session::Model> {
    ROWS.sessions
        .iter()
        .map(|session| (session.external_id.as_str(), session))
        .collect()
}

/// The meeting of each session that has one, by external id.
fn meetings_of_sessions() -> HashMap<&'static str, &'static meeting::Model> {
    let linked = ROWS.meetings.iter().filter(|row| row.session_id.is_some());
    linked
        .map(|meeting| (meeting.session_id.as_deref().unwrap(), meeting))
        .collect()
}

#[test]
fn it_is_the_same_every_time() {
    assert_eq!(*ROWS, generate(now()));
}

/// Changed texts or UUIDs make another data set: increase the version together with this.
#[test]
fn it_is_the_same_with_every_build() {
    let texts = ROWS.segments.iter().map(|row| row.text.as_str());
    let titles = ROWS.tasks.iter().map(|row| row.title.as_str());
    let ids = ROWS.sessions.iter().map(|row| row.external_id.as_str());
    let fingerprint = texts
        .chain(titles)
        .chain(ids)
        .flat_map(str::bytes)
        .fold(0_u64, |sum, byte| {
            sum.wrapping_mul(31).wrapping_add(byte.into())
        });
    assert_eq!((VERSION, fingerprint), (1, 11_648_305_232_564_706_483));
}

#[test]
fn with_another_now_only_the_times_differ() {
    let later = generate(now() + TimeDelta::days(123));
    assert_eq!(ROWS.count(), later.count());
    for (one, other) in ROWS.meetings.iter().zip(&later.meetings) {
        let moved = |time: Option<NaiveDateTime>| time.map(|time| time + TimeDelta::days(123));
        let mut one = one.clone();
        one.scheduled_start = moved(one.scheduled_start);
        one.scheduled_end = moved(one.scheduled_end);
        one.created_at = moved(one.created_at);
        one.updated_at = moved(one.updated_at);
        assert_eq!(one, *other);
    }
    for (one, other) in ROWS.segments.iter().zip(&later.segments) {
        assert_eq!(one.text, other.text);
    }
}

/// The names of the users are in documents and tests.
#[test]
fn each_role_can_be_tried() {
    use user::Role::{Admin, Member, Organizer};
    let found = sign_ins();
    let found: Vec<_> = found.iter().map(|it| (&*it.username, it.role)).collect();
    assert_eq!(
        found,
        [
            ("ada", Admin),
            ("miriam", Organizer),
            ("ines", Member),
            ("greta", Admin),
            ("camille", Admin),
        ]
    );
}

#[test]
fn there_is_enough_of_everything() {
    assert_eq!(ROWS.workspaces.len(), 3);
    assert!((300..400).contains(&ROWS.meetings.len()));
    assert!(ROWS.segments.len() > 10_000, "{}", ROWS.segments.len());
    assert!(ROWS.tasks.len() > 500, "{}", ROWS.tasks.len());
    assert!(ROWS.markers.len() > 500, "{}", ROWS.markers.len());
    for workspace in &ROWS.workspaces {
        let people: Vec<&user::Model> = ROWS
            .users
            .iter()
            .filter(|user| user.workspace_id == Some(workspace.id))
            .collect();
        assert!((12..=20).contains(&people.len()));
        assert_eq!(
            people
                .iter()
                .filter(|user| user.is_active == Some(false))
                .count(),
            1
        );
        assert_all_occur(people.iter().map(|user| user.role.unwrap()).collect());
        let meetings = ROWS
            .meetings
            .iter()
            .filter(|row| row.workspace_id == workspace.id);
        assert_all_occur(meetings.map(|row| row.status.unwrap()).collect());
    }
}

#[test]
fn every_value_of_every_closed_set_occurs() {
    assert_all_occur(values(&ROWS.participants, |row| row.role));
    assert_all_occur(values(&ROWS.participants, |row| row.status));
    assert_all_occur(values(&ROWS.sessions, |row| row.status));
    assert_all_occur(values(&ROWS.segments, |row| row.kind));
    assert_all_occur(values(&ROWS.tasks, |row| row.status));
    assert_all_occur(values(&ROWS.tasks, |row| row.priority));
    assert_all_occur(values(&ROWS.analytics, |row| row.analysis_status));
    assert_all_occur(values(&ROWS.markers, |row| Some(row.kind)));
    let languages: HashSet<String> = values(&ROWS.segments, |row| row.language.clone())
        .into_iter()
        .collect();
    assert_eq!(languages, ["en", "de", "fr"].map(str::to_owned).into());
}

#[test]
fn unique_columns_are_unique() {
    fn unique<T: Eq + Hash>(values: Vec<T>) -> bool {
        let count = values.len();
        values.into_iter().collect::<HashSet<T>>().len() == count
    }
    assert!(unique(values(&ROWS.users, |row| Some(&row.username))));
    assert!(unique(values(&ROWS.users, |row| Some(&row.email))));
    assert!(unique(values(&ROWS.workspaces, |row| Some(&row.slug))));
    assert!(unique(values(&ROWS.sessions, |row| Some(&row.external_id))));
    assert!(unique(values(&ROWS.participants, |row| Some((
        row.meeting_id,
        row.user_id
    )))));
    assert!(unique(values(&ROWS.analytics, |row| row.meeting_id)));
    assert_eq!(
        meetings_of_sessions().len(),
        ROWS.meetings
            .iter()
            .filter(|row| row.session_id.is_some())
            .count()
    );
}

#[test]
fn nothing_crosses_workspaces() {
    for row in &ROWS.meetings {
        assert_eq!(workspace_of(row.organizer_id), row.workspace_id);
    }
    for row in &ROWS.participants {
        assert_eq!(
            workspace_of(row.user_id),
            meeting_of(row.meeting_id).workspace_id
        );
    }
    for row in &ROWS.tasks {
        let workspace = meeting_of(row.meeting_id).workspace_id;
        assert_eq!(workspace_of(row.created_by_id), workspace);
        if let Some(user) = row.assigned_to_id {
            assert_eq!(workspace_of(user), workspace);
        }
    }
    let meetings = meetings_of_sessions();
    for row in &ROWS.sessions {
        let meeting = meetings.get(row.external_id.as_str());
        assert!(row.user_id.is_some() || meeting.is_some());
        if let (Some(user), Some(meeting)) = (row.user_id, meeting) {
            assert_eq!(workspace_of(user), meeting.workspace_id);
        }
    }
    for row in &ROWS.markers {
        let meeting = meetings[row.session_id.as_str()];
        assert_eq!(workspace_of(row.user_id), meeting.workspace_id);
    }
}

#[test]
fn the_status_of_a_meeting_fits_its_times() {
    use meeting::Status;
    let now = now();
    let sessions = sessions();
    for row in &ROWS.meetings {
        let times = row.scheduled_start.zip(row.scheduled_end);
        match row.status.unwrap() {
            Status::Draft => assert_eq!(times, None),
            Status::Scheduled => assert!(times.unwrap().0 > now),
            Status::Live => assert!(times.unwrap().0 <= now && now < times.unwrap().1),
            Status::Completed => assert!(times.unwrap().1 <= now),
            Status::Cancelled => assert!(times.is_some()),
        }
        if let Some((start, end)) = times {
            assert!(start < end && row.created_at.unwrap() < start);
        }
        assert!(row.created_at <= row.updated_at && row.updated_at <= Some(now));
        let session = row
            .session_id
            .as_deref()
            .map(|id| sessions[id].status.unwrap());
        if row.status == Some(Status::Live) {
            assert_eq!(session, Some(session::Status::Recording));
        }
        if let Some(session::Status::Recording) = session {
            assert_eq!(row.status, Some(Status::Live));
        }
    }
}

#[test]
fn the_organizer_takes_part_as_organizer() {
    for meeting in &ROWS.meetings {
        let organizers: Vec<i32> = ROWS
            .participants
            .iter()
            .filter(|row| row.meeting_id == meeting.id)
            .filter(|row| row.role == Some(participant::Role::Organizer))
            .map(|row| row.user_id)
            .collect();
        assert_eq!(organizers, [meeting.organizer_id]);
    }
}

#[test]
fn participants_attended_only_meetings_that_started() {
    use meeting::Status;
    for row in &ROWS.participants {
        let meeting = meeting_of(row.meeting_id);
        let attended = row.status == Some(participant::Status::Attended);
        assert_eq!(row.joined_at.is_some(), attended);
        match meeting.status.unwrap() {
            Status::Completed => assert_eq!(row.left_at.is_some(), attended),
            Status::Live => assert_eq!(row.left_at, None),
            _ => assert!(!attended && row.left_at.is_none()),
        }
        if let (Some(joined), Some(left)) = (row.joined_at, row.left_at) {
            assert!(joined < left);
        }
        assert!(row.joined_at.max(row.created_at) <= Some(now()));
        assert!(row.created_at >= meeting.created_at);
    }
}

#[test]
fn sessions_lie_within_their_meeting() {
    use session::Status;
    let meetings = meetings_of_sessions();
    for row in &ROWS.sessions {
        let pending = row.status == Some(Status::Pending);
        let recording = row.status == Some(Status::Recording);
        assert_eq!(row.started_at.is_none(), pending);
        assert_eq!(row.ended_at.is_none(), pending || recording);
        assert!(row.started_at.max(row.ended_at).max(row.created_at) <= Some(now()));
        if let Some((start, end)) = row.started_at.zip(row.ended_at) {
            assert!(start < end);
        }
        if let Some(meeting) = meetings.get(row.external_id.as_str()) {
            assert!(pending || row.started_at >= meeting.scheduled_start);
            assert!(row.ended_at <= meeting.scheduled_end);
        }
    }
}

#[test]
fn segments_of_a_session_do_not_overlap() {
    let mut end_of_last: HashMap<i32, i32> = HashMap::new();
    let sessions: HashMap<i32, &session::Model> =
        ROWS.sessions.iter().map(|row| (row.id, row)).collect();
    for row in &ROWS.segments {
        let (start, end) = (row.start_ms.unwrap(), row.end_ms.unwrap());
        let before = end_of_last.insert(row.session_id, end).unwrap_or(0);
        assert!(before <= start && start < end);
        let session = sessions[&row.session_id];
        let ended_at = session.started_at.unwrap() + TimeDelta::milliseconds(end.into());
        assert!(ended_at <= session.ended_at.unwrap_or(now()));
        assert!(row.created_at <= Some(now()));
        assert!((0.0..=1.0).contains(&row.confidence.unwrap()));
        let unfinished = [session::Status::Recording, session::Status::Processing];
        if row.kind == Some(segment::Kind::Interim) {
            assert!(unfinished.contains(&session.status.unwrap()));
        }
        assert!(!row.text.contains(['{', '}']), "{}", row.text);
    }
    for row in &ROWS.sessions {
        let silent = row.status == Some(session::Status::Pending);
        assert_ne!(end_of_last.contains_key(&row.id), silent);
    }
}

#[test]
fn tasks_depend_on_earlier_ones_of_their_workspace() {
    let now = now();
    for row in &ROWS.tasks {
        let completed = row.status == Some(task::Status::Completed);
        assert_eq!(row.completed_at.is_some(), completed);
        assert!(row.created_at.max(row.completed_at).max(row.updated_at) <= Some(now));
        assert!(
            row.completed_at
                .is_none_or(|time| time > row.created_at.unwrap())
        );
        assert!(!row.title.contains(['{', '}']), "{}", row.title);
        if let Some(id) = row.depends_on_task_id {
            // Each depends on a smaller id, so there is no cycle.
            assert!(id < row.id);
            let before = &ROWS.tasks[usize::try_from(id - 1).unwrap()];
            assert_eq!(
                meeting_of(before.meeting_id).workspace_id,
                meeting_of(row.meeting_id).workspace_id
            );
            if completed {
                assert!(before.completed_at.unwrap() < row.completed_at.unwrap());
            }
        }
    }
    assert!(
        ROWS.tasks
            .iter()
            .any(|row| row.depends_on_task_id.is_some())
    );
}

#[test]
fn markers_are_at_the_start_of_a_segment() {
    let begins: HashSet<(i32, i32)> = ROWS
        .segments
        .iter()
        .map(|row| (row.session_id, row.start_ms.unwrap()))
        .collect();
    let sessions = sessions();
    for row in &ROWS.markers {
        let session = sessions[row.session_id.as_str()];
        assert!(begins.contains(&(session.id, row.timestamp.unwrap())));
        assert!(row.created_at <= Some(now()));
    }
}

#[test]
fn analytics_have_results_once_they_are_completed() {
    for row in &ROWS.analytics {
        let completed = row.analysis_status == Some(analytics::Status::Completed);
        let meeting = meeting_of(row.meeting_id.unwrap());
        assert_eq!(meeting.status, Some(meeting::Status::Completed));
        let scores = [
            row.meeting_effectiveness_score,
            row.overall_engagement_score,
            row.overall_sentiment_score,
        ];
        for score in scores {
            assert_eq!(score.is_some(), completed);
            assert!(score.is_none_or(|score| (0.0..=1.0).contains(&score)));
        }
        for list in [
            &row.key_topics,
            &row.action_items_summary,
            &row.decisions_made,
        ] {
            assert_eq!(list.is_some(), completed);
            assert!(list.iter().all(serde_json::Value::is_array));
        }
        assert!(row.created_at <= row.updated_at && row.updated_at <= Some(now()));
    }
}

async fn empty_database() -> DatabaseConnection {
    // Every connection to an in-memory database opens a new one.
    let mut options = ConnectOptions::new("sqlite::memory:");
    options.max_connections(1);
    let database = Database::connect(options).await.unwrap();
    Migrator::up(&database, None).await.unwrap();
    database
}

#[tokio::test]
async fn it_fills_an_empty_database_once() {
    let database = empty_database().await;
    fill(&database, now(), |_, _| ()).await.unwrap();
    let segments = segment::Entity::find().count(&database).await.unwrap();
    assert_eq!(usize::try_from(segments).unwrap(), ROWS.segments.len());
    let markers = marker::Entity::find().all(&database).await.unwrap();
    assert_eq!(markers, ROWS.markers);
    let analytics = analytics::Entity::find().all(&database).await.unwrap();
    assert_eq!(analytics, ROWS.analytics);
    let workspaces = workspace::Entity::find().all(&database).await.unwrap();
    assert_eq!(workspaces, ROWS.workspaces);
    let ada = user::Entity::find_by_id(1).one(&database).await.unwrap();
    let hash = ada.unwrap().password_hash.unwrap();
    assert!(bcrypt::verify(PASSWORD, &hash).unwrap());

    let again = fill(&database, now(), |_, _| ()).await;
    assert!(matches!(again, Err(FillError::NotEmpty { workspaces: 3 })));
}
