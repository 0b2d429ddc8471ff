//! Clients that are cut off and come back at random, while writers race on two servers.

use std::collections::BTreeMap;

use entity::segment;
use futures_util::future::{try_join, try_join_all};
use libtest_mimic::Failed;
use rand::{RngExt, SeedableRng, rngs::SmallRng};
use sea_orm::EntityTrait;
use serde_json::json;

use super::{TRANSCRIPT, append, recording};
use crate::support::{
    Outcome,
    client::{Client, World},
    database::TestDatabase,
    server::Server,
    socket::Socket,
    suite::Suite,
};

/// Adds the case of this module.
pub fn list(suite: &mut Suite) {
    suite.on_both_databases("live::cut_off_at_random", cut_off_at_random);
}

/// How many write, how many follow, and how often each writes.
const WRITERS: u64 = 4;
const FOLLOWERS: u64 = 8;
const ROUNDS: usize = 25;

/// What is said when all have written.
const LAST: &str = "The end";

/// What somebody knows of a transcript: the last version of each segment.
type Log = BTreeMap<i32, (String, String)>;

/// Each log is the table in the end, row by row, and no position came twice or fell.
async fn cut_off_at_random(database: &TestDatabase) -> Outcome {
    let world = World::start(database).await?;
    let other = Server::start(database)?;
    let servers = [&world.server, &other];
    let token = world.server.sign_in(&world.admin.username).await?;
    let clients = servers.map(|server| Client {
        server,
        token: token.clone(),
    });
    let session = recording(&clients[0]).await?;
    let write = async {
        let writers = (0..WRITERS).map(|seed| write(&clients, &session, seed));
        try_join_all(writers).await?;
        append(&clients[0], &session, json!([{"text": LAST}])).await?;
        Ok::<_, Failed>(())
    };
    let followers = (0..FOLLOWERS).map(|seed| follow(&servers, &token, &session, seed));
    let ((), logs) = try_join(write, try_join_all(followers)).await?;
    let rows = segment::Entity::find().all(database.connection()).await?;
    let table: Log = rows
        .into_iter()
        .map(|row| {
            let kind = format!("{:?}", row.kind.unwrap_or_default()).to_uppercase();
            (row.id, (row.text, kind))
        })
        .collect();
    for log in logs {
        assert_eq!(log, table);
    }
    Ok(())
}

/// Appends new segments, new versions of known ones, and corrections, on either server.
async fn write(clients: &[Client<'_>; 2], session: &str, seed: u64) -> Outcome {
    let mut random = SmallRng::seed_from_u64(seed);
    for round in 0..ROUNDS {
        let client = &clients[random.random_range(0..2)];
        let key = format!("{seed}-{}", random.random_range(0..ROUNDS / 2));
        let segments = json!([
            {"text": format!("{seed} said {round}")},
            {"text": format!("{seed} says {round}"), "key": key, "kind": "INTERIM"},
        ]);
        let stored = append(client, session, segments).await?;
        if random.random_ratio(1, 4) {
            let input = json!({"id": stored[0]["id"], "text": format!("{seed} meant {round}")});
            client
                .run("segmentCorrect", input, "segment { id }")
                .await?;
        }
    }
    Ok(())
}

/// Follows until the last segment has come, and comes back after each of many breaks.
async fn follow(
    servers: &[&Server; 2],
    token: &str,
    session: &str,
    seed: u64,
) -> Result<Log, Failed> {
    let mut random = SmallRng::seed_from_u64(1000 + seed);
    let (mut log, mut position) = (Log::new(), 0);
    loop {
        let server = servers[random.random_range(0..2)];
        let mut socket = Socket::begin(server, Some(token)).await?;
        let variables = json!({"session": session, "after": position});
        socket.subscribe("1", TRANSCRIPT, variables).await?;
        for _ in 0..random.random_range(1..40) {
            let event = socket.event("1").await?["sessionTranscript"].take();
            let at = event["position"].as_i64().ok_or("no position")?;
            assert!(at > position, "{at} came after {position}");
            position = at;
            let segment = &event["segment"];
            let id: i32 = serde_json::from_value(segment["databaseId"].clone())?;
            let text = |name: &str| segment[name].as_str().unwrap_or_default().to_owned();
            log.insert(id, (text("text"), text("kind")));
            if text("text") == LAST {
                return Ok(log);
            }
        }
    }
}
