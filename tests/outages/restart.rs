//! PostgreSQL is stopped and started again while clients write and read, or falls silent.

use std::{
    process::Command,
    time::{Duration, Instant},
};

use futures_util::future::try_join_all;
use libtest_mimic::Failed;
use reqwest::StatusCode;
use sea_orm::{ConnectionTrait, DbBackend, Statement};
use serde_json::json;
use tokio::time::{sleep, timeout};

use super::{ada, load::Load};
use crate::support::{
    Outcome,
    database::TestDatabase,
    postgres::{OwnServer, Stop},
    server::Server,
};

/// The maximum time that a client waits for an answer. It is less than the time in which a
/// connection must be acquired, 10 s: if no server listens, requests do not wait for one.
const BOUND: Duration = Duration::from_secs(5);

/// Each answer is right or UNAVAILABLE, and comes soon. What was acknowledged outlives a crash.
pub async fn restarts(database: &TestDatabase, postgres: &OwnServer) -> Outcome {
    ada(database).await?;
    let server = Server::start(database)?;
    let load = Load::new(&server, server.sign_in("ada").await?);
    let restarts = async {
        for how in [Stop::Immediate, Stop::Fast] {
            load.serves(40).await?;
            postgres.stop(how).await?;
            load.rejects(16).await?;
            becomes_ready(&server, StatusCode::SERVICE_UNAVAILABLE).await?;
            postgres.start_again().await?;
            load.serves(40).await?;
            becomes_ready(&server, StatusCode::OK).await?;
        }
        // Back so soon that the server's connections of before still count as fresh.
        postgres.stop(Stop::Fast).await?;
        postgres.start_again().await?;
        load.serves(40).await
    };
    load.during(restarts).await?;
    assert!(load.slowest() < BOUND, "{:?}", load.slowest());
    load.assert_kept(database.connection()).await
}

/// PostgreSQL falls silent, as when its machine vanishes: each request ends in time, and as soon as
/// connections can be made again, requests are served, whatever became of the old ones.
pub async fn silence(database: &TestDatabase, _: &OwnServer) -> Outcome {
    ada(database).await?;
    let flags = ["--request-timeout", "500ms", "--database-pool-size", "2"];
    let server = Server::start_with(database, &flags)?;
    let token = server.sign_in("ada").await?;
    let usual = "{ meetings { totalCount } }";
    let ask = || server.ask_as(&token, usual, json!({}));
    try_join_all((0..6).map(|_| ask())).await?;
    let backends = Silenced::all_of(database).await?;
    assert!(!backends.0.is_empty());
    let began_at = Instant::now();
    let mut rejected = 0;
    loop {
        let answer = timeout(BOUND, ask()).await.map_err(|_| "no answer")??;
        match answer.body["errors"][0]["extensions"]["code"].as_str() {
            None => break,
            Some("TIMEOUT" | "UNAVAILABLE") => rejected += 1,
            Some(_) => {
                return Err(
                    format!("neither served nor rejected with a reason: {answer:#?}").into(),
                );
            }
        }
        assert!(began_at.elapsed() < 4 * BOUND, "it never recovers");
    }
    assert!(rejected > 0, "nothing was silent");
    for _ in 0..4 {
        ask().await?.data()?;
    }
    Ok(())
}

/// Processes of PostgreSQL that do nothing until this is dropped.
struct Silenced(Vec<String>);

impl Silenced {
    /// Those that serve the server under test.
    async fn all_of(database: &TestDatabase) -> Result<Self, Failed> {
        let ids = "SELECT pid::text FROM pg_stat_activity
            WHERE datname = current_database() AND application_name = 'mina'";
        let ids = Statement::from_string(DbBackend::Postgres, ids);
        let rows = database.connection().query_all_raw(ids).await?;
        let ids = rows.iter().map(|row| row.try_get_by_index(0));
        let silenced = Self(ids.collect::<Result<_, _>>()?);
        silenced.signal("STOP");
        Ok(silenced)
    }

    fn signal(&self, name: &str) {
        let status = Command::new("kill")
            .args(["-s", name])
            .args(&self.0)
            .status();
        assert!(status.is_ok_and(|status| status.success()));
    }
}

impl Drop for Silenced {
    fn drop(&mut self) {
        self.signal("CONT");
    }
}

async fn becomes_ready(server: &Server, status: StatusCode) -> Outcome {
    let waiting = async {
        while reqwest::get(server.url("/health/ready")).await?.status() != status {
            sleep(Duration::from_millis(50)).await;
        }
        Ok::<_, Failed>(())
    };
    let waited = timeout(BOUND, waiting).await;
    waited.map_err(|_| format!("readiness does not become {status}"))?
}
