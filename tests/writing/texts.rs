//! Texts that people and programs send: the same rules for every field, on both databases.

use serde_json::{Value, json};

use crate::support::{
    Outcome,
    client::{World, problems},
    database::TestDatabase,
    seed::{Seed, global_id},
    suite::Suite,
};

/// Adds the cases of this module.
pub fn list(suite: &mut Suite) {
    suite.on_both_databases(stored_unchanged);
    suite.on_both_databases(limits);
    suite.on_both_databases(malformed_unicode);
}

/// Texts in all scripts are returned as they were sent, without the whitespace around them.
async fn stored_unchanged(database: &TestDatabase) -> Outcome {
    let world = World::start(database).await?;
    let olga = world.client(&world.organizer).await?;
    for (sent, kept) in [
        ("  spaces around  ", "spaces around"),
        ("\u{200f}שלום\u{200f}", "\u{200f}שלום\u{200f}"),
        ("👩‍👩‍👧‍👦 🇩🇪 𝄞", "👩‍👩‍👧‍👦 🇩🇪 𝄞"),
        ("e\u{301} is not é", "e\u{301} is not é"),
        ("a\tb\u{1}c\u{7f}", "a\tb\u{1}c\u{7f}"),
        ("'; DROP TABLE meeting; --", "'; DROP TABLE meeting; --"),
        ("\u{fffd}\u{10ffff}", "\u{fffd}\u{10ffff}"),
    ] {
        let input = json!({"title": sent, "description": format!("a\r\n{sent}")});
        let payload = olga
            .run("meetingCreate", input, "meeting { id title description }")
            .await?;
        let id = payload["meeting"]["id"].as_str().ok_or("no id")?.to_owned();
        let meeting = olga.node(&id, "Meeting { id title description }").await?;
        assert_eq!(meeting["title"], kept);
        assert_eq!(meeting["description"], format!("a\r\n{}", sent.trim_end()));
        assert_eq!(meeting, payload["meeting"]);
    }
    Ok(())
}

/// Every text with a limit in the data contract takes so many characters, of four bytes each too,
/// and one more is a problem that names the limit.
async fn limits(database: &TestDatabase) -> Outcome {
    let world = World::start(database).await?;
    let seed = Seed(database.connection());
    let meeting = seed.meeting(&world.organizer, "M").await?;
    let session = seed.session(&world.admin).await?;
    let (meeting, session) = (
        global_id("Meeting", meeting.id),
        global_id("Session", session.id),
    );
    let user = global_id("User", world.admin.id);
    let workspace = global_id("Workspace", world.acme.id);
    let ada = world.client(&world.admin).await?;
    for (mutation, rest, field, limit) in [
        ("meetingCreate", json!({}), "title", 255),
        ("meetingUpdate", json!({"id": meeting}), "title", 255),
        ("taskCreate", json!({"meetingId": meeting}), "title", 255),
        ("workspaceUpdate", json!({"id": workspace}), "name", 128),
        ("userUpdate", json!({"id": user}), "username", 64),
        ("sessionCreate", json!({}), "language", 10),
        (
            "markerCreate",
            json!({"sessionId": session, "type": "RISK", "content": "x"}),
            "speaker",
            50,
        ),
        (
            "meetingCreate",
            json!({"title": "x"}),
            "idempotencyKey",
            128,
        ),
    ] {
        for (text, expected) in [
            ("𝄞".repeat(limit), None),
            ("𝄞".repeat(limit + 1), Some("TOO_LONG")),
            (format!(" {} ", "x".repeat(limit)), None),
            ("\u{200b} \u{a0}".to_owned(), Some("BLANK")),
            ("a\0b".to_owned(), Some("INVALID")),
        ] {
            let mut input = rest.clone();
            input[field] = json!(text);
            let answer = ada.ask(mutation, input, "__typename").await?;
            let payload = &answer.data()?[mutation];
            let expected: Vec<String> = expected
                .iter()
                .map(|code| format!("{code} {field}"))
                .collect();
            assert_eq!(problems(payload), expected, "{mutation} {field} {text:?}");
            if expected
                .iter()
                .any(|problem| problem.starts_with("TOO_LONG"))
            {
                let message = payload["userErrors"][0]["message"].as_str().unwrap();
                assert!(message.contains(&limit.to_string()), "{message}");
            }
        }
    }
    Ok(())
}

/// Half of a surrogate pair is no character: it is rejected as malformed, in a literal and in a
/// variable, and nothing is stored.
async fn malformed_unicode(database: &TestDatabase) -> Outcome {
    let world = World::start(database).await?;
    let olga = world.client(&world.organizer).await?;
    let bodies = [
        r#"{"query": "mutation ($t: String!) { meetingCreate(input: {title: $t}) { meeting { id } } }",
            "variables": {"t": "a\ud800"}}"#,
        r#"{"query": "mutation { meetingCreate(input: {title: \"a\\ud800\"}) { meeting { id } } }"}"#,
    ];
    for body in bodies {
        let response = reqwest::Client::new()
            .post(world.server.url("/graphql"))
            .bearer_auth(&olga.token)
            .header("content-type", "application/json")
            .body(body)
            .send()
            .await?;
        assert!(response.status().as_u16() < 500, "{}", response.status());
        let answer: Value = response.json().await?;
        assert_eq!(
            answer["errors"][0]["extensions"]["code"], "BAD_USER_INPUT",
            "{answer}"
        );
    }
    let meetings = olga.read("{ meetings { totalCount } }").await?;
    assert_eq!(meetings["meetings"]["totalCount"], 0);
    Ok(())
}
