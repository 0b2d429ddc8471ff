//! Somebody who does not read, among others who do.

use std::fs;

use entity::task;
use futures_util::future::{try_join, try_join_all};
use libtest_mimic::Failed;
use sea_orm::{ActiveModelTrait, ActiveValue::Set, IntoActiveModel};
use serde_json::{Value, json};

use super::{
    follower::{Follower, Log, Watcher},
    scene::Scene,
    socket::Socket,
};
use crate::support::{Outcome, database::TestDatabase, seed::global_id, server::Server};

/// The most by which the memory of a server may grow, in KiB, while it sends more than half as much
/// to each subscriber.
const BOUND: u64 = 48 * 1024;

/// A subscriber stops reading while more is sent than fits into all buffers. The others receive all
/// of it, the server does not keep it, and the one that stalled resumes where it was.
pub async fn transcript(database: &TestDatabase) -> Outcome {
    const CALLS: i32 = 2000;
    const FAST: usize = 3;
    let scene = Scene::start(database, 1).await?;
    let server = &scene.nodes[0];
    let session = scene.recording().await?;
    scene.say(0, &session, "first").await?;
    let socket = Socket::open_narrow(server).await?;
    let socket = socket.sign_in(&scene.token).await?;
    let mut stalled = Follower::over(socket, &session, Log::default()).await?;
    stalled.next().await?;
    let mut fast = Vec::new();
    for _ in 0..FAST {
        let mut follower = Follower::of(&scene, 0, &session).await?;
        follower.next().await?;
        fast.push(follower);
    }
    let text = "blah ".repeat(3 * 1024);
    // Once before, so that what a server needs in any case is counted in.
    tell(&scene, &session, &text, 20, &mut fast).await?;
    let before = resident_kib(server)?;
    tell(&scene, &session, &text, CALLS, &mut fast).await?;
    let after = resident_kib(server)?;
    let received = u64::try_from(CALLS)? * u64::try_from(text.len())? / 1024;
    assert!(
        received > BOUND / 2,
        "{received} KiB are too little to show anything"
    );
    let grown = after.saturating_sub(before);
    assert!(
        grown < BOUND,
        "{grown} KiB more, for {received} that were received"
    );

    let stored = scene.stored(&session).await?;
    for follower in &fast {
        assert_eq!(follower.log.received.len(), stored.len());
        follower.log.assert_leads_to(&stored);
    }
    // It reads again. If it was closed meanwhile, it resumes.
    let last = stored[stored.len() - 1].position;
    while stalled.log.position < last {
        if stalled.next().await.is_err() {
            stalled = Follower::resume(server, &scene.token, &session, stalled.log).await?;
        }
    }
    assert_eq!(stalled.log.received.len(), stored.len());
    stalled.log.assert_leads_to(&stored);
    Ok(())
}

/// Appends a segment as soon as all have received the one before.
async fn tell(
    scene: &Scene<'_>,
    session: &entity::session::Model,
    text: &str,
    calls: i32,
    fast: &mut [Follower],
) -> Outcome {
    for _ in 0..calls {
        let position = fast[0].log.position + 1;
        let received = try_join_all(fast.iter_mut().map(|it| it.until(position)));
        try_join(scene.say(0, session, text), received).await?;
    }
    Ok(())
}

/// A subscriber to changes stops reading until more has happened than is kept for it. It learns
/// that it has missed something, and the others receive everything.
pub async fn changes(database: &TestDatabase) -> Outcome {
    let scene = Scene::start(database, 1).await?;
    let meeting = scene.meeting().await?;
    let mut task = scene.seed().task(&meeting, "0").await?.into_active_model();
    // So long that few fit into the buffers of the operating system.
    task.description = Set(Some("blah ".repeat(40 * 1024)));
    let task: task::Model = task.update(scene.connection()).await?;
    let selection = "title description";
    let socket = Socket::open_narrow(&scene.nodes[0]).await?;
    let mut stalled = Watcher::over(socket, &scene, "Task", selection).await?;
    let mut fast = Watcher::of(&scene, 0, "Task", "title").await?;
    let mut number = 0;
    for _ in 0..250 {
        number += 1;
        let title = number.to_string();
        let input = json!({"id": global_id("Task", task.id), "title": title});
        scene.run(0, "taskUpdate", "task { id }", input).await?;
        // Each in a transaction of its own: changes in one transaction are one event.
        while fast.next().await?["task"]["title"] != title.as_str() {}
    }
    let (received, code) = until_error(&mut stalled).await?;
    assert_eq!(code, "LAGGED");
    assert!(received < 250, "nothing was missed");
    // It subscribes again, on the same connection or another, and receives what comes.
    let mut resumed = Watcher::of(&scene, 0, "Task", "title").await?;
    let input = json!({"id": global_id("Task", task.id), "title": "last"});
    scene.run(0, "taskUpdate", "task { id }", input).await?;
    while resumed.next().await?["task"]["title"] != "last" {}
    while fast.next().await?["task"]["title"] != "last" {}
    Ok(())
}

/// The number of events before an error, and the code of the error.
async fn until_error(watcher: &mut Watcher) -> Result<(usize, Value), Failed> {
    let mut received = 0;
    loop {
        let message = watcher.socket().receive().await?;
        match message["type"].as_str() {
            Some("next") => received += 1,
            Some("error") => {
                return Ok((
                    received,
                    message["payload"][0]["extensions"]["code"].clone(),
                ));
            }
            _ => return Err(format!("neither event nor error: {message}").into()),
        }
    }
}

/// The memory that a server has at the moment.
fn resident_kib(server: &Server) -> Result<u64, Failed> {
    let status = fs::read_to_string(format!("/proc/{}/status", server.process_id()))?;
    let line = status.lines().find_map(|line| line.strip_prefix("VmRSS:"));
    let kib = line.and_then(|line| line.split_whitespace().next());
    Ok(kib.ok_or("no VmRSS")?.parse()?)
}
