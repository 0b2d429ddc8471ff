//! The speakers of a session, and the users that they are.

use serde_json::{Value, json};

use super::{odd_texts, say};
use crate::support::{
    Outcome,
    client::World,
    database::TestDatabase,
    seed::{Seed, global_id},
    suite::Suite,
};

/// Adds the cases of this module.
pub fn list(suite: &mut Suite) {
    suite.on_both_databases(listed);
    suite.on_both_databases(renamed);
    suite.on_both_databases(assigned);
}

const SPEAKERS: &str = "speakers { name segmentCount firstMs lastMs user { username } }";

/// The speakers of many sessions are read by one statement.
async fn listed(database: &TestDatabase) -> Outcome {
    let world = World::start(database).await?;
    let seed = Seed(database.connection());
    for _ in 0..3 {
        let session = seed.session(&world.member).await?;
        say(database, &session, &odd_texts()[..5]).await?;
        seed.segment(&session, 9000, "by nobody").await?;
    }
    let max = world.client(&world.member).await?;
    let document = |first| format!("{{ sessions(first: {first}) {{ nodes {{ {SPEAKERS} }} }} }}");
    let mut counts = Vec::new();
    for first in [1, 3] {
        let document = document(first);
        let answer = world
            .server
            .ask_as(&max.token, &document, json!({}))
            .await?;
        let sessions = answer.data()?["sessions"]["nodes"].clone();
        for session in sessions.as_array().ok_or("no list")? {
            let expected = json!([
                {"name": "Ada", "segmentCount": 3, "firstMs": 0, "lastMs": 4900, "user": null},
                {"name": "Max", "segmentCount": 2, "firstMs": 1000, "lastMs": 3900, "user": null},
            ]);
            assert_eq!(session["speakers"], expected);
        }
        counts.push(world.server.statements(&answer)?.len());
    }
    assert_eq!(counts, [2, 2]);
    let nobody = "{ sessions { nodes { speakers(first: 0) { name } } } }";
    let answer = world.server.ask_as(&max.token, nobody, json!({})).await?;
    assert_eq!(
        answer.data()?["sessions"]["nodes"][0]["speakers"],
        json!([])
    );
    assert_eq!(world.server.statements(&answer)?.len(), 1);
    Ok(())
}

/// A speaker has the new name in all segments, which subscribers get again, and stays the same user.
async fn renamed(database: &TestDatabase) -> Outcome {
    let world = World::start(database).await?;
    let session = Seed(database.connection()).session(&world.member).await?;
    say(database, &session, &odd_texts()).await?;
    let max = world.client(&world.member).await?;
    let id = global_id("Session", session.id);
    let user = global_id("User", world.organizer.id);
    let assign = json!({"sessionId": id, "name": "Max", "userId": user});
    max.run("speakerAssign", assign, "session { id }").await?;
    let rename = json!({"sessionId": id, "name": "Max", "newName": "Maxine"});
    let selection = format!("changedCount hasMore session {{ {SPEAKERS} }}");
    let payload = max.run("speakerRename", rename.clone(), &selection).await?;
    assert_eq!(
        (&payload["changedCount"], &payload["hasMore"]),
        (&json!(4), &json!(false))
    );
    let speaker = &payload["session"]["speakers"][1];
    assert_eq!(
        (&speaker["name"], &speaker["segmentCount"]),
        (&json!("Maxine"), &json!(4))
    );
    assert_eq!(speaker["user"]["username"], "olga");
    let again = max.run("speakerRename", rename, "changedCount").await?;
    assert_eq!(again["changedCount"], 0);
    // Two can become one.
    let merge = json!({"sessionId": id, "name": "Ada", "newName": "Maxine"});
    let payload = max.run("speakerRename", merge, &selection).await?;
    let speakers = payload["session"]["speakers"].as_array().ok_or("no list")?;
    assert_eq!(
        (speakers.len(), &speakers[0]["segmentCount"]),
        (1, &json!(8))
    );
    let blank = json!({"sessionId": id, "name": "Maxine", "newName": " "});
    assert_eq!(
        max.problems("speakerRename", blank).await?,
        ["BLANK newName"]
    );
    Ok(())
}

/// Segments lead to the user that their speaker is, until that is taken back.
async fn assigned(database: &TestDatabase) -> Outcome {
    let world = World::start(database).await?;
    let seed = Seed(database.connection());
    let session = seed.session(&world.member).await?;
    say(database, &session, &odd_texts()).await?;
    let elsewhere = seed.workspace("elsewhere").await?;
    let eve = seed.user(elsewhere.id, "eve").await?;
    let max = world.client(&world.member).await?;
    let id = global_id("Session", session.id);
    let assign = async |user: Value| {
        let input = json!({"sessionId": id, "name": "Ada", "userId": user});
        max.ask("speakerAssign", input, "session { id }").await
    };
    let document = format!(
        "{{ session(id: {id:?}) {{ segments {{ nodes {{ speakerUser {{ username }} }} }} }} }}"
    );
    let users = async || -> Result<Vec<Value>, libtest_mimic::Failed> {
        let answer = world
            .server
            .ask_as(&max.token, &document, json!({}))
            .await?;
        assert!(world.server.statements(&answer)?.len() <= 3);
        let nodes = answer.data()?["session"]["segments"]["nodes"].clone();
        let nodes = nodes.as_array().ok_or("no list")?.iter();
        Ok(nodes
            .map(|node| node["speakerUser"]["username"].clone())
            .collect())
    };
    assign(json!(global_id("User", world.admin.id)))
        .await?
        .data()?;
    assert_eq!(
        users().await?[..3],
        [json!("ada"), Value::Null, json!("ada")]
    );
    let answer = assign(json!(global_id("User", eve.id))).await?;
    let problem = &answer.data()?["speakerAssign"]["userErrors"][0];
    assert_eq!(problem["code"], "NOT_FOUND");
    assign(json!(global_id("User", world.organizer.id)))
        .await?
        .data()?;
    assert_eq!(users().await?[0], "olga");
    assign(Value::Null).await?.data()?;
    assert_eq!(users().await?[0], Value::Null);
    let user = global_id("User", world.admin.id);
    let unknown = json!({"sessionId": id, "name": "Nobody", "userId": user});
    assert_eq!(
        max.problems("speakerAssign", unknown).await?,
        ["NOT_FOUND name"]
    );
    let removed = json!({"sessionId": id, "name": "Nobody", "userId": null});
    max.run("speakerAssign", removed, "session { id }").await?;
    Ok(())
}
