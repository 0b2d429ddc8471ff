//! Clients that go away: what runs for them ends at once, and nothing else does.

use std::{
    cell::Cell,
    time::{Duration, Instant},
};

use entity::{
    bookkeeping::idempotency_key,
    meeting,
    user::{self, Role},
};
use futures_util::{
    StreamExt,
    future::{join_all, try_join, try_join_all},
    stream,
};
use libtest_mimic::Failed;
use sea_orm::{
    ActiveModelTrait, ActiveValue::Set, ColumnTrait, ConnectionTrait, DbBackend, EntityTrait,
    IntoActiveModel, PaginatorTrait, QueryFilter, TransactionTrait,
};
use serde_json::{Value, json};
use tokio::time::{sleep, timeout};

use super::{
    connections::until_locked,
    endless::{assert_nothing_runs, endless_trigger, plant},
};
use crate::support::{
    Outcome,
    client::document,
    database::TestDatabase,
    endless::ENDLESS,
    seed::{Seed, global_id},
    server::Server,
};

/// A time limit that ends nothing in these cases.
const LONG: [&str; 2] = ["--request-timeout", "60s"];
/// How soon the statement of a client that has gone away is over.
const SOON: Duration = Duration::from_millis(200);
/// How soon it is over even if the machine is busy with other tests.
const AT_LAST: Duration = Duration::from_secs(5);

/// Ends a request early.
async fn leave(server: &Server, token: &str, query: &str, variables: Value, patience: Duration) {
    let asked = server.ask_as(token, query, variables);
    // Whether it was answered before does not matter.
    let _ = timeout(patience, asked).await;
}

/// A mutation that never ends, from its input on.
fn create(title: &str) -> (String, Value) {
    let input = json!({"input": {"title": title, "idempotencyKey": title}});
    (document("meetingCreate", "meeting { title }"), input)
}

/// How often each client goes away.
const TRIES: usize = 7;

/// How long something takes after a client has gone away, compared with the same when nobody has.
/// What else the machine does slows down both.
#[derive(Debug, Default)]
struct Waits {
    after_leaving: Vec<Duration>,
    usual: Vec<Duration>,
}

impl Waits {
    /// Checks that what a client leaves behind is soon over: usually within 200 ms, each time in the
    /// end. Without being canceled, it would take minutes.
    fn assert_soon(mut self) {
        let is_over = self.after_leaving.iter().all(|time| *time < AT_LAST);
        assert!(is_over, "{self:?}");
        let median = |times: &mut Vec<Duration>| {
            times.sort_unstable();
            times[times.len() / 2]
        };
        let (left, usual) = (median(&mut self.after_leaving), median(&mut self.usual));
        assert!(left < usual + SOON, "{self:?}");
    }
}

/// A statement ends with its client, although no other connection is free.
pub async fn reads(database: &TestDatabase) -> Outcome {
    plant(database).await?;
    let server = Server::start_with(
        database,
        &[&LONG[..], &["--database-pool-size", "1"]].concat(),
    )?;
    let token = server.sign_in("ada").await?;
    let until_free = async || {
        let begin = Instant::now();
        assert_nothing_runs(database).await?;
        // The one connection for reading is free again.
        server.read(&token, "{ viewer { username } }").await?;
        Ok::<_, Failed>(begin.elapsed())
    };
    let mut waits = Waits::default();
    for _ in 0..TRIES {
        waits.usual.push(until_free().await?);
        leave(&server, &token, ENDLESS, json!({}), SOON).await;
        waits.after_leaving.push(until_free().await?);
    }
    waits.assert_soon();
    Ok(())
}

/// A transaction ends with its client, leaves nothing behind, and locks nothing any more.
pub async fn writes(database: &TestDatabase) -> Outcome {
    plant(database).await?;
    let connection = database.connection();
    let server = Server::start_with(database, &LONG)?;
    let token = server.sign_in("ada").await?;
    for statement in endless_trigger(database.backend()) {
        connection.execute_unprepared(statement).await?;
    }
    // Waits until nobody else writes meetings.
    let lock = match database.backend() {
        DbBackend::Sqlite => "UPDATE meeting SET title = title",
        _ => "LOCK TABLE meeting IN ACCESS EXCLUSIVE MODE",
    };
    let (query, input) = create("Retrospective");
    let until_free = async || {
        let begin = Instant::now();
        let alone = connection.begin().await?;
        alone.execute_unprepared(lock).await?;
        let time = begin.elapsed();
        alone.rollback().await?;
        Ok::<_, Failed>(time)
    };
    let mut waits = Waits::default();
    for _ in 0..TRIES {
        waits.usual.push(until_free().await?);
        leave(&server, &token, &query, input.clone(), SOON).await;
        waits.after_leaving.push(until_free().await?);
    }
    waits.assert_soon();
    assert_nothing_runs(database).await?;
    assert_eq!(meeting::Entity::find().count(connection).await?, 1);
    assert_eq!(idempotency_key::Entity::find().count(connection).await?, 0);
    connection
        .execute_unprepared(match database.backend() {
            DbBackend::Sqlite => "DROP TRIGGER endless",
            _ => "DROP TRIGGER endless ON meeting",
        })
        .await?;
    let answer = server.ask_as(&token, &query, input).await?;
    assert_eq!(answer.data()?["meetingCreate"]["userErrors"], json!([]));
    Ok(())
}

/// A thousand clients go away at any moment. Those who stay get what they ask for.
pub async fn others(database: &TestDatabase) -> Outcome {
    plant(database).await?;
    bob(database).await?;
    let server = Server::start_with(
        database,
        &[&LONG[..], &["--database-pool-size", "4"]].concat(),
    )?;
    let (ada, bob) = (server.sign_in("ada").await?, server.sign_in("bob").await?);
    let is_over = Cell::new(false);
    let light = "{ meetings { nodes { title organizer { username } } } }";
    let (write, input) = create("Retrospective");
    let left = async {
        stream::iter(0..1000_u64)
            .map(|number| {
                let patience = Duration::from_micros(number * 7919 % 30_000);
                let (query, variables) = match number % 3 {
                    0 => (ENDLESS, json!({})),
                    1 => (light, json!({})),
                    _ => (write.as_str(), input.clone()),
                };
                leave(&server, &ada, query, variables, patience)
            })
            .buffer_unordered(16)
            .collect::<()>()
            .await;
        is_over.set(true);
        Ok::<_, Failed>(())
    };
    let stays = async |client: usize| {
        let mut created = 0;
        while !is_over.get() {
            let (query, input) = create(&format!("{client}-{created}"));
            let answer = server.ask_as(&bob, &query, input).await?;
            let title = answer.data()?["meetingCreate"]["meeting"]["title"].clone();
            assert_eq!(title, format!("{client}-{created}"));
            created += 1;
            let read = "{ viewer { username } workspace { slug } }";
            let read = server.read(&bob, read).await?;
            assert_eq!(read["viewer"], json!({"username": "bob"}));
        }
        Ok::<u64, Failed>(created)
    };
    let (created, ()) = try_join(try_join_all((0..4).map(stays)), left).await?;
    assert_nothing_runs(database).await?;
    let connection = database.connection();
    let of_bob = meeting::Entity::find().filter(meeting::Column::Title.contains("-"));
    assert_eq!(of_bob.count(connection).await?, created.iter().sum::<u64>());
    let of_ada = meeting::Entity::find().filter(meeting::Column::Title.eq("Retrospective"));
    assert!(of_ada.count(connection).await? <= 1, "the key is ignored");
    Ok(())
}

/// A cancellation that PostgreSQL carries out late hits no statement of somebody else.
pub async fn late_cancellations(database: &TestDatabase) -> Outcome {
    plant(database).await?;
    let connection = database.connection();
    for statement in [
        // The statement ends by itself before it is canceled.
        "CREATE OR REPLACE VIEW endless AS SELECT pg_sleep(1.2)::text",
        // This one hides the function of PostgreSQL, which cancels at once.
        "CREATE FUNCTION public.pg_cancel_backend(id integer) RETURNS boolean LANGUAGE plpgsql AS
         'BEGIN PERFORM pg_sleep(1.5); RETURN pg_catalog.pg_cancel_backend(id); END'",
        "DO $$ BEGIN
            EXECUTE format('ALTER DATABASE %I SET ', current_database())
                || 'search_path = public, pg_catalog';
         END $$",
    ] {
        connection.execute_unprepared(statement).await?;
    }
    let flags = [&LONG[..], &["--database-pool-size", "1"]].concat();
    let server = Server::start_with(database, &flags)?;
    let token = server.sign_in("ada").await?;
    for _ in 0..3 {
        leave(&server, &token, ENDLESS, json!({}), SOON).await;
        // It waits for the one connection, and is running when the other one is canceled.
        let markers = server.read(&token, ENDLESS).await?;
        assert_eq!(markers["markers"]["nodes"][0]["content"], "A decision");
    }
    Ok(())
}

/// Mutations that wait for a row of PostgreSQL leave reading to everybody, and writing to other
/// people.
pub async fn locks(database: &TestDatabase) -> Outcome {
    let ada = super::ada(database).await?;
    let planning = Seed(database.connection())
        .meeting(&ada, "Planning")
        .await?;
    bob(database).await?;
    let server = Server::start_with(database, &["--database-pool-size", "4"])?;
    let (ada, bob) = (server.sign_in("ada").await?, server.sign_in("bob").await?);
    let held = database.connection().begin().await?;
    let lock = format!(
        "SELECT 1 FROM meeting WHERE id = {} FOR UPDATE",
        planning.id
    );
    held.execute_unprepared(&lock).await?;
    let update = document("meetingUpdate", "meeting { title }");
    let input = json!({"input": {"id": global_id("Meeting", planning.id), "title": "Later"}});
    let waiting = join_all((0..8).map(|_| server.ask_as(&ada, &update, input.clone())));
    let others = async {
        until_locked(database).await?;
        // The others have arrived meanwhile.
        sleep(Duration::from_millis(300)).await;
        let began_at = Instant::now();
        for number in 0..10 {
            let read = "{ meetings { totalCount } }";
            let answer = server.read(&ada, read).await?;
            assert_eq!(answer["meetings"]["totalCount"], 1);
            let (query, input) = create(&format!("{number}"));
            let answer = server.ask_as(&bob, &query, input).await?;
            assert_eq!(answer.data()?["meetingCreate"]["userErrors"], json!([]));
        }
        assert!(
            began_at.elapsed() < AT_LAST / 2,
            "they wait for the lock too"
        );
        held.rollback().await?;
        Ok::<_, Failed>(())
    };
    let (answers, ()) = try_join(async { Ok(waiting.await) }, others).await?;
    for answer in answers {
        assert_eq!(
            answer?.data()?["meetingUpdate"]["meeting"]["title"],
            "Later"
        );
    }
    Ok(())
}

/// An admin called Bob, in a workspace of his own.
async fn bob(database: &TestDatabase) -> Result<user::Model, Failed> {
    let seed = Seed(database.connection());
    let workspace = seed.workspace("globex").await?;
    let mut bob = seed.user(workspace.id, "bob").await?.into_active_model();
    bob.role = Set(Some(Role::Admin));
    Ok(bob.update(database.connection()).await?)
}
