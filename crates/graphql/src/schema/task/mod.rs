//! `Task`: its fields and relations here; its filters, actions and mutations in the modules.

pub(crate) mod actions;
pub(crate) mod bulk;
pub(crate) mod changes;
pub(crate) mod enums;
pub(crate) mod inputs;
pub(crate) mod mutations;

use std::sync::Arc;

use async_graphql::Context;
use entity::{meeting, task, user};

use self::enums::{TaskPriority, TaskStatus};
use crate::{
    directive::{cost, large, shared_statement},
    error::Error,
    read::context::ContextExt,
    scalar::{Date, DateTime},
    schema::{meeting::Meeting, object::object, user::User},
    table::Fields,
    write::ability::{Abilities, allowed_transitions},
};

object! {
    /// An action item of a meeting.
    Task of task;
    columns {
        /// The task's title. At most 255 characters.
        title: &str;
        /// A longer description. Null if there is none.
        #[graphql(directive = large::apply(None, None))]
        description: Option<&str>;
        /// The current status.
        status: TaskStatus;
        /// The task's priority.
        priority: TaskPriority;
        /// The day the task is due. Null if there is no due date.
        due_date: Option<Date>;
        /// When the task was completed. Null if it is not completed.
        completed_at: Option<DateTime>;
        /// When the task was created.
        created_at: DateTime;
        /// When the task was last updated.
        updated_at: DateTime;
    }
    required {
        /// The meeting the task belongs to.
        meeting: Meeting = MEETING(meeting_id -> meeting::Column::Id);
    }
    optional {
        /// The user the task is assigned to. Null if the task is unassigned, or if that user is
        /// not in the viewer's workspace.
        assigned_to: User = ASSIGNED_TO(assigned_to_id -> user::Column::Id);
        /// The user who created the task. Null if that user is not in the viewer's workspace.
        created_by: User = CREATED_BY(created_by_id -> user::Column::Id);
        /// The task that this one depends on. Null if there is none.
        depends_on: Task = DEPENDS_ON(depends_on_task_id -> task::Column::Id);
    }
    lists {
        /// The tasks that depend on this one.
        dependents: Task = DEPENDENTS(id -> task::Column::DependsOnTaskId);
    }
    fields {
        /// Whether the task that this one depends on is still open, that is, neither completed nor
        /// cancelled. A blocked task can still be started and completed.
        #[graphql(directive = cost::apply(Some(1), None))]
        async fn is_blocked(&self, ctx: &Context<'_>) -> Result<bool, Error> {
            let depends_on = ctx.one(&DEPENDS_ON, self).await.transpose()?;
            Ok(depends_on.is_some_and(|task| {
                !matches!(
                    task.0.status,
                    Some(task::Status::Completed | task::Status::Cancelled)
                )
            }))
        }

        /// The statuses that this task can move to from its current one. Whether the viewer may
        /// make the change is in the `viewerCan…` fields.
        #[graphql(directive = shared_statement::apply())]
        async fn allowed_transitions(&self, ctx: &Context<'_>) -> Result<Vec<TaskStatus>, Error> {
            allowed_transitions::<Self, _>(ctx, &self.0).await
        }

        #[graphql(flatten)]
        fn abilities(&self) -> Fields<Abilities<Self>> {
            Fields(Abilities(Arc::clone(&self.0)))
        }
    }
}
