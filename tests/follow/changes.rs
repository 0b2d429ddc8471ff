//! Subscriptions to changes deliver the result of each change, no matter which program made it.

use std::collections::{BTreeMap, BTreeSet};

use entity::task;
use futures_util::future::{try_join, try_join_all};
use sea_orm::{EntityTrait, TransactionTrait};
use serde_json::{Value, json};

use super::{
    follower::Watcher,
    scene::{Scene, execute},
};
use crate::support::{Outcome, database::TestDatabase, seed::global_id};

/// Several changes to an object in one transaction are one event, with the final state.
pub async fn bursts(database: &TestDatabase) -> Outcome {
    let scene = Scene::start(database, 2).await?;
    let meeting = scene.meeting().await?;
    let old = scene.seed().task(&meeting, "old").await?;
    let gone = scene.seed().task(&meeting, "gone").await?;
    let mut watcher = Watcher::of(&scene, 1, "Task", "title").await?;
    let transaction = scene.connection().begin().await?;
    let (new, fleeting) = (old.id + 100, old.id + 101);
    for (id, title) in [(new, "new"), (fleeting, "fleeting")] {
        let insert = format!(
            "INSERT INTO task (id, title, meeting_id, created_by_id)
            VALUES ({id}, '{title}', {}, {})",
            meeting.id, scene.ada.id
        );
        execute(&transaction, &insert).await?;
    }
    for number in 1..=50 {
        for id in [old.id, new, fleeting, gone.id] {
            let update = format!("UPDATE task SET title = '{number}' WHERE id = {id}");
            execute(&transaction, &update).await?;
        }
    }
    for id in [fleeting, gone.id] {
        execute(&transaction, &format!("DELETE FROM task WHERE id = {id}")).await?;
    }
    transaction.commit().await?;
    let mut received = BTreeSet::new();
    for _ in 0..4 {
        received.insert(watcher.next().await?.to_string());
    }
    let change = |kind: &str, id: i32, task: Value| {
        let id = global_id("Task", id);
        json!({"kind": kind, "objectId": id, "task": task}).to_string()
    };
    let expected = BTreeSet::from([
        change("UPDATED", old.id, json!({"title": "50"})),
        change("CREATED", new, json!({"title": "50"})),
        change("DELETED", fleeting, Value::Null),
        change("DELETED", gone.id, Value::Null),
    ]);
    assert_eq!(received, expected);
    // Nothing more: what comes next is the next.
    let next = scene.seed().task(&meeting, "next").await?;
    let received = watcher.next().await?.to_string();
    assert_eq!(
        received,
        change("CREATED", next.id, json!({"title": "next"}))
    );
    Ok(())
}

/// Many change the same tasks on two nodes. The last event about each has its final state.
pub async fn last_states(database: &TestDatabase) -> Outcome {
    const ROUNDS: usize = 12;
    let scene = Scene::start(database, 2).await?;
    let meeting = scene.meeting().await?;
    let mut tasks = Vec::new();
    for _ in 0..3 {
        tasks.push(scene.seed().task(&meeting, "old").await?.id);
    }
    let mut watchers = [
        Watcher::of(&scene, 0, "Task", "title").await?,
        Watcher::of(&scene, 1, "Task", "title").await?,
    ];
    let write = async {
        let writers = (0..4).map(async |writer: usize| {
            for round in 0..ROUNDS {
                let id = global_id("Task", tasks[round % 3]);
                let input = json!({"id": id, "title": format!("{writer} {round}")});
                scene
                    .run(writer % 2, "taskUpdate", "task { id }", input)
                    .await?;
            }
            Outcome::Ok(())
        });
        try_join_all(writers).await?;
        // After this one there is nothing to wait for.
        scene.seed().task(&meeting, "the end").await?;
        Outcome::Ok(())
    };
    let watch = try_join_all(watchers.iter_mut().map(async |watcher| {
        let mut last = BTreeMap::new();
        loop {
            let mut received = watcher.next().await?;
            let title = received["task"]["title"].take();
            if title == "the end" {
                return Ok(last);
            }
            last.insert(received["objectId"].to_string(), title);
        }
    }));
    let (all, ()) = try_join(watch, write).await?;
    for id in tasks {
        let task = task::Entity::find_by_id(id).one(scene.connection()).await?;
        let title = task.ok_or("a task is gone")?.title;
        for last in &all {
            assert_eq!(last[&json!(global_id("Task", id)).to_string()], *title);
        }
    }
    Ok(())
}

/// Changes made by hand at the console are delivered like all others, for all types: what was
/// changed, what was deleted, and what was deleted with it.
pub async fn by_hand(database: &TestDatabase) -> Outcome {
    let scene = Scene::start(database, 1).await?;
    let seed = scene.seed();
    let meeting = scene.meeting().await?;
    let session = seed.session(&scene.ada).await?;
    seed.link(&meeting, &session).await?;
    let (task, other) = (
        seed.task(&meeting, "one").await?,
        seed.task(&meeting, "two").await?,
    );
    let participant = seed.participant(&meeting, &scene.ada).await?;
    let analytics = seed.analytics(&meeting).await?;
    let marker = seed.marker(&session, &scene.ada, "one").await?;
    let mut watchers = BTreeMap::new();
    for name in ["Meeting", "Task", "Participant", "Analytics", "Marker"] {
        watchers.insert(name, Watcher::of(&scene, 0, name, "id").await?);
    }
    let all = [
        ("Meeting", meeting.id),
        ("Task", task.id),
        ("Participant", participant.id),
        ("Analytics", analytics.id),
        ("Marker", marker.id),
    ];
    for (name, id) in all {
        scene.touch(&name.to_lowercase(), id).await?;
        receive_all(&mut watchers, name, "UPDATED", &[id]).await?;
    }
    let delete = |table: &str, id: i32| format!("DELETE FROM {table} WHERE id = {id}");
    scene.sql(&delete("marker", marker.id)).await?;
    receive_all(&mut watchers, "Marker", "DELETED", &[marker.id]).await?;
    scene.sql(&delete("task", other.id)).await?;
    receive_all(&mut watchers, "Task", "DELETED", &[other.id]).await?;
    scene.sql(&delete("meeting", meeting.id)).await?;
    scene.announce().await?;
    for (name, id) in &all[..4] {
        receive_all(&mut watchers, name, "DELETED", &[*id]).await?;
    }
    Ok(())
}

/// Waits for exactly these changes of a type.
async fn receive_all(
    watchers: &mut BTreeMap<&str, Watcher>,
    name: &str,
    kind: &str,
    ids: &[i32],
) -> Outcome {
    let watcher = watchers.get_mut(name).ok_or("nobody watches")?;
    let mut received = BTreeSet::new();
    for _ in ids {
        let change = watcher.next().await?;
        assert_eq!(change["kind"], kind, "{name}: {change}");
        received.insert(change["objectId"].as_str().unwrap_or_default().to_owned());
    }
    let expected: BTreeSet<String> = ids.iter().map(|id| global_id(name, *id)).collect();
    assert_eq!(received, expected, "{name}");
    Ok(())
}
