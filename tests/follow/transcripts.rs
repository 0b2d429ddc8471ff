//! A transcript on one node: what is stored, then what comes, without a gap in between.

use std::cell::Cell;

use futures_util::future::{try_join, try_join_all};
use serde_json::{Value, json};
use tokio::task::yield_now;

use super::{follower::Follower, scene::Scene};
use crate::support::{Outcome, database::TestDatabase, server::Server};

/// The number of subscribers while segments are appended.
const RACERS: i32 = 40;

/// Stored segments come first, then appended ones; `after` skips those that the client has.
pub async fn replay(database: &TestDatabase) -> Outcome {
    let scene = Scene::start(database, 1).await?;
    let session = scene.recording().await?;
    let mut empty = Follower::of(&scene, 0, &session).await?;
    for (start_ms, text) in [(30, "one"), (20, "two"), (10, "three")] {
        scene.seed().segment(&session, start_ms, text).await?;
    }
    let mut whole = Follower::of(&scene, 0, &session).await?;
    whole.until(3).await?;
    scene
        .append(0, &session, json!([{"text": "four"}, {"text": "five"}]))
        .await?;
    whole.until(5).await?;
    empty.until(5).await?;
    let mut later = Follower::after(&scene, 0, &session, 2).await?;
    later.until(5).await?;
    let mut last = Follower::after(&scene, 0, &session, 5).await?;
    // Whether it has begun to follow by now or will read what is stored, it gets the same.
    scene.say(0, &session, "six").await?;
    for follower in [&mut whole, &mut empty, &mut later, &mut last] {
        follower.until(6).await?;
    }
    assert_eq!(whole.log.positions(), [1, 2, 3, 4, 5, 6]);
    assert_eq!(empty.log.positions(), [1, 2, 3, 4, 5, 6]);
    assert_eq!(later.log.positions(), [3, 4, 5, 6]);
    assert_eq!(last.log.positions(), [6]);
    whole.log.assert_leads_to(&scene.stored(&session).await?);
    Ok(())
}

/// All versions of a segment have one id, each at a position of its own. Later subscribers
/// receive only the last one.
pub async fn versions(database: &TestDatabase) -> Outcome {
    let scene = Scene::start(database, 1).await?;
    let session = scene.recording().await?;
    let mut follower = Follower::of(&scene, 0, &session).await?;
    let other = json!({"key": "other", "text": "before"});
    scene.append(0, &session, json!([other])).await?;
    let first = follower.next().await?.id.clone();
    let mut id = Value::Null;
    for (kind, text) in [
        ("INTERIM", "wreck a"),
        ("INTERIM", "wreck a nice"),
        ("FINAL", "wreck a nice beach"),
    ] {
        let segment = json!({"key": "k", "kind": kind, "text": text});
        let payload = scene.append(0, &session, json!([segment])).await?;
        id = payload["segments"][0]["id"].clone();
        let received = follower.next().await?;
        assert_eq!(
            (
                received.kind.as_str(),
                received.text.as_str(),
                received.id.as_str()
            ),
            (kind, text, id.as_str().unwrap()),
        );
    }
    // A version that comes late is nothing new.
    let late = json!({"key": "k", "kind": "INTERIM", "text": "wreck a nice"});
    scene.append(0, &session, json!([late])).await?;
    let correct = json!({"id": id, "text": "recognise speech"});
    scene
        .run(0, "segmentCorrect", "segment { id }", correct)
        .await?;
    let received = follower.next().await?.clone();
    assert_eq!(
        (received.kind.as_str(), received.text.as_str()),
        ("CORRECTED", "recognise speech")
    );
    assert_eq!(received.id, id.as_str().unwrap());
    let stored = scene.stored(&session).await?;
    follower.log.assert_leads_to(&stored);
    let mut late = Follower::of(&scene, 0, &session).await?;
    late.until(received.position).await?;
    assert_eq!(late.log.received, stored);
    assert_eq!(late.log.received[0].id, first);
    Ok(())
}

/// A position is valid after the server was killed, and on another node.
pub async fn positions_last(database: &TestDatabase) -> Outcome {
    let mut scene = Scene::start(database, 2).await?;
    let session = scene.recording().await?;
    let mut follower = Follower::of(&scene, 0, &session).await?;
    for text in ["one", "two", "three"] {
        scene.say(0, &session, text).await?;
    }
    follower.until(3).await?;
    scene.nodes[0].kill()?;
    assert!(follower.next().await.is_err(), "the server is gone");
    scene.say(1, &session, "four").await?;
    scene.nodes[0] = Server::start(database)?;
    let mut followers = Vec::new();
    for node in [0, 1] {
        let server = &scene.nodes[node];
        let log = follower.log.clone();
        followers.push(Follower::resume(server, &scene.token, &session, log).await?);
    }
    scene.say(0, &session, "five").await?;
    for follower in &mut followers {
        follower.until(5).await?;
        assert_eq!(follower.log.positions(), [1, 2, 3, 4, 5]);
    }
    Ok(())
}

/// More is stored, and appended at once, than is read at once.
pub async fn pages(database: &TestDatabase) -> Outcome {
    let scene = Scene::start(database, 1).await?;
    let session = scene.recording().await?;
    let texts = |count: usize| -> Value {
        (0..count)
            .map(|number| json!({"text": format!("segment {number}")}))
            .collect()
    };
    let mut live = Follower::of(&scene, 0, &session).await?;
    // So that it follows, rather than reads what is stored.
    scene.say(0, &session, "first").await?;
    live.until(1).await?;
    scene.append(0, &session, texts(1000)).await?;
    scene.append(0, &session, texts(199)).await?;
    live.until(1200).await?;
    let whole: Vec<i32> = (1..=1200).collect();
    assert_eq!(live.log.positions(), whole);
    let stored = scene.stored(&session).await?;
    assert_eq!(live.log.received, stored);
    for after in [0, 1, 199, 200, 201, 999, 1000, 1001, 1199] {
        let mut follower = Follower::after(&scene, 0, &session, after).await?;
        follower.until(1200).await?;
        let rest = usize::try_from(after)?;
        assert_eq!(follower.log.positions(), whole[rest..], "after {after}");
    }
    // One page exactly, and nothing more yet: the next event is no less seen.
    let mut full = Follower::after(&scene, 0, &session, 1000).await?;
    full.until(1200).await?;
    scene.say(0, &session, "last").await?;
    full.until(1201).await?;
    live.until(1201).await
}

/// Subscriptions begin while segments are appended: at whatever moment that is, each gets all.
pub async fn racing_start(database: &TestDatabase) -> Outcome {
    let scene = Scene::start(database, 1).await?;
    let session = scene.recording().await?;
    let appended = Cell::new(0);
    let begun = Cell::new(0);
    let last = Cell::new(None);
    let write = async {
        // There is always something under way while somebody begins.
        while begun.get() < RACERS {
            scene.say(0, &session, "more").await?;
            appended.set(appended.get() + 1);
        }
        // Said before, so that nobody waits for one after it.
        last.set(Some(appended.get() + 1));
        scene.say(0, &session, "last").await
    };
    let follow = |number: i32| {
        let (scene, session, appended, begun, last) = (&scene, &session, &appended, &begun, &last);
        async move {
            while appended.get() < 2 * number {
                yield_now().await;
            }
            let after = number / 2;
            let mut follower = Follower::after(scene, 0, session, after).await?;
            follower.next().await?;
            begun.set(begun.get() + 1);
            while last.get() != Some(follower.log.position) {
                follower.next().await?;
            }
            let all: Vec<i32> = (after + 1..=follower.log.position).collect();
            assert_eq!(follower.log.positions(), all);
            Ok(())
        }
    };
    try_join(write, try_join_all((0..RACERS).map(follow))).await?;
    Ok(())
}
