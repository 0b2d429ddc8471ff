//! Dependencies between tasks.

use std::collections::{BTreeMap, BTreeSet};

use entity::task;
use libtest_mimic::Failed;
use sea_orm::{ColumnTrait, EntityTrait, QueryFilter};
use serde_json::{Value, json};

use super::arena::{Arena, ROUNDS};
use crate::support::{
    Outcome,
    call::{Call, DONE},
    database::TestDatabase,
    seed::global_id,
};

/// Several who each add a part of a circle do not close it, and those who are rejected learn
/// why.
pub async fn circles(database: &TestDatabase) -> Outcome {
    let (arena, ada) = Arena::with_admin(database).await?;
    for round in 0..2 * ROUNDS {
        let meeting = arena.seed.meeting(&ada.user, "Plan").await?;
        let size = 2 + round % 3;
        let mut tasks = Vec::new();
        for number in 0..size {
            let task = arena.seed.task(&meeting, &format!("Step {number}")).await?;
            tasks.push(global_id("Task", task.id));
        }
        let calls: Vec<Call> = (0..size)
            .map(|number| {
                let input = json!({
                    "id": tasks[number],
                    "dependsOnId": tasks[(number + 1) % size],
                });
                ada.call("taskSetDependency", "task { dependsOn { id } }", input)
            })
            .collect();
        let replies = arena.at_once(&calls).await?;
        // Each order of them has one that would be the last part of the circle.
        replies.assert_tally(&[(DONE, size - 1), ("CYCLE", 1)])?;
        assert_no_circle(&arena, meeting.id).await?;
    }
    Ok(())
}

async fn assert_no_circle(arena: &Arena<'_>, meeting_id: i32) -> Outcome {
    let tasks = task::Entity::find()
        .filter(task::Column::MeetingId.eq(meeting_id))
        .all(arena.database())
        .await?;
    let waits_for: BTreeMap<i32, i32> = tasks
        .iter()
        .filter_map(|task| Some((task.id, task.depends_on_task_id?)))
        .collect();
    for task in &tasks {
        let mut passed = BTreeSet::new();
        let mut next = Some(&task.id);
        while let Some(id) = next {
            if !passed.insert(*id) {
                return Err(format!("a circle: {waits_for:?}").into());
            }
            next = waits_for.get(id);
        }
    }
    Ok(())
}

/// Tasks that become dependent on one that is being deleted: in the end they depend on nothing, or
/// the mutation reports that the task does not exist.
pub async fn deleted_dependency(database: &TestDatabase) -> Outcome {
    let (arena, ada) = Arena::with_admin(database).await?;
    for round in 0..ROUNDS {
        let meeting = arena.seed.meeting(&ada.user, "Plan").await?;
        let meeting_id = global_id("Meeting", meeting.id);
        let first = arena.seed.task(&meeting, "First").await?;
        let first_id = global_id("Task", first.id);
        let create = |title: &str| {
            let input = json!({"meetingId": meeting_id, "title": title, "dependsOnId": first_id});
            ada.call("taskCreate", "task { databaseId }", input)
        };
        let old = arena.seed.task(&meeting, "Old").await?;
        let set_dependency = ada.call(
            "taskSetDependency",
            "task { databaseId }",
            json!({"id": global_id("Task", old.id), "dependsOnId": first_id}),
        );
        let delete = ada.call("taskDelete", "deletedId", json!({"id": first_id}));
        let mut calls = vec![create("New"), set_dependency, create("Newer")];
        calls.insert(round % (calls.len() + 1), delete);
        let replies = arena.at_once(&calls).await?;
        replies.assert_only(&[DONE, "NOT_FOUND"])?;
        let gone = json!({"deletedId": first_id, "userErrors": []});
        let deleted: Vec<&Value> = replies.done().filter(|payload| **payload == gone).collect();
        assert_eq!(deleted.len(), 1, "{replies:#?}");
        let mut expected = created_ids(replies.done())?;
        expected.insert(old.id.into());
        let tasks = task::Entity::find()
            .filter(task::Column::MeetingId.eq(meeting.id))
            .all(arena.database())
            .await?;
        assert!(
            tasks.iter().all(|task| task.depends_on_task_id.is_none()),
            "{tasks:#?}"
        );
        let ids: BTreeSet<i64> = tasks.iter().map(|task| task.id.into()).collect();
        assert_eq!(ids, expected, "{replies:#?}");
    }
    Ok(())
}

/// The database ids of the tasks in payloads.
fn created_ids<'a>(payloads: impl Iterator<Item = &'a Value>) -> Result<BTreeSet<i64>, Failed> {
    payloads
        .filter(|payload| payload["task"].is_object())
        .map(|payload| {
            let id = payload["task"]["databaseId"].as_i64();
            id.ok_or_else(|| format!("a task without an id: {payload}").into())
        })
        .collect()
}
