//! The messages of the WebSocket protocol, and the close codes for violations of it.

use serde_json::{Value, json};
use tokio_tungstenite::tungstenite::{Bytes, Message, Utf8Bytes};

use super::world;
use crate::support::{
    Outcome,
    database::TestDatabase,
    server::Server,
    socket::{Said, Socket},
    suite::Suite,
};

/// Adds the cases of this module.
pub fn list(suite: &mut Suite) {
    suite.on_both_databases(operations);
    suite.on_both_databases(closes);
    suite.on_both_databases(broken_frames);
    suite.on_both_databases(pings);
    suite.on_both_databases(rejected_operations);
    suite.on_both_databases(caps);
}

const MEETINGS: &str = "subscription { meetingChanged { kind } }";

/// Queries and mutations have one answer and an end; ids are free again after it.
async fn operations(database: &TestDatabase) -> Outcome {
    let (world, token) = world(database).await?;
    let mut socket = Socket::begin(&world.server, Some(&token)).await?;
    for _ in 0..2 {
        let query = "{ viewer { username } }";
        socket.subscribe("a \"b\"", query, json!({})).await?;
        let data = socket.event("a \"b\"").await?;
        assert_eq!(data["viewer"]["username"], "ada");
        let end = json!({"id": "a \"b\"", "type": "complete"});
        assert_eq!(socket.message().await?, end);
    }
    let following = socket.follow(&world.server, "follow", MEETINGS, json!({}));
    following.await?;
    let create = "mutation ($title: String!) {
        meetingCreate(input: {title: $title}) { meeting { title } }
    }";
    let title = json!({"title": "Over a socket"});
    socket.subscribe("create", create, title).await?;
    let mut said = Vec::new();
    for _ in 0..3 {
        said.push(socket.message().await?);
    }
    let of = |id: &str, kind: &str| {
        let is_it = |message: &&Value| message["id"] == id && message["type"] == kind;
        said.iter().find(is_it).cloned()
    };
    assert!(of("create", "next").is_some() && of("create", "complete").is_some());
    let received = of("follow", "next").ok_or("nothing was received")?;
    assert_eq!(
        received["payload"]["data"]["meetingChanged"]["kind"],
        "CREATED"
    );

    // Nothing of what is completed comes after its end.
    let complete = json!({"id": "follow", "type": "complete"});
    socket.send(&complete).await?;
    socket.subscribe("follow", MEETINGS, json!({})).await?;
    socket.send(&complete).await?;
    let title = json!({"title": "Unheard of"});
    socket.subscribe("create", create, title).await?;
    socket.event("create").await?;
    assert_eq!(socket.message().await?["type"], "complete");

    // Nobody in particular may ask, and may not listen.
    let mut nobody = Socket::begin(&world.server, None).await?;
    nobody
        .subscribe("1", "{ viewer { id } }", json!({}))
        .await?;
    assert_eq!(nobody.event("1").await?, json!({"viewer": null}));
    nobody.message().await?;
    nobody.subscribe("1", MEETINGS, json!({})).await?;
    assert_eq!(nobody.error("1").await?, "UNAUTHENTICATED");
    Ok(())
}

/// Each violation has its code.
async fn closes(database: &TestDatabase) -> Outcome {
    let (world, token) = world(database).await?;
    let server = &world.server;
    for protocol in [None, Some("graphql-ws")] {
        let mut socket = Socket::open(server, protocol).await;
        // A client may also see for itself that its protocol was not chosen.
        if let Ok(socket) = &mut socket {
            assert_eq!(socket.closed().await?, 4406);
        }
    }
    let query = json!({"query": "{ __typename }"});
    let subscribe = json!({"id": "1", "type": "subscribe", "payload": query});
    let mut socket = Socket::open(server, Some("graphql-transport-ws")).await?;
    socket.send(&subscribe).await?;
    assert_eq!(socket.closed().await?, 4401);

    for token in ["Bearer nonsense", "nonsense", "Basic YTpi", ""] {
        let mut socket = Socket::open(server, Some("graphql-transport-ws")).await?;
        let payload = json!({"authorization": token});
        let init = json!({"type": "connection_init", "payload": payload});
        socket.send(&init).await?;
        assert_eq!(socket.closed().await?, 4403, "{token}");
    }

    let mut socket = Socket::begin(server, Some(&token)).await?;
    socket.send(&json!({"type": "connection_init"})).await?;
    assert_eq!(socket.closed().await?, 4429);

    let mut socket = Socket::begin(server, Some(&token)).await?;
    socket.subscribe("1", MEETINGS, json!({})).await?;
    socket.subscribe("1", MEETINGS, json!({})).await?;
    assert_eq!(socket.closed().await?, 4409);

    let hasty = Server::start_with(database, &["--connection-init-timeout", "100ms"])?;
    let mut socket = Socket::open(&hasty, Some("graphql-transport-ws")).await?;
    assert_eq!(socket.closed().await?, 4408);
    Ok(())
}

/// An invalid message closes the connection with 4400, before `connection_init` and after it.
async fn broken_frames(database: &TestDatabase) -> Outcome {
    let (world, token) = world(database).await?;
    let server = &world.server;
    for text in [
        "",
        "nonsense",
        "[]",
        "{}",
        r#"{"type": 1}"#,
        r#"{"type": "start"}"#,
        r#"{"type": "connection_ack"}"#,
        r#"{"type": "ping", "payload": "text"}"#,
        r#"{"type": "subscribe", "payload": {"query": "{ a }"}}"#,
        r#"{"type": "subscribe", "id": 1, "payload": {"query": "{ a }"}}"#,
        r#"{"type": "subscribe", "id": "1"}"#,
        r#"{"type": "subscribe", "id": "1", "payload": {"query": 1}}"#,
        r#"{"type": "subscribe", "id": "1", "payload": {"query": "{ a }", "variables": []}}"#,
        r#"{"type": "complete"}"#,
    ] {
        let mut early = Socket::open(server, Some("graphql-transport-ws")).await?;
        early.send_frame(Message::text(text)).await?;
        assert_eq!(early.closed().await?, 4400, "{text}");
        let mut late = Socket::begin(server, Some(&token)).await?;
        late.send_frame(Message::text(text)).await?;
        assert_eq!(late.closed().await?, 4400, "{text}");
    }
    let mut socket = Socket::begin(server, Some(&token)).await?;
    let binary = Message::binary(Bytes::from_static(b"{\"type\": \"ping\"}"));
    socket.send_frame(binary).await?;
    assert_eq!(socket.closed().await?, 4400);
    let mut socket = Socket::begin(server, Some(&token)).await?;
    let long = Message::text(Utf8Bytes::from("x".repeat(200_000)));
    socket.send_frame(long).await?;
    assert_eq!(socket.closed().await?, 1009);
    Ok(())
}

/// Pings are sent, and answered with their payload; a client that answers none is disconnected.
async fn pings(database: &TestDatabase) -> Outcome {
    let (world, _) = world(database).await?;
    let mut socket = Socket::begin(&world.server, None).await?;
    let payload = json!({"at": [1, 2]});
    let ping = json!({"type": "ping", "payload": payload});
    socket.send(&ping).await?;
    let answer = json!({"type": "pong", "payload": payload});
    assert_eq!(socket.message().await?, answer);

    let pinging = Server::start_with(database, &["--ping-interval", "100ms"])?;
    let token = pinging.sign_in("ada").await?;
    let mut socket = Socket::begin(&pinging, Some(&token)).await?;
    let (mut in_protocol, mut below) = (0, 0);
    while in_protocol < 3 || below < 3 {
        match socket.said().await? {
            Said::Message(message) if message["type"] == "ping" => in_protocol += 1,
            Said::Ping => below += 1,
            other => return Err(format!("{other:?}").into()),
        }
    }
    // Nobody who has not signed in is kept for nothing.
    let mut nobody = Socket::begin(&pinging, None).await?;
    assert_eq!(nobody.closed().await?, 1000);
    Ok(())
}

/// An error of an operation ends the operation and not the connection.
async fn rejected_operations(database: &TestDatabase) -> Outcome {
    let (world, token) = world(database).await?;
    let mut socket = Socket::begin(&world.server, Some(&token)).await?;
    for (document, code) in [
        ("{ nonsense }", "BAD_USER_INPUT"),
        ("{", "BAD_USER_INPUT"),
        (
            "subscription { meetingChanged { nonsense } }",
            "BAD_USER_INPUT",
        ),
        (
            "subscription { meetingChanged { kind } taskChanged { kind } }",
            "BAD_USER_INPUT",
        ),
        ("subscription { __typename }", "BAD_USER_INPUT"),
        (
            "subscription ($b: Boolean = true) { meetingChanged @skip(if: $b) { kind } }",
            "BAD_USER_INPUT",
        ),
        (
            "subscription { ...a } fragment a on Subscription {
                meetingChanged { kind } other: meetingChanged { kind }
            }",
            "BAD_USER_INPUT",
        ),
        (
            r#"subscription { sessionTranscript(sessionId: "nonsense") { position } }"#,
            "BAD_USER_INPUT",
        ),
        // The session with the number 999.
        (
            r#"subscription { sessionTranscript(sessionId: "U2Vzc2lvbjo5OTk") { position } }"#,
            "NOT_FOUND",
        ),
        (
            r#"subscription { sessionTranscript(sessionId: "U2Vzc2lvbjo5OTk", after: -1) { position } }"#,
            "BAD_USER_INPUT",
        ),
        (
            "subscription { meetingChanged { meeting { tasks(first: 100) { nodes {
                dependents(first: 100) { nodes { dependents(first: 100) { nodes { id } } } }
            } } } } }",
            "COST_LIMIT_EXCEEDED",
        ),
    ] {
        socket.subscribe("1", document, json!({})).await?;
        assert_eq!(socket.error("1").await?, code, "{document}");
    }
    socket.subscribe("1", "{ __typename }", json!({})).await?;
    socket.event("1").await?;
    Ok(())
}

/// One operation too many is rejected, and the others go on.
async fn caps(database: &TestDatabase) -> Outcome {
    let (world, _) = world(database).await?;
    drop(world);
    let server = Server::start_with(database, &["--max-operations", "2"])?;
    let token = server.sign_in("ada").await?;
    let mut socket = Socket::begin(&server, Some(&token)).await?;
    for id in ["1", "2", "3"] {
        socket.subscribe(id, MEETINGS, json!({})).await?;
    }
    assert_eq!(socket.error("3").await?, "RATE_LIMITED");
    let complete = json!({"id": "1", "type": "complete"});
    socket.send(&complete).await?;
    socket.subscribe("3", "{ __typename }", json!({})).await?;
    socket.event("3").await?;
    Ok(())
}
