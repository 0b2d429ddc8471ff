//! The fate of requests when the server is stopped.

use std::time::Duration;

use libtest_mimic::Failed;
use reqwest::StatusCode;
use serde_json::{Value, json};
use tokio::{net::TcpStream, time::sleep};

use super::{held::Held, raw};
use crate::support::{Outcome, database::TestDatabase, server::Server, suite::Suite};

/// Adds the cases of this module.
pub fn list(suite: &mut Suite) {
    suite.on_both_databases(drain);
    suite.on_both_databases(finish);
    suite.on_both_databases(deadline);
    suite.on_both_databases(second_signal);
    suite.on_both_databases(interrupt);
}

/// A delay or timeout that no case waits for.
const LONG: &str = "5m";

/// While the server drains it says so, and answers everything, on old connections and on new ones.
/// Another signal ends that.
async fn drain(database: &TestDatabase) -> Outcome {
    let server = Server::start_with(database, &["--drain-delay", LONG])?;
    assert_eq!(readiness(&server).await?, (StatusCode::OK, "ready".into()));
    server.signal("TERM")?;
    server.log_line_with("readiness fails from now on")?;
    assert_eq!(
        readiness(&server).await?,
        (StatusCode::SERVICE_UNAVAILABLE, "draining".into())
    );
    let live = reqwest::get(server.url("/health/live")).await?;
    assert_eq!(live.status(), StatusCode::OK);
    // A client of its own is a connection of its own.
    let answer = reqwest::Client::new()
        .post(server.url("/graphql"))
        .json(&json!({"query": "{ viewer { id } }"}))
        .send()
        .await?;
    assert_eq!(
        answer.json::<Value>().await?,
        json!({"data": {"viewer": null}})
    );
    server.signal("INT")?;
    assert_interrupted(&server).await
}

/// After the delay there are no new connections, idle ones are closed, and a request in flight is
/// answered.
async fn finish(database: &TestDatabase) -> Outcome {
    let server = Server::start_with(
        database,
        &["--drain-delay", "50ms", "--shutdown-timeout", LONG],
    )?;
    let mut silent = raw::send(&server, "").await?;
    let mut idle = raw::send(&server, raw::READY).await?;
    let answer = raw::beginning(&mut idle).await?;
    assert!(answer.starts_with("HTTP/1.1 200 OK\r\n"), "{answer}");
    let held = Held::start(database, &server).await?;
    server.signal("TERM")?;
    assert_eq!(raw::rest(&mut idle).await?, "");
    assert_eq!(raw::rest(&mut silent).await?, "");
    assert_refused(&server).await?;
    held.finish().await?;
    assert_eq!(server.ended().await?.code(), Some(0));
    Ok(())
}

/// Requests in flight at the end of the timeout are aborted and counted.
async fn deadline(database: &TestDatabase) -> Outcome {
    let server = Server::start_with(database, &["--shutdown-timeout", "50ms"])?;
    let held = Held::start(database, &server).await?;
    server.signal("TERM")?;
    assert_eq!(server.ended().await?.code(), Some(0));
    let line = server.log_line_with("connections still open")?;
    assert!(line.contains(r#""requests":1"#), "{line}");
    held.assert_cut().await
}

/// A second signal stops the server at once.
async fn second_signal(database: &TestDatabase) -> Outcome {
    let server = Server::start_with(database, &["--shutdown-timeout", LONG])?;
    let held = Held::start(database, &server).await?;
    server.signal("INT")?;
    server.log_line_with("finishing the requests in flight")?;
    server.signal("TERM")?;
    assert_interrupted(&server).await?;
    held.assert_cut().await
}

/// Ctrl-C is for people, who are not kept waiting for load balancers.
async fn interrupt(database: &TestDatabase) -> Outcome {
    let flags = ["--drain-delay", LONG, "--shutdown-timeout", LONG];
    let server = Server::start_with(database, &flags)?;
    server.signal("INT")?;
    assert_eq!(server.ended().await?.code(), Some(0));
    Ok(())
}

async fn readiness(server: &Server) -> Result<(StatusCode, Value), Failed> {
    let response = reqwest::get(server.url("/health/ready")).await?;
    let status = response.status();
    Ok((status, response.json::<Value>().await?["status"].clone()))
}

/// Fails unless connections are refused, at once or soon.
async fn assert_refused(server: &Server) -> Outcome {
    for _ in 0..1000 {
        if TcpStream::connect(server.address()).await.is_err() {
            return Ok(());
        }
        sleep(Duration::from_millis(5)).await;
    }
    Err("connections are still taken".into())
}

async fn assert_interrupted(server: &Server) -> Outcome {
    assert_eq!(server.ended().await?.code(), Some(1));
    server.log_line_with("ended by a second signal")?;
    Ok(())
}
