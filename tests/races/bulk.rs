//! Bulk mutations that want the same rows: they wait for each other, never both at once.

use entity::{
    task,
    user::{self, Role},
};
use libtest_mimic::Failed;
use sea_orm::{ColumnTrait, EntityTrait, ExprTrait, QueryFilter};
use serde_json::json;

use super::arena::{Arena, Person, ROUNDS};
use crate::support::{
    Outcome,
    call::{Call, DONE},
    database::TestDatabase,
    seed::global_id,
};

/// The number of tasks that are changed at once.
const TASKS: usize = 20;

/// The ids of new tasks of a new meeting, and that of the meeting.
async fn tasks(arena: &Arena<'_>, ada: &Person) -> Result<(i32, Vec<String>), Failed> {
    let meeting = arena.seed.meeting(&ada.user, "Plan").await?;
    let mut ids = Vec::new();
    for number in 0..TASKS {
        let task = arena.seed.task(&meeting, &format!("Step {number}")).await?;
        ids.push(global_id("Task", task.id));
    }
    Ok((meeting.id, ids))
}

fn assign(ada: &Person, ids: &[String], to: &user::Model) -> Call {
    let input = json!({"ids": ids, "assignedToId": global_id("User", to.id)});
    ada.call("tasksAssign", "tasks { id }", input)
}

fn complete(ada: &Person, ids: &[String]) -> Call {
    ada.call("tasksComplete", "tasks { id }", json!({"ids": ids}))
}

/// The same tasks in opposite orders, in whole and in part. Each call is done to all of its tasks
/// or to none.
pub async fn opposite_orders(database: &TestDatabase) -> Outcome {
    let (arena, ada) = Arena::with_admin(database).await?;
    let grace = arena.person("grace", Role::Member).await?;
    for _ in 0..ROUNDS {
        let (meeting_id, ids) = tasks(&arena, &ada).await?;
        let backward: Vec<String> = ids.iter().rev().cloned().collect();
        // Two halves that both have the tasks in the middle.
        let half = TASKS / 2 + 1;
        let calls = [
            assign(&ada, &ids, &ada.user),
            complete(&ada, &backward[..half]),
            assign(&ada, &backward, &grace.user),
            complete(&ada, &ids[..half]),
            assign(&ada, &ids, &grace.user),
            assign(&ada, &backward, &ada.user),
        ];
        let replies = arena.at_once(&calls).await?;
        // Whichever half comes second finds the middle completed.
        replies.assert_tally(&[(DONE, 5), ("INVALID_STATE", 1)])?;
        let stored = task::Entity::find()
            .filter(task::Column::MeetingId.eq(meeting_id))
            .all(arena.database())
            .await?;
        let assignee = stored[0].assigned_to_id;
        assert!(assignee.is_some());
        assert!(
            stored.iter().all(|task| task.assigned_to_id == assignee),
            "{stored:#?}"
        );
        let completed = stored
            .iter()
            .filter(|task| task.status == Some(task::Status::Completed));
        assert_eq!(completed.count(), half, "{stored:#?}");
    }
    Ok(())
}

/// Tasks that are changed in bulk while they are deleted, one of them or all with their meeting.
pub async fn bulk_and_delete(database: &TestDatabase) -> Outcome {
    let (arena, ada) = Arena::with_admin(database).await?;
    for round in 0..ROUNDS {
        let (meeting_id, ids) = tasks(&arena, &ada).await?;
        let backward: Vec<String> = ids.iter().rev().cloned().collect();
        let delete = if round % 2 == 0 {
            let id = global_id("Meeting", meeting_id);
            ada.call("meetingDelete", "deletedId", json!({"id": id}))
        } else {
            ada.call("taskDelete", "deletedId", json!({"id": ids[TASKS / 2]}))
        };
        let calls = [
            assign(&ada, &ids, &ada.user),
            complete(&ada, &backward),
            delete,
            assign(&ada, &backward, &ada.user),
        ];
        let replies = arena.at_once(&calls).await?;
        replies.assert_only(&[DONE, "NOT_FOUND"])?;
        let deletion = &replies.0[2];
        assert!(deletion.is_done(), "{deletion:#?}");
        let left = if round % 2 == 0 { 0 } else { TASKS - 1 };
        let of_meeting = task::Column::MeetingId.eq(meeting_id);
        assert_eq!(arena.count::<task::Entity>(of_meeting).await?, left as u64);
        // A mutation before the deletion changed all tasks, one after it none.
        let completed = of_meeting_and(meeting_id, task::Status::Completed);
        let completed = arena.count::<task::Entity>(completed).await?;
        let expected = if replies.0[1].is_done() { left } else { 0 };
        assert_eq!(completed, expected as u64, "{replies:#?}");
    }
    Ok(())
}

fn of_meeting_and(meeting_id: i32, status: task::Status) -> sea_orm::sea_query::Expr {
    task::Column::MeetingId
        .eq(meeting_id)
        .and(task::Column::Status.eq(status))
}
