//! `Task`: the type, its fields and its relations.

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
    directive::{cost, shared_statement},
    error::Error,
    read::context::ContextExt,
    scalar::{Date, DateTime},
    schema::meeting::Meeting,
    schema::object::object,
    schema::user::User,
    table::Fields,
    write::ability::{Abilities, allowed_transitions},
};

object! {
    /// An action item that came of a meeting.
    Task of task;
    columns {
        /// What is to be done. At most 255 characters.
        title: &str;
        /// More about it.
        description: Option<&str>;
        /// Where it is in its life.
        status: TaskStatus;
        /// How urgent it is.
        priority: TaskPriority;
        /// The day by which it is to be done.
        due_date: Option<Date>;
        /// When it was completed.
        completed_at: Option<DateTime>;
        /// When it was made.
        created_at: DateTime;
        /// When it last changed.
        updated_at: DateTime;
    }
    required {
        /// The meeting that it came of.
        meeting: Meeting = MEETING(meeting_id -> meeting::Column::Id);
    }
    optional {
        /// Who is to do it, if anybody of the viewer's workspace.
        assigned_to: User = ASSIGNED_TO(assigned_to_id -> user::Column::Id);
        /// Who made it. Null where that is nobody of the viewer's workspace.
        created_by: User = CREATED_BY(created_by_id -> user::Column::Id);
        /// The task that must be completed before it.
        depends_on: Task = DEPENDS_ON(depends_on_task_id -> task::Column::Id);
    }
    lists {
        /// The tasks that wait for this one.
        dependents: Task = DEPENDENTS(id -> task::Column::DependsOnTaskId);
    }
    fields {
        /// Whether it waits for a task that is neither completed nor cancelled. That keeps nobody from
        /// doing it.
        #[graphql(directive = cost::apply(Some(1), Some(1)))]
        async fn is_blocked(&self, ctx: &Context<'_>) -> Result<bool, Error> {
            let depends_on = ctx.one(&DEPENDS_ON, self).await.transpose()?;
            Ok(depends_on.is_some_and(|task| {
                !matches!(
                    task.0.status,
                    Some(task::Status::Completed | task::Status::Cancelled)
                )
            }))
        }

        /// The states to which it can go from where it is, whoever may bring it there.
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
