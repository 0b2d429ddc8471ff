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

/// The most by which the memory of a server may grow, in KiB, while it tells more than twice as
/// much to each of those who follow.
const BOUND: u64 = 48 * 1024;

/// Somebody stops to read while more is told than fits into all buffers. The others are told all of
/// it, the server does not keep it, and who has stalled gets on from where they were.
pub async fn transcript(database: &TestDatabase) -> Outcome {
    const CALLS: i32 = 300;
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
    let text = "blah ".repeat(20 * 1024);
    // Once before, so that what a server needs in any case is counted in.
    tell(&scene, &session, &text, 20, &mut fast).await?;
    let before = resident_kib(server)?;
    tell(&scene, &session, &text, CALLS, &mut fast).await?;
    let after = resident_kib(server)?;
    let told = u64::try_from(CALLS)? * u64::try_from(text.len())? / 1024;
    assert!(told > BOUND / 2, "{told} KiB are too little to tell");
    let grown = after.saturating_sub(before);
    assert!(grown < BOUND, "{grown} KiB more, for {told} that were told");

    let stored = scene.stored(&session).await?;
    for follower in &fast {
        assert_eq!(follower.log.told.len(), stored.len());
        follower.log.assert_leads_to(&stored);
    }
    // It reads again. If it was closed meanwhile, it resumes.
    let last = stored[stored.len() - 1].position;
    while stalled.log.position < last {
        if stalled.next().await.is_err() {
            stalled = Follower::resume(server, &scene.token, &session, stalled.log).await?;
        }
    }
    assert_eq!(stalled.log.told.len(), stored.len());
    stalled.log.assert_leads_to(&stored);
    Ok(())
}

/// Appends a segment as soon as all have been told the one before.
async fn tell(
    scene: &Scene<'_>,
    session: &entity::session::Model,
    text: &str,
    calls: i32,
    fast: &mut [Follower],
) -> Outcome {
    for _ in 0..calls {
        let position = fast[0].log.position + 1;
        let told = try_join_all(fast.iter_mut().map(|it| it.until(position)));
        try_join(scene.say(0, session, text), told).await?;
    }
    Ok(())
}

/// Somebody who follows changes stops to read until more has happened than is kept for them. They
/// are told that they have missed something, and the others are told all.
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
        // Each by itself: what happens at once is told at once.
        while fast.next().await?["task"]["title"] != title.as_str() {}
    }
    let (told, code) = until_error(&mut stalled).await?;
    assert_eq!(code, "LAGGED");
    assert!(told < 250, "nothing was missed");
    // It begins anew, on the same connection or another, and is told what comes.
    let mut anew = Watcher::of(&scene, 0, "Task", "title").await?;
    let input = json!({"id": global_id("Task", task.id), "title": "last"});
    scene.run(0, "taskUpdate", "task { id }", input).await?;
    while anew.next().await?["task"]["title"] != "last" {}
    while fast.next().await?["task"]["title"] != "last" {}
    Ok(())
}

/// How many events come before an error, and the code of that.
async fn until_error(watcher: &mut Watcher) -> Result<(usize, Value), Failed> {
    let mut told = 0;
    loop {
        let message = watcher.socket().hear().await?;
        match message["type"].as_str() {
            Some("next") => told += 1,
            Some("error") => {
                return Ok((told, message["payload"][0]["extensions"]["code"].clone()));
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
