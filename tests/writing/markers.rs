//! Marking moments, and making tasks of them.

use entity::task;
use sea_orm::EntityTrait;
use serde_json::{Value, json};

use crate::support::{Outcome, client::World, database::TestDatabase, suite::Suite};

/// Adds the cases of this module.
pub fn list(suite: &mut Suite) {
    suite.on_both_databases(change);
    suite.on_both_databases(become_tasks);
    suite.on_both_databases(of_no_meeting);
}

/// Everybody marks; everybody changes only what is theirs.
async fn change(database: &TestDatabase) -> Outcome {
    let world = World::start(database).await?;
    let (ada, max) = (
        world.client(&world.admin).await?,
        world.client(&world.member).await?,
    );
    let session = ada.make("sessionCreate", json!({}), "session").await?;
    let input = json!({
        "sessionId": session,
        "type": "RISK",
        "content": " It may rain ",
        "timestamp": 1500,
        "speaker": "Ada",
    });
    let fields = "marker { id type content timestamp speaker user { username } }";
    let payload = max.run("markerCreate", input, fields).await?;
    let id = payload["marker"]["id"].clone();
    let mut expected = json!({
        "id": id,
        "type": "RISK",
        "content": "It may rain",
        "timestamp": 1500,
        "speaker": "Ada",
        "user": {"username": "max"},
    });
    assert_eq!(payload["marker"], expected);
    let input = json!({"id": id, "type": "DECISION", "speaker": null});
    let payload = max.run("markerUpdate", input.clone(), fields).await?;
    expected["type"] = json!("DECISION");
    expected["speaker"] = Value::Null;
    assert_eq!(payload["marker"], expected);
    assert_eq!(ada.error("markerUpdate", input).await?, "FORBIDDEN");
    for (input, expected) in [
        (json!({"id": id, "content": " "}), "BLANK content"),
        (json!({"id": id, "timestamp": -1}), "OUT_OF_RANGE timestamp"),
        (
            json!({"id": id, "speaker": "x".repeat(51)}),
            "TOO_LONG speaker",
        ),
    ] {
        assert_eq!(max.problems("markerUpdate", input).await?, [expected]);
    }
    assert_eq!(
        ada.error("markerDelete", json!({"id": id})).await?,
        "FORBIDDEN"
    );
    max.run("markerDelete", json!({"id": id}), "deletedId")
        .await?;
    assert_eq!(
        max.error("markerDelete", json!({"id": id})).await?,
        "NOT_FOUND"
    );
    Ok(())
}

/// A todo becomes one task of the meeting that the session transcribes, however often it is asked
/// for.
async fn become_tasks(database: &TestDatabase) -> Outcome {
    let world = World::start(database).await?;
    let (olga, max) = (
        world.client(&world.organizer).await?,
        world.client(&world.member).await?,
    );
    let meeting = olga
        .make("meetingCreate", json!({"title": "M"}), "meeting")
        .await?;
    let session = olga
        .make("sessionCreate", json!({"meetingId": meeting}), "session")
        .await?;
    let long = "ß".repeat(300);
    let fields = "task {
        id title description priority status createdBy { username } meeting { id }
    }";
    for (content, title, description) in [
        ("Call them", "Call them".to_owned(), Value::Null),
        (&long, format!("{}…", "ß".repeat(254)), json!(long)),
    ] {
        let input = json!({"sessionId": session, "type": "TODO", "content": content});
        let marker = max.make("markerCreate", input, "marker").await?;
        let convert = json!({"id": marker, "priority": "HIGH"});
        let payload = max
            .run("markerConvertToTask", convert.clone(), fields)
            .await?;
        let expected = json!({
            "id": payload["task"]["id"],
            "title": title,
            "description": description,
            "priority": "HIGH",
            "status": "TODO",
            "createdBy": {"username": "max"},
            "meeting": {"id": meeting},
        });
        assert_eq!(payload["task"], expected);
        let again = max
            .run("markerConvertToTask", convert.clone(), fields)
            .await?;
        assert_eq!(again["task"], payload["task"]);
        // Somebody has deleted the task, so that another one is made.
        max.run(
            "taskDelete",
            json!({"id": payload["task"]["id"]}),
            "deletedId",
        )
        .await?;
        let second = max.run("markerConvertToTask", convert, fields).await?;
        assert_ne!(second["task"]["id"], payload["task"]["id"]);
    }
    let tasks = task::Entity::find().all(database.connection()).await?;
    assert_eq!(tasks.len(), 2);
    Ok(())
}

/// A session need not transcribe a meeting; then the task needs one.
async fn of_no_meeting(database: &TestDatabase) -> Outcome {
    let world = World::start(database).await?;
    let (olga, max) = (
        world.client(&world.organizer).await?,
        world.client(&world.member).await?,
    );
    let meeting = olga
        .make("meetingCreate", json!({"title": "M"}), "meeting")
        .await?;
    let session = max.make("sessionCreate", json!({}), "session").await?;
    let mark = |kind: &str| json!({"sessionId": session, "type": kind, "content": "X"});
    let todo = max.make("markerCreate", mark("TODO"), "marker").await?;
    let convert = json!({"id": todo});
    assert_eq!(
        max.problems("markerConvertToTask", convert).await?,
        ["BLANK meetingId"]
    );
    let convert = json!({"id": todo, "meetingId": meeting, "title": "Y"});
    let payload = max
        .run("markerConvertToTask", convert, "task { title description }")
        .await?;
    assert_eq!(payload["task"], json!({"title": "Y", "description": "X"}));
    let risk = max.make("markerCreate", mark("RISK"), "marker").await?;
    let convert = json!({"id": risk, "meetingId": meeting});
    assert_eq!(
        max.problems("markerConvertToTask", convert).await?,
        ["INVALID_STATE id"]
    );
    Ok(())
}
