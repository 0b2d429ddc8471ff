//! `Session.transcriptText`.

use serde_json::json;

use super::{EXTENSIONS, download, odd_texts, say};
use crate::support::{
    Outcome,
    client::World,
    database::TestDatabase,
    seed::{Seed, global_id},
    suite::Suite,
};

/// Adds the cases of this module.
pub fn list(suite: &mut Suite) {
    suite.on_both_databases(same_as_downloads);
    suite.on_both_databases(bounded);
}

/// The text of each format is that of the downloaded file, and many need no more statements than one.
async fn same_as_downloads(database: &TestDatabase) -> Outcome {
    let world = World::start(database).await?;
    let seed = Seed(database.connection());
    for title in ["Plan", "Review"] {
        let meeting = seed.meeting(&world.organizer, title).await?;
        seed.participant(&meeting, &world.member).await?;
        let session = seed.session(&world.member).await?;
        seed.link(&meeting, &session).await?;
        seed.marker(&session, &world.admin, "Agreed").await?;
        say(database, &session, &odd_texts()).await?;
    }
    let max = world.client(&world.member).await?;
    let names = ["WEBVTT", "SUBRIP", "JSON", "TEXT", "MARKDOWN"];
    for (name, extension) in names.into_iter().zip(EXTENSIONS) {
        let of = |first: usize| {
            format!(
                "{{ sessions(first: {first}) {{ nodes {{
                    externalId transcriptText(format: {name})
                }} }} }}"
            )
        };
        let one = world.server.ask_as(&max.token, &of(1), json!({})).await?;
        let two = world.server.ask_as(&max.token, &of(2), json!({})).await?;
        let sessions = &two.data()?["sessions"]["nodes"];
        for session in sessions.as_array().ok_or("no list")? {
            let id = session["externalId"].as_str().ok_or("no id")?;
            let path = format!("/sessions/{id}/transcript.{extension}");
            let file = download(&world.server, Some(&max.token), &path).await?;
            assert_eq!(session["transcriptText"], file.text);
        }
        let statements = [
            world.server.statements(&one)?.len(),
            world.server.statements(&two)?.len(),
        ];
        assert_eq!(statements[0], statements[1], "{name}");
        assert!(statements[0] <= 7, "{name}: {statements:?}");
    }
    Ok(())
}

/// A transcript that is longer than requested is an error, and what is requested is paid for.
async fn bounded(database: &TestDatabase) -> Outcome {
    let world = World::start(database).await?;
    let session = Seed(database.connection()).session(&world.member).await?;
    say(database, &session, &odd_texts()).await?;
    let max = world.client(&world.member).await?;
    let id = global_id("Session", session.id);
    let ask = async |first: i32| {
        let document = format!(
            "{{ session(id: {id:?}) {{ transcriptText(format: WEBVTT, first: {first}) }} }}"
        );
        let body = json!({"query": document, "extensions": {"cost": true}});
        world.server.post_as(&max.token, body.to_string()).await
    };
    let answer = ask(8).await?;
    assert!(answer.data()?["session"]["transcriptText"].is_string());
    ask(7)
        .await?
        .assert_error("BAD_USER_INPUT", "more than 7 segments")?;
    ask(-1)
        .await?
        .assert_error("BAD_USER_INPUT", "from 0 to 10000")?;
    let rows = async |first| -> Result<u64, libtest_mimic::Failed> {
        let answer = ask(first).await?;
        let rows = answer.body["extensions"]["cost"]["rows"].as_u64();
        Ok(rows.ok_or("no cost")?)
    };
    assert_eq!(rows(9_000).await? - rows(5_000).await?, 4_000);
    Ok(())
}
