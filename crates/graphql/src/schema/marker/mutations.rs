//! Mutations of markers.

use async_graphql::{InputObject, MaybeUndefined};
use entity::{bookkeeping::marker_task, marker, task};
use sea_orm::{ActiveModelTrait, ActiveValue::Set, EntityTrait, IntoActiveModel, ModelTrait};

use super::{
    Marker,
    actions::{CONVERT, DELETE, UPDATE},
    enums::MarkerType,
};
use crate::{
    error::user_error::{UserError, UserErrorCode},
    read::row::{Id, ModelOf},
    scalar::Date,
    schema::meeting::{Meeting, actions::CREATE_TASK},
    schema::mutation_field::{MutationField, field},
    schema::payload::{DeletedOutcome, ObjectOutcome},
    schema::segment::SPEAKER,
    schema::session::{Session, actions::MARK},
    schema::task::{
        Task,
        changes::{MOST_TITLE_CHARACTERS, assignee, new_task},
        enums::TaskPriority,
    },
    schema::user::User,
    write::action::{MeetingKey, Meetings},
    write::input::Command,
    write::number::check_position,
    write::text::Limit,
    write::transaction::{Abort, Transaction},
};

/// The mutations of markers.
pub(crate) const MUTATIONS: &[&dyn MutationField] = &[
    field::<MarkerCreateInput>(),
    field::<MarkerUpdateInput>(),
    field::<MarkerDeleteInput>(),
    field::<MarkerConvertToTaskInput>(),
];

/// Marks a moment in a session. The marker is the viewer's.
#[derive(InputObject)]
pub(crate) struct MarkerCreateInput {
    /// In which session.
    session_id: Id<Session>,
    /// What sort of moment it is.
    r#type: MarkerType,
    /// What is to be noted.
    content: String,
    /// Its position in the recording, in milliseconds.
    timestamp: Option<i32>,
    /// Who was speaking. At most 50 characters.
    speaker: Option<String>,
    /// A key of the client's making, of at most 128 characters. Who comes with the same key again
    /// within a week, and with the same input, gets what was created the first time.
    idempotency_key: Option<String>,
}

impl Command for MarkerCreateInput {
    const NAME: &'static str = "markerCreate";

    type Outcome = ObjectOutcome<Marker>;

    async fn execute(&self, tx: &mut Transaction) -> Result<Self::Outcome, Abort> {
        let key = self.idempotency_key.as_deref();
        if let Some(created) = tx.created_before::<Marker, _>(self, key).await? {
            return Ok(ObjectOutcome::new(created));
        }
        let session = tx.find_for(&MARK, &self.session_id, "sessionId").await?;
        let content = tx.text(&self.content, Limit::CONTENT, "content");
        let speaker = self
            .speaker
            .as_deref()
            .map(|speaker| tx.text(speaker, SPEAKER, "speaker"));
        tx.check(check_position(self.timestamp), ["timestamp"]);
        tx.ensure_valid()?;
        let marker = marker::ActiveModel {
            session_id: Set(session.external_id),
            user_id: Set(tx.viewer()?.user().id),
            kind: Set(self.r#type.into()),
            content: Set(content),
            timestamp: Set(self.timestamp),
            speaker: Set(speaker),
            created_at: Set(Some(tx.now())),
            ..Default::default()
        };
        Ok(ObjectOutcome::new(marker.insert(tx.connection()).await?))
    }
}

/// Changes a marker of the viewer's. What is left out stays as it is.
#[derive(InputObject)]
pub(crate) struct MarkerUpdateInput {
    /// Which marker.
    id: Id<Marker>,
    /// What sort of moment it is.
    r#type: Option<MarkerType>,
    /// What is to be noted.
    content: Option<String>,
    /// Its position in the recording, in milliseconds. Null removes it.
    timestamp: MaybeUndefined<i32>,
    /// Who was speaking. At most 50 characters. Null removes it.
    speaker: MaybeUndefined<String>,
}

impl Command for MarkerUpdateInput {
    const NAME: &'static str = "markerUpdate";

    type Outcome = ObjectOutcome<Marker>;

    async fn execute(&self, tx: &mut Transaction) -> Result<Self::Outcome, Abort> {
        let marker = tx.lock_by_id_for(&UPDATE, &self.id).await?;
        let mut changed = marker.into_active_model();
        if let Some(kind) = self.r#type {
            changed.kind = Set(kind.into());
        }
        if let Some(content) = &self.content {
            changed.content = Set(tx.text(content, Limit::CONTENT, "content"));
        }
        if let Some(timestamp) = self.timestamp.as_opt_ref() {
            tx.check(check_position(timestamp.copied()), ["timestamp"]);
            changed.timestamp = Set(timestamp.copied());
        }
        if let Some(speaker) = self.speaker.as_opt_deref() {
            changed.speaker = Set(speaker.map(|speaker| tx.text(speaker, SPEAKER, "speaker")));
        }
        tx.ensure_valid()?;
        Ok(ObjectOutcome::new(changed.update(tx.connection()).await?))
    }
}

/// Deletes a marker of the viewer's. A task that was made of it stays.
#[derive(InputObject)]
pub(crate) struct MarkerDeleteInput {
    /// Which marker.
    id: Id<Marker>,
}

impl Command for MarkerDeleteInput {
    const NAME: &'static str = "markerDelete";

    type Outcome = DeletedOutcome;

    async fn execute(&self, tx: &mut Transaction) -> Result<Self::Outcome, Abort> {
        let marker = tx.lock_by_id_for(&DELETE, &self.id).await?;
        marker.delete(tx.connection()).await?;
        Ok(DeletedOutcome::new(&self.id))
    }
}

/// Makes a task of a marker of something to do. The marker stays; a second time gives the same
/// task.
#[derive(InputObject)]
pub(crate) struct MarkerConvertToTaskInput {
    /// Which marker.
    id: Id<Marker>,
    /// The meeting that the task came of. Without it, the one that the session transcribes.
    meeting_id: Option<Id<Meeting>>,
    /// What is to be done, at most 255 characters. Without it, what the marker notes; where that
    /// is longer, the whole of it becomes the description.
    title: Option<String>,
    /// How urgent it is.
    #[graphql(default_with = "TaskPriority::Medium")]
    priority: TaskPriority,
    /// The day by which it is to be done.
    due_date: Option<Date>,
    /// Who is to do it: an active user of the workspace.
    assigned_to_id: Option<Id<User>>,
}

impl Command for MarkerConvertToTaskInput {
    const NAME: &'static str = "markerConvertToTask";

    type Outcome = ObjectOutcome<Task>;

    async fn execute(&self, tx: &mut Transaction) -> Result<Self::Outcome, Abort> {
        let marker = tx.lock_by_id_for(&CONVERT, &self.id).await?;
        tx.ensure_valid()?;
        let converted = marker_task::Entity::find_by_id(marker.id)
            .one(tx.connection())
            .await?;
        if let Some(converted) = converted
            && let Some(task) = tx.find::<Task>(converted.task_id).await?
        {
            return Ok(ObjectOutcome::new(task));
        }
        let meeting = self.meeting(tx, &marker).await?;
        let (title, description) = match &self.title {
            Some(title) => {
                let title = tx.text(title, Limit::name(MOST_TITLE_CHARACTERS), "title");
                (title, Some(marker.content.clone()))
            }
            None => as_title(&marker.content),
        };
        let assigned_to_id = assignee(tx, self.assigned_to_id.as_ref()).await?;
        tx.ensure_valid()?;
        let task = task::ActiveModel {
            title: Set(title),
            description: Set(description),
            priority: Set(Some(self.priority.into())),
            meeting_id: Set(meeting.id),
            assigned_to_id: Set(assigned_to_id),
            due_date: Set(self.due_date.map(|day| day.0)),
            ..new_task(tx)?
        };
        let task = task.insert(tx.connection()).await?;
        let converted = marker_task::ActiveModel {
            marker_id: Set(marker.id),
            task_id: Set(task.id),
        };
        marker_task::Entity::insert(converted)
            .exec_without_returning(tx.connection())
            .await?;
        Ok(ObjectOutcome::new(task))
    }
}

impl MarkerConvertToTaskInput {
    /// The meeting in which the task is to be.
    async fn meeting(
        &self,
        tx: &mut Transaction,
        marker: &marker::Model,
    ) -> Result<ModelOf<Meeting>, Abort> {
        if let Some(id) = &self.meeting_id {
            return match tx.find_referenced(id, "meetingId").await? {
                Some(meeting) => {
                    tx.authorize(&CREATE_TASK, &meeting, "meetingId").await?;
                    Ok(meeting)
                }
                None => Err(Abort::Rejected),
            };
        }
        let key = MeetingKey::Session(marker.session_id.clone());
        match tx.meeting(key).await? {
            Some(meeting) => Ok((*meeting).clone()),
            None => tx.reject(UserError::new(
                UserErrorCode::Blank,
                ["meetingId"],
                "The session of this marker transcribes no meeting, so say which meeting the \
                 task came of.",
            )),
        }
    }
}

/// What a marker notes as the title of a task and, where it is too long for that, its description.
fn as_title(content: &str) -> (String, Option<String>) {
    if content.chars().count() <= MOST_TITLE_CHARACTERS {
        return (content.to_owned(), None);
    }
    let beginning: String = content.chars().take(MOST_TITLE_CHARACTERS - 1).collect();
    (
        format!("{}…", beginning.trim_end()),
        Some(content.to_owned()),
    )
}
