//! Which subscribers share what is rendered for an event, and what events hold.

use libtest_mimic::Failed;
use serde_json::{Value, json};

use crate::support::{
    Outcome, client::World, database::TestDatabase, server::Server, socket::Socket, suite::Suite,
};

/// Adds the cases of this module.
pub fn list(suite: &mut Suite) {
    suite.on_both_databases(documents);
    suite.on_both_databases(long_values);
}

/// Documents with the same answer, and variables for them.
fn same() -> [(&'static str, Value); 5] {
    [
        (
            "subscription { meetingChanged { kind meeting { title tasks(first: 3) { nodes { id } } } } }",
            json!({}),
        ),
        (
            "subscription Other {
                meetingChanged { # a comment
                    kind, meeting { title, tasks(first: 3) { nodes { id } } }
                }
            }",
            json!({}),
        ),
        (
            "subscription ($first: Int, $other: Int) { meetingChanged { kind meeting {
                title tasks(first: $first) { nodes { id } }
                other: tasks(first: $other) @skip(if: true) { totalCount } } } }",
            json!({"first": 3, "other": 1}),
        ),
        (
            "subscription ($n: Int, $skipped: Boolean!) { meetingChanged { kind meeting {
                title tasks(first: $n) { nodes { id } } id @skip(if: $skipped) } } }",
            json!({"n": 3, "skipped": true}),
        ),
        (
            "subscription { meetingChanged { kind objectId @skip(if: true) meeting {
                title @include(if: true) tasks(first: 3) { nodes { id } } } } }",
            json!({}),
        ),
    ]
}

/// An event is rendered once for all documents that differ only in what is not in the answer, and
/// once more for each that has another answer.
async fn documents(database: &TestDatabase) -> Outcome {
    let world = World::start(database).await?;
    let server = &world.server;
    let ada = world.client(&world.admin).await?;
    let max = world.client(&world.member).await?;
    let mut sockets = Vec::new();
    for (number, (document, variables)) in same().into_iter().enumerate() {
        let token = [&ada.token, &max.token][number % 2];
        let mut socket = Socket::begin(server, Some(token)).await?;
        let following = socket.follow(server, "1", document, variables);
        following.await?;
        sockets.push(socket);
    }
    let before = renderings(server).await?;
    let input = json!({"title": "A"});
    ada.make("meetingCreate", input, "meeting").await?;
    for socket in &mut sockets {
        let meeting = json!({"title": "A", "tasks": {"nodes": []}});
        let expected = json!({"meetingChanged": {"kind": "CREATED", "meeting": meeting}});
        assert_eq!(socket.event("1").await?, expected);
    }
    assert_eq!(renderings(server).await? - before, 1);

    for other in [
        "subscription { meetingChanged { kind meeting { name: title tasks(first: 3) { nodes { id } } } } }",
        "subscription { meetingChanged { kind meeting { title tasks(first: 4) { nodes { id } } } } }",
    ] {
        let mut socket = Socket::begin(server, Some(&ada.token)).await?;
        let following = socket.follow(server, "1", other, json!({}));
        following.await?;
        sockets.push(socket);
    }
    let before = renderings(server).await?;
    let input = json!({"title": "B"});
    ada.make("meetingCreate", input, "meeting").await?;
    for socket in &mut sockets {
        socket.event("1").await?;
    }
    assert_eq!(renderings(server).await? - before, 3);
    Ok(())
}

/// Events have no long values. Whoever selects one reads it, and whoever does not receives the same
/// event without it.
async fn long_values(database: &TestDatabase) -> Outcome {
    let world = World::start(database).await?;
    let server = &world.server;
    let ada = world.client(&world.admin).await?;
    let mut sockets = Vec::new();
    for selection in ["title", "title description"] {
        let mut socket = Socket::begin(server, Some(&ada.token)).await?;
        let document =
            format!("subscription {{ meetingChanged {{ kind meeting {{ {selection} }} }} }}");
        let following = socket.follow(server, "1", &document, json!({}));
        following.await?;
        sockets.push(socket);
    }
    let long = "long".repeat(1000);
    let input = json!({"title": "A", "description": long});
    let meeting = ada.make("meetingCreate", input, "meeting").await?;
    let short = json!({"title": "A"});
    let whole = json!({"title": "A", "description": long});
    for (socket, meeting) in sockets.iter_mut().zip([short, whole]) {
        let expected = json!({"meetingChanged": {"kind": "CREATED", "meeting": meeting}});
        assert_eq!(socket.event("1").await?, expected);
    }
    let input = json!({"id": meeting});
    ada.run("meetingDelete", input, "deletedId").await?;
    for socket in &mut sockets {
        let expected = json!({"meetingChanged": {"kind": "DELETED", "meeting": null}});
        assert_eq!(socket.event("1").await?, expected);
    }
    Ok(())
}

/// How often events were rendered.
async fn renderings(server: &Server) -> Result<u32, Failed> {
    let metrics = server.metrics().await?;
    let mut lines = metrics.lines();
    let count = lines.find_map(|line| line.strip_prefix("mina_event_renderings_total "));
    Ok(count.ok_or("renderings are not counted")?.parse()?)
}
