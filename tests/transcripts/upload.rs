//! `POST /sessions/{id}/transcript`.

use std::{
    fmt::Write as _,
    io::Write,
    net::TcpStream,
    time::{Duration, Instant},
};

use chrono::{TimeDelta, Utc};
use entity::{bookkeeping::upload, segment, session};
use libtest_mimic::Failed;
use reqwest::{Method, StatusCode};
use sea_orm::{
    ActiveModelTrait, ActiveValue::Set, DbBackend, EntityTrait, IntoActiveModel, PaginatorTrait,
};
use serde_json::{Value, json};
use tokio::time::sleep;

use super::{download, odd_texts, say};
use crate::support::{
    Outcome,
    client::{Client, World},
    database::TestDatabase,
    seed::{Seed, global_id},
    server::Server,
    suite::Suite,
};

/// Adds the cases of this module.
pub fn list(suite: &mut Suite) {
    suite.on_both_databases(round_trips);
    suite.on_both_databases(rejected);
    suite.on_both_databases(rights);
    suite.on_both_databases(repeated);
    suite.on_both_databases(all_at_once);
    suite.on_both_databases(unfinished);
    suite.on_both_databases(statements);
    suite.on_both_databases(many_at_once);
}

/// Uploads a file, with a query and more headers.
async fn send(
    client: &Client<'_>,
    session: &str,
    query: &str,
    headers: &[(&str, &str)],
    body: String,
) -> Result<(StatusCode, Value), Failed> {
    let url = client
        .server
        .url(&format!("/sessions/{session}/transcript{query}"));
    let mut request = reqwest::Client::new()
        .post(url)
        .bearer_auth(&client.token)
        .body(body);
    for (name, value) in headers {
        request = request.header(*name, *value);
    }
    let response = request.send().await?;
    let status = response.status();
    Ok((status, response.json().await?))
}

/// A file with so many cues.
fn file(cues: usize) -> String {
    let mut file = String::from("WEBVTT\n");
    for number in 0..cues {
        let (hours, minutes, seconds) = (number / 3600, number / 60 % 60, number % 60);
        let time = format!("{hours:02}:{minutes:02}:{seconds:02}");
        let _ = write!(file, "\n{time}.000 --> {time}.900\n<v Ada>{number} words\n");
    }
    file
}

async fn fresh(client: &Client<'_>) -> Result<String, Failed> {
    client.make("sessionCreate", json!({}), "session").await
}

async fn texts(client: &Client<'_>, session: &str) -> Result<Value, Failed> {
    let document = format!(
        "{{ session(id: {session:?}) {{ language segments(first: 1000) {{
            totalCount nodes {{ text startMs endMs speaker }} }} }} }}"
    );
    Ok(client.read(&document).await?["session"].clone())
}

/// What was downloaded and is uploaded again has the same segments.
async fn round_trips(database: &TestDatabase) -> Outcome {
    let world = World::start(database).await?;
    let original = Seed(database.connection()).session(&world.member).await?;
    say(database, &original, &odd_texts()).await?;
    let max = world.client(&world.member).await?;
    let expected = texts(&max, &global_id("Session", original.id)).await?;
    for (extension, media_type) in [
        ("vtt", "text/vtt"),
        ("srt", "application/x-subrip"),
        ("json", "application/json"),
        ("vtt", "application/octet-stream"),
    ] {
        let path = format!("/sessions/{}/transcript.{extension}", original.external_id);
        let file = download(&world.server, Some(&max.token), &path).await?;
        let session = fresh(&max).await?;
        let headers = [("content-type", media_type)];
        let (status, body) = send(&max, &session, "", &headers, file.text).await?;
        assert_eq!(status, StatusCode::OK, "{body}");
        assert_eq!(body["importedCount"], odd_texts().len());
        assert_eq!(body["session"]["id"], json!(session));
        assert_eq!(body["warnings"], json!([]));
        assert_eq!(texts(&max, &session).await?, expected, "{extension}");
    }
    // By the external id, with a language and warnings, to a session that has segments.
    let content = "WEBVTT\n\nlost words\n\n00:01.000 --> 00:02.000\nGuten Tag\n";
    let id = &original.external_id;
    let (status, body) = send(&max, id, "?language=de", &[], content.to_owned()).await?;
    assert_eq!(status, StatusCode::OK, "{body}");
    assert_eq!(body["warningCount"], 1);
    assert_eq!(body["warnings"][0]["text"], "lost words");
    let now = texts(&max, &global_id("Session", original.id)).await?;
    assert_eq!(now["language"], "de");
    assert_eq!(now["segments"]["totalCount"], odd_texts().len() + 1);
    assert_eq!(
        upload::Entity::find().count(database.connection()).await?,
        0
    );
    Ok(())
}

/// What cannot be taken is rejected with the reason, and leaves nothing.
async fn rejected(database: &TestDatabase) -> Outcome {
    let world = World::start(database).await?;
    let world = World {
        server: Server::start_with(database, &["--max-upload-size", "2000"])?,
        ..world
    };
    let max = world.client(&world.member).await?;
    let session = fresh(&max).await?;
    let good = file(1);
    for (query, headers, body, expected, code) in [
        ("", vec![], String::new(), 422, "BLANK"),
        ("", vec![], "no transcript".to_owned(), 422, "INVALID"),
        (
            "?strict=true",
            vec![],
            format!("{good}\nlost words\n"),
            422,
            "INVALID",
        ),
        (
            "?language=much-too-long",
            vec![],
            good.clone(),
            422,
            "TOO_LONG",
        ),
        (
            "",
            vec![("idempotency-key", " ")],
            good.clone(),
            422,
            "BLANK",
        ),
        ("", vec![], file(100), 413, "BAD_USER_INPUT"),
        ("?format=docx", vec![], good.clone(), 400, "BAD_USER_INPUT"),
        ("?formats=vtt", vec![], good.clone(), 400, "BAD_USER_INPUT"),
        (
            "",
            vec![("content-encoding", "gzip")],
            good.clone(),
            415,
            "BAD_USER_INPUT",
        ),
        (
            "",
            vec![("content-type", "multipart/form-data; boundary=a")],
            good.clone(),
            415,
            "BAD_USER_INPUT",
        ),
    ] {
        let (status, body) = send(&max, &session, query, &headers, body).await?;
        assert_eq!(status.as_u16(), expected, "{query} {headers:?}: {body}");
        let found = match expected {
            422 => &body["userErrors"][0]["code"],
            _ => &body["errors"][0]["extensions"]["code"],
        };
        assert_eq!(found, code, "{query} {headers:?}: {body}");
    }
    for method in [Method::GET, Method::PUT, Method::DELETE] {
        let url = world.server.url(&format!("/sessions/{session}/transcript"));
        let response = reqwest::Client::new().request(method, url).send().await?;
        assert_eq!(response.status(), StatusCode::METHOD_NOT_ALLOWED);
        assert_eq!(response.headers()["allow"], "POST");
    }
    let segments = segment::Entity::find().count(database.connection());
    assert_eq!(segments.await?, 0);
    let sessions = session::Entity::find().count(database.connection());
    assert_eq!(sessions.await?, 1);
    Ok(())
}

/// Owners, organizers of the meeting and admins may upload. For others of the workspace it is
/// forbidden, and for outsiders there is no session.
async fn rights(database: &TestDatabase) -> Outcome {
    let world = World::start(database).await?;
    let seed = Seed(database.connection());
    let meeting = seed.meeting(&world.organizer, "Plan").await?;
    let other = seed.workspace("other").await?;
    let eve = seed.user(other.id, "eve").await?;
    let colleague = seed.user(world.acme.id, "carl").await?;
    let mut linked = None;
    for (user, expected) in [
        (&world.member, StatusCode::OK),
        (&world.organizer, StatusCode::OK),
        (&world.admin, StatusCode::OK),
        (&colleague, StatusCode::FORBIDDEN),
        (&eve, StatusCode::NOT_FOUND),
    ] {
        let session = seed.session(&world.member).await?;
        let mut meeting = meeting.clone().into_active_model();
        meeting.session_id = Set(Some(session.external_id.clone()));
        meeting.update(database.connection()).await?;
        let client = world.client(user).await?;
        let id = global_id("Session", session.id);
        let (status, body) = send(&client, &id, "", &[], file(1)).await?;
        assert_eq!(status, expected, "{}: {body}", user.username);
        linked = Some(id);
    }
    let id = linked.ok_or("no session")?;
    let ada = world.client(&world.admin).await?;
    let url = world.server.url(&format!("/sessions/{id}/transcript"));
    let anonymous = reqwest::Client::new()
        .post(&url)
        .body(file(1))
        .send()
        .await?;
    assert_eq!(anonymous.status(), StatusCode::UNAUTHORIZED);
    let (status, _) = send(&ada, "nonsense", "", &[], file(1)).await?;
    assert_eq!(status, StatusCode::NOT_FOUND);
    let segments = segment::Entity::find().count(database.connection());
    assert_eq!(segments.await?, 3);
    Ok(())
}

/// The same file twice is a conflict, unless it is meant, or the call is repeated with its key.
async fn repeated(database: &TestDatabase) -> Outcome {
    let world = World::start(database).await?;
    let max = world.client(&world.member).await?;
    let session = fresh(&max).await?;
    let key = [("idempotency-key", "first")];
    let (_, first) = send(&max, &session, "", &key, file(3)).await?;
    assert_eq!(first["importedCount"], 3);
    let (status, again) = send(&max, &session, "", &key, file(3)).await?;
    assert_eq!((status, &again), (StatusCode::OK, &first));
    let count = async || segment::Entity::find().count(database.connection()).await;
    assert_eq!(count().await?, 3);
    let (status, other) = send(&max, &session, "", &key, file(4)).await?;
    assert_eq!(status, StatusCode::CONFLICT, "{other}");
    let (status, same) = send(&max, &session, "", &[], file(3)).await?;
    assert_eq!(status, StatusCode::CONFLICT, "{same}");
    assert_eq!(same["userErrors"][0]["path"], json!(["content"]));
    let input = json!({"sessionId": session, "content": file(3)});
    let problems = max.problems("transcriptImport", input).await?;
    assert_eq!(problems, ["CONFLICT content"]);
    let (status, meant) = send(&max, &session, "?again=true", &[], file(3)).await?;
    assert_eq!(
        (status, &meant["importedCount"]),
        (StatusCode::OK, &json!(3))
    );
    assert_eq!(count().await?, 6);
    let sessions = session::Entity::find().count(database.connection());
    assert_eq!(sessions.await?, 1);
    Ok(())
}

/// Many cues are visible all at once, in the order of the file, while others write, and subscribers
/// get each of them once.
async fn all_at_once(database: &TestDatabase) -> Outcome {
    const CUES: usize = 12_000;
    let world = World::start(database).await?;
    let max = world.client(&world.member).await?;
    let session = fresh(&max).await?;
    Seed(database.connection())
        .segment(
            &session::Entity::find()
                .one(database.connection())
                .await?
                .ok_or("no session")?,
            0,
            "before",
        )
        .await?;
    let uploading = send(&max, &session, "", &[], file(CUES));
    let watching = async {
        let mut seen = Vec::new();
        let mut slowest = Duration::ZERO;
        loop {
            let began = Instant::now();
            fresh(&max).await?;
            slowest = slowest.max(began.elapsed());
            let total = texts(&max, &session).await?["segments"]["totalCount"].clone();
            if seen.last() != Some(&total) {
                seen.push(total.clone());
            }
            if total == CUES + 1 {
                return Ok::<_, Failed>((seen, slowest));
            }
            sleep(Duration::from_millis(5)).await;
        }
    };
    let (uploaded, watched) = tokio::join!(uploading, watching);
    let (status, body) = uploaded?;
    assert_eq!(status, StatusCode::OK, "{body}");
    let (seen, slowest) = watched?;
    assert_eq!(seen, [json!(1), json!(CUES + 1)]);
    assert!(slowest < Duration::from_secs(5), "{slowest:?}");
    let positions: Vec<(i32, i32)> = {
        use entity::bookkeeping::segment_position as position;
        use sea_orm::{ColumnTrait, QueryFilter, QueryOrder, QuerySelect};
        let session = session::Entity::find().one(database.connection());
        let session = session.await?.ok_or("no session")?;
        position::Entity::find()
            .select_only()
            .column(position::Column::Position)
            .column(position::Column::SegmentId)
            .filter(position::Column::SessionId.eq(session.id))
            .order_by_asc(position::Column::Position)
            .into_tuple()
            .all(database.connection())
            .await?
    };
    assert_eq!(positions.len(), CUES + 1);
    assert!(positions.is_sorted_by(|left, right| left.0 + 1 == right.0 && left.1 < right.1));
    Ok(())
}

/// What a client that goes away or a server that was killed has left is not visible, and is deleted.
async fn unfinished(database: &TestDatabase) -> Outcome {
    let world = World::start(database).await?;
    let max = world.client(&world.member).await?;
    let session = fresh(&max).await?;
    // The body ends early.
    let mut socket = TcpStream::connect(world.server.address())?;
    let head = format!(
        "POST /sessions/{session}/transcript HTTP/1.1\r\nHost: localhost\r\n\
         Authorization: Bearer {}\r\nContent-Length: 100000\r\n\r\nWEBVTT\n",
        max.token
    );
    socket.write_all(head.as_bytes())?;
    socket.flush()?;
    drop(socket);
    // The client goes away while the segments are stored.
    let body = file(40_000);
    let mut socket = TcpStream::connect(world.server.address())?;
    let head = format!(
        "POST /sessions/{session}/transcript HTTP/1.1\r\nHost: localhost\r\n\
         Authorization: Bearer {}\r\nContent-Length: {}\r\n\r\n",
        max.token,
        body.len()
    );
    socket.write_all(head.as_bytes())?;
    socket.write_all(body.as_bytes())?;
    if database.connection().get_database_backend() == DbBackend::Sqlite {
        let mut begun = false;
        for _ in 0..2000 {
            if upload::Entity::find().count(database.connection()).await? > 0 {
                begun = true;
                break;
            }
            sleep(Duration::from_millis(5)).await;
        }
        assert!(begun, "the upload has not begun");
    } else {
        // What a transaction has stored cannot be seen.
        sleep(Duration::from_secs(1)).await;
    }
    drop(socket);
    let left = async || -> Result<(u64, u64), Failed> {
        let sessions = session::Entity::find().count(database.connection()).await?;
        let segments = segment::Entity::find().count(database.connection()).await?;
        Ok((sessions, segments))
    };
    let until_gone = async || -> Outcome {
        for _ in 0..600 {
            if left().await? == (1, 0) {
                return Ok(());
            }
            sleep(Duration::from_millis(50)).await;
        }
        assert_eq!(left().await?, (1, 0));
        Ok(())
    };
    until_gone().await?;
    assert_eq!(texts(&max, &session).await?["segments"]["totalCount"], 0);

    // What a killed server has left.
    let waiting = Seed(database.connection()).session(&world.member).await?;
    let mut waiting = waiting.into_active_model();
    waiting.user_id = Set(None);
    let waiting = waiting.update(database.connection()).await?;
    say(database, &waiting, &odd_texts()).await?;
    let touched_at = Utc::now().naive_utc() - TimeDelta::minutes(11);
    let row = upload::ActiveModel {
        session_id: Set(waiting.id),
        touched_at: Set(touched_at),
    };
    upload::Entity::insert(row)
        .exec_without_returning(database.connection())
        .await?;
    let _second = Server::start(database)?;
    until_gone().await?;
    Ok(())
}

/// As many statements run for one cue as for a thousand, and a few for each further thousand.
async fn statements(database: &TestDatabase) -> Outcome {
    let world = World::start(database).await?;
    let max = world.client(&world.member).await?;
    for cues in [1, 1000, 2000] {
        let session = fresh(&max).await?;
        let key = cues.to_string();
        let headers = [("idempotency-key", key.as_str())];
        let (status, body) = send(&max, &session, "", &headers, file(cues)).await?;
        assert_eq!(status, StatusCode::OK, "{body}");
    }
    let mut counts = Vec::new();
    for _ in 0..100 {
        let lines = world.server.log_lines_with(r#""kind":"upload""#);
        let lines = lines.iter().map(|line| serde_json::from_str(line));
        let lines = lines.collect::<Result<Vec<Value>, _>>()?;
        counts = lines
            .iter()
            .filter_map(|line| line["statements"].as_u64())
            .collect();
        if counts.len() == 3 {
            break;
        }
        sleep(Duration::from_millis(50)).await;
    }
    let [one, thousand, two_thousand] = counts[..] else {
        return Err(format!("{counts:?}").into());
    };
    assert_eq!(one, thousand);
    assert!(one <= 40 && two_thousand - one <= 6, "{counts:?}");
    Ok(())
}

/// Fifty files at once, made of the shortest lines and cues, take a bounded amount of memory.
async fn many_at_once(database: &TestDatabase) -> Outcome {
    let world = World::start(database).await?;
    let server = Server::start_with(database, &["--max-upload-size", "8388608"])?;
    let token = server.sign_in("max").await?;
    let max = world.client(&world.member).await?;
    let session = fresh(&max).await?;
    let before = server.most_memory_kib()?;
    // A fault at the end keeps them from being stored.
    let fault = "\n\nWEBVTT\n\nwords of nobody\n";
    let lines = format!("WEBVTT\n\n0:0 --> 0:1\n{}{fault}", "a\n".repeat(3_000_000));
    let cues = format!("WEBVTT\n\n{}{fault}", "0:0 --> 0:1\na\n".repeat(400_000));
    let url = server.url(&format!("/sessions/{session}/transcript?strict=true"));
    let sent = (0..50).map(|number| {
        let body = if number % 2 == 0 { &lines } else { &cues };
        let request = reqwest::Client::new().post(&url).bearer_auth(&token);
        request.body(body.clone()).send()
    });
    let mut read = 0;
    for response in futures_util::future::join_all(sent).await {
        // One that is rejected early may be cut off while it is sent.
        let Ok(response) = response else { continue };
        let status = response.status();
        match status {
            StatusCode::UNPROCESSABLE_ENTITY => read += 1,
            StatusCode::TOO_MANY_REQUESTS | StatusCode::SERVICE_UNAVAILABLE => {}
            _ => return Err(format!("{status}: {}", response.text().await?).into()),
        }
    }
    assert!(read >= 2, "{read} files were read");
    // Bodies of an address hold 64 MiB at most, and two files are read at a time.
    let memory = server.most_memory_kib()? - before;
    assert!(memory < 256 * 1024, "{memory} KiB");
    Ok(())
}
