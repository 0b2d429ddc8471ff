//! Clients that are killed and resume, while writers race on two nodes.

use std::{cell::Cell, time::Duration};

use entity::session;
use futures_util::future::{try_join, try_join_all};
use libtest_mimic::Failed;
use rand::{RngExt, SeedableRng, rngs::StdRng};
use serde_json::{Value, json};
use tokio::time::timeout;

use super::{
    follower::{Follower, Log},
    scene::Scene,
};
use crate::support::{Outcome, database::TestDatabase};

const CLIENTS: u64 = 10;
const WRITERS: u64 = 4;
const CALLS: usize = 30;

/// At the end the log of each client, in which the last version of each segment wins, is the table
/// row by row.
pub async fn at_random(database: &TestDatabase) -> Outcome {
    let seed: u64 = rand::random();
    let _shown = ShownInFailure(seed);
    let scene = Scene::start(database, 2).await?;
    let session = scene.recording().await?;
    // The last position, once all is written.
    let last = Cell::new(None);
    let write = async {
        let rng = |number| StdRng::seed_from_u64(seed.wrapping_add(number));
        try_join_all((0..WRITERS).map(|it| write(&scene, &session, it, rng(it)))).await?;
        let stored = scene.stored(&session).await?;
        last.set(stored.last().map(|it| it.position));
        Ok(())
    };
    let read = try_join_all((0..CLIENTS).map(|number| {
        let rng = StdRng::seed_from_u64(seed.wrapping_sub(number + 1));
        read(&scene, &session, &last, rng)
    }));
    let outcome = try_join(write, read).await;
    let ((), clients) = outcome.map_err(|error| format!("with seed {seed}: {error:?}"))?;
    let stored = scene.stored(&session).await?;
    for (log, _) in &clients {
        log.assert_leads_to(&stored);
    }
    let resumed: usize = clients.iter().map(|(_, resumed)| resumed).sum();
    assert!(resumed >= clients.len(), "hardly anybody was killed");
    Ok(())
}

/// The seed of a case, which is printed if an assertion fails.
struct ShownInFailure(u64);

impl Drop for ShownInFailure {
    fn drop(&mut self) {
        if std::thread::panicking() {
            eprintln!("with seed {}", self.0);
        }
    }
}

/// Appends segments, first guesses and final ones, and corrects some, on nodes at random.
async fn write(
    scene: &Scene<'_>,
    session: &session::Model,
    writer: u64,
    mut rng: StdRng,
) -> Outcome {
    let mut finals: Vec<Value> = Vec::new();
    for call in 0..CALLS {
        let node = rng.random_range(0..2);
        if rng.random_bool(0.2) && !finals.is_empty() {
            let id = &finals[rng.random_range(0..finals.len())];
            let correct = json!({"id": id, "text": format!("corrected in {call} by {writer}")});
            scene
                .run(node, "segmentCorrect", "segment { id }", correct)
                .await?;
            continue;
        }
        // A key may come again, as another guess; a final version keeps what it is.
        let mut is_final = Vec::new();
        let segments: Value = (0..rng.random_range(1..=3))
            .map(|_| {
                let settled = rng.random_bool(0.5);
                is_final.push(settled);
                let key = format!("{writer} {settled} {}", rng.random_range(0..8));
                if settled {
                    json!({"key": key, "text": key})
                } else {
                    let text = format!("{key} in {call}");
                    json!({"key": key, "kind": "INTERIM", "text": text})
                }
            })
            .collect();
        let payload = scene.append(node, session, segments).await?;
        let appended = payload["segments"].as_array().into_iter().flatten();
        let settled = appended.zip(is_final).filter(|(_, is_final)| *is_final);
        finals.extend(settled.map(|(segment, _)| segment["id"].clone()));
    }
    Ok(())
}

/// Follows on nodes at random, for a random number of events or some time, until all was received.
/// Gives the log, and how often it was resumed.
async fn read(
    scene: &Scene<'_>,
    session: &session::Model,
    last: &Cell<Option<i32>>,
    mut rng: StdRng,
) -> Result<(Log, usize), Failed> {
    let mut log = Log::default();
    for resumed in 0.. {
        let server = &scene.nodes[rng.random_range(0..2)];
        let mut follower = Follower::resume(server, &scene.token, session, log).await?;
        // Killed while it waits, or between two events.
        let patience = Duration::from_millis(rng.random_range(1..500));
        let reading = async {
            for _ in 0..rng.random_range(1..40) {
                follower.next().await?;
            }
            Ok(())
        };
        match timeout(patience, reading).await {
            Ok(read) => read,
            Err(_) => Outcome::Ok(()),
        }?;
        log = follower.log;
        if last.get() == Some(log.position) {
            return Ok((log, resumed));
        }
    }
    Err("it has no end".into())
}
