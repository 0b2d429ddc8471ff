//! Segments that transcribers append and users correct.

use std::collections::BTreeSet;

use entity::segment;
use libtest_mimic::Failed;
use sea_orm::EntityTrait;
use serde_json::{Value, json};

use crate::support::{
    Outcome,
    client::{Client, World, problems},
    database::TestDatabase,
    suite::Suite,
};

/// Adds the cases of this module.
pub fn list(suite: &mut Suite) {
    suite.on_both_databases(bulk);
    suite.on_both_databases(versions);
    suite.on_both_databases(a_call_is_repeated);
    suite.on_both_databases(rules);
    suite.on_both_databases(all_or_nothing);
    suite.on_both_databases(only_while_open);
    suite.on_both_databases(correction);
}

/// A session that records.
async fn recording(client: &Client<'_>) -> Result<String, Failed> {
    let id = client.make("sessionCreate", json!({}), "session").await?;
    client
        .run("sessionStart", json!({"id": id}), "session { id }")
        .await?;
    Ok(id)
}

/// Appends and gives the whole payload.
async fn append(client: &Client<'_>, input: Value) -> Result<Value, Failed> {
    let selection = "segments { id text kind startMs speaker }";
    let answer = client.ask("segmentsAppend", input, selection).await?;
    Ok(answer.data()?["segmentsAppend"].clone())
}

/// The ids of the segments in a payload.
fn ids(payload: &Value) -> Vec<&str> {
    let segments = payload["segments"].as_array().unwrap();
    segments
        .iter()
        .map(|segment| segment["id"].as_str().unwrap())
        .collect()
}

/// A thousand at once, in their order.
async fn bulk(database: &TestDatabase) -> Outcome {
    let world = World::start(database).await?;
    let max = world.client(&world.member).await?;
    let session = recording(&max).await?;
    let segments = |count: usize| -> Vec<Value> {
        (0..count)
            .map(|number| {
                json!({
                    "text": format!("segment {number}"),
                    "startMs": 10 * number,
                    "endMs": 10 * number + 9,
                    "confidence": 0.5,
                    "speaker": "Max",
                    "language": "en",
                    "key": format!("k{number}"),
                })
            })
            .collect()
    };
    let input = json!({"sessionId": session, "segments": segments(1000)});
    let payload = append(&max, input.clone()).await?;
    assert_eq!(problems(&payload), [""; 0]);
    let texts = payload["segments"].as_array().unwrap().iter();
    let texts: Vec<String> = texts
        .filter_map(|segment| Some(segment["text"].as_str()?.to_owned()))
        .collect();
    let expected: Vec<String> = (0..1000)
        .map(|number| format!("segment {number}"))
        .collect();
    assert_eq!(texts, expected);
    assert_eq!(
        ids(&payload).into_iter().collect::<BTreeSet<_>>().len(),
        1000
    );
    let again = append(&max, input).await?;
    assert_eq!(ids(&again), ids(&payload));
    let stored = segment::Entity::find().all(database.connection()).await?;
    assert_eq!(stored.len(), 1000);

    let input = json!({"sessionId": session, "segments": segments(1001)});
    assert_eq!(
        max.problems("segmentsAppend", input).await?,
        ["TOO_LONG segments"]
    );
    let payload = append(&max, json!({"sessionId": session, "segments": []})).await?;
    assert_eq!(payload["segments"], json!([]));
    Ok(())
}

/// A segment keeps its id from the first guess to the correction, and never goes back.
async fn versions(database: &TestDatabase) -> Outcome {
    let world = World::start(database).await?;
    let max = world.client(&world.member).await?;
    let session = recording(&max).await?;
    let mut id = Value::Null;
    for (kind, text, expected_kind, expected_text) in [
        ("INTERIM", "hel", "INTERIM", "hel"),
        ("INTERIM", "hello wor", "INTERIM", "hello wor"),
        ("FINAL", "hello world", "FINAL", "hello world"),
        // One that comes late, and one that is repeated.
        ("INTERIM", "hello wor", "FINAL", "hello world"),
        ("FINAL", "hello world", "FINAL", "hello world"),
        ("CORRECTED", "Hello, world", "CORRECTED", "Hello, world"),
        ("FINAL", "hello world", "CORRECTED", "Hello, world"),
    ] {
        let segment = json!({"key": "u1", "kind": kind, "text": text, "startMs": 0, "endMs": 9});
        let payload = append(&max, json!({"sessionId": session, "segments": [segment]})).await?;
        let segment = &payload["segments"][0];
        assert_eq!(problems(&payload), [""; 0], "{kind} {text}");
        assert_eq!(segment["kind"], expected_kind, "{kind} {text}");
        assert_eq!(segment["text"], expected_text, "{kind} {text}");
        if id.is_null() {
            id = segment["id"].clone();
        }
        assert_eq!(segment["id"], id);
    }
    // Two final versions that differ: one of them would be lost.
    let final_version = |text: &str| json!({"key": "u2", "text": text});
    let one = json!({"sessionId": session, "segments": [final_version("one")]});
    append(&max, one).await?;
    let two = json!({"sessionId": session, "segments": [final_version("two")]});
    assert_eq!(
        max.problems("segmentsAppend", two).await?,
        ["CONFLICT segments.0.key"]
    );
    // Several versions in one call.
    let both = json!([
        {"key": "u3", "kind": "INTERIM", "text": "a"},
        {"key": "u4", "text": "b"},
        {"key": "u3", "text": "A"},
    ]);
    let payload = append(&max, json!({"sessionId": session, "segments": both})).await?;
    let [first, second, third] = ids(&payload)[..] else {
        return Err("not three segments".into());
    };
    assert_eq!(first, third);
    assert_ne!(first, second);
    assert_eq!(payload["segments"][0]["text"], "A");
    // The same key in another session is another segment.
    let other = recording(&max).await?;
    let payload = append(
        &max,
        json!({"sessionId": other, "segments": [final_version("x")]}),
    )
    .await?;
    assert_eq!(problems(&payload), [""; 0]);
    Ok(())
}

/// A call whose answer was lost is repeated whole and adds nothing twice.
async fn a_call_is_repeated(database: &TestDatabase) -> Outcome {
    let world = World::start(database).await?;
    let max = world.client(&world.member).await?;
    let session = recording(&max).await?;
    let call = |key: Value| {
        json!({
            "sessionId": session,
            "key": key,
            "segments": [{"text": "one"}, {"text": "two", "key": "own"}, {"text": "one"}],
        })
    };
    let first = append(&max, call(json!("call 1"))).await?;
    assert_eq!(ids(&first).into_iter().collect::<BTreeSet<_>>().len(), 3);
    let again = append(&max, call(json!("call 1"))).await?;
    assert_eq!(ids(&again), ids(&first));
    let next = append(&max, call(json!("call 2"))).await?;
    assert_eq!(ids(&next)[1], ids(&first)[1]);
    let without = append(&max, call(Value::Null)).await?;
    let all: BTreeSet<&str> = [&first, &next, &without]
        .into_iter()
        .flat_map(ids)
        .collect();
    assert_eq!(all.len(), 7);
    let stored = segment::Entity::find().all(database.connection()).await?;
    assert_eq!(stored.len(), 7);
    Ok(())
}

/// The rules of segments, with a problem for each segment that breaks one.
async fn rules(database: &TestDatabase) -> Outcome {
    let world = World::start(database).await?;
    let max = world.client(&world.member).await?;
    let session = recording(&max).await?;
    let segments = json!([
        {"text": " "},
        {"text": "a", "confidence": 1.01},
        {"text": "a", "confidence": -0.01},
        {"text": "a", "startMs": 5, "endMs": 4},
        {"text": "a", "startMs": -1},
        {"text": "a", "endMs": -1},
        {"text": "a", "speaker": "x".repeat(51), "language": "x".repeat(11)},
        {"text": "a\0", "key": " "},
    ]);
    let input = json!({"sessionId": session, "segments": segments});
    let expected = [
        "BLANK segments.0.text",
        "OUT_OF_RANGE segments.1.confidence",
        "OUT_OF_RANGE segments.2.confidence",
        "OUT_OF_RANGE segments.3.endMs",
        "OUT_OF_RANGE segments.4.startMs",
        "OUT_OF_RANGE segments.5.endMs",
        "TOO_LONG segments.6.speaker",
        "TOO_LONG segments.6.language",
        "BLANK segments.7.key",
        "INVALID segments.7.text",
    ];
    assert_eq!(max.problems("segmentsAppend", input).await?, expected);
    let right = json!([
        {"text": "a", "confidence": 0},
        {"text": "a", "confidence": 1, "startMs": 5, "endMs": 5},
        {"text": "a", "speaker": "ü".repeat(50), "language": "x".repeat(10)},
    ]);
    let payload = append(&max, json!({"sessionId": session, "segments": right})).await?;
    assert_eq!(problems(&payload), [""; 0]);
    Ok(())
}

/// Either nothing is stored, or what is right.
async fn all_or_nothing(database: &TestDatabase) -> Outcome {
    let world = World::start(database).await?;
    let max = world.client(&world.member).await?;
    let session = recording(&max).await?;
    for (choice, expected) in [(json!(true), 0), (json!(false), 2)] {
        let input = json!({
            "sessionId": session,
            "segments": [{"text": "one"}, {"text": ""}, {"text": "three"}],
            "allOrNothing": choice,
        });
        let payload = append(&max, input).await?;
        assert_eq!(problems(&payload), ["BLANK segments.1.text"]);
        assert_eq!(ids(&payload).len(), expected);
        let stored = segment::Entity::find().all(database.connection()).await?;
        assert_eq!(stored.len(), expected);
    }
    Ok(())
}

/// Segments are taken while the session is recording or processing.
async fn only_while_open(database: &TestDatabase) -> Outcome {
    let world = World::start(database).await?;
    let max = world.client(&world.member).await?;
    let id = max.make("sessionCreate", json!({}), "session").await?;
    let input = json!({"sessionId": id, "segments": [{"text": "a"}]});
    let closed = ["INVALID_STATE sessionId"];
    assert_eq!(max.problems("segmentsAppend", input.clone()).await?, closed);
    for (mutation, is_open) in [
        ("sessionStart", true),
        ("sessionStop", true),
        ("sessionComplete", false),
    ] {
        max.run(mutation, json!({"id": id}), "session { id }")
            .await?;
        let problems = max.problems("segmentsAppend", input.clone()).await?;
        assert_eq!(
            problems,
            if is_open { vec![] } else { closed.to_vec() },
            "{mutation}"
        );
    }
    Ok(())
}

/// A correction stands, and detects whether somebody else was there first.
async fn correction(database: &TestDatabase) -> Outcome {
    let world = World::start(database).await?;
    let max = world.client(&world.member).await?;
    let session = recording(&max).await?;
    let heard =
        json!({"sessionId": session, "segments": [{"key": "u", "text": "recognise speech"}]});
    let payload = append(&max, heard.clone()).await?;
    let id = payload["segments"][0]["id"].clone();
    let correct = json!({
        "id": id,
        "text": " wreck a nice beach ",
        "speaker": "Max",
        "expectedText": "recognise speech",
    });
    let selection = "segment { id text speaker kind }";
    let payload = max
        .run("segmentCorrect", correct.clone(), selection)
        .await?;
    let expected = json!({
        "id": id,
        "text": "wreck a nice beach",
        "speaker": "Max",
        "kind": "CORRECTED",
    });
    assert_eq!(payload["segment"], expected);
    assert_eq!(
        max.problems("segmentCorrect", correct).await?,
        ["CONFLICT expectedText"]
    );
    for (input, expected) in [
        (json!({"id": id}), "BLANK text"),
        (json!({"id": id, "text": ""}), "BLANK text"),
        (
            json!({"id": id, "speaker": "x".repeat(51)}),
            "TOO_LONG speaker",
        ),
    ] {
        assert_eq!(max.problems("segmentCorrect", input).await?, [expected]);
    }
    // The transcriber sends its version again.
    let payload = append(&max, heard).await?;
    assert_eq!(payload["segments"][0]["text"], "wreck a nice beach");
    Ok(())
}
