//! The rows around which one action is tried, inserted for all trials at once.

use std::{collections::BTreeMap, iter::zip};

use chrono::TimeDelta;
use entity::{
    analytics, bookkeeping::analysis_lease, marker, meeting, participant, segment, session, task,
    user, workspace,
};
use sea_orm::{
    ActiveEnum, ActiveModelBehavior, ActiveModelTrait, ActiveValue::Set, ColumnTrait,
    DatabaseConnection, DbErr, EntityTrait, IntoActiveModel, QueryFilter, prelude::DateTime,
    sea_query::Expr,
};
use uuid::Uuid;

use crate::support::seed::{global_id, moment};

/// The token of a lease that the viewer holds.
pub const LEASE_TOKEN: &str = "11111111-1111-4111-8111-111111111111";
const TOKEN_OF_ANOTHER: &str = "22222222-2222-4222-8222-222222222222";

/// The number of rows that one statement inserts: SQLite accepts at most 32,766 values.
const MOST_ROWS: usize = 1000;

/// One of the two people of a scene.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Who {
    /// The viewer.
    Viewer,
    /// Another user of the workspace.
    #[default]
    Other,
}

/// The rows of a scene, with states in the words of the database. Rows that are `None` do not
/// exist; the meeting always does.
#[derive(Clone, Copy, Default)]
pub struct Scene {
    pub organizer: Who,
    pub meeting: &'static str,
    /// The session that the meeting links: its owner and its status. It has one segment.
    pub session: Option<(Who, &'static str)>,
    /// The participant and their status, which is `left` for one who attended and left.
    pub participant: Option<(Who, &'static str)>,
    pub task: Option<TaskScene>,
    /// The marker in the session: its author and its type.
    pub marker: Option<(Who, &'static str)>,
    /// The status of the analysis. The viewer has the lease on one that is `processing`, another
    /// user on one that is `held`, and nobody on one that is `abandoned`.
    pub analytics: Option<&'static str>,
    /// The user that the action changes.
    pub user: Who,
    pub other_is_inactive: bool,
}

/// A task.
#[derive(Clone, Copy)]
pub struct TaskScene {
    pub created_by: Who,
    pub assigned_to: Who,
    pub status: &'static str,
}

/// The users of a workspace, and the rows that belong to no scene.
#[derive(Clone, Copy)]
pub struct Place {
    pub workspace: i32,
    pub viewer: i32,
    pub other: i32,
    /// A user without a part in any scene.
    pub guest: i32,
    /// A task outside of all scenes.
    pub task: Option<i32>,
}

impl Place {
    fn id(&self, who: Who) -> i32 {
        match who {
            Who::Viewer => self.viewer,
            Who::Other => self.other,
        }
    }
}

/// The rows of one scene.
#[derive(Clone)]
pub struct Rows {
    pub place: Place,
    ids: BTreeMap<&'static str, i32>,
}

impl Rows {
    /// The database id of the row of a type.
    pub fn database_id(&self, type_name: &str) -> i32 {
        let id = self.ids.get(type_name);
        *id.unwrap_or_else(|| panic!("the scene has no {type_name}"))
    }

    /// The global id of the row of a type.
    pub fn id(&self, type_name: &str) -> String {
        global_id(type_name, self.database_id(type_name))
    }

    /// The global id of the user without a part in any scene.
    pub fn guest(&self) -> String {
        global_id("User", self.place.guest)
    }

    /// The global id of the task outside of all scenes.
    pub fn other_task(&self) -> Option<String> {
        self.place.task.map(|id| global_id("Task", id))
    }
}

/// Inserts the rows of these scenes.
///
/// # Errors
///
/// Fails if the database rejects a row.
pub async fn insert_scenes(
    connection: &DatabaseConnection,
    scenes: &[(Scene, Place)],
) -> Result<Vec<Rows>, DbErr> {
    let mut all: Vec<Rows> = scenes
        .iter()
        .map(|(scene, place)| Rows {
            place: *place,
            ids: BTreeMap::from([
                ("User", place.id(scene.user)),
                ("Workspace", place.workspace),
            ]),
        })
        .collect();

    let sessions = Each::of(scenes, session_row).insert(connection).await?;
    sessions.note("Session", &mut all, |row| row.id);
    let external_ids: BTreeMap<usize, String> = sessions
        .rows
        .iter()
        .map(|(index, row)| (*index, row.external_id.clone()))
        .collect();
    let segments = sessions.rows.iter();
    let segments = segments.map(|(index, row)| (*index, segment_row(row)));
    let segments = Each::new(segments.collect()).insert(connection).await?;
    segments.note("Segment", &mut all, |row| row.id);

    let meetings = zip(0.., scenes)
        .map(|(index, scene)| (index, meeting_row(scene, external_ids.get(&index))))
        .collect();
    let meetings = Each::new(meetings).insert(connection).await?;
    meetings.note("Meeting", &mut all, |row| row.id);
    let meeting_ids: Vec<i32> = meetings.rows.iter().map(|(_, row)| row.id).collect();

    let participants = Each::of_meetings(scenes, &meeting_ids, participant_row);
    let participants = participants.insert(connection).await?;
    participants.note("Participant", &mut all, |row| row.id);
    let tasks = Each::of_meetings(scenes, &meeting_ids, task_row);
    let tasks = tasks.insert(connection).await?;
    tasks.note("Task", &mut all, |row| row.id);
    let markers = zip(0.., scenes)
        .filter_map(|(index, scene)| Some((index, marker_row(scene, external_ids.get(&index))?)))
        .collect();
    let markers = Each::new(markers).insert(connection).await?;
    markers.note("Marker", &mut all, |row| row.id);
    let analyses = Each::of_meetings(scenes, &meeting_ids, analytics_row);
    let analyses = analyses.insert(connection).await?;
    analyses.note("Analytics", &mut all, |row| row.id);
    let inactive = scenes.iter().filter(|(scene, _)| scene.other_is_inactive);
    user::Entity::update_many()
        .col_expr(user::Column::IsActive, Expr::value(false))
        .filter(user::Column::Id.is_in(inactive.map(|(_, place)| place.other)))
        .exec(connection)
        .await?;
    let leases = analyses.rows.iter();
    let leases = leases.filter_map(|(index, row)| lease_row(&scenes[*index].0, row.id));
    let leases: Vec<_> = leases.collect();
    if !leases.is_empty() {
        let leases = analysis_lease::Entity::insert_many(leases);
        leases.exec_without_returning(connection).await?;
    }
    Ok(all)
}

/// Rows of one table, each with the number of its scene.
struct Each<R> {
    rows: Vec<(usize, R)>,
}

impl<R> Each<R> {
    fn new(rows: Vec<(usize, R)>) -> Self {
        Self { rows }
    }

    fn of(scenes: &[(Scene, Place)], row: fn(&Scene, &Place) -> Option<R>) -> Self {
        let rows = zip(0.., scenes)
            .filter_map(|(index, (scene, place))| Some((index, row(scene, place)?)));
        Self::new(rows.collect())
    }

    fn of_meetings(
        scenes: &[(Scene, Place)],
        meeting_ids: &[i32],
        row: fn(&Scene, &Place, i32) -> Option<R>,
    ) -> Self {
        let scenes = zip(0.., zip(scenes, meeting_ids));
        let rows = scenes.filter_map(|(index, ((scene, place), meeting_id))| {
            Some((index, row(scene, place, *meeting_id)?))
        });
        Self::new(rows.collect())
    }

    /// Notes the ids of the rows under the name of their type.
    fn note(&self, type_name: &'static str, all: &mut [Rows], id: fn(&R) -> i32) {
        for (index, row) in &self.rows {
            all[*index].ids.insert(type_name, id(row));
        }
    }
}

impl<A> Each<A>
where
    A: ActiveModelTrait + ActiveModelBehavior + Send,
    <A::Entity as EntityTrait>::Model: IntoActiveModel<A>,
{
    async fn insert(
        self,
        connection: &DatabaseConnection,
    ) -> Result<Each<<A::Entity as EntityTrait>::Model>, DbErr> {
        let (indices, rows): (Vec<usize>, Vec<A>) = self.rows.into_iter().unzip();
        let inserted = insert_all(connection, rows).await?;
        Ok(Each::new(zip(indices, inserted).collect()))
    }
}

/// Inserts rows and returns them in the same order.
///
/// # Errors
///
/// Fails if the database rejects a row.
pub async fn insert_all<A>(
    connection: &DatabaseConnection,
    rows: Vec<A>,
) -> Result<Vec<<A::Entity as EntityTrait>::Model>, DbErr>
where
    A: ActiveModelTrait + ActiveModelBehavior + Send,
    <A::Entity as EntityTrait>::Model: IntoActiveModel<A>,
{
    let mut inserted = Vec::with_capacity(rows.len());
    let mut rows = rows.into_iter().peekable();
    while rows.peek().is_some() {
        let some: Vec<A> = rows.by_ref().take(MOST_ROWS).collect();
        let insert = A::Entity::insert_many(some);
        inserted.extend(insert.exec_with_returning(connection).await?);
    }
    Ok(inserted)
}

/// An enum of the database by its word.
fn word<E: ActiveEnum<Value = String>>(word: &str) -> E {
    E::try_from_value(&word.to_owned()).unwrap_or_else(|error| panic!("{word}: {error}"))
}

/// A time some minutes after the creation of all rows.
fn later(minutes: i64) -> DateTime {
    moment() + TimeDelta::minutes(minutes)
}

fn session_row(scene: &Scene, place: &Place) -> Option<session::ActiveModel> {
    let (owner, status) = scene.session?;
    let has_begun = status != "pending";
    let has_ended = has_begun && status != "recording";
    Some(session::ActiveModel {
        external_id: Set(Uuid::new_v4().to_string()),
        user_id: Set(Some(place.id(owner))),
        status: Set(Some(word(status))),
        started_at: Set(has_begun.then(|| later(1))),
        ended_at: Set(has_ended.then(|| later(2))),
        created_at: Set(Some(moment())),
        ..Default::default()
    })
}

fn segment_row(session: &session::Model) -> segment::ActiveModel {
    segment::ActiveModel {
        session_id: Set(session.id),
        text: Set("heard".to_owned()),
        speaker: Set(Some("Max".to_owned())),
        created_at: Set(Some(moment())),
        ..Default::default()
    }
}

fn meeting_row((scene, place): &(Scene, Place), session: Option<&String>) -> meeting::ActiveModel {
    let status: meeting::Status = word(scene.meeting);
    let has_time = status != meeting::Status::Draft;
    meeting::ActiveModel {
        title: Set("Plan".to_owned()),
        workspace_id: Set(place.workspace),
        organizer_id: Set(place.id(scene.organizer)),
        status: Set(Some(status)),
        scheduled_start: Set(has_time.then(moment)),
        session_id: Set(session.cloned()),
        created_at: Set(Some(moment())),
        updated_at: Set(Some(moment())),
        ..Default::default()
    }
}

fn participant_row(
    scene: &Scene,
    place: &Place,
    meeting_id: i32,
) -> Option<participant::ActiveModel> {
    let (user, presence) = scene.participant?;
    let has_left = presence == "left";
    let status = if has_left { "attended" } else { presence };
    let has_come = status == "attended";
    Some(participant::ActiveModel {
        meeting_id: Set(meeting_id),
        user_id: Set(place.id(user)),
        status: Set(Some(word(status))),
        joined_at: Set(has_come.then(|| later(1))),
        left_at: Set(has_left.then(|| later(2))),
        created_at: Set(Some(moment())),
        ..Default::default()
    })
}

fn task_row(scene: &Scene, place: &Place, meeting_id: i32) -> Option<task::ActiveModel> {
    let task = scene.task?;
    let is_done = task.status == "completed";
    Some(task::ActiveModel {
        title: Set("Write it down".to_owned()),
        meeting_id: Set(meeting_id),
        created_by_id: Set(place.id(task.created_by)),
        assigned_to_id: Set(Some(place.id(task.assigned_to))),
        status: Set(Some(word(task.status))),
        completed_at: Set(is_done.then(|| later(1))),
        created_at: Set(Some(moment())),
        updated_at: Set(Some(moment())),
        ..Default::default()
    })
}

fn marker_row(
    (scene, place): &(Scene, Place),
    session: Option<&String>,
) -> Option<marker::ActiveModel> {
    let (user, kind) = scene.marker?;
    Some(marker::ActiveModel {
        session_id: Set(session?.clone()),
        user_id: Set(place.id(user)),
        kind: Set(word(kind)),
        content: Set("this".to_owned()),
        created_at: Set(Some(moment())),
        ..Default::default()
    })
}

fn analytics_row(scene: &Scene, _: &Place, meeting_id: i32) -> Option<analytics::ActiveModel> {
    let status = match scene.analytics? {
        "held" | "abandoned" => "processing",
        status => status,
    };
    Some(analytics::ActiveModel {
        meeting_id: Set(Some(meeting_id)),
        analysis_status: Set(Some(word(status))),
        created_at: Set(Some(moment())),
        updated_at: Set(Some(moment())),
        ..Default::default()
    })
}

fn lease_row(scene: &Scene, analytics_id: i32) -> Option<analysis_lease::ActiveModel> {
    let token = match scene.analytics? {
        "processing" => LEASE_TOKEN,
        "held" => TOKEN_OF_ANOTHER,
        _ => return None,
    };
    Some(analysis_lease::ActiveModel {
        analytics_id: Set(analytics_id),
        token: Set(token.to_owned()),
        // Longer than any run of the tests, and than any lease that they renew.
        expires_at: Set(moment() + TimeDelta::days(36_500)),
    })
}

/// One of many workspaces.
pub fn workspace_row(index: usize) -> workspace::ActiveModel {
    workspace::ActiveModel {
        name: Set("Plot".to_owned()),
        slug: Set(format!("plot-{index}")),
        created_at: Set(Some(moment())),
        ..Default::default()
    }
}

/// A user with a role who can sign in with the password of all seeded users.
pub fn user_row(place: (i32, &user::Model), name: &str, role: user::Role) -> user::ActiveModel {
    let (workspace_id, like) = place;
    user::ActiveModel {
        username: Set(name.to_owned()),
        email: Set(format!("{name}@example.org")),
        password_hash: Set(like.password_hash.clone()),
        workspace_id: Set(Some(workspace_id)),
        role: Set(Some(role)),
        is_active: Set(Some(true)),
        created_at: Set(Some(moment())),
        ..Default::default()
    }
}
