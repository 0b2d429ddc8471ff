//! What actions are tried on: an object in a state, and how somebody stands to it.

use entity::{
    analytics, bookkeeping::analysis_lease, marker, meeting, participant, segment, session, task,
    user, workspace,
};
use libtest_mimic::Failed;
use sea_orm::{
    ActiveEnum, ActiveModelTrait, ActiveValue::Set, ConnectionTrait, DatabaseConnection,
    EntityTrait, IntoActiveModel, Statement,
};

use super::{
    Verdict,
    table::{Action, Effect},
};
use crate::support::{
    database::TestDatabase,
    seed::{Seed, global_id, moment},
};

/// A type with actions.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Kind {
    Workspace,
    User,
    Meeting,
    Session,
    Segment,
    Task,
    Participant,
    Analytics,
    Marker,
}

/// How somebody stands to an object.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Standing {
    Unrelated,
    Own,
    Assigned,
    InOwnMeeting,
}

use Standing::{Assigned, InOwnMeeting, Own, Unrelated};

impl Kind {
    /// The name of the GraphQL type.
    pub fn type_name(self) -> &'static str {
        match self {
            Self::Workspace => "Workspace",
            Self::User => "User",
            Self::Meeting => "Meeting",
            Self::Session => "Session",
            Self::Segment => "Segment",
            Self::Task => "Task",
            Self::Participant => "Participant",
            Self::Analytics => "Analytics",
            Self::Marker => "Marker",
        }
    }

    /// Whether it goes from state to state.
    pub fn has_transitions(self) -> bool {
        matches!(
            self,
            Self::Meeting | Self::Session | Self::Task | Self::Participant | Self::Analytics
        )
    }

    fn states(self) -> &'static [&'static str] {
        match self {
            Self::Workspace | Self::User | Self::Segment => &[""],
            Self::Meeting => &["draft", "scheduled", "live", "completed", "cancelled"],
            Self::Session => &["pending", "recording", "processing", "completed", "error"],
            Self::Task => &["todo", "in_progress", "completed", "cancelled"],
            Self::Participant => &["invited", "accepted", "declined", "present", "left"],
            Self::Analytics => &["pending", "processing", "completed", "error"],
            Self::Marker => &["todo", "decision", "risk", "question"],
        }
    }

    fn meeting_states(self) -> &'static [&'static str] {
        match self {
            Self::Participant => &["draft", "scheduled", "live", "completed", "cancelled"],
            _ => &["draft"],
        }
    }

    fn standings(self) -> &'static [Standing] {
        match self {
            Self::Workspace => &[Unrelated],
            Self::User | Self::Marker => &[Unrelated, Own],
            Self::Meeting | Self::Analytics => &[Unrelated, InOwnMeeting],
            Self::Session | Self::Segment | Self::Participant => &[Unrelated, Own, InOwnMeeting],
            Self::Task => &[Unrelated, Own, Assigned, InOwnMeeting],
        }
    }
}

/// What an object is like, and how the viewer stands to it.
#[derive(Clone, Copy, Debug)]
pub struct Scene {
    pub kind: Kind,
    pub state: &'static str,
    pub meeting_state: &'static str,
    pub standing: Standing,
}

impl Scene {
    /// Every scene with an object of this kind.
    pub fn all(kind: Kind) -> impl Iterator<Item = Self> {
        let standings = kind.standings().iter();
        standings.flat_map(move |standing| {
            kind.meeting_states().iter().flat_map(move |meeting_state| {
                kind.states().iter().map(move |state| Self {
                    kind,
                    state,
                    meeting_state,
                    standing: *standing,
                })
            })
        })
    }
}

/// An object, and what hangs together with it.
pub struct Subject {
    pub scene: Scene,
    id: i32,
    meeting: meeting::Model,
    other: user::Model,
    /// What the database had of it, and how many rows in all.
    before: (Option<String>, i64),
}

/// The token of the lease on every analysis that is being processed.
pub const LEASE_TOKEN: &str = "0198a5c2-7d3e-7b41-9c55-2f6d0e8a1b34";

impl Subject {
    /// Makes the object of a scene. What does not belong to the viewer belongs to `other`.
    pub async fn seed(
        database: &TestDatabase,
        scene: &Scene,
        viewer: &user::Model,
        other: &user::Model,
    ) -> Result<Self, Failed> {
        let connection = database.connection();
        let seed = Seed(connection);
        let whose = |standing| {
            if scene.standing == standing {
                viewer
            } else {
                other
            }
        };
        let meeting_state = match scene.kind {
            Kind::Meeting => scene.state,
            _ => scene.meeting_state,
        };
        let mut meeting = seed
            .meeting(whose(InOwnMeeting), "M")
            .await?
            .into_active_model();
        meeting.status = Set(Some(meeting::Status::try_from_value(
            &meeting_state.to_owned(),
        )?));
        let meeting = meeting.update(connection).await?;
        let id = match scene.kind {
            Kind::Workspace => meeting.workspace_id,
            Kind::User if scene.standing == Own => viewer.id,
            Kind::User => {
                let name = uuid::Uuid::new_v4().simple().to_string();
                seed.user(meeting.workspace_id, &name).await?.id
            }
            Kind::Meeting => meeting.id,
            Kind::Session | Kind::Segment => {
                let session = seed.session(whose(Own)).await?;
                seed.link(&meeting, &session).await?;
                if scene.kind == Kind::Segment {
                    seed.segment(&session, 0, "S").await?.id
                } else {
                    let mut session = session.into_active_model();
                    let status = session::Status::try_from_value(&scene.state.to_owned())?;
                    session.status = Set(Some(status));
                    session.update(connection).await?.id
                }
            }
            Kind::Task => {
                let mut task = seed.task(&meeting, "T").await?.into_active_model();
                task.created_by_id = Set(whose(Own).id);
                task.assigned_to_id = Set(Some(whose(Assigned).id));
                task.status = Set(Some(task::Status::try_from_value(&scene.state.to_owned())?));
                task.update(connection).await?.id
            }
            Kind::Participant => {
                let row = seed.participant(&meeting, whose(Own)).await?;
                let mut row = row.into_active_model();
                let status = match scene.state {
                    "present" | "left" => "attended",
                    other => other,
                };
                row.status = Set(Some(participant::Status::try_from_value(
                    &status.to_owned(),
                )?));
                row.left_at = Set((scene.state == "left").then(moment));
                row.update(connection).await?.id
            }
            Kind::Analytics => seed_analytics(connection, &meeting, scene.state).await?,
            Kind::Marker => {
                let session = seed.session(other).await?;
                let mut marker = seed
                    .marker(&session, whose(Own), "C")
                    .await?
                    .into_active_model();
                marker.kind = Set(marker::Kind::try_from_value(&scene.state.to_owned())?);
                marker.update(connection).await?.id
            }
        };
        let before = (
            row(connection, scene.kind, id).await?,
            count(connection).await?,
        );
        Ok(Self {
            scene: *scene,
            id,
            meeting,
            other: other.clone(),
            before,
        })
    }

    pub fn global_id(&self) -> String {
        global_id(self.scene.kind.type_name(), self.id)
    }

    pub fn meeting_id(&self) -> String {
        global_id("Meeting", self.meeting.id)
    }

    pub fn other_id(&self) -> String {
        global_id("User", self.other.id)
    }

    /// What the database should not have after an action that came to this, if anything.
    pub async fn compare(
        &self,
        database: &TestDatabase,
        action: &Action,
        came_to: Verdict,
    ) -> Result<Option<String>, Failed> {
        let connection = database.connection();
        let after = row(connection, self.scene.kind, self.id).await?;
        let rows = count(connection).await?;
        let (before, rows_before) = &self.before;
        let is_as_it_should_be = match (came_to, action.effect) {
            (Verdict::Done, Effect::Removes) => after.is_none(),
            (Verdict::Done, Effect::Adds) => after.is_some(),
            (Verdict::Done, _) => match (action.becomes, &after) {
                // A row in its debug format names the variant of its status.
                (Some(status), Some(after)) => {
                    let variant = status.replace('_', "");
                    let status = format!("status: some({variant})");
                    after != before.as_deref().unwrap_or_default()
                        && after.to_lowercase().contains(&status)
                }
                _ => after != *before,
            },
            _ => after == *before && rows == *rows_before,
        };
        Ok((!is_as_it_should_be).then(|| {
            format!(
                "{} came to {came_to:?}, and {before:?} of {rows_before} became {after:?} of {rows}",
                action.name()
            )
        }))
    }
}

async fn seed_analytics(
    connection: &DatabaseConnection,
    meeting: &meeting::Model,
    state: &str,
) -> Result<i32, Failed> {
    let mut row = Seed(connection)
        .analytics(meeting)
        .await?
        .into_active_model();
    row.analysis_status = Set(Some(analytics::Status::try_from_value(&state.to_owned())?));
    let row = row.update(connection).await?;
    if state == "processing" {
        let lease = analysis_lease::ActiveModel {
            analytics_id: Set(row.id),
            token: Set(LEASE_TOKEN.to_owned()),
            expires_at: Set("2099-01-01T00:00:00".parse()?),
        };
        analysis_lease::Entity::insert(lease)
            .exec_without_returning(connection)
            .await?;
    }
    Ok(row.id)
}

/// A row as the database has it, if it does.
async fn row(
    connection: &DatabaseConnection,
    kind: Kind,
    id: i32,
) -> Result<Option<String>, Failed> {
    async fn find<E: EntityTrait>(
        connection: &DatabaseConnection,
        id: i32,
    ) -> Result<Option<String>, Failed>
    where
        <E::PrimaryKey as sea_orm::PrimaryKeyTrait>::ValueType: From<i32>,
    {
        let row = E::find_by_id(id).one(connection).await?;
        Ok(row.map(|row| format!("{row:?}")))
    }
    match kind {
        Kind::Workspace => find::<workspace::Entity>(connection, id).await,
        Kind::User => find::<user::Entity>(connection, id).await,
        Kind::Meeting => find::<meeting::Entity>(connection, id).await,
        Kind::Session => find::<session::Entity>(connection, id).await,
        Kind::Segment => find::<segment::Entity>(connection, id).await,
        Kind::Task => find::<task::Entity>(connection, id).await,
        Kind::Participant => find::<participant::Entity>(connection, id).await,
        Kind::Analytics => find::<analytics::Entity>(connection, id).await,
        Kind::Marker => find::<marker::Entity>(connection, id).await,
    }
}

/// How many rows there are in all.
async fn count(connection: &DatabaseConnection) -> Result<i64, Failed> {
    const TABLES: [&str; 9] = [
        "workspace",
        "\"user\"",
        "meeting",
        "session",
        "segment",
        "task",
        "participant",
        "analytics",
        "marker",
    ];
    let counts = TABLES.map(|table| format!("(SELECT count(*) FROM {table})"));
    let sql = format!("SELECT {} AS total", counts.join(" + "));
    let statement = Statement::from_string(connection.get_database_backend(), sql);
    let row = connection
        .query_one_raw(statement)
        .await?
        .ok_or("no count")?;
    Ok(row.try_get("", "total")?)
}
