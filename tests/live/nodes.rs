//! Transcripts across servers, restarts, outages and slow readers.

use std::time::Duration;

use entity::segment;
use libtest_mimic::Failed;
use sea_orm::{
    ActiveModelTrait, ActiveValue::Set, ConnectionTrait, DbBackend, EntityTrait, Statement,
    TransactionTrait,
};
use serde_json::{Value, json};
use tokio::time::sleep;

use super::{TRANSCRIPT, append, recording};
use crate::support::{
    Outcome,
    client::{Client, World},
    database::TestDatabase,
    postgres::{OwnServer, Stop},
    server::Server,
    socket::Socket,
    suite::Suite,
};

/// Adds the cases of this module.
pub fn list(suite: &mut Suite) {
    suite.on_both_databases("live::replay", replay);
    suite.on_both_databases("live::versions", versions);
    suite.on_both_databases("live::two_servers", two_servers);
    suite.on_database(DbBackend::Postgres, "live::out_of_order", out_of_order);
    suite.on_database(DbBackend::Postgres, "live::deaf_listener", deaf_listener);
    suite.on_own_postgres("live::outage", outage);
    suite.on_both_databases("live::stalled_reader", stalled_reader);
    suite.on_both_databases("live::lagging_reader", lagging_reader);
}

/// A world, its admin, and a session of theirs that records.
async fn start(database: &TestDatabase) -> Result<(World, String), Failed> {
    let world = World::start(database).await?;
    let session = recording(&world.client(&world.admin).await?).await?;
    Ok((world, session))
}

async fn follow(server: &Server, token: &str, session: &str, after: i64) -> Result<Socket, Failed> {
    let mut socket = Socket::begin(server, Some(token)).await?;
    let variables = json!({"session": session, "after": after});
    socket.subscribe("1", TRANSCRIPT, variables).await?;
    Ok(socket)
}

/// The position and the text of the next event.
async fn heard(socket: &mut Socket) -> Result<(i64, String), Failed> {
    let event = socket.event("1").await?["sessionTranscript"].take();
    let text = event["segment"]["text"].as_str().ok_or("no text")?;
    Ok((
        event["position"].as_i64().ok_or("no position")?,
        text.to_owned(),
    ))
}

/// Appends segments with these numbers as texts.
async fn count(client: &Client<'_>, session: &str, numbers: std::ops::Range<i64>) -> Outcome {
    let numbers: Vec<i64> = numbers.collect();
    for some in numbers.chunks(500) {
        let segments: Value = some
            .iter()
            .map(|it| json!({"text": it.to_string()}))
            .collect();
        append(client, session, segments).await?;
    }
    Ok(())
}

/// What is stored comes first, over many pages, and then what is added; from any position.
async fn replay(database: &TestDatabase) -> Outcome {
    let (world, session) = start(database).await?;
    let ada = world.client(&world.admin).await?;
    count(&ada, &session, 1..1202).await?;
    let mut all = follow(&world.server, &ada.token, &session, 0).await?;
    // While it is told what is stored, more comes.
    count(&ada, &session, 1202..1300).await?;
    for number in 1..1300 {
        assert_eq!(heard(&mut all).await?, (number, number.to_string()));
    }
    for after in [0, 1, 99, 100, 101, 1298] {
        let mut some = follow(&world.server, &ada.token, &session, after).await?;
        for number in after + 1..1300 {
            assert_eq!(heard(&mut some).await?, (number, number.to_string()));
        }
    }
    let mut none = follow(&world.server, &ada.token, &session, 1299).await?;
    count(&ada, &session, 1300..1301).await?;
    assert_eq!(heard(&mut none).await?, (1300, "1300".to_owned()));
    assert_eq!(heard(&mut all).await?, (1300, "1300".to_owned()));
    Ok(())
}

/// All versions of a segment have one id, each at a position of its own.
async fn versions(database: &TestDatabase) -> Outcome {
    let (world, session) = start(database).await?;
    let ada = world.client(&world.admin).await?;
    let mut socket = follow(&world.server, &ada.token, &session, 0).await?;
    let mut ids = Vec::new();
    let mut next = async |text: &str, kind: &str, position: i64| -> Outcome {
        let event = socket.event("1").await?["sessionTranscript"].take();
        assert_eq!(event["position"], position);
        assert_eq!(
            (&event["segment"]["text"], &event["segment"]["kind"]),
            (&json!(text), &json!(kind))
        );
        ids.push(event["segment"]["databaseId"].clone());
        Ok(())
    };
    for (position, (text, kind)) in (1..).zip([
        ("Hel", "INTERIM"),
        ("Hello", "INTERIM"),
        ("Hello.", "FINAL"),
    ]) {
        let segment = json!([{"key": "a", "text": text, "kind": kind}]);
        let stored = append(&ada, &session, segment).await?;
        next(text, kind, position).await?;
        if kind == "FINAL" {
            let input = json!({"id": stored[0]["id"], "text": "Hullo."});
            ada.run("segmentCorrect", input, "segment { id }").await?;
            next("Hullo.", "CORRECTED", position + 1).await?;
        }
    }
    assert!(ids.iter().all(|id| *id == ids[0]), "{ids:?}");
    let mut late = follow(&world.server, &ada.token, &session, 0).await?;
    assert_eq!(heard(&mut late).await?, (4, "Hullo.".to_owned()));
    Ok(())
}

/// What is written on one server is heard on another, and positions are good on both.
async fn two_servers(database: &TestDatabase) -> Outcome {
    let (world, session) = start(database).await?;
    let ada = world.client(&world.admin).await?;
    let other = Server::start(database)?;
    let mut socket = follow(&other, &ada.token, &session, 0).await?;
    count(&ada, &session, 1..51).await?;
    for number in 1..51 {
        assert_eq!(heard(&mut socket).await?, (number, number.to_string()));
    }
    drop(socket);
    count(&ada, &session, 51..53).await?;
    other.kill()?;
    let third = Server::start(database)?;
    let mut socket = follow(&third, &ada.token, &session, 50).await?;
    assert_eq!(heard(&mut socket).await?, (51, "51".to_owned()));
    assert_eq!(heard(&mut socket).await?, (52, "52".to_owned()));
    Ok(())
}

/// Two transactions in flight end in the order in which they did not begin: both are told, at
/// positions that rise.
async fn out_of_order(database: &TestDatabase) -> Outcome {
    let (world, session) = start(database).await?;
    let ada = world.client(&world.admin).await?;
    let connection = database.connection();
    let mut socket = follow(&world.server, &ada.token, &session, 0).await?;
    let query = "subscription { taskChanged { task { title } } }";
    let following = socket.follow(&world.server, "tasks", query, json!({}));
    following.await?;
    let meeting = ada
        .make("meetingCreate", json!({"title": "A"}), "meeting")
        .await?;
    let insert = |title: &str| {
        let values = [title.into()];
        let sql = "INSERT INTO task (title, meeting_id, created_by_id)
                   SELECT $1, id, organizer_id FROM meeting";
        Statement::from_sql_and_values(DbBackend::Postgres, sql, values)
    };
    let first = connection.begin().await?;
    first.execute_raw(insert("first")).await?;
    connection.execute_raw(insert("second")).await?;
    let title = |event: &Value| event["taskChanged"]["task"]["title"].clone();
    assert_eq!(title(&socket.event("tasks").await?), "second");
    // Meanwhile the server has read on, several times.
    for number in 1..4 {
        let input = json!({"meetingId": meeting, "title": number.to_string()});
        ada.make("taskCreate", input, "task").await?;
        assert_eq!(
            title(&socket.event("tasks").await?),
            json!(number.to_string())
        );
    }
    first.commit().await?;
    assert_eq!(title(&socket.event("tasks").await?), "first");

    let session_id = segment_session(&ada, &session).await?;
    let row = |text: &str| segment::ActiveModel {
        session_id: Set(session_id),
        text: Set(text.to_owned()),
        ..Default::default()
    };
    let first = connection.begin().await?;
    row("first").insert(&first).await?;
    let second = async {
        // Waits for the other, which has the lower position.
        count(&ada, &session, 2..3).await
    };
    let commit = async {
        sleep(Duration::from_millis(200)).await;
        Ok::<_, Failed>(first.commit().await?)
    };
    tokio::try_join!(second, commit)?;
    assert_eq!(heard(&mut socket).await?, (1, "first".to_owned()));
    assert_eq!(heard(&mut socket).await?, (2, "2".to_owned()));
    Ok(())
}

async fn segment_session(client: &Client<'_>, session: &str) -> Result<i32, Failed> {
    let node = client.node(session, "Session { databaseId }").await?;
    Ok(serde_json::from_value(node["databaseId"].clone())?)
}

/// Where the connection is killed on which a server listens, it hears later, and of everything.
async fn deaf_listener(database: &TestDatabase) -> Outcome {
    let (world, session) = start(database).await?;
    let ada = world.client(&world.admin).await?;
    let other = Server::start(database)?;
    other.log_line_with("listening to other nodes")?;
    let mut socket = follow(&other, &ada.token, &session, 0).await?;
    for number in 1..6 {
        let killed = database
            .connection()
            .execute_unprepared(
                "SELECT pg_terminate_backend(pid) FROM pg_stat_activity
                 WHERE datname = current_database() AND query LIKE 'LISTEN%'",
            )
            .await?;
        assert!(number > 1 || killed.rows_affected() > 0, "nobody listened");
        count(&ada, &session, number..number + 1).await?;
        assert_eq!(heard(&mut socket).await?, (number, number.to_string()));
    }
    Ok(())
}

/// Subscribers wait while PostgreSQL is away, and then hear of everything.
async fn outage(database: &TestDatabase, postgres: &OwnServer) -> Outcome {
    let (world, session) = start(database).await?;
    let ada = world.client(&world.admin).await?;
    let mut socket = follow(&world.server, &ada.token, &session, 0).await?;
    count(&ada, &session, 1..2).await?;
    assert_eq!(heard(&mut socket).await?.0, 1);
    for (number, how) in [(2, Stop::Immediate), (3, Stop::Fast)] {
        postgres.stop(how).await?;
        sleep(Duration::from_millis(300)).await;
        postgres.start_again().await?;
        let segments = json!([{"text": number.to_string()}]);
        while append(&ada, &session, segments.clone()).await.is_err() {
            sleep(Duration::from_millis(100)).await;
        }
        assert_eq!(heard(&mut socket).await?, (number, number.to_string()));
    }
    Ok(())
}

/// Who does not read slows nobody else, and misses nothing when they read again.
async fn stalled_reader(database: &TestDatabase) -> Outcome {
    let (world, session) = start(database).await?;
    let ada = world.client(&world.admin).await?;
    let mut stalled = follow(&world.server, &ada.token, &session, 0).await?;
    let mut fast = Vec::new();
    for _ in 0..3 {
        fast.push(follow(&world.server, &ada.token, &session, 0).await?);
    }
    // More than the kernel keeps for a socket, and more often than a channel is deep.
    let long = "long ".repeat(20_000);
    for number in 1..101_i64 {
        let text = format!("{number} {long}");
        append(&ada, &session, json!([{"text": text}])).await?;
        for socket in &mut fast {
            let (position, heard) = heard(socket).await?;
            assert_eq!((position, heard.len()), (number, text.trim_end().len()));
        }
    }
    for number in 1..101 {
        let (position, text) = heard(&mut stalled).await?;
        assert_eq!(position, number);
        assert!(text.starts_with(&format!("{number} ")));
    }
    assert_eq!(
        segment::Entity::find()
            .all(database.connection())
            .await?
            .len(),
        100
    );
    Ok(())
}

/// Who does not hear of changes for too long is told so, and nobody else is.
async fn lagging_reader(database: &TestDatabase) -> Outcome {
    let (world, _) = start(database).await?;
    let ada = world.client(&world.admin).await?;
    let input = json!({"title": "A"});
    let meeting = ada.make("meetingCreate", input, "meeting").await?;
    let query = "subscription { meetingChanged { meeting { description } } }";
    let mut sockets = Vec::new();
    for _ in 0..2 {
        let mut socket = Socket::begin(&world.server, Some(&ada.token)).await?;
        let following = socket.follow(&world.server, "1", query, json!({}));
        following.await?;
        sockets.push(socket);
    }
    let [stalled, fast] = &mut sockets[..] else {
        return Err("there are two".into());
    };
    // More than the kernel and the channel keep together.
    for number in 0..160 {
        let text = format!("{number} {}", "long ".repeat(20_000));
        let input = json!({"id": meeting, "description": text.trim_end()});
        ada.run("meetingUpdate", input, "meeting { id }").await?;
        let told = fast.event("1").await?;
        assert_eq!(
            told["meetingChanged"]["meeting"]["description"],
            text.trim_end()
        );
    }
    let mut heard = 0;
    let last = loop {
        let message = stalled.message().await?;
        if message["type"] != "next" {
            break message;
        }
        heard += 1;
    };
    assert!(heard < 160, "nothing was too much");
    assert_eq!(last["payload"][0]["extensions"]["code"], "LAGGED", "{last}");
    Ok(())
}
