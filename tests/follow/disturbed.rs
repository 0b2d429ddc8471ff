//! Nodes that are not notified of each other's writes, and PostgreSQL that goes away under
//! subscribers: events come later, and are the same.

use sea_orm::DbErr;
use serde_json::json;

use super::{
    follower::{Follower, Watcher},
    scene::{Scene, eventually, execute},
};
use crate::support::{
    Outcome,
    database::TestDatabase,
    postgres::{OwnServer, Stop},
    seed::global_id,
};

/// The connections that listen.
const LISTENERS: &str = "FROM pg_stat_activity
    WHERE datname = current_database() AND query ILIKE 'LISTEN %mina_changes%'";

/// Changes by other programs send no notification, and are delivered all the same.
pub async fn unannounced(database: &TestDatabase) -> Outcome {
    let scene = Scene::start(database, 2).await?;
    let session = scene.recording().await?;
    let meeting = scene.meeting().await?;
    let mut followers = Vec::new();
    let mut watchers = Vec::new();
    for node in [0, 1] {
        followers.push(Follower::of(&scene, node, &session).await?);
        watchers.push(Watcher::of(&scene, node, "Task", "title").await?);
    }
    for position in 1..=3 {
        scene.seed().segment(&session, 0, "quiet").await?;
        scene.seed().task(&meeting, &position.to_string()).await?;
        for follower in &mut followers {
            follower.until(position).await?;
        }
        for watcher in &mut watchers {
            let received = watcher.next().await?;
            assert_eq!(received["task"]["title"], position.to_string());
        }
    }
    Ok(())
}

/// The connections on which nodes notify each other are ended, again and again.
pub async fn listeners_ended(database: &TestDatabase) -> Outcome {
    let scene = Scene::start(database, 2).await?;
    let session = scene.recording().await?;
    let meeting = scene.meeting().await?;
    let mut follower = Follower::of(&scene, 1, &session).await?;
    let mut watcher = Watcher::of(&scene, 1, "Task", "title").await?;
    for round in 0..3 {
        let both = format!("SELECT 1 {LISTENERS} HAVING count(*) = 2");
        eventually("they do not listen again", async || scene.has(&both).await).await?;
        let end = format!("SELECT pg_terminate_backend(pid) {LISTENERS}");
        scene.sql(&end).await?;
        for number in 1..=4 {
            scene.say(0, &session, "said").await?;
            let title = format!("{round} {number}");
            scene.seed().task(&meeting, &title).await?;
        }
        follower.until(4 * (round + 1)).await?;
        for number in 1..=4 {
            let received = watcher.next().await?;
            assert_eq!(received["task"]["title"], format!("{round} {number}"));
        }
    }
    assert_eq!(follower.log.received, scene.stored(&session).await?);
    Ok(())
}

/// PostgreSQL is stopped and started again. Subscribers keep their connections, receive nothing
/// meanwhile, and everything that comes after.
pub async fn restarts(database: &TestDatabase, postgres: &OwnServer) -> Outcome {
    let scene = Scene::start(database, 2).await?;
    let session = scene.recording().await?;
    let meeting = scene.meeting().await?;
    let mut followers = Vec::new();
    let mut watchers = Vec::new();
    for node in [0, 1] {
        followers.push(Follower::of(&scene, node, &session).await?);
        watchers.push(Watcher::of(&scene, node, "Task", "title").await?);
    }
    for (round, how) in [Stop::Immediate, Stop::Fast, Stop::Immediate]
        .into_iter()
        .enumerate()
    {
        scene.say(0, &session, "before").await?;
        postgres.stop(how).await?;
        postgres.start_again().await?;
        reconnected(&scene).await?;
        scene.seed().task(&meeting, &round.to_string()).await?;
        until_appended(&scene, 1, &session, &format!("after {round}")).await?;
        let stored = scene.stored(&session).await?;
        assert_eq!(stored.len(), 2 * round + 2);
        for follower in &mut followers {
            follower.until(stored[stored.len() - 1].position).await?;
            assert_eq!(follower.log.received, stored);
        }
        for watcher in &mut watchers {
            let received = watcher.next().await?;
            assert_eq!(received["task"]["title"], round.to_string());
        }
    }
    Ok(())
}

/// After a crash PostgreSQL gives out again the numbers of transactions of which nothing was
/// written down. Changes in those that have such a number are delivered like all others.
pub async fn transaction_ids_again(database: &TestDatabase, postgres: &OwnServer) -> Outcome {
    let scene = Scene::start(database, 1).await?;
    let session = scene.recording().await?;
    let meeting = scene.meeting().await?;
    scene
        .sql("ALTER SYSTEM SET wal_writer_delay = '10s'")
        .await?;
    scene.sql("SELECT pg_reload_conf()").await?;
    let mut follower = Follower::of(&scene, 0, &session).await?;
    let mut watcher = Watcher::of(&scene, 0, "Task", "title").await?;
    for _ in 0..50 {
        scene
            .sql("BEGIN; SELECT pg_current_xact_id(); ROLLBACK")
            .await?;
    }
    scene.journal_read(0).await?;
    postgres.stop(Stop::Immediate).await?;
    postgres.start_again().await?;
    reconnected(&scene).await?;
    for number in 1..=3 {
        scene.seed().task(&meeting, &number.to_string()).await?;
        let received = watcher.next().await?;
        assert_eq!(received["task"]["title"], number.to_string());
        scene.seed().segment(&session, 0, "after").await?;
        follower.until(number).await?;
    }
    Ok(())
}

/// Waits until the case itself is connected again.
async fn reconnected(scene: &Scene<'_>) -> Outcome {
    eventually("PostgreSQL is not back", async || {
        Ok::<_, DbErr>(execute(scene.connection(), "SELECT 1").await.is_ok())
    })
    .await
}

/// Appends one segment, as often as it takes.
async fn until_appended(
    scene: &Scene<'_>,
    node: usize,
    session: &entity::session::Model,
    text: &str,
) -> Outcome {
    let input = json!({
        "sessionId": global_id("Session", session.id),
        "segments": [{"key": text, "text": text}],
    });
    let document = crate::support::client::document("segmentsAppend", "segments { id }");
    eventually("nothing can be appended", async || {
        let variables = json!({"input": input});
        let answer = scene.nodes[node].ask_as(&scene.token, &document, variables);
        Ok(answer.await.is_ok_and(|it| it.data().is_ok()))
    })
    .await
}
