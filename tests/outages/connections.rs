//! Connections that end, are all taken, or wait for somebody else.

use std::{
    cell::Cell,
    time::{Duration, Instant},
};

use futures_util::future::{join, try_join_all};
use libtest_mimic::Failed;
use reqwest::StatusCode;
use sea_orm::{
    ConnectionTrait, DbBackend, EntityTrait, PaginatorTrait, Statement, TransactionTrait,
};
use serde_json::{Value, json};
use tokio::time::{sleep, timeout};

use crate::support::{
    Outcome,
    client::World,
    database::TestDatabase,
    seed::{Seed, global_id},
    server::{Answer, Server},
};

/// The time within which an expected event must begin.
const PATIENCE: Duration = Duration::from_secs(30);

const CREATE: &str = "mutation ($input: MeetingCreateInput!) {
    meetingCreate(input: $input) { meeting { title } userErrors { code } }
}";

async fn create(server: &Server, token: &str, title: &str) -> Result<Answer, Failed> {
    let input = json!({"input": {"title": title, "idempotencyKey": title}});
    server.ask_as(token, CREATE, input).await
}

/// Whether an answer is right, or else says that the database is away, and that it can be tried
/// again.
fn is_served(answer: &Answer) -> Result<bool, Failed> {
    if answer.status == StatusCode::OK && answer.body["errors"].is_null() {
        return Ok(true);
    }
    let codes: Vec<&Value> = answer.body["errors"]
        .as_array()
        .into_iter()
        .flatten()
        .map(|error| &error["extensions"]["code"])
        .collect();
    if !codes.is_empty() && codes.iter().all(|code| **code == "UNAVAILABLE") {
        Ok(false)
    } else {
        Err(format!("neither right nor UNAVAILABLE: {answer:#?}").into())
    }
}

/// The results that clients have seen.
#[derive(Default)]
struct Seen {
    created: Vec<String>,
    unavailable: usize,
    slowest: Duration,
}

/// The progress of the clients.
#[derive(Default)]
struct Progress {
    created: Cell<usize>,
    ends: Cell<bool>,
}

impl Progress {
    /// Waits until one more meeting has been created.
    async fn until_created(&self) -> Outcome {
        let before = self.created.get();
        let created = async {
            while self.created.get() == before {
                sleep(Duration::from_millis(5)).await;
            }
        };
        timeout(PATIENCE, created)
            .await
            .map_err(|_| "nothing is created")?;
        Ok(())
    }
}

/// Reads and writes until it has to end.
async fn load(
    server: &Server,
    token: &str,
    name: usize,
    progress: &Progress,
) -> Result<Seen, Failed> {
    let mut seen = Seen::default();
    for number in 0.. {
        if progress.ends.get() {
            break;
        }
        let title = format!("{name}-{number}");
        let began = Instant::now();
        if is_served(&create(server, token, &title).await?)? {
            seen.created.push(title);
            progress.created.update(|it| it + 1);
        } else {
            seen.unavailable += 1;
        }
        let read = "{ meetings(first: 5) { nodes { title organizer { username } } } }";
        let answer = server.ask_as(token, read, json!({})).await?;
        seen.unavailable += usize::from(!is_served(&answer)?);
        seen.slowest = seen.slowest.max(began.elapsed());
    }
    Ok(seen)
}

/// Lets clients read and write while `disturb` disturbs; then everything that was acknowledged is
/// there, once, and the server serves again.
async fn under_load(
    database: &TestDatabase,
    server: &Server,
    disturb: impl AsyncFnOnce(&Progress) -> Outcome,
) -> Result<Seen, Failed> {
    let progress = Progress::default();
    let token = server.sign_in("ada").await?;
    let clients = (0..4).map(|name| load(server, &token, name, &progress));
    let disturbed = async {
        let outcome = disturb(&progress).await;
        progress.ends.set(true);
        outcome
    };
    let (seen, disturbed) = join(try_join_all(clients), disturbed).await;
    disturbed?;
    let mut all = Seen::default();
    for seen in seen? {
        all.created.extend(seen.created);
        all.unavailable += seen.unavailable;
        all.slowest = all.slowest.max(seen.slowest);
    }
    let meetings = entity::meeting::Entity::find()
        .all(database.connection())
        .await?;
    for title in &all.created {
        let count = meetings.iter().filter(|it| it.title == *title).count();
        assert_eq!(count, 1, "{title} was acknowledged");
    }
    assert!(is_served(&create(server, &token, "after all").await?)?);
    Ok(all)
}

/// All connections are ended by the administrator while they are used: who only reads notices
/// nothing.
pub async fn ended(database: &TestDatabase) -> Outcome {
    let world = World::start(database).await?;
    let seen = under_load(database, &world.server, async |progress| {
        for _ in 0..10 {
            progress.until_created().await?;
            let statement = "SELECT pg_terminate_backend(pid) FROM pg_stat_activity
                WHERE datname = current_database() AND application_name = 'mina'";
            database.connection().execute_unprepared(statement).await?;
        }
        Ok(())
    })
    .await?;
    assert!(!seen.created.is_empty());
    let token = world.server.sign_in("ada").await?;
    for _ in 0..20 {
        let statement = "SELECT pg_terminate_backend(pid) FROM pg_stat_activity
            WHERE datname = current_database() AND application_name = 'mina'";
        database.connection().execute_unprepared(statement).await?;
        world
            .server
            .read(&token, "{ meetings { totalCount } }")
            .await?;
    }
    Ok(())
}

/// A request that finds no free connection within the set time is rejected with the reason.
pub async fn all_taken(database: &TestDatabase) -> Outcome {
    World::start(database).await?;
    let flags = [
        "--database-pool-size",
        "1",
        "--database-acquire-timeout",
        "300ms",
    ];
    let server = Server::start_with(database, &flags)?;
    let token = server.sign_in("ada").await?;
    let held = database.connection().begin().await?;
    held.execute_unprepared("LOCK TABLE mina_marker_place IN ACCESS EXCLUSIVE MODE")
        .await?;
    let waiting = server.ask_as(&token, "{ markers { totalCount } }", json!({}));
    let rejected = async {
        until_locked(database).await?;
        let rejected = server.ask("{ __typename meetings { totalCount } }").await?;
        rejected.assert_error("UNAUTHENTICATED", "Sign in")?;
        let rejected = server
            .ask_as(&token, "{ viewer { id } }", json!({}))
            .await?;
        assert_eq!(rejected.status, StatusCode::SERVICE_UNAVAILABLE);
        rejected.assert_error("UNAVAILABLE", "Try again")?;
        held.commit().await?;
        Ok::<_, Failed>(())
    };
    let (waiting, rejected) = join(waiting, rejected).await;
    rejected?;
    assert_eq!(waiting?.data()?["markers"]["totalCount"], 0);
    server.read(&token, "{ viewer { id } }").await?;
    Ok(())
}

/// Waits until a statement in the database waits for a lock.
pub async fn until_locked(database: &TestDatabase) -> Outcome {
    let waiting = "SELECT 1 FROM pg_stat_activity
        WHERE datname = current_database() AND wait_event_type = 'Lock'";
    let waiting = Statement::from_string(DbBackend::Postgres, waiting);
    let found = async {
        let connection = database.connection();
        while connection.query_one_raw(waiting.clone()).await?.is_none() {
            sleep(Duration::from_millis(5)).await;
        }
        Ok::<_, Failed>(())
    };
    timeout(PATIENCE, found)
        .await
        .map_err(|_| "nothing waits for a lock")?
}

/// Fails unless a mutation was rejected as a whole, in a way that every HTTP client knows to retry.
fn assert_unavailable(answer: &Answer, words: &str) -> Outcome {
    answer.assert_error("UNAVAILABLE", words)?;
    assert_eq!(
        answer.status,
        StatusCode::SERVICE_UNAVAILABLE,
        "{answer:#?}"
    );
    assert_eq!(answer.retry_after.as_deref(), Some("1"));
    assert!(answer.body["data"].is_null(), "{answer:#?}");
    Ok(())
}

/// Another transaction of PostgreSQL keeps a row locked: the mutation is rejected with the reason,
/// and what else was asked for at the same time is done.
pub async fn locked_row(database: &TestDatabase) -> Outcome {
    let world = World::start(database).await?;
    let seed = Seed(database.connection());
    let meeting = seed.meeting(&world.admin, "Planning").await?;
    let token = world.server.sign_in("ada").await?;
    let held = database.connection().begin().await?;
    let lock = format!(
        "SELECT id FROM meeting WHERE id = {} FOR UPDATE",
        meeting.id
    );
    held.execute_unprepared(&lock).await?;
    let update = "mutation ($input: MeetingUpdateInput!) {
        meetingUpdate(input: $input) { meeting { title } userErrors { code } } }";
    let update_and_create = "mutation ($input: MeetingUpdateInput!) {
        meetingUpdate(input: $input) { meeting { title } userErrors { code } }
        meetingCreate(input: {title: \"Another\"}) { meeting { title } userErrors { code } } }";
    let input = json!({"input": {"id": global_id("Meeting", meeting.id), "title": "Later"}});
    let rejected = world.server.ask_as(&token, update, input.clone()).await?;
    assert_unavailable(&rejected, "busy")?;
    let half = world
        .server
        .ask_as(&token, update_and_create, input.clone())
        .await?;
    half.assert_error("UNAVAILABLE", "busy")?;
    assert_eq!(half.status, StatusCode::OK);
    let created = json!({
        "meetingUpdate": null,
        "meetingCreate": {"meeting": {"title": "Another"}, "userErrors": []},
    });
    assert_eq!(half.body["data"], created);
    held.rollback().await?;
    let updated = world.server.ask_as(&token, update, input).await?;
    assert_eq!(
        updated.data()?["meetingUpdate"]["meeting"]["title"],
        "Later"
    );
    Ok(())
}

/// PostgreSQL ends every attempt in favor of another transaction: the mutation is rejected with the
/// reason.
pub async fn contended(database: &TestDatabase) -> Outcome {
    let world = World::start(database).await?;
    let token = world.server.sign_in("ada").await?;
    for code in ["40001", "40P01", "55P03"] {
        let trigger = format!(
            "CREATE OR REPLACE FUNCTION contend() RETURNS trigger LANGUAGE plpgsql AS $$
             BEGIN RAISE EXCEPTION 'contended' USING ERRCODE = '{code}'; END $$;
             CREATE TRIGGER contended BEFORE INSERT ON meeting
             FOR EACH ROW EXECUTE FUNCTION contend();"
        );
        let connection = database.connection();
        connection.execute_unprepared(&trigger).await?;
        let rejected = create(&world.server, &token, "Not now").await?;
        assert_unavailable(&rejected, "Try again in a few seconds")?;
        connection
            .execute_unprepared("DROP TRIGGER contended ON meeting")
            .await?;
    }
    assert!(is_served(&create(&world.server, &token, "Now").await?)?);
    Ok(())
}

/// What is checked before a password is hashed waits for no other transaction.
pub async fn checked_without_locks(database: &TestDatabase) -> Outcome {
    let world = World::start(database).await?;
    let token = world.server.sign_in("ada").await?;
    let held = database.connection().begin().await?;
    let lock = format!(
        r#"SELECT id FROM "user" WHERE id = {} FOR UPDATE"#,
        world.member.id
    );
    held.execute_unprepared(&lock).await?;
    let set = "mutation ($input: UserSetPasswordInput!) {
        userSetPassword(input: $input) { userErrors { code } } }";
    let input = |password: &str| {
        let id = global_id("User", world.member.id);
        json!({"input": {"id": id, "newPassword": password}})
    };
    let answer = world.server.ask_as(&token, set, input("short")).await?;
    let problems = &answer.data()?["userSetPassword"]["userErrors"];
    assert_eq!(*problems, json!([{"code": "TOO_SHORT"}]));
    // The change itself does.
    let answer = world.server.ask_as(&token, set, input("long enough"));
    assert_unavailable(&answer.await?, "busy")?;
    held.rollback().await?;
    Ok(())
}

/// What goes wrong because of another transaction is tried again.
pub async fn retried(database: &TestDatabase) -> Outcome {
    let world = World::start(database).await?;
    let token = world.server.sign_in("ada").await?;
    let connection = database.connection();
    for code in ["40001", "40P01", "55P03"] {
        // A sequence counts on when the transaction is rolled back.
        let trigger = format!(
            "CREATE SEQUENCE attempts;
             CREATE OR REPLACE FUNCTION contend() RETURNS trigger LANGUAGE plpgsql AS $$
             BEGIN
                 IF nextval('attempts') < 3 THEN
                     RAISE EXCEPTION 'contended' USING ERRCODE = '{code}';
                 END IF;
                 RETURN NEW;
             END $$;
             CREATE TRIGGER contended BEFORE INSERT ON meeting
             FOR EACH ROW EXECUTE FUNCTION contend();"
        );
        connection.execute_unprepared(&trigger).await?;
        let answer = create(&world.server, &token, code).await?;
        assert_eq!(answer.data()?["meetingCreate"]["meeting"]["title"], code);
        connection
            .execute_unprepared("DROP TRIGGER contended ON meeting; DROP SEQUENCE attempts")
            .await?;
    }
    Ok(())
}

/// A mutation that takes too long may have been carried out nevertheless, which the answer says.
pub async fn outlasted(database: &TestDatabase) -> Outcome {
    World::start(database).await?;
    let server = Server::start_with(database, &["--request-timeout", "700ms"])?;
    let token = server.sign_in("ada").await?;
    let held = database.connection().begin().await?;
    held.execute_unprepared("UPDATE workspace SET name = 'Held'")
        .await?;
    let late = create(&server, &token, "Late").await?;
    late.assert_error("TIMEOUT", "it is unknown whether the change was made")?;
    late.assert_error(
        "TIMEOUT",
        "with the same idempotency key, nothing is created twice",
    )?;
    assert_eq!(late.status, StatusCode::GATEWAY_TIMEOUT);
    held.rollback().await?;
    assert!(is_served(&create(&server, &token, "Late").await?)?);
    let meetings = entity::meeting::Entity::find();
    assert_eq!(meetings.count(database.connection()).await?, 1);
    Ok(())
}

/// Another program keeps SQLite from writing: writes are rejected with the reason, and reads
/// go on.
pub async fn locked_file(database: &TestDatabase) -> Outcome {
    let world = World::start(database).await?;
    let token = world.server.sign_in("ada").await?;
    let held = database.connection().begin().await?;
    held.execute_unprepared("UPDATE workspace SET name = 'Held'")
        .await?;
    let rejected = create(&world.server, &token, "Not now").await?;
    assert_unavailable(&rejected, "busy")?;
    world
        .server
        .read(&token, "{ meetings { totalCount } }")
        .await?;
    held.rollback().await?;
    assert!(is_served(&create(&world.server, &token, "Now").await?)?);
    let meetings = entity::meeting::Entity::find();
    assert_eq!(meetings.count(database.connection()).await?, 1);
    Ok(())
}
