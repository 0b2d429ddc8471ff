//! Bad data that links rows of workspace B to A from both sides.

use entity::{analytics, marker, meeting, participant, segment, session, task, user, workspace};
use libtest_mimic::Failed;
use sea_orm::{
    ActiveModelTrait, ActiveValue::Set, ColumnTrait, DatabaseConnection, DbErr, EntityTrait,
    IntoActiveModel, QueryFilter, sea_query::Expr,
};

use super::super::world::{CANARY, Rows, World, insert_meeting, insert_session};

/// Makes rows of B refer to users and meetings of A. The rows still belong to B.
pub struct Poison<'a> {
    connection: &'a DatabaseConnection,
    workspace: workspace::Model,
    /// The admin of A.
    user: user::Model,
    task_id: i32,
}

impl<'a> Poison<'a> {
    /// Makes rows refer to the bait among these.
    ///
    /// # Errors
    ///
    /// Fails if there is no bait.
    pub async fn new(connection: &'a DatabaseConnection, a: &Rows) -> Result<Self, Failed> {
        let admin = user::Entity::find_by_id(a.of("User")[0])
            .find_also_related(workspace::Entity)
            .one(connection)
            .await?;
        match admin {
            Some((user, Some(workspace))) => Ok(Self {
                connection,
                workspace,
                user,
                task_id: a.of("Task")[0],
            }),
            _ => Err("A has no admin".into()),
        }
    }

    /// Links these rows to A. What A gets by it is A's.
    ///
    /// # Errors
    ///
    /// Fails if the database does.
    pub async fn spread(&self, rows: &Rows, world: &mut World) -> Result<(), DbErr> {
        for id in rows.of("Meeting") {
            self.spread_to_meeting(*id, world).await?;
        }
        for id in rows.of("Session") {
            self.spread_to_session(*id, world).await?;
        }
        for id in rows.of("Task") {
            self.spread_to_task(*id, world).await?;
        }
        for id in rows.of("Participant") {
            let participant = participant::ActiveModel {
                id: Set(*id),
                user_id: Set(self.user.id),
                ..Default::default()
            };
            let meeting_id = participant.update(self.connection).await?.meeting_id;
            self.spread_to_meeting(meeting_id, world).await?;
        }
        for id in rows.of("Analytics") {
            let analysis = analytics::Entity::find_by_id(*id).one(self.connection);
            if let Some(meeting_id) = analysis.await?.and_then(|analysis| analysis.meeting_id) {
                self.spread_to_meeting(meeting_id, world).await?;
            }
        }
        for id in rows.of("Segment") {
            let segment = segment::Entity::find_by_id(*id).one(self.connection);
            if let Some(segment) = segment.await? {
                self.spread_to_session(segment.session_id, world).await?;
            }
        }
        for id in rows.of("Marker") {
            let marker = marker::Entity::find_by_id(*id)
                .find_also_related(session::Entity)
                .one(self.connection);
            if let Some((_, Some(session))) = marker.await? {
                self.spread_to_session(session.id, world).await?;
            }
        }
        Ok(())
    }

    /// Gives a meeting an organizer and a session of A, in the state in which mutations of the
    /// meeting would change the session too.
    async fn spread_to_meeting(&self, id: i32, world: &mut World) -> Result<(), DbErr> {
        let session = insert_session(self.connection, CANARY, Some(&self.user)).await?;
        world.a.add("Session", session.id);
        world.hidden_uuids.insert(session.external_id.clone());
        let meeting = meeting::ActiveModel {
            id: Set(id),
            organizer_id: Set(self.user.id),
            session_id: Set(Some(session.external_id.clone())),
            ..Default::default()
        };
        let meeting = meeting.update(self.connection).await?;
        let mut session = session.into_active_model();
        session.status = Set(Some(match meeting.status {
            Some(meeting::Status::Live) => session::Status::Recording,
            _ => session::Status::Pending,
        }));
        session.update(self.connection).await?;
        Ok(())
    }

    /// Lets a meeting of A link a session, which only one meeting can.
    async fn spread_to_session(&self, id: i32, world: &mut World) -> Result<(), DbErr> {
        let Some(session) = session::Entity::find_by_id(id).one(self.connection).await? else {
            return Ok(());
        };
        meeting::Entity::update_many()
            .col_expr(meeting::Column::SessionId, Expr::value(None::<String>))
            .filter(meeting::Column::SessionId.eq(&session.external_id))
            .exec(self.connection)
            .await?;
        let meeting = insert_meeting(
            self.connection,
            CANARY,
            &self.workspace,
            &self.user,
            Some(&session),
        );
        world.a.add("Meeting", meeting.await?.id);
        Ok(())
    }

    /// Assigns a task to a user of A and makes it depend on a task of A.
    async fn spread_to_task(&self, id: i32, world: &mut World) -> Result<(), DbErr> {
        let task = task::ActiveModel {
            id: Set(id),
            created_by_id: Set(self.user.id),
            assigned_to_id: Set(Some(self.user.id)),
            depends_on_task_id: Set(Some(self.task_id)),
            ..Default::default()
        };
        let task = task.update(self.connection).await?;
        self.spread_to_meeting(task.meeting_id, world).await
    }
}
