//! The life of tasks, and what they wait for.

use entity::task;
use libtest_mimic::Failed;
use sea_orm::{ActiveModelTrait, ActiveValue::Set, EntityTrait, IntoActiveModel};
use serde_json::{Value, json};

use crate::support::{
    Outcome,
    client::{Client, World, problems},
    database::TestDatabase,
    seed::{Seed, global_id},
    suite::Suite,
};

/// Adds the cases of this module.
pub fn list(suite: &mut Suite) {
    suite.on_both_databases(a_whole_life);
    suite.on_both_databases(update);
    suite.on_both_databases(assignees);
    suite.on_both_databases(dependencies);
    suite.on_both_databases(cycles);
    suite.on_both_databases(existing_cycles);
    suite.on_both_databases(bulk);
}

/// A meeting of Olga's.
async fn meeting(olga: &Client<'_>) -> Result<String, Failed> {
    olga.make("meetingCreate", json!({"title": "M"}), "meeting")
        .await
}

async fn task(client: &Client<'_>, meeting: &str, title: &str) -> Result<String, Failed> {
    let input = json!({"meetingId": meeting, "title": title});
    client.make("taskCreate", input, "task").await
}

/// `completedAt` follows the status.
async fn a_whole_life(database: &TestDatabase) -> Outcome {
    let world = World::start(database).await?;
    let (olga, max) = (
        world.client(&world.organizer).await?,
        world.client(&world.member).await?,
    );
    let meeting = meeting(&olga).await?;
    let input = json!({
        "meetingId": meeting,
        "title": " Write it down ",
        "description": "",
        "priority": "CRITICAL",
        "dueDate": "2028-02-29",
        "assignedToId": global_id("User", world.member.id),
    });
    let selection = "task {
        id title description status priority dueDate completedAt isBlocked
        createdBy { username } assignedTo { username } allowedTransitions
    }";
    let payload = olga.run("taskCreate", input, selection).await?;
    let mut created = payload["task"].clone();
    let id = created["id"].take();
    let expected = json!({
        "id": null,
        "title": "Write it down",
        "description": null,
        "status": "TODO",
        "priority": "CRITICAL",
        "dueDate": "2028-02-29",
        "completedAt": null,
        "isBlocked": false,
        "createdBy": {"username": "olga"},
        "assignedTo": {"username": "max"},
        "allowedTransitions": ["IN_PROGRESS", "COMPLETED", "CANCELLED"],
    });
    assert_eq!(created, expected);
    for (mutation, status) in [
        ("taskStart", "IN_PROGRESS"),
        ("taskComplete", "COMPLETED"),
        ("taskReopen", "TODO"),
        ("taskComplete", "COMPLETED"),
        ("taskReopen", "TODO"),
        ("taskCancel", "CANCELLED"),
        ("taskReopen", "TODO"),
    ] {
        let payload = max
            .run(mutation, json!({"id": id}), "task { status completedAt }")
            .await?;
        assert_eq!(payload["task"]["status"], status);
        let is_completed = status == "COMPLETED";
        assert_eq!(payload["task"]["completedAt"].is_string(), is_completed);
    }
    assert_eq!(
        max.problems("taskReopen", json!({"id": id})).await?,
        ["INVALID_STATE id"]
    );
    assert_eq!(
        max.error("taskDelete", json!({"id": id})).await?,
        "FORBIDDEN"
    );
    let payload = olga
        .run("taskDelete", json!({"id": id}), "deletedId")
        .await?;
    assert_eq!(payload["deletedId"], id);
    Ok(())
}

/// Omitted fields keep their value, null removes it, and no change of others is overwritten unseen.
async fn update(database: &TestDatabase) -> Outcome {
    let world = World::start(database).await?;
    let olga = world.client(&world.organizer).await?;
    let id = task(&olga, &meeting(&olga).await?, "A").await?;
    let selection = "task { title description priority dueDate updatedAt }";
    let update = async |mut fields: Value| {
        fields["id"] = json!(id);
        let payload = olga.run("taskUpdate", fields, selection).await?;
        Ok::<Value, Failed>(payload["task"].clone())
    };
    let first = update(json!({"description": "Text", "dueDate": "2026-12-24"})).await?;
    assert_eq!(first["title"], "A");
    assert_eq!(first["priority"], "MEDIUM");
    let second = update(json!({"title": "B", "priority": "LOW", "description": null})).await?;
    assert_eq!(second["dueDate"], "2026-12-24");
    assert_eq!(second["description"], Value::Null);
    assert_eq!(
        update(json!({"dueDate": null})).await?["dueDate"],
        Value::Null
    );
    let stale = json!({"id": id, "title": "C", "expectedUpdatedAt": first["updatedAt"]});
    assert_eq!(
        olga.problems("taskUpdate", stale).await?,
        ["CONFLICT expectedUpdatedAt"]
    );
    for (fields, expected) in [
        (json!({"id": id, "title": "\u{200b}"}), "BLANK title"),
        (
            json!({"id": id, "title": "x".repeat(256)}),
            "TOO_LONG title",
        ),
        (
            json!({"id": id, "description": "\0"}),
            "INVALID description",
        ),
    ] {
        assert_eq!(olga.problems("taskUpdate", fields).await?, [expected]);
    }
    Ok(())
}

/// Only active users of the workspace are assigned anything.
async fn assignees(database: &TestDatabase) -> Outcome {
    let world = World::start(database).await?;
    let seed = Seed(database.connection());
    let olga = world.client(&world.organizer).await?;
    let meeting = meeting(&olga).await?;
    let id = task(&olga, &meeting, "A").await?;
    let other = seed.workspace("other").await?;
    let foreign = seed.user(other.id, "zoe").await?;
    let mut gone = seed.user(world.acme.id, "gone").await?.into_active_model();
    gone.is_active = Set(Some(false));
    let gone = gone.update(database.connection()).await?;
    for (user, expected) in [
        (foreign.id, "NOT_FOUND assignedToId"),
        (2_000_000_000, "NOT_FOUND assignedToId"),
        (gone.id, "INVALID_STATE assignedToId"),
    ] {
        let user = global_id("User", user);
        for (mutation, input) in [
            ("taskAssign", json!({"id": id, "assignedToId": user})),
            ("tasksAssign", json!({"ids": [id], "assignedToId": user})),
            (
                "taskCreate",
                json!({"meetingId": meeting, "title": "B", "assignedToId": user}),
            ),
        ] {
            assert_eq!(
                olga.problems(mutation, input).await?,
                [expected],
                "{mutation}"
            );
        }
    }
    let selection = "task { assignedTo { username } }";
    let input = json!({"id": id, "assignedToId": global_id("User", world.member.id)});
    let payload = olga.run("taskAssign", input, selection).await?;
    assert_eq!(payload["task"]["assignedTo"]["username"], "max");
    let payload = olga.run("taskAssign", json!({"id": id}), selection).await?;
    assert_eq!(payload["task"]["assignedTo"], Value::Null);
    assert_eq!(
        task::Entity::find().all(database.connection()).await?.len(),
        1
    );
    Ok(())
}

/// A task that waits is blocked until the other one is done or given up.
async fn dependencies(database: &TestDatabase) -> Outcome {
    let world = World::start(database).await?;
    let olga = world.client(&world.organizer).await?;
    let first = task(&olga, &meeting(&olga).await?, "first").await?;
    let input =
        json!({"meetingId": meeting(&olga).await?, "title": "second", "dependsOnId": first});
    let second = olga.make("taskCreate", input, "task").await?;
    let fields = "Task { isBlocked dependsOn { title } dependents { nodes { title } } }";
    for (mutation, is_blocked) in [
        ("taskStart", true),
        ("taskComplete", false),
        ("taskReopen", true),
        ("taskCancel", false),
    ] {
        olga.run(mutation, json!({"id": first}), "task { id }")
            .await?;
        let expected = json!({
            "isBlocked": is_blocked,
            "dependsOn": {"title": "first"},
            "dependents": {"nodes": []},
        });
        assert_eq!(olga.node(&second, fields).await?, expected, "{mutation}");
    }
    let dependents = &olga.node(&first, fields).await?["dependents"];
    assert_eq!(*dependents, json!({"nodes": [{"title": "second"}]}));
    olga.run("taskDelete", json!({"id": first}), "deletedId")
        .await?;
    assert_eq!(olga.node(&second, fields).await?["dependsOn"], Value::Null);
    Ok(())
}

/// No circle is closed, whatever its length.
async fn cycles(database: &TestDatabase) -> Outcome {
    let world = World::start(database).await?;
    let olga = world.client(&world.organizer).await?;
    let meeting = meeting(&olga).await?;
    let mut chain = Vec::new();
    for number in 0..12 {
        let input = json!({
            "meetingId": meeting,
            "title": number.to_string(),
            "dependsOnId": chain.last(),
        });
        chain.push(olga.make("taskCreate", input, "task").await?);
    }
    for (waits, on) in [(0, 0), (0, 1), (0, 11), (3, 7), (5, 5)] {
        let input = json!({"id": chain[waits], "dependsOnId": chain[on]});
        let problems = olga.problems("taskSetDependency", input).await?;
        assert_eq!(problems, ["CYCLE dependsOnId"], "{waits} on {on}");
    }
    // There is no cycle once the chain is cut.
    let cut = json!({"id": chain[6], "dependsOnId": null});
    olga.run("taskSetDependency", cut, "task { id }").await?;
    let input = json!({"id": chain[0], "dependsOnId": chain[11]});
    olga.run("taskSetDependency", input, "task { id }").await?;
    let input = json!({"id": chain[6], "dependsOnId": chain[5]});
    assert_eq!(
        olga.problems("taskSetDependency", input).await?,
        ["CYCLE dependsOnId"]
    );
    Ok(())
}

/// A database that was adopted may have circles; they are no trap.
async fn existing_cycles(database: &TestDatabase) -> Outcome {
    let world = World::start(database).await?;
    let seed = Seed(database.connection());
    let meeting = seed.meeting(&world.organizer, "M").await?;
    let (one, two) = (
        seed.task(&meeting, "1").await?,
        seed.task(&meeting, "2").await?,
    );
    for (waits, on) in [(&one, &two), (&two, &one)] {
        let mut waits = waits.clone().into_active_model();
        waits.depends_on_task_id = Set(Some(on.id));
        waits.update(database.connection()).await?;
    }
    let olga = world.client(&world.organizer).await?;
    let three = task(&olga, &global_id("Meeting", meeting.id), "3").await?;
    let input = json!({"id": three, "dependsOnId": global_id("Task", one.id)});
    olga.run("taskSetDependency", input, "task { id }").await?;
    let input = json!({"id": global_id("Task", one.id), "dependsOnId": null});
    olga.run("taskSetDependency", input, "task { id }").await?;
    Ok(())
}

/// Bulk mutations say for each row what is wrong with it, and do all, nothing, or what they can.
async fn bulk(database: &TestDatabase) -> Outcome {
    let world = World::start(database).await?;
    let seed = Seed(database.connection());
    let (olga, max) = (
        world.client(&world.organizer).await?,
        world.client(&world.member).await?,
    );
    let meeting = meeting(&olga).await?;
    let own = task(&max, &meeting, "own").await?;
    let other = task(&olga, &meeting, "other").await?;
    let done = task(&max, &meeting, "done").await?;
    max.run("taskComplete", json!({"id": done}), "task { id }")
        .await?;
    let workspace = seed.workspace("b").await?;
    let outsider = seed.user(workspace.id, "zoe").await?;
    let foreign = seed.task(&seed.meeting(&outsider, "F").await?, "F").await?;
    let foreign = global_id("Task", foreign.id);

    let mut input = json!({"ids": [foreign, other, own, done, own]});
    let expected = [
        "NOT_FOUND ids.0",
        "FORBIDDEN ids.1",
        "INVALID_STATE ids.3",
        "INVALID ids.4",
    ];
    let selection = "tasks { title status }";
    let answer = max.ask("tasksComplete", input.clone(), selection).await?;
    let payload = &answer.data()?["tasksComplete"];
    assert_eq!(problems(payload), expected);
    assert_eq!(payload["tasks"], json!([]));
    assert_eq!(
        max.node(&own, "Task { status }").await?,
        json!({"status": "TODO"})
    );

    input["allOrNothing"] = json!(false);
    let answer = max.ask("tasksComplete", input, selection).await?;
    let payload = &answer.data()?["tasksComplete"];
    assert_eq!(problems(payload), expected);
    assert_eq!(
        payload["tasks"],
        json!([{"title": "own", "status": "COMPLETED"}])
    );

    let input = json!({
        "ids": [other, own],
        "assignedToId": global_id("User", world.admin.id),
    });
    let payload = olga
        .run(
            "tasksAssign",
            input,
            "tasks { title assignedTo { username } }",
        )
        .await?;
    let expected = json!([
        {"title": "other", "assignedTo": {"username": "ada"}},
        {"title": "own", "assignedTo": {"username": "ada"}},
    ]);
    assert_eq!(payload["tasks"], expected);
    let many = json!({"ids": vec![&own; 101]});
    assert_eq!(
        olga.problems("tasksComplete", many).await?,
        ["TOO_LONG ids"]
    );
    Ok(())
}
