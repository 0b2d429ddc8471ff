//! Subscribers to a transcript hear of segments that are deleted.

use serde_json::{Value, json};

use super::{odd_texts, say};
use crate::support::{
    Outcome,
    client::World,
    database::TestDatabase,
    seed::{Seed, global_id},
    socket::Socket,
    suite::Suite,
};

/// Adds the cases of this module.
pub fn list(suite: &mut Suite) {
    suite.on_both_databases(followed);
    suite.on_both_databases(resumed);
}

const QUERY: &str = "subscription ($id: ID!, $after: Int) {
    sessionTranscript(sessionId: $id, after: $after) {
        position isDeleted segment { id text speaker kind session { id } } } }";

/// Whoever shows the transcript gets each segment that is deleted, and the end of the session.
async fn followed(database: &TestDatabase) -> Outcome {
    let world = World::start(database).await?;
    let session = Seed(database.connection()).session(&world.member).await?;
    say(database, &session, &odd_texts()).await?;
    let max = world.client(&world.member).await?;
    let id = global_id("Session", session.id);
    let mut socket = Socket::begin(&world.server, Some(&max.token)).await?;
    let variables = json!({"id": id});
    socket.follow(&world.server, "t", QUERY, variables).await?;
    let mut ids = Vec::new();
    for position in 1..=odd_texts().len() {
        let event = socket.event("t").await?["sessionTranscript"].clone();
        assert_eq!(event["position"], position);
        assert_eq!(event["isDeleted"], false);
        ids.push(event["segment"]["id"].clone());
    }
    let range = json!({"sessionId": id, "fromMs": 1000, "untilMs": 3000});
    max.run("segmentsDelete", range, "deletedCount").await?;
    for (deleted, position) in [(1, 9), (2, 10)] {
        let event = socket.event("t").await?["sessionTranscript"].clone();
        let expected = json!({
            "position": position,
            "isDeleted": true,
            "segment": {
                "id": ids[deleted], "text": "", "speaker": null, "kind": "FINAL",
                "session": {"id": id},
            },
        });
        assert_eq!(event, expected);
    }
    // A segment that comes after that is not mistaken for a deleted one.
    Seed(database.connection())
        .segment(&session, 9000, "more")
        .await?;
    let event = socket.event("t").await?["sessionTranscript"].clone();
    assert_eq!(event["position"], 11);
    assert_eq!(event["segment"]["text"], "more");
    max.run("sessionDelete", json!({"id": id}), "deletedId")
        .await?;
    // What was deleted with the session may come before that.
    loop {
        let message = socket.message().await?;
        if message["type"] == "error" {
            let code = &message["payload"][0]["extensions"]["code"];
            assert_eq!(code, "NOT_FOUND");
            return Ok(());
        }
        let event = &message["payload"]["data"]["sessionTranscript"];
        assert_eq!(event["isDeleted"], true, "{message:#}");
    }
}

/// Whoever resumes hears of what was deleted since then. Whoever begins does not.
async fn resumed(database: &TestDatabase) -> Outcome {
    let world = World::start(database).await?;
    let session = Seed(database.connection()).session(&world.member).await?;
    say(database, &session, &odd_texts()).await?;
    let max = world.client(&world.member).await?;
    let id = global_id("Session", session.id);
    let range = json!({"sessionId": id, "untilMs": 2000});
    max.run("segmentsDelete", range, "deletedCount").await?;
    let events = async |after: Value, count: usize| {
        let mut socket = Socket::begin(&world.server, Some(&max.token)).await?;
        let variables = json!({"id": id, "after": after});
        socket.follow(&world.server, "t", QUERY, variables).await?;
        let mut events = Vec::new();
        for _ in 0..count {
            let event = socket.event("t").await?["sessionTranscript"].clone();
            events.push(json!([event["position"], event["isDeleted"]]));
        }
        Ok::<_, libtest_mimic::Failed>(Value::from(events))
    };
    let resumed = events(json!(8), 2).await?;
    assert_eq!(resumed, json!([[9, true], [10, true]]));
    let resumed = events(json!(9), 1).await?;
    assert_eq!(resumed, json!([[10, true]]));
    let begun = events(Value::Null, 6).await?;
    let stored: Vec<Value> = (3..9).map(|position| json!([position, false])).collect();
    assert_eq!(begun, json!(stored));
    Ok(())
}
