//! The life of sessions.

use serde_json::{Value, json};

use crate::support::{Outcome, client::World, database::TestDatabase, suite::Suite};

/// Adds the cases of this module.
pub fn list(suite: &mut Suite) {
    suite.on_both_databases(a_whole_life);
    suite.on_both_databases(failure);
    suite.on_both_databases(external_ids);
}

/// From pending to completed.
async fn a_whole_life(database: &TestDatabase) -> Outcome {
    let world = World::start(database).await?;
    let max = world.client(&world.member).await?;
    let input = json!({"language": "pt-BR", "vadEnabled": false});
    let selection = "session {
        id status language vadEnabled user { username } startedAt allowedTransitions
    }";
    let payload = max.run("sessionCreate", input, selection).await?;
    let mut created = payload["session"].clone();
    let id = created["id"].take();
    let expected = json!({
        "id": null,
        "status": "PENDING",
        "language": "pt-BR",
        "vadEnabled": false,
        "user": {"username": "max"},
        "startedAt": null,
        "allowedTransitions": ["RECORDING", "ERROR"],
    });
    assert_eq!(created, expected);
    let mut ended_at = Value::Null;
    for (mutation, status, allowed) in [
        ("sessionStart", "RECORDING", json!(["PROCESSING", "ERROR"])),
        ("sessionStop", "PROCESSING", json!(["COMPLETED", "ERROR"])),
        ("sessionComplete", "COMPLETED", json!([])),
    ] {
        let selection = "session { status startedAt endedAt allowedTransitions }";
        let payload = max.run(mutation, json!({"id": id}), selection).await?;
        let session = &payload["session"];
        assert_eq!(session["status"], status);
        assert_eq!(session["allowedTransitions"], allowed);
        assert!(session["startedAt"].is_string());
        if status == "COMPLETED" {
            assert_eq!(session["endedAt"], ended_at);
        }
        ended_at = session["endedAt"].clone();
        assert_eq!(ended_at.is_string(), status != "RECORDING");
        let again = max.problems(mutation, json!({"id": id})).await?;
        assert_eq!(again, ["INVALID_STATE id"]);
    }
    Ok(())
}

/// A failed session has an end only if it had a start.
async fn failure(database: &TestDatabase) -> Outcome {
    let world = World::start(database).await?;
    let max = world.client(&world.member).await?;
    for starts in [false, true] {
        let id = max.make("sessionCreate", json!({}), "session").await?;
        if starts {
            max.run("sessionStart", json!({"id": id}), "session { id }")
                .await?;
        }
        let payload = max
            .run(
                "sessionFail",
                json!({"id": id}),
                "session { status endedAt }",
            )
            .await?;
        assert_eq!(payload["session"]["status"], "ERROR");
        assert_eq!(payload["session"]["endedAt"].is_string(), starts);
    }
    Ok(())
}

/// A recorder may choose the UUID, once.
async fn external_ids(database: &TestDatabase) -> Outcome {
    let world = World::start(database).await?;
    let max = world.client(&world.member).await?;
    let input = json!({"externalId": "0198A5C2-7d3e-7b41-9c55-2f6d0e8a1b34"});
    let payload = max
        .run("sessionCreate", input.clone(), "session { externalId }")
        .await?;
    assert_eq!(
        payload["session"]["externalId"],
        "0198a5c2-7d3e-7b41-9c55-2f6d0e8a1b34"
    );
    assert_eq!(
        max.problems("sessionCreate", input).await?,
        ["TAKEN externalId"]
    );
    let long = json!({"language": "x".repeat(11)});
    assert_eq!(
        max.problems("sessionCreate", long).await?,
        ["TOO_LONG language"]
    );
    Ok(())
}
