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
    directive::id_of,
    error::user_error::{UserError, UserErrorCode},
    quota::Stored,
    read::row::{Id, ModelOf},
    scalar::Date,
    schema::meeting::{Meeting, actions::CREATE_TASK},
    schema::mutation_field::{MutationField, field},
    schema::payload::{DeletedOutcome, ObjectOutcome},
    schema::session::{Session, actions::MARK},
    schema::task::{
        Task,
        changes::{assignee, new_task},
        enums::TaskPriority,
    },
    schema::user::User,
    write::action::{MeetingKey, Meetings},
    write::input::Command,
    write::limit::{Declared, Limit},
    write::number::check_position,
    write::text::truncated,
    write::transaction::{Abort, Transaction},
};

/// The mutations of markers.
pub(crate) const MUTATIONS: &[&dyn MutationField] = &[
    field::<MarkerCreateInput>(),
    field::<MarkerUpdateInput>(),
    field::<MarkerDeleteInput>(),
    field::<MarkerConvertToTaskInput>(),
];

/// Creates a marker in a session. The viewer becomes its author.
#[derive(InputObject)]
pub(crate) struct MarkerCreateInput {
    /// The ID of the session.
    #[graphql(directive = id_of::apply(Id::<Session>::of()))]
    session_id: Id<Session>,
    /// The marker's type.
    r#type: MarkerType,
    /// The author's note. At most 16,384 bytes of UTF-8; must not be blank.
    #[graphql(directive = Declared::apply(Limit::NOTE))]
    content: String,
    /// The position in the recording, in milliseconds from its start.
    timestamp: Option<i32>,
    /// The person speaking at that moment. At most 50 characters; must not be blank.
    #[graphql(directive = Declared::apply(Limit::SPEAKER))]
    speaker: Option<String>,
    /// Idempotency key chosen by the client, up to 128 characters. Repeating the call with the same
    /// key and input within a week returns the object created the first time.
    #[graphql(directive = Declared::apply(Limit::IDEMPOTENCY_KEY))]
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
        // A marker names its session, but no foreign key does, so one that is being deleted is waited
        // for.
        let session = tx.hold_for(&MARK, &self.session_id, "sessionId").await?;
        let content = tx.text(&self.content, Limit::NOTE, "content");
        let speaker = self
            .speaker
            .as_deref()
            .map(|speaker| tx.text(speaker, Limit::SPEAKER, "speaker"));
        tx.check(check_position(self.timestamp), ["timestamp"]);
        tx.ensure_valid()?;
        tx.grow(Stored::rows(1).with_text(Some(&content)))?;
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

/// Updates a marker. Only its author may do so. Omitted fields keep their values.
#[derive(InputObject)]
pub(crate) struct MarkerUpdateInput {
    /// The ID of the marker.
    #[graphql(directive = id_of::apply(Id::<Marker>::of()))]
    id: Id<Marker>,
    /// The new type.
    r#type: Option<MarkerType>,
    /// The new note. At most 16,384 bytes of UTF-8; must not be blank.
    #[graphql(directive = Declared::apply(Limit::NOTE))]
    content: Option<String>,
    /// The new position in the recording, in milliseconds from its start. `null` removes the
    /// position.
    timestamp: MaybeUndefined<i32>,
    /// The new speaker. At most 50 characters; must not be blank. `null` removes the speaker.
    #[graphql(directive = Declared::apply(Limit::SPEAKER))]
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
        let content = self.content.as_deref();
        tx.set_text(&mut changed.content, content, Limit::NOTE, "content");
        if let Some(timestamp) = self.timestamp.as_opt_ref() {
            tx.check(check_position(timestamp.copied()), ["timestamp"]);
            changed.timestamp = Set(timestamp.copied());
        }
        if let Some(speaker) = self.speaker.as_opt_deref() {
            changed.speaker =
                Set(speaker.map(|speaker| tx.text(speaker, Limit::SPEAKER, "speaker")));
        }
        tx.ensure_valid()?;
        Ok(ObjectOutcome::new(tx.update(changed).await?))
    }
}

/// Deletes a marker. Only its author may do so. A task created from the marker is kept.
#[derive(InputObject)]
pub(crate) struct MarkerDeleteInput {
    /// The ID of the marker.
    #[graphql(directive = id_of::apply(Id::<Marker>::of()))]
    id: Id<Marker>,
}

impl Command for MarkerDeleteInput {
    const NAME: &'static str = "markerDelete";

    type Outcome = DeletedOutcome;

    async fn execute(&self, tx: &mut Transaction) -> Result<Self::Outcome, Abort> {
        let marker = tx.lock_by_id_for(&DELETE, &self.id).await?;
        tx.shrink(Stored::rows(1).with_text(Some(&marker.content)));
        marker.delete(tx.connection()).await?;
        Ok(DeletedOutcome::new(&self.id))
    }
}

/// Creates a task from a `TODO` marker. The marker is kept, and repeating the call returns the same
/// task.
#[derive(InputObject)]
pub(crate) struct MarkerConvertToTaskInput {
    /// The ID of the marker.
    #[graphql(directive = id_of::apply(Id::<Marker>::of()))]
    id: Id<Marker>,
    /// The ID of the meeting the task belongs to. Default: the meeting linked to the marker's
    /// session.
    #[graphql(directive = id_of::apply(Id::<Meeting>::of()))]
    meeting_id: Option<Id<Meeting>>,
    /// The task's title. At most 255 characters; must not be blank. If given, the marker's content
    /// becomes the description. If omitted, the content becomes the title; content that is too long
    /// for a title is truncated there and kept in full as the description. Content that is too long
    /// for a description is truncated there, too.
    #[graphql(directive = Declared::apply(Limit::TITLE))]
    title: Option<String>,
    /// The task's priority.
    #[graphql(default_with = "TaskPriority::Medium")]
    priority: TaskPriority,
    /// The day the task is due.
    due_date: Option<Date>,
    /// The ID of the user to assign the task to: an active user of the workspace.
    #[graphql(directive = id_of::apply(Id::<User>::of()))]
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
                let title = tx.text(title, Limit::TITLE, "title");
                (title, Some(truncated(&marker.content, Limit::DESCRIPTION)))
            }
            None => as_title(&marker.content),
        };
        let assigned_to_id = assignee(tx, self.assigned_to_id.as_ref()).await?;
        tx.ensure_valid()?;
        let text = Stored::rows(1).with_text(Some(&title));
        tx.grow(text.with_text(description.as_deref()))?;
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
    /// The meeting the task belongs to.
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
                "The session of this marker is not linked to a meeting, so `meetingId` is \
                 required.",
            )),
        }
    }
}

/// The content of a marker as the title of a task. If too long for a title, also as its
/// description.
fn as_title(content: &str) -> (String, Option<String>) {
    let title = truncated(content, Limit::TITLE);
    let description = (title != content).then(|| truncated(content, Limit::DESCRIPTION));
    (title, description)
}
