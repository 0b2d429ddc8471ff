//! Statements that would never end, and clients that do not wait for the end.

use std::time::{Duration, Instant};

use entity::{bookkeeping::idempotency_key, meeting, session};
use libtest_mimic::Failed;
use reqwest::StatusCode;
use sea_orm::{ConnectionTrait, DbBackend, EntityTrait, PaginatorTrait, Statement};
use serde_json::json;
use tokio::time::{sleep, timeout};

use super::ada;
use crate::support::{
    Outcome,
    client::document,
    database::TestDatabase,
    endless::{ENDLESS, make_markers_endless},
    seed::Seed,
    server::Server,
};

/// The timeout of requests in these cases.
const LIMIT: &str = "700ms";
/// The maximum duration of a request that waits until an earlier endless one is stopped.
const BOUND: Duration = Duration::from_secs(8);
/// All statements run on the same connection, which shows what one of them leaves behind.
const ONE_CONNECTION: [&str; 6] = [
    "--request-timeout",
    LIMIT,
    "--database-pool-size",
    "1",
    "--database-acquire-timeout",
    "6s",
];

const USUAL: &str = "{ meetings { totalCount nodes { title } } }";

/// An endless statement ends with its request.
pub async fn reads(database: &TestDatabase) -> Outcome {
    assert_reads_end(database, &[]).await
}

/// And also where each statement is traced.
pub async fn traced_reads(database: &TestDatabase) -> Outcome {
    // Nobody listens there, which is nothing to the server.
    assert_reads_end(database, &["--otlp-endpoint", "http://127.0.0.1:9"]).await
}

async fn assert_reads_end(database: &TestDatabase, flags: &[&str]) -> Outcome {
    plant(database).await?;
    let server = Server::start_with(database, &[&ONE_CONNECTION, flags].concat())?;
    let token = server.sign_in("ada").await?;
    for _ in 0..2 {
        let answer = server.ask_as(&token, ENDLESS, json!({})).await?;
        assert_eq!(answer.status, StatusCode::GATEWAY_TIMEOUT, "{answer:#?}");
        answer.assert_error("TIMEOUT", "Request less at once")?;
        assert_usual(&server, &token).await?;
    }
    assert_nothing_runs(database).await
}

/// A mutation that never ends is stopped, leaves nothing, and can be repeated.
pub async fn writes(database: &TestDatabase) -> Outcome {
    plant(database).await?;
    let connection = database.connection();
    for statement in endless_trigger(database.backend()) {
        connection.execute_unprepared(statement).await?;
    }
    let server = Server::start_with(database, &ONE_CONNECTION)?;
    let token = server.sign_in("ada").await?;
    let create = document("meetingCreate", "meeting { title }");
    let input = json!({"input": {"title": "Retrospective", "idempotencyKey": "once"}});
    let answer = server.ask_as(&token, &create, input.clone()).await?;
    assert_eq!(answer.status, StatusCode::GATEWAY_TIMEOUT, "{answer:#?}");
    // Either the statement ended first, or the request.
    answer.assert_error("TIMEOUT", "took longer than allowed")?;
    assert_usual(&server, &token).await?;
    assert_nothing_runs(database).await?;
    assert_eq!(meeting::Entity::find().count(connection).await?, 1);
    assert_eq!(idempotency_key::Entity::find().count(connection).await?, 0);

    connection
        .execute_unprepared(match database.backend() {
            DbBackend::Sqlite => "DROP TRIGGER endless",
            _ => "DROP TRIGGER endless ON meeting",
        })
        .await?;
    let answer = server.ask_as(&token, &create, input).await?;
    assert_eq!(answer.data()?["meetingCreate"]["userErrors"], json!([]));
    assert_eq!(meeting::Entity::find().count(connection).await?, 2);
    Ok(())
}

/// A request whose client has disconnected is stopped too.
pub async fn abandoned(database: &TestDatabase) -> Outcome {
    plant(database).await?;
    let server = Server::start_with(database, &ONE_CONNECTION)?;
    let token = server.sign_in("ada").await?;
    let asked = server.ask_as(&token, ENDLESS, json!({}));
    assert!(timeout(Duration::from_millis(200), asked).await.is_err());
    assert_usual(&server, &token).await?;
    assert_nothing_runs(database).await
}

/// Clients go away at every moment: the connection that they leave is as good as new, and nothing
/// of what it was to bring comes to who is next.
pub async fn cut_short(database: &TestDatabase) -> Outcome {
    plant(database).await?;
    // The trigger of a new session would read its markers.
    let session = session::Entity::find().one(database.connection()).await?;
    let session = session.ok_or("no session")?;
    let rows = format!(
        "INSERT INTO segment (session_id, text, kind, start_ms, end_ms)
         WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < 2000)
         SELECT {}, 'segment ' || i, 'final', i, i + 1 FROM n",
        session.id
    );
    database.connection().execute_unprepared(&rows).await?;
    let server = Server::start_with(database, &ONE_CONNECTION)?;
    let token = server.sign_in("ada").await?;
    let many = "{ sessions { nodes { segments(first: 100) { totalCount nodes { text } } } } }";
    let create = document("meetingCreate", "meeting { title }");
    let mut left = 0;
    for step in 0..40 {
        let patience = Duration::from_micros(400 * step);
        let input = json!({"input": {"title": "Retrospective"}});
        let (document, variables) = match step % 4 {
            3 => (create.as_str(), input),
            _ => (many, json!({})),
        };
        let asked = server.ask_as(&token, document, variables);
        left += usize::from(timeout(patience, asked).await.is_err());
        let next = server.read(&token, "{ viewer { username } }").await?;
        assert_eq!(next, json!({"viewer": {"username": "ada"}}));
    }
    assert!(left > 0, "everybody has waited");
    // A meeting is there with its organizer among its participants, or it is not.
    let whole = "{ meetings(where: {title: {eq: \"Retrospective\"}}) {
        totalCount nodes { participants { totalCount } } } }";
    let meetings = server.read(&token, whole).await?["meetings"].clone();
    for node in meetings["nodes"].as_array().ok_or("no nodes")? {
        assert_eq!(node, &json!({"participants": {"totalCount": 1}}));
    }
    Ok(())
}

/// Ada, a meeting, and markers that take for ever to be read.
pub async fn plant(database: &TestDatabase) -> Outcome {
    let ada = ada(database).await?;
    let seed = Seed(database.connection());
    seed.meeting(&ada, "Planning").await?;
    let session = seed.session(&ada).await?;
    seed.marker(&session, &ada, "A decision").await?;
    make_markers_endless(database.connection()).await
}

/// SQL that makes the creation of a meeting endless.
pub fn endless_trigger(backend: DbBackend) -> &'static [&'static str] {
    match backend {
        DbBackend::Sqlite => {
            &["CREATE TRIGGER endless AFTER INSERT ON meeting BEGIN SELECT * FROM endless; END"]
        }
        _ => &[
            "CREATE FUNCTION endless() RETURNS trigger LANGUAGE plpgsql AS
             'BEGIN PERFORM pg_sleep(600); RETURN NEW; END'",
            "CREATE TRIGGER endless AFTER INSERT ON meeting
             FOR EACH ROW EXECUTE FUNCTION endless()",
        ],
    }
}

/// Asks for what is always there, until the one connection is free again.
async fn assert_usual(server: &Server, token: &str) -> Outcome {
    let began_at = Instant::now();
    loop {
        let answer = server.ask_as(token, USUAL, json!({})).await?;
        // A request that waits for the connection has the same timeout as any other.
        if answer.status != StatusCode::GATEWAY_TIMEOUT {
            let expected = json!({"totalCount": 1, "nodes": [{"title": "Planning"}]});
            assert_eq!(answer.data()?["meetings"], expected);
            return Ok(());
        }
        if began_at.elapsed() > BOUND {
            return Err(format!("the connection is still taken: {answer:#?}").into());
        }
    }
}

/// Waits until PostgreSQL runs nothing for the server any more.
pub async fn assert_nothing_runs(database: &TestDatabase) -> Outcome {
    if database.backend() != DbBackend::Postgres {
        // Its one connection has answered.
        return Ok(());
    }
    let running = "SELECT query FROM pg_stat_activity WHERE datname = current_database()
        AND application_name = 'mina' AND state <> 'idle'";
    let none = async {
        loop {
            let running = Statement::from_string(DbBackend::Postgres, running);
            if database
                .connection()
                .query_all_raw(running)
                .await?
                .is_empty()
            {
                return Ok::<_, Failed>(());
            }
            sleep(Duration::from_millis(20)).await;
        }
    };
    timeout(BOUND, none)
        .await
        .map_err(|_| "statements still run")?
}
