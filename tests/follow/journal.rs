//! The journal under those who follow: emptied, taken down and set up again.

use migration::{Migrator, MigratorTrait};

use super::{
    follower::{Follower, Watcher},
    scene::Scene,
};
use crate::support::{Outcome, database::TestDatabase, server::Server};

/// Changes that have been read can be deleted, by any program, and delivery goes on.
pub async fn emptied(database: &TestDatabase) -> Outcome {
    let scene = Scene::start(database, 2).await?;
    let session = scene.recording().await?;
    let meeting = scene.meeting().await?;
    let mut follower = Follower::of(&scene, 1, &session).await?;
    let mut watcher = Watcher::of(&scene, 1, "Task", "title").await?;
    for round in 1..=3 {
        scene.say(0, &session, "said").await?;
        follower.until(round).await?;
        scene.seed().task(&meeting, &round.to_string()).await?;
        assert_eq!(watcher.next().await?["task"]["title"], round.to_string());
        scene.sql("DELETE FROM mina_change").await?;
        // Positions do not depend on it.
        let mut whole = Follower::of(&scene, 0, &session).await?;
        whole.until(round).await?;
        assert_eq!(whole.log.received, follower.log.received);
    }
    Ok(())
}

/// Reverting and reapplying the migration of the journal gives positions to all segments, the same
/// as before if no segment had changed.
pub async fn recreated(database: &TestDatabase) -> Outcome {
    let mut scene = Scene::start(database, 1).await?;
    let session = scene.recording().await?;
    for text in ["one", "two", "three"] {
        scene.say(0, &session, text).await?;
    }
    let mut follower = Follower::of(&scene, 0, &session).await?;
    follower.until(2).await?;
    let log = follower.log;
    let before = scene.stored(&session).await?;
    scene.nodes[0].kill()?;
    Migrator::down(scene.connection(), Some(1)).await?;
    scene.seed().segment(&session, 0, "meanwhile").await?;
    Migrator::up(scene.connection(), None).await?;
    scene.nodes[0] = Server::start(database)?;
    assert_eq!(scene.stored(&session).await?[..3], before);
    let (server, token) = (&scene.nodes[0], &scene.token);
    let mut follower = Follower::resume(server, token, &session, log).await?;
    scene.say(0, &session, "after").await?;
    follower.until(5).await?;
    assert_eq!(follower.log.received, scene.stored(&session).await?);
    Ok(())
}
