//! The mutations that create, update and delete meetings.

use async_graphql::{InputObject, MaybeUndefined};
use chrono::NaiveDateTime;
use entity::{analytics, meeting, participant, task};
use sea_orm::{
    ActiveModelTrait, ActiveValue::Set, ColumnTrait, EntityTrait, IntoActiveModel, ModelTrait,
    QueryFilter, QuerySelect, QueryTrait,
};

use super::{
    Meeting,
    actions::{DELETE, UPDATE},
    changes::{check_times, lock_session, save},
};
use crate::{
    directive::id_of,
    error::{
        Error,
        user_error::{UserError, UserErrorCode},
    },
    quota::Stored,
    read::row::Id,
    scalar::DateTime,
    schema::{
        mutation_field::{MutationField, field},
        payload::{DeletedOutcome, ObjectOutcome},
        session::{
            actions::DELETE as DELETE_SESSION,
            erasure::{DELETES_SEGMENTS, delete_session},
            mutations::give_owner,
        },
        task::mutations::forget_dependencies,
        workspace::actions::CREATE_MEETING,
    },
    write::{
        input::{Command, Writes},
        limit::{Declared, Limit},
        transaction::{Abort, Transaction},
    },
};

/// The mutations that create, update and delete meetings.
pub(crate) const MUTATIONS: &[&dyn MutationField] = &[
    field::<MeetingCreateInput>(),
    field::<MeetingUpdateInput>(),
    field::<MeetingDeleteInput>(),
];

/// Creates a meeting in status `DRAFT`. The viewer becomes its organizer and first participant.
#[derive(InputObject)]
pub(crate) struct MeetingCreateInput {
    /// The meeting's title. At most 255 characters; must not be blank.
    #[graphql(directive = Declared::apply(Limit::TITLE))]
    title: String,
    /// A longer description. At most 65,536 bytes of UTF-8.
    #[graphql(directive = Declared::apply(Limit::DESCRIPTION))]
    description: Option<String>,
    /// When the meeting is expected to start. Tentative until `meetingSchedule` fixes the time.
    scheduled_start: Option<DateTime>,
    /// When the meeting is expected to end. Must be after `scheduledStart`, which is then required.
    scheduled_end: Option<DateTime>,
    /// Idempotency key chosen by the client, up to 128 characters. Repeating the call with the same
    /// key and input within a week returns the object created the first time.
    #[graphql(directive = Declared::apply(Limit::IDEMPOTENCY_KEY))]
    idempotency_key: Option<String>,
}

impl Command for MeetingCreateInput {
    const NAME: &'static str = "meetingCreate";

    type Outcome = ObjectOutcome<Meeting>;

    async fn execute(&self, tx: &mut Transaction) -> Result<Self::Outcome, Abort> {
        let key = self.idempotency_key.as_deref();
        if let Some(created) = tx.created_before::<Meeting, _>(self, key).await? {
            return Ok(ObjectOutcome::new(created));
        }
        let workspace = tx.in_workspace(&CREATE_MEETING).await?;
        let title = tx.text(&self.title, Limit::TITLE, "title");
        let description = self.description.as_deref();
        let description = tx.optional_text(description, Limit::DESCRIPTION, "description");
        let (start, end) = (self.scheduled_start, self.scheduled_end);
        let (start, end) = (start.map(|time| time.0), end.map(|time| time.0));
        check_times(tx, start, end);
        tx.ensure_valid()?;
        let meeting_and_organizer = Stored::rows(2).with_text(Some(&title));
        tx.grow(meeting_and_organizer.with_text(description.as_deref()))?;
        let now = Some(tx.now());
        let organizer_id = tx.viewer()?.user().id;
        let meeting = meeting::ActiveModel {
            title: Set(title),
            description: Set(description),
            status: Set(Some(meeting::Status::Draft)),
            workspace_id: Set(workspace.id),
            organizer_id: Set(organizer_id),
            scheduled_start: Set(start),
            scheduled_end: Set(end),
            created_at: Set(now),
            updated_at: Set(now),
            ..Default::default()
        };
        let meeting = meeting.insert(tx.connection()).await?;
        let organizer = participant::ActiveModel {
            meeting_id: Set(meeting.id),
            user_id: Set(organizer_id),
            role: Set(Some(participant::Role::Organizer)),
            status: Set(Some(participant::Status::Accepted)),
            created_at: Set(now),
            ..Default::default()
        };
        organizer.insert(tx.connection()).await?;
        Ok(ObjectOutcome::new(meeting))
    }
}

/// Updates a meeting. Omitted fields keep their values.
#[derive(InputObject)]
pub(crate) struct MeetingUpdateInput {
    /// The ID of the meeting.
    #[graphql(directive = id_of::apply(Id::<Meeting>::of()))]
    id: Id<Meeting>,
    /// The new title. At most 255 characters; must not be blank.
    #[graphql(directive = Declared::apply(Limit::TITLE))]
    title: Option<String>,
    /// The new description. At most 65,536 bytes of UTF-8. `null` removes it.
    #[graphql(directive = Declared::apply(Limit::DESCRIPTION))]
    description: MaybeUndefined<String>,
    /// The new start. `null` removes it, which is not allowed while the meeting is scheduled.
    scheduled_start: MaybeUndefined<DateTime>,
    /// The new end. Must be after the start. `null` removes it.
    scheduled_end: MaybeUndefined<DateTime>,
    /// The `updatedAt` that the user last saw. If the meeting has been updated since, nothing is
    /// changed. If omitted, this check is skipped. Milliseconds are enough, as in JavaScript's
    /// dates.
    expected_updated_at: Option<DateTime>,
}

impl Command for MeetingUpdateInput {
    const NAME: &'static str = "meetingUpdate";

    type Outcome = ObjectOutcome<Meeting>;

    async fn execute(&self, tx: &mut Transaction) -> Result<Self::Outcome, Abort> {
        let meeting = tx.lock_by_id_for(&UPDATE, &self.id).await?;
        tx.expect_updated_at(self.expected_updated_at, meeting.updated_at);
        let start = or_current(&self.scheduled_start, meeting.scheduled_start);
        let end = or_current(&self.scheduled_end, meeting.scheduled_end);
        // Times that are already invalid, in an adopted database, must not block other updates.
        if !self.scheduled_start.is_undefined() || !self.scheduled_end.is_undefined() {
            check_times(tx, start, end);
        }
        if self.scheduled_start.is_null() && meeting.status == Some(meeting::Status::Scheduled) {
            tx.add_problem(UserError::new(
                UserErrorCode::Invalid,
                ["scheduledStart"],
                "The start of a scheduled meeting cannot be removed.",
            ));
        }
        let updated_at = tx.now_after(meeting.updated_at);
        let mut meeting = meeting.into_active_model();
        let (title, description) = (self.title.as_deref(), &self.description);
        tx.set_text(&mut meeting.title, title, Limit::TITLE, "title");
        tx.set_optional_text(
            &mut meeting.description,
            description,
            Limit::DESCRIPTION,
            "description",
        );
        tx.ensure_valid()?;
        // A time that is not given stays as it is, even if it cannot be read.
        if !self.scheduled_start.is_undefined() {
            meeting.scheduled_start = Set(start);
        }
        if !self.scheduled_end.is_undefined() {
            meeting.scheduled_end = Set(end);
        }
        save(tx, meeting, updated_at).await
    }
}

/// Deletes a meeting with its tasks, participants and analytics. Its session is kept and remains
/// with its owner, unless `deleteSession` is true.
#[derive(InputObject)]
pub(crate) struct MeetingDeleteInput {
    /// The ID of the meeting.
    #[graphql(directive = id_of::apply(Id::<Meeting>::of()))]
    id: Id<Meeting>,
    /// If true, the linked session is deleted as by `sessionDelete`: with its transcript and its
    /// markers.
    #[graphql(default)]
    delete_session: bool,
}

impl Command for MeetingDeleteInput {
    const NAME: &'static str = "meetingDelete";

    type Outcome = DeletedOutcome;

    const WRITES: Option<Writes> = Some(Writes {
        when: Some("deleteSession"),
        ..DELETES_SEGMENTS
    });

    async fn execute(&self, tx: &mut Transaction) -> Result<Self::Outcome, Abort> {
        let meeting = tx.lock_by_id_for(&DELETE, &self.id).await?;
        tx.ensure_valid()?;
        let session = lock_session(tx, &meeting).await?;
        match session {
            Some(session) if self.delete_session => {
                tx.authorize(&DELETE_SESSION, &session, "deleteSession")
                    .await?;
                delete_session(tx, session, "deleteSession").await?;
            }
            Some(session) => give_owner(tx, session, meeting.organizer_id).await?,
            None => {}
        }
        tx.shrink_unknown();
        delete_contents(tx, meeting.id).await?;
        meeting.delete(tx.connection()).await?;
        Ok(DeletedOutcome::new(&self.id))
    }
}

/// Deletes what is deleted with a meeting. The foreign keys of an adopted database may not do that.
async fn delete_contents(tx: &Transaction, meeting_id: i32) -> Result<(), Error> {
    let connection = tx.connection();
    let tasks = || task::Column::MeetingId.eq(meeting_id);
    let task_ids = task::Entity::find()
        .select_only()
        .column(task::Column::Id)
        .filter(tasks())
        .into_query();
    forget_dependencies(
        connection,
        task::Column::DependsOnTaskId.in_subquery(task_ids),
    )
    .await?;
    task::Entity::delete_many()
        .filter(tasks())
        .exec(connection)
        .await?;
    participant::Entity::delete_many()
        .filter(participant::Column::MeetingId.eq(meeting_id))
        .exec(connection)
        .await?;
    analytics::Entity::delete_many()
        .filter(analytics::Column::MeetingId.eq(meeting_id))
        .exec(connection)
        .await?;
    Ok(())
}

/// The new time if one is given or removed, else the current one.
fn or_current(
    new: &MaybeUndefined<DateTime>,
    current: Option<NaiveDateTime>,
) -> Option<NaiveDateTime> {
    match new {
        MaybeUndefined::Undefined => current,
        new => new.value().map(|time| time.0),
    }
}
