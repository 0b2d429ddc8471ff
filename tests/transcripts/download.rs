//! `GET /sessions/{id}/transcript.vtt` and the like.

use std::time::Duration;

use entity::session;
use libtest_mimic::Failed;
use reqwest::{Client, Method, StatusCode};
use sea_orm::{ActiveModelTrait, ActiveValue::Set, IntoActiveModel};
use serde_json::{Value, json};
use tokio::time::sleep;
use transcript::{Format, ReadOptions};

use super::{EXTENSIONS, download, odd_texts, say};
use crate::support::{
    Outcome,
    client::World,
    database::TestDatabase,
    seed::{Seed, global_id},
    server::Server,
    suite::Suite,
};

/// Adds the cases of this module.
pub fn list(suite: &mut Suite) {
    suite.on_both_databases(formats);
    suite.on_both_databases(rights);
    suite.on_both_databases(many_pages);
    suite.on_both_databases(unread);
    suite.on_both_databases(limited);
    suite.on_both_databases(deleted_meanwhile);
}

/// A session of the member, linked to a meeting of the organizer.
async fn meeting(database: &TestDatabase, world: &World) -> Result<session::Model, Failed> {
    let seed = Seed(database.connection());
    let meeting = seed.meeting(&world.organizer, "Gänse, heute").await?;
    seed.participant(&meeting, &world.member).await?;
    let session = seed.session(&world.member).await?;
    seed.link(&meeting, &session).await?;
    seed.marker(&session, &world.admin, "Agreed").await?;
    let mut session = session.into_active_model();
    session.language = Set(Some("de".to_owned()));
    Ok(session.update(database.connection()).await?)
}

/// Each format has its type and name, and those that can be read again have the same cues.
async fn formats(database: &TestDatabase) -> Outcome {
    let world = World::start(database).await?;
    let session = meeting(database, &world).await?;
    let texts = odd_texts();
    say(database, &session, &texts).await?;
    let max = world.client(&world.member).await?;
    let types = [
        "text/vtt",
        "application/x-subrip; charset=utf-8",
        "application/json",
        "text/plain; charset=utf-8",
        "text/markdown; charset=utf-8",
    ];
    for (extension, content_type) in EXTENSIONS.into_iter().zip(types) {
        let path = format!("/sessions/{}/transcript.{extension}", session.external_id);
        let file = download(&world.server, Some(&max.token), &path).await?;
        assert_eq!(file.status, StatusCode::OK, "{}", file.text);
        assert_eq!(file.header("content-type"), content_type);
        assert_eq!(file.header("cache-control"), "no-store");
        assert_eq!(file.header("referrer-policy"), "no-referrer");
        assert_eq!(
            file.header("content-disposition"),
            format!(
                "attachment; filename=\"G_nse, heute.{extension}\"; \
                 filename*=UTF-8''G%C3%A4nse%2C%20heute.{extension}"
            )
        );
        let by_id = format!(
            "/sessions/{}/transcript.{extension}",
            global_id("Session", session.id)
        );
        let same = download(&world.server, Some(&max.token), &by_id).await?;
        assert_eq!(same.text, file.text);
        let format = match extension {
            "vtt" => Format::WebVtt,
            "srt" => Format::SubRip,
            "json" => Format::Json,
            _ => continue,
        };
        let options = ReadOptions {
            format: Some(format),
            ..ReadOptions::default()
        };
        let read = transcript::read(file.text.as_bytes(), options)?;
        let cues: Vec<_> = read.cues.iter().map(|cue| &cue.text).collect();
        assert_eq!(cues, texts.iter().collect::<Vec<_>>(), "{}", file.text);
        assert_eq!((read.cues[1].start_ms, read.cues[1].end_ms), (1000, 1900));
        assert_eq!(read.cues[1].speaker.as_deref(), Some("Max"));
        assert!(read.warnings.is_empty(), "{:?}", read.warnings);
        if extension != "srt" {
            assert_eq!(read.language.as_deref(), Some("de"));
        }
    }
    let path = format!("/sessions/{}/transcript.md", session.external_id);
    for encoding in ["gzip", "br"] {
        let request = Client::new().get(world.server.url(&path));
        let request = request.bearer_auth(&max.token);
        let response = request.header("accept-encoding", encoding).send().await?;
        assert_eq!(response.headers()["content-encoding"], encoding);
        assert!(!response.bytes().await?.is_empty());
    }
    let markdown = download(&world.server, Some(&max.token), &path).await?;
    for part in [
        "# Gänse, heute",
        "- max",
        "decision: Agreed",
        "**Ada** (00:00:00)",
    ] {
        assert!(markdown.text.contains(part), "{part}: {}", markdown.text);
    }
    Ok(())
}

/// What others may not see does not exist, and nobody is let in without a token.
async fn rights(database: &TestDatabase) -> Outcome {
    let world = World::start(database).await?;
    let session = meeting(database, &world).await?;
    let seed = Seed(database.connection());
    let elsewhere = seed.workspace("elsewhere").await?;
    seed.user(elsewhere.id, "eve").await?;
    let eve = world.server.sign_in("eve").await?;
    let ada = world.server.sign_in("ada").await?;
    let path = format!("/sessions/{}/transcript.vtt", session.external_id);
    let code = |text: &str| -> Result<Value, Failed> {
        let body: Value = serde_json::from_str(text)?;
        Ok(body["errors"][0]["extensions"]["code"].clone())
    };
    for token in [None, Some("nonsense")] {
        let file = download(&world.server, token, &path).await?;
        assert_eq!(file.status, StatusCode::UNAUTHORIZED);
        assert_eq!(code(&file.text)?, "UNAUTHENTICATED");
        assert_eq!(file.header("www-authenticate"), "Bearer");
    }
    let hidden = download(&world.server, Some(&eve), &path).await?;
    let missing = "/sessions/0198a5c2-7d3e-7b41-9c55-2f6d0e8a1b34/transcript.vtt";
    let missing = download(&world.server, Some(&eve), missing).await?;
    assert_eq!(hidden.status, StatusCode::NOT_FOUND);
    assert_eq!(
        (missing.status, &missing.text),
        (hidden.status, &hidden.text)
    );
    assert_eq!(code(&hidden.text)?, "NOT_FOUND");
    for odd in [
        "/sessions/1/transcript.vtt".to_owned(),
        format!("/sessions/{}/transcript.vtt", global_id("Meeting", 1)),
        format!("/sessions/{}/transcript.exe", session.external_id),
        format!("/sessions/{}/transcripts", session.external_id),
        "/sessions/%ff/transcript.vtt".to_owned(),
        format!("/sessions/{}/%ff", session.external_id),
    ] {
        let file = download(&world.server, Some(&ada), &odd).await?;
        assert_eq!(file.status, StatusCode::NOT_FOUND, "{odd}");
        assert_eq!(code(&file.text)?, "NOT_FOUND");
    }
    let http = Client::new();
    let head = http.head(world.server.url(&path)).bearer_auth(&ada);
    let head = super::File::of(head.send().await?).await?;
    assert_eq!((head.status, &*head.text), (StatusCode::OK, ""));
    assert_eq!(head.header("content-type"), "text/vtt");
    assert_eq!(head.header("content-length"), "");
    let post = http.post(world.server.url(&path)).bearer_auth(&ada);
    let post = super::File::of(post.send().await?).await?;
    assert_eq!(post.status, StatusCode::METHOD_NOT_ALLOWED);
    assert_eq!(post.header("allow"), "GET, HEAD, OPTIONS");
    let options = http.request(Method::OPTIONS, world.server.url(&path));
    assert_eq!(options.send().await?.status(), StatusCode::NO_CONTENT);
    Ok(())
}

/// All segments of a long transcript arrive once and in their order, and each page is paid for.
async fn many_pages(database: &TestDatabase) -> Outcome {
    let world = World::start(database).await?;
    let session = Seed(database.connection()).session(&world.member).await?;
    let texts: Vec<String> = (0..3_000).map(|number| format!("words {number}")).collect();
    say(database, &session, &texts).await?;
    let max = world.client(&world.member).await?;
    let path = format!("/sessions/{}/transcript.json", session.external_id);
    let file = download(&world.server, Some(&max.token), &path).await?;
    let read: Value = serde_json::from_str(&file.text)?;
    let cues = read["segments"].as_array().ok_or("no list")?.iter();
    let cues: Vec<&str> = cues.filter_map(|cue| cue["text"].as_str()).collect();
    assert_eq!(cues, texts);
    // The log has the line when the response has ended.
    sleep(Duration::from_millis(200)).await;
    let lines = world.server.log_lines_with("\"download\"");
    let line: Value = serde_json::from_str(lines.last().ok_or("no line")?)?;
    assert_eq!(line["outcome"], "ok", "{line}");
    let statements = line["statements"].as_u64().ok_or("no statements")?;
    assert!((7..=16).contains(&statements), "{line}");
    Ok(())
}

/// A client that does not read holds no place, however long the transcript is.
async fn unread(database: &TestDatabase) -> Outcome {
    let world = World::start(database).await?;
    let flags = ["--max-requests-in-flight", "1", "--database-pool-size", "4"];
    let server = Server::start_with(database, &flags)?;
    let session = Seed(database.connection()).session(&world.member).await?;
    let texts: Vec<String> = (0..3_000).map(|_| "long ".repeat(1000)).collect();
    say(database, &session, &texts).await?;
    let token = server.sign_in("max").await?;
    let path = format!("/sessions/{}/transcript.txt", session.external_id);
    let mut unread = Vec::new();
    while unread.len() < 3 {
        let request = Client::new().get(server.url(&path)).bearer_auth(&token);
        let response = request.send().await?;
        // The others still fill their buffers.
        if response.status() != StatusCode::SERVICE_UNAVAILABLE {
            assert_eq!(response.status(), StatusCode::OK);
            unread.push(response);
        }
    }
    server.until_metric("mina_requests_in_flight", 0).await?;
    sleep(Duration::from_secs(1)).await;
    for _ in 0..3 {
        server.read(&token, "{ viewer { username } }").await?;
    }
    server.until_metric("mina_requests_in_flight", 0).await?;
    let memory = server.most_memory_kib()?;
    assert!(memory < 512 * 1024, "{memory} KiB");
    // What was begun can still be read to its end.
    let rest = unread.pop().ok_or("no response")?.text().await?;
    assert_eq!(rest.lines().count(), texts.len());
    Ok(())
}

/// A download counts as an event stream until it was read, so that nobody keeps open more of both than
/// allowed.
async fn limited(database: &TestDatabase) -> Outcome {
    let world = World::start(database).await?;
    let session = Seed(database.connection()).session(&world.member).await?;
    let texts: Vec<String> = (0..3_000).map(|_| "long ".repeat(1000)).collect();
    say(database, &session, &texts).await?;
    let path = format!("/sessions/{}/transcript.txt", session.external_id);
    let server = Server::start_with(database, &["--max-streams-per-viewer", "1"])?;
    let max = server.sign_in("max").await?;
    let ada = server.sign_in("ada").await?;
    let get = |token: &str| Client::new().get(server.url(&path)).bearer_auth(token);
    let unread = get(&max).send().await?;
    assert_eq!(unread.status(), StatusCode::OK);
    server.until_metric("mina_streams", 1).await?;
    let events = Client::new().post(server.url("/graphql/stream"));
    let query = json!({"query": "subscription { meetingChanged { kind } }"});
    for further in [get(&max), events.bearer_auth(&max).json(&query)] {
        let response = further.send().await?;
        assert_eq!(response.status(), StatusCode::TOO_MANY_REQUESTS);
        assert_eq!(response.headers()["retry-after"], "5");
        let text = response.text().await?;
        assert!(text.contains("This user already has 1 open"), "{text}");
    }
    // Others have places of their own.
    let read = get(&ada).send().await?;
    assert_eq!(read.status(), StatusCode::OK);
    assert_eq!(read.text().await?.lines().count(), texts.len());
    server.until_metric("mina_streams", 1).await?;
    // Whoever goes away, or has read it all, gives up the place.
    drop(unread);
    server.until_metric("mina_streams", 0).await?;
    for _ in 0..2 {
        let read = get(&max).send().await?;
        assert_eq!(read.status(), StatusCode::OK);
        assert_eq!(read.text().await?.lines().count(), texts.len());
        server.until_metric("mina_streams", 0).await?;
    }

    let flags = ["--max-connections-per-address", "1"];
    let behind = [flags[0], flags[1], "--client-address-header", "x-client"];
    let server = Server::start_with(database, &behind)?;
    let get = |address: &str, token: &str| {
        let request = Client::new().get(server.url(&path));
        request.bearer_auth(token).header("x-client", address)
    };
    let unread = get("10.0.0.1", &max).send().await?;
    assert_eq!(unread.status(), StatusCode::OK);
    for (address, status) in [("10.0.0.1", 429), ("10.0.0.2", 200)] {
        let response = get(address, &ada).send().await?;
        assert_eq!(response.status(), status, "{address}");
    }
    Ok(())
}

/// The file of a session that is deleted while it is read does not end as if it were complete.
async fn deleted_meanwhile(database: &TestDatabase) -> Outcome {
    let world = World::start(database).await?;
    let session = Seed(database.connection()).session(&world.member).await?;
    // More than the buffers between the server and a client hold.
    let texts: Vec<String> = (0..3_000).map(|_| "long ".repeat(1000)).collect();
    say(database, &session, &texts).await?;
    let max = world.client(&world.member).await?;
    let path = format!("/sessions/{}/transcript.txt", session.external_id);
    let request = Client::new().get(world.server.url(&path));
    let response = request.bearer_auth(&max.token).send().await?;
    assert_eq!(response.status(), StatusCode::OK);
    let input = json!({"id": global_id("Session", session.id)});
    max.run("sessionDelete", input, "__typename").await?;
    assert!(response.bytes().await.is_err());
    Ok(())
}
