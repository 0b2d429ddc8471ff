//! The limits of a connection.

use std::time::Duration;

use tokio::{io::AsyncReadExt, time::timeout};

use super::raw;
use crate::support::{Outcome, database::TestDatabase, server::Server, suite::Suite};

/// Adds the cases of this module.
pub fn list(suite: &mut Suite) {
    suite.on_both_databases(full);
    suite.on_both_databases(heads);
}

/// A connection beyond the limit waits until another one ends.
async fn full(database: &TestDatabase) -> Outcome {
    let server = Server::start_with(database, &["--max-connections", "2"])?;
    let mut first = raw::send(&server, raw::READY).await?;
    raw::beginning(&mut first).await?;
    // Half a request holds its connection as a whole one does.
    let second = raw::send(&server, "GET /health/ready HTTP/1.1\r\n").await?;
    let mut third = raw::send(&server, raw::READY).await?;
    let early = timeout(Duration::from_millis(200), third.read_u8()).await;
    assert!(early.is_err(), "a third connection was served: {early:?}");
    drop(second);
    let answer = raw::beginning(&mut third).await?;
    assert!(answer.starts_with("HTTP/1.1 200 OK\r\n"), "{answer}");
    Ok(())
}

/// The head of a request is bounded, in its parts and as a whole.
async fn heads(database: &TestDatabase) -> Outcome {
    let server = Server::start(database)?;
    let begin = "GET / HTTP/1.1\r\nhost: mina\r\n";
    let many = "x: y\r\n".repeat(200);
    let long = "y".repeat(70_000);
    for (head, status) in [
        (format!("GET /{long} HTTP/1.1\r\nhost: mina\r\n\r\n"), "431"),
        (format!("{begin}{many}\r\n"), "431"),
        (format!("{begin}x: {long}\r\n\r\n"), "431"),
        ("GET / HTTP/1.1 or so\r\n\r\n".to_owned(), "400"),
    ] {
        let mut stream = raw::send(&server, &head).await?;
        let answer = raw::rest(&mut stream).await?;
        assert!(
            answer.starts_with(&format!("HTTP/1.1 {status} ")),
            "{status} for {head:.40}: {answer}"
        );
    }
    // The server goes on.
    let mut stream = raw::send(&server, raw::READY).await?;
    let answer = raw::beginning(&mut stream).await?;
    assert!(answer.starts_with("HTTP/1.1 200 OK\r\n"), "{answer}");
    Ok(())
}
