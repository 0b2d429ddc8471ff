//! The limits of a connection.

use std::time::Duration;

use serde_json::{Value, json};
use tokio::{io::AsyncReadExt, time::timeout};

use super::raw;
use crate::support::{
    Outcome, database::TestDatabase, seed::Seed, server::Server, socket::Socket, suite::Suite,
};

/// Adds the cases of this module.
pub fn list(suite: &mut Suite) {
    suite.on_both_databases(full);
    suite.on_both_databases(anonymous_websockets);
    suite.on_both_databases(per_address);
    suite.on_both_databases(per_viewer);
    suite.on_both_databases(heads);
}

/// A connection beyond the limit takes the place of one that only waits for its client, and waits if
/// all are in use.
async fn full(database: &TestDatabase) -> Outcome {
    let server = Server::start_with(database, &["--max-connections", "4"])?;
    let mut first = raw::send(&server, raw::READY).await?;
    raw::beginning(&mut first).await?;
    // Neither half a request nor half a body is work for the server.
    let mut waiting = vec![first];
    for text in [
        "GET /health/ready HTTP/1.1\r\n",
        "POST /graphql HTTP/1.1\r\nhost: mina\r\ncontent-type: application/json\r\n\
         content-length: 9\r\n\r\n{",
        "",
    ] {
        waiting.push(raw::send(&server, text).await?);
    }
    // More than there are places, one after another: each newcomer is served.
    for _ in 0..8 {
        let mut newcomer = raw::send(&server, raw::READY).await?;
        let answer = raw::beginning(&mut newcomer).await?;
        assert!(answer.starts_with("HTTP/1.1 200 OK\r\n"), "{answer}");
        waiting.push(newcomer);
    }
    assert_eq!(raw::rest(&mut waiting[0]).await?, "");

    let server = Server::start_with(database, &["--max-connections", "1"])?;
    let mut socket = raw::send(&server, &upgrade("10.0.0.1")).await?;
    let answer = raw::beginning(&mut socket).await?;
    assert!(answer.starts_with("HTTP/1.1 101 "), "{answer}");
    let mut newcomer = raw::send(&server, raw::READY).await?;
    let early = timeout(Duration::from_millis(200), newcomer.read_u8()).await;
    assert!(early.is_err(), "a second connection was served: {early:?}");
    drop(socket);
    let answer = raw::beginning(&mut newcomer).await?;
    assert!(answer.starts_with("HTTP/1.1 200 OK\r\n"), "{answer}");
    Ok(())
}

/// The request for a WebSocket from this address.
fn upgrade(address: &str) -> String {
    format!(
        "GET /graphql HTTP/1.1\r\nhost: mina\r\nx-client: {address}\r\n\
         upgrade: websocket\r\nconnection: upgrade\r\nsec-websocket-version: 13\r\n\
         sec-websocket-key: dGhlIHNhbXBsZSBub25jZQ==\r\n\
         sec-websocket-protocol: graphql-transport-ws\r\n\r\n"
    )
}

/// Anonymous WebSocket connections take a part of the connections at most, and whoever comes is answered.
async fn anonymous_websockets(database: &TestDatabase) -> Outcome {
    let flags = [
        "--max-connections",
        "16",
        "--log",
        "warn,mina::commands=info",
    ];
    let server = Server::start_with(database, &flags)?;
    let mut sockets = Vec::new();
    for number in 0..40 {
        let mut socket = raw::send(&server, &upgrade("10.0.0.1")).await?;
        let answer = raw::beginning(&mut socket).await?;
        if number < 4 {
            assert!(answer.starts_with("HTTP/1.1 101 "), "{number}: {answer}");
        } else {
            assert!(answer.starts_with("HTTP/1.1 429 "), "{number}: {answer}");
            assert!(answer.contains("\r\nretry-after: 5\r\n"), "{answer}");
            assert!(answer.contains("already has 4 open WebSockets"), "{answer}");
        }
        sockets.push(socket);
    }
    for request in ["/health/live", "/health/ready", "/metrics"] {
        let response = reqwest::get(server.url(request)).await?;
        assert_eq!(response.status(), 200, "{request}");
    }
    let metrics = server.metrics().await?;
    assert!(
        metrics.contains("mina_shed_total{reason=\"streams\"} 36"),
        "{metrics}"
    );
    // One line for all of it.
    let line: Value = serde_json::from_str(&server.log_line_with("shed in the last")?)?;
    assert_eq!(line["level"], "WARN");
    assert_eq!(line["streams"], 36);
    Ok(())
}

/// An address has a limit of its own, and behind a proxy so has each of its clients.
async fn per_address(database: &TestDatabase) -> Outcome {
    let limit = ["--max-connections-per-address", "2"];
    let server = Server::start_with(database, &limit)?;
    let mut held = Vec::new();
    for _ in 0..2 {
        let mut socket = raw::send(&server, &upgrade("10.0.0.1")).await?;
        let answer = raw::beginning(&mut socket).await?;
        assert!(answer.starts_with("HTTP/1.1 101 "), "{answer}");
        held.push(socket);
    }
    let mut third = raw::send(&server, raw::READY).await?;
    assert_eq!(raw::rest(&mut third).await.unwrap_or_default(), "");
    drop(held);

    let behind = [limit[0], "1", "--client-address-header", "x-client"];
    let server = Server::start_with(database, &behind)?;
    let mut held = Vec::new();
    for (address, status) in [
        ("10.0.0.1", "101"),
        ("10.0.0.1", "429"),
        ("10.0.0.2", "101"),
    ] {
        let mut socket = raw::send(&server, &upgrade(address)).await?;
        let answer = raw::beginning(&mut socket).await?;
        let expected = format!("HTTP/1.1 {status} ");
        assert!(answer.starts_with(&expected), "{address}: {answer}");
        held.push(socket);
    }
    Ok(())
}

/// A user has a limit on WebSocket connections and event streams together.
async fn per_viewer(database: &TestDatabase) -> Outcome {
    let seed = Seed(database.connection());
    let acme = seed.workspace("acme").await?;
    for name in ["ada", "max"] {
        seed.user(acme.id, name).await?;
    }
    let server = Server::start_with(database, &["--max-streams-per-viewer", "1"])?;
    let ada = server.sign_in("ada").await?;
    let events = async |token: &str| {
        let request = reqwest::Client::new().post(server.url("/graphql/stream"));
        let query = json!({"query": "subscription { meetingChanged { kind } }"});
        request.bearer_auth(token).json(&query).send().await
    };
    let socket = Socket::begin(&server, Some(&ada)).await?;
    let rejected = events(&ada).await?;
    assert_eq!(rejected.status(), 429);
    assert_eq!(rejected.headers()["retry-after"], "5");
    assert!(
        rejected
            .text()
            .await?
            .contains("This user already has 1 open")
    );
    let max = server.sign_in("max").await?;
    let of_max = events(&max).await?;
    assert_eq!(of_max.status(), 200);
    let payload = json!({"Authorization": format!("Bearer {max}")});
    let init = json!({"type": "connection_init", "payload": payload});
    let mut second = Socket::open(&server, Some("graphql-transport-ws")).await?;
    second.send(&init).await?;
    assert_eq!(second.closed().await?, 1013);
    drop((socket, of_max));
    // The server notices that they are gone.
    server.until_metric("mina_streams", 0).await?;
    Socket::begin(&server, Some(&max)).await?;
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
