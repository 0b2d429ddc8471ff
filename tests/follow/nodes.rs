//! Several nodes on one database, and writers who race on them.

use futures_util::future::{try_join, try_join_all, try_join3};
use sea_orm::{DatabaseTransaction, TransactionTrait};
use serde_json::{Value, json};

use super::{
    follower::{Follower, Watcher},
    scene::{Scene, eventually, execute},
};
use crate::support::{Outcome, database::TestDatabase, seed::global_id};

/// The orders in which three transactions can end.
const ORDERS: [[usize; 3]; 6] = [
    [0, 1, 2],
    [0, 2, 1],
    [1, 0, 2],
    [1, 2, 0],
    [2, 0, 1],
    [2, 1, 0],
];

/// Changes written on one node are delivered on the other.
pub async fn across(database: &TestDatabase) -> Outcome {
    let scene = Scene::start(database, 2).await?;
    let session = scene.recording().await?;
    let meeting = scene.meeting().await?;
    for (writer, reader) in [(0, 1), (1, 0)] {
        let last = scene.stored(&session).await?.len().try_into()?;
        let mut follower = Follower::after(&scene, reader, &session, last).await?;
        let mut watcher = Watcher::of(&scene, reader, "Task", "title").await?;
        for number in 1..=3 {
            scene.say(writer, &session, "something").await?;
            follower.until(last + number).await?;
            let input = json!({
                "meetingId": global_id("Meeting", meeting.id),
                "title": format!("task {number}"),
            });
            scene
                .run(writer, "taskCreate", "task { id }", input.clone())
                .await?;
            let received = watcher.next().await?;
            assert_eq!(received["kind"], "CREATED");
            assert_eq!(received["task"]["title"], input["title"]);
        }
        follower
            .log
            .assert_leads_to(&scene.stored(&session).await?[usize::try_from(last)?..]);
    }
    Ok(())
}

/// Several people append to one session and to others, on two nodes: each follower of each session
/// receives each position once.
pub async fn racing_writers(database: &TestDatabase) -> Outcome {
    const CALLS: usize = 12;
    let scene = Scene::start(database, 2).await?;
    let sessions = [
        scene.recording().await?,
        scene.recording().await?,
        scene.recording().await?,
    ];
    let write = try_join_all((0..6).map(async |writer: usize| {
        for call in 0..CALLS {
            // Now all the same, now each another.
            let session = &sessions[if call % 2 == 0 { 0 } else { writer % 3 }];
            let segments: Value = (0..=call % 4)
                .map(|number| json!({"text": format!("{writer} {call} {number}")}))
                .collect();
            scene.append(writer % 2, session, segments).await?;
        }
        Ok(())
    }));
    // The number of events is known in advance.
    let of_call = |call: usize| call % 4 + 1;
    let even: usize = (0..CALLS).step_by(2).map(of_call).sum();
    let odd: usize = (1..CALLS).step_by(2).map(of_call).sum();
    let totals = [6 * even + 2 * odd, 2 * odd, 2 * odd];
    let follow = try_join_all((0..6).map(async |number: usize| {
        let session = &sessions[number % 3];
        let mut follower = Follower::of(&scene, number % 2, session).await?;
        let total = totals[number % 3].try_into()?;
        follower.until(total).await?;
        Ok::<_, libtest_mimic::Failed>(follower.log)
    }));
    let (logs, _) = try_join(follow, write).await?;
    for (number, log) in logs.iter().enumerate() {
        let stored = scene.stored(&sessions[number % 3]).await?;
        assert_eq!(log.received, stored);
        let all: Vec<i32> = (1..=log.position).collect();
        assert_eq!(log.positions(), all);
    }
    Ok(())
}

/// Transactions write to different sessions, and end in another order than they began. After each
/// the journal is read before the next ends.
pub async fn out_of_order(database: &TestDatabase) -> Outcome {
    let scene = Scene::start(database, 2).await?;
    let sessions = [
        scene.recording().await?,
        scene.recording().await?,
        scene.recording().await?,
    ];
    let of = |number: usize| Follower::of(&scene, number % 2, &sessions[number]);
    let (one, two, three) = try_join3(of(0), of(1), of(2)).await?;
    let mut followers = [one, two, three];
    for (session, follower) in sessions.iter().zip(&mut followers) {
        scene.say(0, session, "first").await?;
        follower.until(1).await?;
    }
    let mut last = 1;
    for order in ORDERS {
        let mut transactions = Vec::new();
        for session in &sessions {
            let transaction = scene.connection().begin().await?;
            let insert = format!(
                "INSERT INTO segment (session_id, text) VALUES ({id}, 'a'), ({id}, 'b')",
                id = session.id
            );
            execute(&transaction, &insert).await?;
            transactions.push(Some(transaction));
        }
        last += 2;
        for number in order {
            commit(&mut transactions[number]).await?;
            scene.announce().await?;
            followers[number].until(last).await?;
        }
    }
    for (session, follower) in sessions.iter().zip(&followers) {
        assert_eq!(follower.log.received, scene.stored(session).await?);
        assert_eq!(follower.log.received.len(), usize::try_from(last)?);
    }
    Ok(())
}

/// Ids of one session become visible out of their order: one writer has taken an id and waits, and
/// one waits for another who then gives up.
pub async fn ids_held_open(database: &TestDatabase) -> Outcome {
    let scene = Scene::start(database, 2).await?;
    let session = scene.recording().await?;
    let insert = |text: &str| {
        format!(
            "INSERT INTO segment (session_id, text) VALUES ({}, '{text}')",
            session.id
        )
    };
    let mut followers = [
        Follower::of(&scene, 0, &session).await?,
        Follower::of(&scene, 1, &session).await?,
    ];
    for (round, is_committed) in (0..6).zip([true, false].into_iter().cycle()) {
        let slow = scene.connection().begin().await?;
        execute(&slow, "SELECT nextval('segment_id_seq')").await?;
        scene.say(round % 2, &session, "fast").await?;
        // This one has the lower id and comes later.
        let held = format!(
            "INSERT INTO segment (id, session_id, text)
            VALUES (currval('segment_id_seq'), {}, 'slow')",
            session.id
        );
        execute(&slow, &held).await?;
        let behind = insert("behind");
        let waiting = scene.sql(&behind);
        let release = async {
            let waits = "SELECT 1 FROM pg_stat_activity WHERE wait_event_type = 'Lock'
                AND datname = current_database()";
            eventually("nobody waits for who came first", async || {
                scene.has(waits).await
            })
            .await?;
            let ended = if is_committed {
                slow.commit().await
            } else {
                slow.rollback().await
            };
            Ok(ended?)
        };
        try_join(waiting, release).await?;
        scene.announce().await?;
        let stored = scene.stored(&session).await?;
        for follower in &mut followers {
            follower.until(stored[stored.len() - 1].position).await?;
            assert_eq!(follower.log.received, stored);
        }
    }
    Ok(())
}

/// The same for changes: none is passed over because a later one could be seen before it.
pub async fn changes_out_of_order(database: &TestDatabase) -> Outcome {
    let scene = Scene::start(database, 2).await?;
    let meeting = scene.meeting().await?;
    let mut watchers = [
        Watcher::of(&scene, 0, "Task", "title").await?,
        Watcher::of(&scene, 1, "Task", "title").await?,
    ];
    for (round, order) in ORDERS.iter().enumerate() {
        let mut transactions = Vec::new();
        for number in 0..3 {
            let transaction = scene.connection().begin().await?;
            // The changes of a savepoint become visible with the whole transaction.
            let savepoint = transaction.begin().await?;
            let insert = format!(
                "INSERT INTO task (title, meeting_id, created_by_id)
                VALUES ('{round} {number}', {}, {})",
                meeting.id, scene.ada.id
            );
            execute(&savepoint, &insert).await?;
            savepoint.commit().await?;
            transactions.push(Some(transaction));
        }
        for number in order {
            commit(&mut transactions[*number]).await?;
            scene.announce().await?;
            for watcher in &mut watchers {
                let received = watcher.next().await?;
                assert_eq!(received["task"]["title"], format!("{round} {number}"));
                assert_eq!(received["kind"], "CREATED");
            }
        }
    }
    Ok(())
}

async fn commit(transaction: &mut Option<DatabaseTransaction>) -> Outcome {
    let transaction = transaction.take().ok_or("it has ended")?;
    Ok(transaction.commit().await?)
}
