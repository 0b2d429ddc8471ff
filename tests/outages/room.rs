//! A file that may not grow any more.

use entity::meeting;
use libtest_mimic::Failed;
use reqwest::StatusCode;
use sea_orm::{ConnectionTrait, EntityTrait, TransactionTrait};
use serde_json::json;

use super::{
    ada,
    load::{Verdict, verdict},
};
use crate::support::{
    Outcome,
    client::document,
    database::TestDatabase,
    seed::{Seed, global_id},
    server::{Answer, Server},
};

/// The maximum size of each file of the server, in KiB.
const LARGEST: u32 = 2048;

/// A write that does not fit leaves nothing behind, reads still work, and writes work again when
/// there is room.
pub async fn writes_resume(database: &TestDatabase) -> Outcome {
    let ada = ada(database).await?;
    let connection = database.connection();
    let meeting = Seed(connection).meeting(&ada, "Planning").await?;
    let id = global_id("Meeting", meeting.id);
    let server = Server::start_with_small_files(database, LARGEST)?;
    let token = server.sign_in("ada").await?;
    let update = document("meetingUpdate", "meeting { description }");
    let describe = async |text: &str| -> Result<Answer, Failed> {
        let input = json!({"input": {"id": id, "description": text}});
        server.ask_as(&token, &update, input).await
    };

    // As long as somebody reads the file as it is now, the log of what is written only grows.
    let reader = connection.begin().await?;
    meeting::Entity::find().all(&reader).await?;
    let mut written = String::new();
    let mut number = 0;
    let rejected = loop {
        // Each page of it differs from the one before: others are not written.
        let text = format!("{number:05}").repeat(12_000);
        let answer = describe(&text).await?;
        if verdict(&answer)? == Verdict::Unavailable {
            break answer;
        }
        let stored = &answer.data()?["meetingUpdate"]["meeting"]["description"];
        assert_eq!(*stored, text);
        written = text;
        number += 1;
        assert!(number < 200, "there is no end of room");
    };
    rejected.assert_error("UNAVAILABLE", "no space left")?;
    assert!(!written.is_empty());
    let again = "again".repeat(12_000);
    let read = "query ($id: ID!) { node(id: $id) { ... on Meeting { description } } }";
    for _ in 0..4 {
        assert_eq!(verdict(&describe(&again).await?)?, Verdict::Unavailable);
        let answer = server.ask_as(&token, read, json!({"id": id})).await?;
        assert_eq!(answer.data()?["node"]["description"], written);
    }

    reader.rollback().await?;
    // A connection that has not read yet does not know that there is a log.
    connection
        .execute_unprepared("SELECT id FROM meeting; PRAGMA wal_checkpoint(TRUNCATE)")
        .await?;
    let answer = describe("There is room").await?;
    assert_eq!(answer.status, StatusCode::OK);
    let stored = meeting::Entity::find_by_id(meeting.id)
        .one(connection)
        .await?;
    assert_eq!(
        stored.and_then(|it| it.description).as_deref(),
        Some("There is room"),
        "{answer:#?}"
    );
    Ok(())
}
