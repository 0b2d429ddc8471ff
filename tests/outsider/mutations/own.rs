//! Rows of workspace B for one request: those that its mutation names, in states in which the
//! mutation is possible, and with its owner as owner, assignee and organizer.

use entity::{
    analytics, bookkeeping::analysis_lease, marker, meeting, participant, session, task, user,
};
use libtest_mimic::Failed;
use sea_orm::{
    ActiveModelTrait, ActiveValue::Set, ColumnTrait, DatabaseConnection, DbErr, EntityTrait,
    IntoActiveModel, QueryFilter,
};
use uuid::Uuid;

use crate::support::seed::{Seed, moment};

use super::{
    super::{persona::Persona, world::Rows},
    input::Mutation,
    scene::admin,
};

/// The token of the leases of B.
pub const LEASE: &str = "0198a5c2-7d3e-7b41-9c55-2f6d0e8a1b34";
/// The text of the segments.
pub const SAID: &str = "what was said";

/// The text in inputs that have no other one, as the name of a speaker too.
pub const WORDS: &str = "new words";
/// The two halves of the login of a user without a workspace.
pub const PASSER_BY: (&str, &str) = ("passer", "by");

/// The states in which rows are created.
#[derive(Clone, Copy)]
struct States {
    meeting: meeting::Status,
    session: session::Status,
    task: task::Status,
    participant: participant::Status,
    analysis: analytics::Status,
}

impl States {
    /// The states in which a mutation is possible.
    fn before(mutation: &str) -> Self {
        let first = Self {
            meeting: meeting::Status::Draft,
            session: session::Status::Pending,
            task: task::Status::Todo,
            participant: participant::Status::Invited,
            analysis: analytics::Status::Pending,
        };
        match mutation {
            "analyticsRequest" => Self {
                analysis: analytics::Status::Completed,
                ..first
            },
            "analyticsComplete" | "analyticsFail" | "analyticsRenew" => Self {
                analysis: analytics::Status::Processing,
                ..first
            },
            "meetingComplete" | "participantJoin" => Self {
                meeting: meeting::Status::Live,
                ..first
            },
            "participantLeave" => Self {
                meeting: meeting::Status::Live,
                participant: participant::Status::Attended,
                ..first
            },
            "segmentsAppend" | "sessionStop" => Self {
                session: session::Status::Recording,
                ..first
            },
            "sessionComplete" => Self {
                session: session::Status::Processing,
                ..first
            },
            "taskReopen" => Self {
                task: task::Status::Completed,
                ..first
            },
            _ => first,
        }
    }
}

/// Creates rows for a user.
pub struct Owner<'a> {
    connection: &'a DatabaseConnection,
    user: user::Model,
}

impl<'a> Owner<'a> {
    /// Creates rows for an outsider, or for the admin of B if the outsider is not in B.
    ///
    /// # Errors
    ///
    /// Fails if there is no such user.
    pub async fn of(
        connection: &'a DatabaseConnection,
        outsider: &Persona,
    ) -> Result<Self, Failed> {
        if outsider.visible.of("Workspace").is_empty() {
            Self::find(connection, &admin()).await
        } else {
            Self::find(connection, &outsider.name).await
        }
    }

    /// Creates rows for the user with this name.
    ///
    /// # Errors
    ///
    /// Fails if there is no such user.
    pub async fn find(connection: &'a DatabaseConnection, username: &str) -> Result<Self, Failed> {
        let user = user::Entity::find()
            .filter(user::Column::Username.eq(username))
            .one(connection)
            .await?;
        Ok(Self {
            connection,
            user: user.ok_or(format!("{username} is no user"))?,
        })
    }

    /// Fresh rows of each type that a mutation can name, two of those that can name each other.
    ///
    /// # Errors
    ///
    /// Fails if there is an unknown type.
    pub async fn rows_for(&self, mutation: &Mutation<'_>) -> Result<Rows, Failed> {
        let states = States::before(mutation.name);
        let mut rows = Rows::default();
        for row in mutation.rows()? {
            match row {
                "Analytics" => self.analysis(states, &mut rows).await?,
                "Marker" => self.marker(states, &mut rows).await?,
                "Meeting" => self.add_meeting(states, &mut rows).await?,
                "Participant" => self.participant(states, &mut rows).await?,
                "Segment" => {
                    let session = self.segment(states, &mut rows).await?;
                    if mutation.rows()?.contains("Session") {
                        rows.add("Session", session);
                    }
                }
                // The segments of the same mutation are in it.
                "Session" if !rows.of("Session").is_empty() => {}
                "Session" => {
                    let session = self.session(states).await?;
                    rows.add("Session", session.id);
                    // Only somebody who speaks can be a user.
                    if mutation.name == "speakerAssign" {
                        let segment = Seed(self.connection).segment(&session, 1000, SAID);
                        let mut segment = segment.await?.into_active_model();
                        segment.speaker = Set(Some(WORDS.to_owned()));
                        segment.update(self.connection).await?;
                    }
                }
                "Task" => {
                    self.task(states, &mut rows).await?;
                    self.task(states, &mut rows).await?;
                }
                "User" => self.colleague(&mut rows).await?,
                "Workspace" => {
                    rows.add("Workspace", self.user.workspace_id.unwrap_or_default());
                }
                row => {
                    return Err(format!(
                        "{} names a {row}. Teach tests/outsider/mutations/own.rs to make one",
                        mutation.name
                    )
                    .into());
                }
            }
        }
        Ok(rows)
    }

    /// A meeting. Its analysis is not pending if the mutation is about analyses.
    async fn add_meeting(&self, states: States, rows: &mut Rows) -> Result<(), DbErr> {
        let meeting = self.meeting(states).await?;
        rows.add("Meeting", meeting.id);
        if states.analysis != analytics::Status::Pending {
            self.analysis_of(&meeting, states).await?;
        }
        Ok(())
    }

    async fn meeting(&self, states: States) -> Result<meeting::Model, DbErr> {
        let meeting = Seed(self.connection).meeting(&self.user, "their meeting");
        let mut meeting = meeting.await?.into_active_model();
        meeting.status = Set(Some(states.meeting));
        meeting.update(self.connection).await
    }

    async fn session(&self, states: States) -> Result<session::Model, DbErr> {
        let session = Seed(self.connection).session(&self.user);
        let mut session = session.await?.into_active_model();
        session.status = Set(Some(states.session));
        session.update(self.connection).await
    }

    async fn task(&self, states: States, rows: &mut Rows) -> Result<(), DbErr> {
        let meeting = self.meeting(states).await?;
        let task = Seed(self.connection).task(&meeting, "their task");
        let mut task = task.await?.into_active_model();
        task.status = Set(Some(states.task));
        rows.add("Task", task.update(self.connection).await?.id);
        Ok(())
    }

    async fn participant(&self, states: States, rows: &mut Rows) -> Result<(), DbErr> {
        let meeting = self.meeting(states).await?;
        let participant = Seed(self.connection).participant(&meeting, &self.user);
        let mut participant = participant.await?.into_active_model();
        participant.status = Set(Some(states.participant));
        rows.add("Participant", participant.update(self.connection).await?.id);
        Ok(())
    }

    async fn analysis(&self, states: States, rows: &mut Rows) -> Result<(), DbErr> {
        let meeting = self.meeting(states).await?;
        let analysis = self.analysis_of(&meeting, states).await?;
        rows.add("Analytics", analysis.id);
        Ok(())
    }

    async fn analysis_of(
        &self,
        meeting: &meeting::Model,
        states: States,
    ) -> Result<analytics::Model, DbErr> {
        let analysis = Seed(self.connection).analytics(meeting);
        let mut analysis = analysis.await?.into_active_model();
        analysis.analysis_status = Set(Some(states.analysis));
        let analysis = analysis.update(self.connection).await?;
        if states.analysis == analytics::Status::Processing {
            let lease = analysis_lease::ActiveModel {
                analytics_id: Set(analysis.id),
                token: Set(LEASE.to_owned()),
                expires_at: Set(moment()),
            };
            lease.insert(self.connection).await?;
        }
        Ok(analysis)
    }

    async fn segment(&self, states: States, rows: &mut Rows) -> Result<i32, DbErr> {
        let session = self.session(states).await?;
        let segment = Seed(self.connection).segment(&session, 1000, SAID).await?;
        rows.add("Segment", segment.id);
        Ok(session.id)
    }

    /// A marker in the session of a meeting, so that it can be converted to a task.
    async fn marker(&self, states: States, rows: &mut Rows) -> Result<(), DbErr> {
        let session = self.session(states).await?;
        let meeting = self.meeting(states).await?;
        Seed(self.connection).link(&meeting, &session).await?;
        let marker = Seed(self.connection).marker(&session, &self.user, "their note");
        let mut marker = marker.await?.into_active_model();
        marker.kind = Set(marker::Type::Todo);
        rows.add("Marker", marker.update(self.connection).await?.id);
        Ok(())
    }

    /// Another user of the workspace, without any rows yet.
    async fn colleague(&self, rows: &mut Rows) -> Result<(), DbErr> {
        let workspace_id = self.user.workspace_id.unwrap_or_default();
        let name = Uuid::new_v4().to_string();
        let user = Seed(self.connection).user(workspace_id, &name).await?;
        rows.add("User", user.id);
        Ok(())
    }
}
