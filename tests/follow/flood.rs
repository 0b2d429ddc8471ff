//! Enormous changes and odd rows of one workspace, under those who follow another.

use std::{
    collections::BTreeSet,
    time::{Duration, Instant},
};

use entity::{meeting, session, user};
use libtest_mimic::Failed;
use sea_orm::{
    ActiveModelTrait, ActiveValue::Set, ConnectionTrait, DatabaseTransaction, DbBackend,
    IntoActiveModel, TransactionTrait,
};
use serde_json::{Value, json};

use super::{
    follower::{Follower, Log, Watcher},
    scene::{Scene, execute},
    socket::Socket,
};
use crate::support::{Outcome, database::TestDatabase};

/// How many changes one workspace makes at once.
const MANY: u32 = 20_000;

/// Another workspace, with an admin who follows its tasks and a transcript.
struct Other {
    token: String,
    meeting: meeting::Model,
    session: session::Model,
}

impl Other {
    async fn start(scene: &Scene<'_>) -> Result<Self, Failed> {
        let seed = scene.seed();
        let evil = seed.workspace("evil").await?;
        let mut eve = seed.user(evil.id, "eve").await?.into_active_model();
        eve.role = Set(Some(user::Role::Admin));
        let eve = eve.update(scene.connection()).await?;
        Ok(Self {
            token: scene.nodes[0].sign_in("eve").await?,
            meeting: seed.meeting(&eve, "Plan").await?,
            session: seed.session(&eve).await?,
        })
    }

    /// Follows the tasks of the workspace.
    async fn watch(&self, scene: &Scene<'_>) -> Result<Socket, Failed> {
        let mut socket = Socket::open(&scene.nodes[0])
            .await?
            .sign_in(&self.token)
            .await?;
        let document = "subscription { taskChanged { kind task { title } } }";
        socket.subscribe("c", document, json!({})).await?;
        loop {
            let insert = tasks(&self.meeting, "probe", 1);
            scene.sql(&insert).await?;
            scene.announce().await?;
            let received = tokio::time::timeout(Duration::from_millis(1500), socket.event());
            if let Ok(received) = received.await {
                received?;
                return Ok(socket);
            }
        }
    }
}

/// Inserts so many tasks into a meeting, whose titles begin alike and end with a number.
fn tasks(meeting: &meeting::Model, title: &str, count: u32) -> String {
    format!(
        "{NUMBERS} < {count})
        INSERT INTO task (title, meeting_id, created_by_id)
        SELECT '{title} ' || number, {}, {} FROM numbers",
        meeting.id, meeting.organizer_id
    )
}

/// Appends so many segments to a session.
fn segments(session: &session::Model, count: u32) -> String {
    format!(
        "{NUMBERS} < {count})
        INSERT INTO segment (session_id, text) SELECT {}, 'text ' || number FROM numbers",
        session.id
    )
}

/// The beginning of a list of numbers.
const NUMBERS: &str = "WITH RECURSIVE numbers (number) AS (
    SELECT 1 UNION ALL SELECT number + 1 FROM numbers WHERE number";

/// A workspace makes more changes in one transaction than are delivered one by one. Its subscribers
/// to changes are told to read again, and nobody else notices: what was changed in between in
/// another workspace is delivered once and in order, and transcripts have no gap.
pub async fn changes(database: &TestDatabase) -> Outcome {
    const FEW: u32 = 700;
    let scene = Scene::start(database, 1).await?;
    let other = Other::start(&scene).await?;
    let meeting = scene.meeting().await?;
    let mine = scene.recording().await?;
    let mut watcher = Watcher::of(&scene, 0, "Task", "title").await?;
    let mut follower = Follower::of(&scene, 0, &mine).await?;
    let node = &scene.nodes[0];
    let mut theirs = Follower::resume(node, &other.token, &other.session, Log::default()).await?;
    let mut flooded = other.watch(&scene).await?;

    let transaction = scene.connection().begin().await?;
    for statement in [
        tasks(&meeting, "before", FEW / 2),
        tasks(&other.meeting, "flood", MANY),
        segments(&other.session, 3000),
        tasks(&meeting, "after", FEW / 2),
        segments(&mine, 2),
    ] {
        execute(&transaction, &statement).await?;
    }
    transaction.commit().await?;
    scene.announce().await?;
    follower.until(2).await?;
    for title in ["before", "after"] {
        for number in 1..=FEW / 2 {
            let received = watcher.next().await?;
            assert_eq!(received["task"]["title"], format!("{title} {number}"));
            assert_eq!(received["kind"], "CREATED");
        }
    }
    assert_eq!(until_error(&mut flooded).await?, "LAGGED");
    theirs.until(3000).await?;
    assert_eq!(theirs.log.positions(), (1..=3000).collect::<Vec<_>>());

    // Both go on from there.
    let mut again = other.watch(&scene).await?;
    scene.sql(&tasks(&other.meeting, "next", 1)).await?;
    scene.seed().task(&meeting, "next").await?;
    scene.announce().await?;
    while again.event().await?["taskChanged"]["task"]["title"] != "next 1" {}
    assert_eq!(watcher.next().await?["task"]["title"], "next");
    Ok(())
}

/// Many workspaces together change more than is read at once. All of it is delivered, page by page.
pub async fn pages(database: &TestDatabase) -> Outcome {
    const EACH: u32 = 900;
    let scene = Scene::start(database, 1).await?;
    let other = Other::start(&scene).await?;
    let meeting = scene.meeting().await?;
    let mut watcher = Watcher::of(&scene, 0, "Task", "title").await?;
    let mut theirs = other.watch(&scene).await?;
    let transaction = scene.connection().begin().await?;
    for part in 0..3 {
        for meeting in [&meeting, &other.meeting] {
            let insert = tasks(meeting, &part.to_string(), EACH / 3);
            execute(&transaction, &insert).await?;
        }
    }
    transaction.commit().await?;
    scene.announce().await?;
    for part in 0..3 {
        for number in 1..=EACH / 3 {
            let title = format!("{part} {number}");
            assert_eq!(watcher.next().await?["task"]["title"], title);
            loop {
                let received = theirs.event().await?["taskChanged"]["task"]["title"].take();
                if !received.as_str().is_some_and(|it| it.starts_with("probe")) {
                    assert_eq!(received, title);
                    break;
                }
            }
        }
    }
    Ok(())
}

/// Floods follow each other while the journal has many older changes. What somebody else changes is
/// delivered soon, every time.
pub async fn in_a_row(database: &TestDatabase) -> Outcome {
    const OLDER: u32 = 200_000;
    /// Much longer than it takes, and shorter than reading all of the journal for each flood.
    const SOON: Duration = Duration::from_secs(10);
    let scene = Scene::start(database, 1).await?;
    let other = Other::start(&scene).await?;
    let meeting = scene.meeting().await?;
    let mut watcher = Watcher::of(&scene, 0, "Task", "title").await?;
    let older = format!(
        "{NUMBERS} < {OLDER})
        INSERT INTO mina_change (subject, row_id, workspace_id, action)
        SELECT 'Task', -number, -1, 'updated' FROM numbers"
    );
    scene.sql(&older).await?;
    scene.announce().await?;
    let start = Instant::now();
    for round in 0..4 {
        let mut flooded = other.watch(&scene).await?;
        let transaction = scene.connection().begin().await?;
        execute(&transaction, &tasks(&other.meeting, "flood", MANY / 4)).await?;
        transaction.commit().await?;
        let title = format!("round {round}");
        scene.seed().task(&meeting, &title).await?;
        scene.announce().await?;
        assert_eq!(watcher.next().await?["task"]["title"], title.as_str());
        assert_eq!(until_error(&mut flooded).await?, "LAGGED");
    }
    let elapsed = start.elapsed();
    assert!(elapsed < 4 * SOON, "took {elapsed:?}");
    Ok(())
}

/// Transactions that began before a flood end after it, and while it is read.
pub async fn late_commits(database: &TestDatabase) -> Outcome {
    let scene = Scene::start(database, 2).await?;
    let other = Other::start(&scene).await?;
    let meeting = scene.meeting().await?;
    let mut watchers = [
        Watcher::of(&scene, 0, "Task", "title").await?,
        Watcher::of(&scene, 1, "Task", "title").await?,
    ];
    for round in 0..3 {
        let mut open = Vec::new();
        for name in ["late", "later"] {
            let transaction = scene.connection().begin().await?;
            let insert = tasks(&meeting, &format!("{round} {name}"), 400);
            execute(&transaction, &insert).await?;
            open.push(transaction);
        }
        let flood = scene.connection().begin().await?;
        execute(&flood, &tasks(&other.meeting, "flood", MANY)).await?;
        execute(&flood, &tasks(&meeting, &format!("{round} early"), 2)).await?;
        flood.commit().await?;
        scene.announce().await?;
        for transaction in open {
            transaction.commit().await?;
            scene.announce().await?;
        }
        for watcher in &mut watchers {
            let mut received = BTreeSet::new();
            for _ in 0..802 {
                let title = watcher.next().await?["task"]["title"].take();
                assert!(received.insert(title.to_string()), "{title} came twice");
            }
        }
    }
    Ok(())
}

/// A task, a segment and a user have values that no enum has. Those who follow receive everything,
/// and the user stays signed in.
pub async fn odd_rows(database: &TestDatabase) -> Outcome {
    let scene = Scene::start(database, 1).await?;
    let meeting = scene.meeting().await?;
    let session = scene.recording().await?;
    let good = scene.seed().task(&meeting, "good").await?;
    let odd = scene.seed().task(&meeting, "odd").await?;
    let late = scene.seed().task(&meeting, "late").await?;
    let max = scene
        .seed()
        .user(scene.ada.workspace_id.ok_or("no workspace")?, "max");
    let max = max.await?;
    let node = &scene.nodes[0];
    let token = node.sign_in("max").await?;
    let _connected = Socket::open(node).await?.sign_in(&token).await?;
    let mut watcher = Watcher::of(&scene, 0, "Task", "title").await?;
    let mut follower = Follower::of(&scene, 0, &session).await?;
    let transaction = scene.connection().begin().await?;
    permit_odd_values(&scene, &transaction).await?;
    for statement in [
        format!("UPDATE task SET status = 'zebra' WHERE id = {}", odd.id),
        format!("UPDATE task SET title = 'better' WHERE id = {}", good.id),
        format!(r#"UPDATE "user" SET role = 'zebra' WHERE id = {}"#, max.id),
        segments(&session, 2),
        format!(
            "INSERT INTO segment (session_id, text, kind) VALUES ({}, 'odd', 'zebra')",
            session.id
        ),
        segments(&session, 1),
    ] {
        execute(&transaction, &statement).await?;
    }
    if database.backend() == DbBackend::Sqlite {
        execute(&transaction, "PRAGMA ignore_check_constraints = OFF").await?;
    } else {
        let endless = format!(
            "UPDATE task SET due_date = 'infinity' WHERE id = {}",
            late.id
        );
        execute(&transaction, &endless).await?;
    }
    transaction.commit().await?;
    scene.announce().await?;
    let mut titles = vec!["odd", "better"];
    if database.backend() == DbBackend::Postgres {
        titles.push("late");
    }
    titles.sort_unstable();
    let mut received = Vec::new();
    for _ in &titles {
        let event = watcher.next().await?;
        received.push(
            event["task"]["title"]
                .as_str()
                .ok_or("no title")?
                .to_owned(),
        );
    }
    received.sort_unstable();
    assert_eq!(received, titles);
    follower.until(4).await?;
    assert_eq!(follower.log.positions(), [1, 2, 3, 4]);
    // The same for somebody who begins now.
    let mut newcomer = Follower::of(&scene, 0, &session).await?;
    newcomer.until(4).await?;
    assert_eq!(newcomer.log.received, follower.log.received);

    for line in [
        "skips a row that cannot be read",
        "ends the logins of a user who cannot be read",
        "zebra",
    ] {
        assert!(node.log_lines_with(line).is_empty(), "{line}");
    }
    Ok(())
}

/// Lets a transaction write values that the data contract does not allow, as in a database that was
/// adopted.
async fn permit_odd_values(scene: &Scene<'_>, transaction: &DatabaseTransaction) -> Outcome {
    if scene.database.backend() == DbBackend::Sqlite {
        return execute(transaction, "PRAGMA ignore_check_constraints = ON").await;
    }
    for (table, column) in [("task", "status"), ("segment", "kind"), ("user", "role")] {
        let drop = format!(r#"ALTER TABLE "{table}" DROP CONSTRAINT ck_{table}_{column}"#);
        transaction.execute_unprepared(&drop).await?;
    }
    Ok(())
}

/// The code of the error that ends a subscription, after any events.
async fn until_error(socket: &mut Socket) -> Result<Value, Failed> {
    loop {
        let message = socket.receive().await?;
        if message["type"] == "error" {
            return Ok(message["payload"][0]["extensions"]["code"].clone());
        }
        if message["type"] != "next" {
            return Err(format!("neither event nor error: {message}").into());
        }
    }
}
