//! The events of changes, and their receivers.

use std::{collections::BTreeMap, time::Duration};

use entity::user;
use libtest_mimic::Failed;
use sea_orm::{ActiveModelTrait, ActiveValue::Set, ConnectionTrait, IntoActiveModel};
use serde_json::json;
use tokio::time::sleep;

use super::{ABSTRACT, append, recording};
use crate::support::{
    Outcome,
    client::{Client, World},
    database::TestDatabase,
    seed::Seed,
    server::Server,
    socket::Socket,
    suite::Suite,
};

/// Adds the cases of this module.
pub fn list(suite: &mut Suite) {
    suite.on_both_databases(changes);
    suite.on_both_databases(outsiders_receive_nothing);
    suite.on_both_databases(permissions_of_each_viewer);
    suite.on_both_databases(cascades);
    suite.on_both_databases(interfaces);
    suite.on_both_databases(before_the_journal_is_read);
}

/// A subscription to each type, under the name of the type.
const TYPES: &[&str] = &["meeting", "task", "participant", "analytics", "marker"];

async fn follow_all(client: &Client<'_>) -> Result<Socket, Failed> {
    let mut socket = Socket::begin(client.server, Some(&client.token)).await?;
    for name in TYPES {
        let query = format!("subscription {{ {name}Changed {{ kind objectId {name} {{ id }} }} }}");
        let following = socket.follow(client.server, name, &query, json!({}));
        following.await?;
    }
    Ok(socket)
}

/// The next event, as `name KIND`, with the id of the object.
async fn received(socket: &mut Socket) -> Result<(String, String), Failed> {
    let message = socket.message().await?;
    let name = message["id"].as_str().ok_or("no id")?;
    let change = &message["payload"]["data"][format!("{name}Changed")];
    let (kind, id) = (change["kind"].as_str(), change["objectId"].as_str());
    let kind = kind.ok_or_else(|| format!("no kind: {message:#}"))?;
    let object = &change[name];
    if kind == "DELETED" {
        assert!(object.is_null(), "{message:#}");
    } else {
        assert_eq!(object["id"], change["objectId"]);
    }
    Ok((format!("{name} {kind}"), id.unwrap_or_default().to_owned()))
}

/// Waits for this event about the object with this id. Types are in no order among each other.
async fn until_received(socket: &mut Socket, expected: &str, id: &str) -> Outcome {
    while received(socket).await? != (expected.to_owned(), id.to_owned()) {}
    Ok(())
}

/// Colleagues receive each kind of change of each type, with the object.
async fn changes(database: &TestDatabase) -> Outcome {
    let world = World::start(database).await?;
    let ada = world.client(&world.admin).await?;
    let max = world.client(&world.member).await?;
    let mut socket = follow_all(&max).await?;
    let input = json!({"title": "Planning"});
    let meeting = ada.make("meetingCreate", input, "meeting").await?;
    until_received(&mut socket, "meeting CREATED", &meeting).await?;
    let input = json!({"id": meeting, "title": "Replanning"});
    ada.run("meetingUpdate", input, "meeting { id }").await?;
    until_received(&mut socket, "meeting UPDATED", &meeting).await?;
    let input = json!({"meetingId": meeting, "title": "Plan"});
    let task = ada.make("taskCreate", input, "task").await?;
    until_received(&mut socket, "task CREATED", &task).await?;
    ada.run("taskDelete", json!({"id": task}), "deletedId")
        .await?;
    until_received(&mut socket, "task DELETED", &task).await?;
    let session = recording(&ada).await?;
    let input = json!({"sessionId": session, "type": "DECISION", "content": "Yes"});
    let marker = ada.make("markerCreate", input, "marker").await?;
    until_received(&mut socket, "marker CREATED", &marker).await?;
    ada.run("markerDelete", json!({"id": marker}), "deletedId")
        .await?;
    until_received(&mut socket, "marker DELETED", &marker).await?;

    // By one object, and by the meeting of several.
    let other = ada
        .make("meetingCreate", json!({"title": "Other"}), "meeting")
        .await?;
    let mut narrow = Socket::begin(&world.server, Some(&max.token)).await?;
    for (id, argument, name) in [
        ("one", format!("id: \"{meeting}\""), "meeting"),
        ("of", format!("meetingId: \"{meeting}\""), "task"),
    ] {
        let query = format!("subscription {{ {name}Changed({argument}) {{ kind objectId }} }}");
        let following = narrow.follow(&world.server, id, &query, json!({}));
        following.await?;
    }
    for meeting in [&other, &meeting] {
        let input = json!({"meetingId": meeting, "title": "Plan"});
        ada.make("taskCreate", input, "task").await?;
        let input = json!({"id": meeting, "description": "More"});
        ada.run("meetingUpdate", input, "meeting { id }").await?;
    }
    // The two subscriptions are in no order among each other.
    let mut events = BTreeMap::new();
    for _ in 0..2 {
        let message = narrow.message().await?;
        events.insert(
            message["id"].to_string(),
            message["payload"]["data"].clone(),
        );
    }
    assert_eq!(events[r#""of""#]["taskChanged"]["kind"], "CREATED");
    assert_eq!(
        events[r#""one""#]["meetingChanged"]["objectId"],
        json!(meeting)
    );
    Ok(())
}

/// Users of another workspace, or of none, can subscribe to nothing of this one and receive
/// nothing.
async fn outsiders_receive_nothing(database: &TestDatabase) -> Outcome {
    let world = World::start(database).await?;
    let seed = Seed(database.connection());
    let evil = seed.workspace("evil").await?;
    let mut eve = seed.user(evil.id, "eve").await?.into_active_model();
    eve.role = Set(Some(user::Role::Admin));
    let eve = world
        .client(&eve.update(database.connection()).await?)
        .await?;
    let ada = world.client(&world.admin).await?;
    let meeting = ada
        .make("meetingCreate", json!({"title": "A"}), "meeting")
        .await?;
    let input = json!({"meetingId": meeting, "title": "A"});
    let task = ada.make("taskCreate", input, "task").await?;
    let session = recording(&ada).await?;
    append(&ada, &session, json!([{"text": "Secret"}])).await?;

    let mut socket = follow_all(&eve).await?;
    for argument in [
        format!("meetingChanged(id: \"{meeting}\") {{ kind }}"),
        format!("taskChanged(id: \"{task}\") {{ kind }}"),
        format!("taskChanged(meetingId: \"{meeting}\") {{ kind }}"),
        format!("participantChanged(meetingId: \"{meeting}\") {{ kind }}"),
        format!("analyticsChanged(meetingId: \"{meeting}\") {{ kind }}"),
        format!("markerChanged(sessionId: \"{session}\") {{ kind }}"),
        format!("sessionTranscript(sessionId: \"{session}\") {{ position }}"),
    ] {
        let query = format!("subscription {{ {argument} }}");
        socket.subscribe("1", &query, json!({})).await?;
        assert_eq!(socket.error("1").await?, "NOT_FOUND", "{argument}");
    }
    let input = json!({"id": meeting, "title": "B"});
    ada.run("meetingUpdate", input, "meeting { id }").await?;
    let input = json!({"meetingId": meeting, "title": "B"});
    ada.make("taskCreate", input, "task").await?;
    let input = json!({"sessionId": session, "type": "DECISION", "content": "Yes"});
    ada.make("markerCreate", input, "marker").await?;
    ada.run("meetingDelete", json!({"id": meeting}), "deletedId")
        .await?;
    // The first event they receive is their own, after all those that were not for them.
    let own = eve
        .make("meetingCreate", json!({"title": "Own"}), "meeting")
        .await?;
    let first = [received(&mut socket).await?, received(&mut socket).await?];
    assert!(
        first.contains(&("meeting CREATED".to_owned(), own)),
        "{first:?}"
    );
    assert!(
        first.iter().any(|(what, _)| what == "participant CREATED"),
        "{first:?}"
    );
    Ok(())
}

/// Values that depend on the viewer are rendered for each one, even if the rest is rendered once.
async fn permissions_of_each_viewer(database: &TestDatabase) -> Outcome {
    let world = World::start(database).await?;
    let ada = world.client(&world.admin).await?;
    let max = world.client(&world.member).await?;
    let query = "subscription { meetingChanged { meeting { title viewerCanDelete } } }";
    let mut sockets = Vec::new();
    for client in [&ada, &max] {
        let mut socket = Socket::begin(&world.server, Some(&client.token)).await?;
        let following = socket.follow(&world.server, "1", query, json!({}));
        following.await?;
        sockets.push(socket);
    }
    ada.make("meetingCreate", json!({"title": "A"}), "meeting")
        .await?;
    for (socket, can_delete) in sockets.iter_mut().zip([true, false]) {
        let received = socket.event("1").await?;
        let expected = json!({"title": "A", "viewerCanDelete": can_delete});
        assert_eq!(received["meetingChanged"]["meeting"], expected);
    }
    Ok(())
}

/// Cascading deletions are delivered, and so are changes made by hand at the console.
async fn cascades(database: &TestDatabase) -> Outcome {
    let world = World::start(database).await?;
    let ada = world.client(&world.admin).await?;
    let mut socket = follow_all(&ada).await?;
    let meeting = ada
        .make("meetingCreate", json!({"title": "A"}), "meeting")
        .await?;
    let input = json!({"meetingId": meeting, "title": "A"});
    let task = ada.make("taskCreate", input, "task").await?;
    // A change that is read together with the creation of its object is no event of its own.
    let mut made = Vec::new();
    for _ in 0..3 {
        made.push(received(&mut socket).await?.0);
    }
    made.sort_unstable();
    assert_eq!(
        made,
        ["meeting CREATED", "participant CREATED", "task CREATED"]
    );
    let connection = database.connection();
    connection
        .execute_unprepared("UPDATE task SET title = 'B'")
        .await?;
    assert_eq!(
        received(&mut socket).await?,
        ("task UPDATED".to_owned(), task.clone())
    );
    connection.execute_unprepared("DELETE FROM meeting").await?;
    let mut gone = Vec::new();
    for _ in 0..3 {
        gone.push(received(&mut socket).await?);
    }
    for (what, id) in [("meeting DELETED", &meeting), ("task DELETED", &task)] {
        assert!(gone.contains(&(what.to_owned(), id.clone())), "{gone:?}");
    }
    assert!(
        gone.iter().any(|(what, _)| what == "participant DELETED"),
        "{gone:?}"
    );
    Ok(())
}

/// A fragment on an interface applies to an event as it applies to the answer of a query.
async fn interfaces(database: &TestDatabase) -> Outcome {
    let world = World::start(database).await?;
    let ada = world.client(&world.admin).await?;
    let input = json!({"title": "Planning"});
    let meeting = ada.make("meetingCreate", input, "meeting").await?;
    let input = json!({"meetingId": meeting, "title": "Plan"});
    let task = ada.make("taskCreate", input, "task").await?;
    let query = format!("query ($id: ID!) {{ meeting(id: $id) {{ ...Abstract }} }} {ABSTRACT}");
    let asked = json!({"id": meeting});
    let answer = world.server.ask_as(&ada.token, &query, asked).await?;
    let expected = answer.data()?["meeting"].clone();
    assert_eq!(expected["id"], meeting);
    assert_eq!(expected["tasks"]["nodes"][0]["id"], task);

    let mut socket = Socket::begin(&world.server, Some(&ada.token)).await?;
    let query = format!(
        "subscription {{ ...Root }}
         fragment Root on Subscription {{
             meetingChanged {{ __typename ... on MeetingChange {{ meeting {{ ...Abstract }} }} }}
         }} {ABSTRACT}"
    );
    let following = socket.follow(&world.server, "1", &query, json!({}));
    following.await?;
    let input = json!({"id": meeting, "description": "Soon"});
    ada.run("meetingUpdate", input, "meeting { id }").await?;
    let event = socket.event("1").await?;
    let expected = json!({
        "meetingChanged": {"__typename": "MeetingChange", "meeting": expected},
    });
    assert_eq!(event, expected);

    let session = recording(&ada).await?;
    append(&ada, &session, json!([{"text": "First"}])).await?;
    let query = "subscription ($session: ID!) { sessionTranscript(sessionId: $session) {
        __typename
        segment { __typename ... on Node { id ... on Segment { text } } }
    } }";
    let mut socket = Socket::begin(&world.server, Some(&ada.token)).await?;
    socket
        .subscribe("1", query, json!({"session": session}))
        .await?;
    let event = socket.event("1").await?;
    let event = &event["sessionTranscript"];
    assert_eq!(event["__typename"], "TranscriptEvent");
    assert_eq!(event["segment"]["__typename"], "Segment");
    assert_eq!(event["segment"]["text"], "First");
    assert!(event["segment"]["id"].is_string());
    Ok(())
}

/// A subscription begins only when the server reads the journal, so nothing that happens after it
/// has begun is missed.
async fn before_the_journal_is_read(database: &TestDatabase) -> Outcome {
    let world = World::start(database).await?;
    let token = world.server.sign_in("ada").await?;
    drop(world);
    let connection = database.connection();
    // The server starts, and cannot read the journal.
    connection
        .execute_unprepared("ALTER TABLE mina_change RENAME TO hidden")
        .await?;
    let server = Server::start(database)?;
    let mut socket = Socket::begin(&server, Some(&token)).await?;
    let query = "subscription { meetingChanged { kind meeting { title } } }";
    socket.subscribe("1", query, json!({})).await?;
    // Something that is answered later than a subscription would begin.
    server.log_line_with("cannot read the journal")?;
    server.read(&token, "{ meetings { totalCount } }").await?;
    sleep(Duration::from_millis(300)).await;
    let metrics = server.metrics().await?;
    let begun = metrics.lines().any(|line| line == "mina_subscribers 1");
    assert!(!begun, "the subscription has begun");

    connection
        .execute_unprepared("ALTER TABLE hidden RENAME TO mina_change")
        .await?;
    server.until_metric("mina_subscribers", 1).await?;
    let create = "mutation { meetingCreate(input: {title: \"First\"}) { meeting { id } } }";
    server.read(&token, create).await?;
    let event = socket.event("1").await?;
    let created = json!({"kind": "CREATED", "meeting": {"title": "First"}});
    assert_eq!(event["meetingChanged"], created);
    Ok(())
}
