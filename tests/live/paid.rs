//! Events are paid for by those who receive them.

use std::time::{Duration, Instant};

use entity::{segment, session, user};
use libtest_mimic::Failed;
use sea_orm::{ConnectionTrait, EntityTrait};
use serde_json::{Value, json};
use tokio::time::sleep;

use super::{TRANSCRIPT, world};
use crate::support::{
    Outcome,
    database::TestDatabase,
    seed::{Seed, global_id},
    server::Server,
    socket::Socket,
    suite::Suite,
};

/// Adds the cases of this module.
pub fn list(suite: &mut Suite) {
    suite.on_both_databases(slowed);
    suite.on_both_databases(ended);
    suite.on_both_databases(unread);
}

/// Whoever subscribes to more than they have points for receives everything, but slowly. Somebody
/// else does not wait for them.
async fn slowed(database: &TestDatabase) -> Outcome {
    const SEGMENTS: i32 = 15;
    let (world, _) = world(database).await?;
    let session = stored(database, &world.admin, SEGMENTS).await?;
    drop(world);
    // An event costs about 45 points, and every second brings 10 of them.
    let server = Server::start_with(database, &["--rate-limit-viewer", "600"])?;
    let costly = "subscription ($session: ID!) { sessionTranscript(sessionId: $session) {
        position segment { session {
            a: segments(first: 1000) { nodes { id } }
            b: segments(first: 1000) { nodes { id } }
            c: segments(first: 1000) { nodes { id } }
        } }
    } }";
    let variables = json!({"session": global_id("Session", session.id)});
    let start = Instant::now();
    let mut slow = Socket::begin(&server, Some(&server.sign_in("ada").await?)).await?;
    slow.subscribe("1", costly, variables.clone()).await?;
    let mut positions = vec![position(&slow.event("1").await?)?];
    let mut other = Socket::begin(&server, Some(&server.sign_in("max").await?)).await?;
    other.subscribe("1", TRANSCRIPT, variables).await?;
    for expected in 1..=SEGMENTS {
        assert_eq!(position(&other.event("1").await?)?, expected);
    }
    let others = start.elapsed();
    while positions.len() < usize::try_from(SEGMENTS)? {
        positions.push(position(&slow.event("1").await?)?);
    }
    let elapsed = start.elapsed();
    assert_eq!(positions, (1..=SEGMENTS).collect::<Vec<_>>());
    assert!(elapsed > Duration::from_secs(3), "paid within {elapsed:?}");
    assert!(others < elapsed / 2, "others waited for {others:?}");
    Ok(())
}

/// A subscription ends if its next event costs more than the points of a whole minute.
async fn ended(database: &TestDatabase) -> Outcome {
    let (world, _) = world(database).await?;
    let session = stored(database, &world.admin, 1).await?;
    let long = "x".repeat(200 * 1024);
    Seed(database.connection())
        .segment(&session, 1000, &long)
        .await?;
    drop(world);
    let server = Server::start_with(database, &["--rate-limit-viewer", "100"])?;
    let mut socket = Socket::begin(&server, Some(&server.sign_in("ada").await?)).await?;
    let variables = json!({"session": global_id("Session", session.id)});
    socket.subscribe("1", TRANSCRIPT, variables).await?;
    assert_eq!(socket.error("1").await?, "RATE_LIMITED");
    Ok(())
}

/// Nothing is rendered in advance for a client that does not read.
async fn unread(database: &TestDatabase) -> Outcome {
    /// In KiB. A hundred of these events together take much more.
    const BOUND: u64 = 192 * 1024;
    let (world, token) = world(database).await?;
    let session = stored(database, &world.admin, 1000).await?;
    let server = &world.server;
    let aliases =
        (0..15).map(|number| format!("a{number}: segments(first: 1000) {{ nodes {{ id }} }}"));
    let aliases = aliases.collect::<Vec<_>>().join(" ");
    let query = format!(
        "subscription ($session: ID!) {{ sessionTranscript(sessionId: $session, after: 0) {{
            position segment {{ session {{ {aliases} }} }}
        }} }}"
    );
    let before = server.most_memory_kib()?;
    let mut sockets = Vec::new();
    for _ in 0..4 {
        let mut socket = Socket::begin(server, Some(&token)).await?;
        let variables = json!({"session": global_id("Session", session.id)});
        socket.subscribe("1", &query, variables).await?;
        sockets.push(socket);
    }
    sleep(Duration::from_secs(5)).await;
    let grown = server.most_memory_kib()?.saturating_sub(before);
    assert!(grown < BOUND, "{grown} KiB more");
    for mut socket in sockets {
        assert_eq!(position(&socket.event("1").await?)?, 1);
    }
    Ok(())
}

/// A session with short segments.
async fn stored(
    database: &TestDatabase,
    user: &user::Model,
    segments: i32,
) -> Result<session::Model, Failed> {
    let connection = database.connection();
    let session = Seed(connection).session(user).await?;
    let insert = format!(
        "WITH RECURSIVE numbers (number) AS (
            SELECT 1 UNION ALL SELECT number + 1 FROM numbers WHERE number < {segments}
        )
        INSERT INTO segment (session_id, text) SELECT {}, 'text' FROM numbers",
        session.id
    );
    connection.execute_unprepared(&insert).await?;
    let count = segment::Entity::find().all(connection).await?.len();
    assert_eq!(count, usize::try_from(segments)?);
    Ok(session)
}

fn position(event: &Value) -> Result<i32, Failed> {
    let position = event["sessionTranscript"]["position"].as_i64();
    Ok(position.ok_or("no position")?.try_into()?)
}
