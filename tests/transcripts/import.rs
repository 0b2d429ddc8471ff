//! `transcriptImport`.

use std::fmt::Write;

use libtest_mimic::Failed;
use serde_json::{Value, json};

use super::{download, odd_texts, say};
use crate::support::{
    Outcome,
    client::{Client, World},
    database::TestDatabase,
    seed::{Seed, global_id},
    suite::Suite,
};

/// Adds the cases of this module.
pub fn list(suite: &mut Suite) {
    suite.on_both_databases(round_trips);
    suite.on_both_databases(warnings);
    suite.on_both_databases(rejected);
    suite.on_both_databases(repeated);
    suite.on_both_databases(statements);
}

const SELECTION: &str = "importedCount warningCount warnings { line message text }
    session { id language segments(first: 1000) {
        nodes { text startMs endMs speaker confidence kind }
    } }";

async fn fresh(client: &Client<'_>) -> Result<String, Failed> {
    client.make("sessionCreate", json!({}), "session").await
}

/// What was downloaded and is imported again has the same segments.
async fn round_trips(database: &TestDatabase) -> Outcome {
    let world = World::start(database).await?;
    let session = Seed(database.connection()).session(&world.member).await?;
    say(database, &session, &odd_texts()).await?;
    let max = world.client(&world.member).await?;
    let id = global_id("Session", session.id);
    let document = format!(
        "{{ session(id: {id:?}) {{ segments {{
            nodes {{ text startMs endMs speaker confidence kind }}
        }} }} }}"
    );
    let original = max.read(&document).await?["session"]["segments"]["nodes"].clone();
    for extension in ["vtt", "srt", "json"] {
        let path = format!("/sessions/{}/transcript.{extension}", session.external_id);
        let file = download(&world.server, Some(&max.token), &path).await?;
        let input = json!({"sessionId": fresh(&max).await?, "content": file.text});
        let payload = max.run("transcriptImport", input, SELECTION).await?;
        assert_eq!(payload["warnings"], json!([]));
        assert_eq!(payload["importedCount"], json!(odd_texts().len()));
        let mut expected = original.clone();
        if extension != "json" {
            // Captions have no place for it.
            for segment in expected.as_array_mut().ok_or("no list")? {
                segment["confidence"] = Value::Null;
            }
        }
        assert_eq!(
            payload["session"]["segments"]["nodes"], expected,
            "{extension}"
        );
    }
    Ok(())
}

/// What is passed over is a warning with its line, and the language of the file is that of the
/// session.
async fn warnings(database: &TestDatabase) -> Outcome {
    let world = World::start(database).await?;
    let max = world.client(&world.member).await?;
    let content = "WEBVTT\nLanguage: de\n\nlost words\n\n00:01.000 --> 00:02.000\nGuten Tag\n";
    let input = json!({"sessionId": fresh(&max).await?, "content": content});
    let payload = max.run("transcriptImport", input, SELECTION).await?;
    assert_eq!(payload["warningCount"], 1);
    assert_eq!(payload["warnings"][0]["line"], 4);
    assert_eq!(payload["warnings"][0]["text"], "lost words");
    assert_eq!(payload["session"]["language"], "de");
    let input = json!({"sessionId": fresh(&max).await?, "content": content, "strict": true});
    let problems = max.problems("transcriptImport", input).await?;
    assert_eq!(problems, ["INVALID content"]);
    // All warnings are counted, and long quotations are cut.
    let lost = format!("{}\n\n", "lost".repeat(100)).repeat(1500);
    let content = format!("WEBVTT\n\n{lost}00:01.000 --> 00:02.000\nGuten Tag\n");
    let session = fresh(&max).await?;
    let input = json!({"sessionId": session, "content": content});
    let payload = max.run("transcriptImport", input, SELECTION).await?;
    assert_eq!(payload["warningCount"], 1500);
    let warnings = payload["warnings"].as_array().ok_or("no list")?;
    assert_eq!(warnings.len(), 1000);
    assert_eq!(warnings[999]["line"], 2001);
    assert_eq!(warnings[0]["text"], "lost".repeat(100));
    let message = warnings[0]["message"].as_str().unwrap_or_default();
    assert!(
        message.contains(&format!("{}…", "lost".repeat(50))),
        "{message}"
    );
    assert!(message.len() < 300, "{message}");
    Ok(())
}

/// A file that cannot be told is a problem, and so is one that is too large.
async fn rejected(database: &TestDatabase) -> Outcome {
    let world = World::start(database).await?;
    let max = world.client(&world.member).await?;
    let session = fresh(&max).await?;
    let cues = |count: usize| {
        let mut file = String::from("WEBVTT\n");
        for number in 0..count {
            let _ = write!(
                file,
                "\n{:02}:{:02}.000 --> 99:59.000\nx\n",
                number / 60,
                number % 60
            );
        }
        file
    };
    for (content, problem) in [
        ("\n".to_owned(), "BLANK content"),
        ("Good morning".to_owned(), "INVALID content"),
        ("[{".to_owned(), "INVALID content"),
        ("WEBVTT\n".to_owned(), "INVALID content"),
        (cues(5001), "TOO_LONG content"),
        ("x".repeat(1024 * 1024 + 1), "TOO_LONG content"),
    ] {
        let input = json!({"sessionId": session, "content": content});
        let problems = max.problems("transcriptImport", input).await?;
        assert_eq!(problems, [problem]);
    }
    let input = json!({"sessionId": session, "content": cues(5000)});
    let payload = max.run("transcriptImport", input, "importedCount");
    assert_eq!(payload.await?["importedCount"], 5000);
    Ok(())
}

/// A file is imported once, unless it is asked for again.
async fn repeated(database: &TestDatabase) -> Outcome {
    let world = World::start(database).await?;
    let max = world.client(&world.member).await?;
    let session = fresh(&max).await?;
    let content = "1\n00:00:01,000 --> 00:00:02,000\nHello\n";
    let mut input = json!({"sessionId": session, "content": content, "idempotencyKey": "one"});
    let selection = "importedCount session { segments { totalCount } }";
    for _ in 0..2 {
        let payload = max
            .run("transcriptImport", input.clone(), selection)
            .await?;
        assert_eq!(payload["importedCount"], 1);
        assert_eq!(payload["session"]["segments"]["totalCount"], 1);
    }
    input["idempotencyKey"] = json!("two");
    let problems = max.problems("transcriptImport", input.clone()).await?;
    assert_eq!(problems, ["CONFLICT content"]);
    input["again"] = json!(true);
    let payload = max
        .run("transcriptImport", input.clone(), selection)
        .await?;
    assert_eq!(payload["session"]["segments"]["totalCount"], 2);
    // Once its segments are deleted, it can be imported like any other.
    max.run(
        "segmentsDelete",
        json!({"sessionId": session, "all": true}),
        "deletedCount",
    )
    .await?;
    let input = json!({"sessionId": session, "content": content});
    let payload = max.run("transcriptImport", input, selection).await?;
    assert_eq!(payload["session"]["segments"]["totalCount"], 1);
    Ok(())
}

/// A thousand cues need as many statements as one.
async fn statements(database: &TestDatabase) -> Outcome {
    let world = World::start(database).await?;
    let max = world.client(&world.member).await?;
    let mut counts = Vec::new();
    for cues in [1, 1000] {
        let list: Vec<Value> = (0..cues)
            .map(|number| json!({"start": number, "end": number + 1, "text": "x"}))
            .collect();
        let content = json!({"segments": list}).to_string();
        let input = json!({
            "sessionId": fresh(&max).await?, "content": content, "idempotencyKey": cues.to_string(),
        });
        let answer = max.ask("transcriptImport", input, "importedCount").await?;
        assert_eq!(answer.data()?["transcriptImport"]["importedCount"], cues);
        counts.push(world.server.statements(&answer)?.len());
    }
    assert_eq!(counts[0], counts[1]);
    assert!(counts[0] <= 12, "{counts:?}");
    Ok(())
}
