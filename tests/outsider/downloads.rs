//! Transcripts that are downloaded and uploaded: for an outsider, the sessions of A do not exist.

use entity::{segment, session};
use libtest_mimic::Failed;
use reqwest::StatusCode;
use sea_orm::{EntityTrait, PaginatorTrait};

use crate::support::{Outcome, database::TestDatabase, seed::global_id, server::Server};

use super::{outsiders, viewer_of_a, world::World};

/// The extensions of all formats.
const EXTENSIONS: [&str; 5] = ["vtt", "srt", "json", "txt", "md"];

/// The ids of sessions that do not exist.
const MISSING: [&str; 2] = [
    "0198a5c2-7d3e-7b41-9c55-2f6d0e8a1b34",
    "U2Vzc2lvbjo5OTk5OTk",
];

/// Whatever an outsider asks for, the response is that for a session that does not exist.
pub async fn no_transcript(database: &TestDatabase) -> Outcome {
    let world = World::seed(database.connection()).await?;
    let server = Server::start(database)?;
    let http = reqwest::Client::new();
    let get = async |token: Option<&str>, id: &str, extension: &str| -> Result<_, Failed> {
        let path = format!("/sessions/{id}/transcript.{extension}");
        let mut request = http.get(server.url(&path));
        if let Some(token) = token {
            request = request.bearer_auth(token);
        }
        let response = request.send().await?;
        Ok((response.status(), response.text().await?))
    };
    let sessions = session::Entity::find().all(database.connection()).await?;
    let viewer = viewer_of_a(&server, &world).await?;
    let outsiders = outsiders(&server, &world).await?;
    let mut checked = 0;
    for session in &sessions {
        let is_of_a = world.a.has("Session", session.id.into());
        let is_of_b = world.b.has("Session", session.id.into());
        let ids = [
            session.external_id.clone(),
            global_id("Session", session.id),
        ];
        for id in &ids {
            let (status, _) = get(viewer.token(), id, "vtt").await?;
            let expected = if is_of_a {
                StatusCode::OK
            } else {
                StatusCode::NOT_FOUND
            };
            assert_eq!(status, expected, "{id}");
        }
        for outsider in &outsiders {
            let sees_b = !outsider.visible.of("Session").is_empty();
            if is_of_b && sees_b {
                continue;
            }
            for extension in EXTENSIONS {
                let nothing = get(outsider.token(), MISSING[0], extension).await?;
                let expected = match outsider.token() {
                    Some(_) => StatusCode::NOT_FOUND,
                    None => StatusCode::UNAUTHORIZED,
                };
                assert_eq!(nothing.0, expected);
                for id in ids.iter().map(String::as_str).chain(MISSING) {
                    let answer = get(outsider.token(), id, extension).await?;
                    assert_eq!(answer, nothing, "{}: {id}", outsider.name);
                    checked += 1;
                }
            }
        }
    }
    assert!(checked > 100, "{checked}");
    Ok(())
}

/// Whatever an outsider uploads to, the response is that for a session that does not exist, and nothing
/// is stored.
pub async fn no_upload(database: &TestDatabase) -> Outcome {
    let world = World::seed(database.connection()).await?;
    let server = Server::start(database)?;
    let http = reqwest::Client::new();
    let post = async |token: Option<&str>, id: &str| -> Result<_, Failed> {
        let url = server.url(&format!("/sessions/{id}/transcript"));
        let mut request = http
            .post(url)
            .body("WEBVTT\n\n00:01.000 --> 00:02.000\nHi\n");
        if let Some(token) = token {
            request = request.bearer_auth(token);
        }
        let response = request.send().await?;
        Ok((response.status(), response.text().await?))
    };
    let count = async || segment::Entity::find().count(database.connection()).await;
    let before = count().await?;
    let sessions = session::Entity::find().all(database.connection()).await?;
    let outsiders = outsiders(&server, &world).await?;
    let mut checked = 0;
    for session in &sessions {
        let is_of_b = world.b.has("Session", session.id.into());
        for outsider in &outsiders {
            let sees_b = !outsider.visible.of("Session").is_empty();
            if is_of_b && sees_b {
                continue;
            }
            let nothing = post(outsider.token(), MISSING[0]).await?;
            assert!(
                matches!(nothing.0, StatusCode::NOT_FOUND | StatusCode::UNAUTHORIZED),
                "{nothing:?}"
            );
            let ids = [
                session.external_id.clone(),
                global_id("Session", session.id),
            ];
            for id in ids.iter().map(String::as_str).chain(MISSING) {
                let answer = post(outsider.token(), id).await?;
                assert_eq!(answer, nothing, "{}: {id}", outsider.name);
                checked += 1;
            }
        }
    }
    assert!(checked > 30, "{checked}");
    assert_eq!(count().await?, before);
    Ok(())
}
