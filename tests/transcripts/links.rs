//! Links with which browsers download transcripts.

use libtest_mimic::Failed;
use reqwest::StatusCode;
use sea_orm::{ActiveModelTrait, ActiveValue::Set, IntoActiveModel};
use serde_json::json;

use super::{download, say};
use crate::support::{
    Outcome,
    client::{Client, World},
    database::TestDatabase,
    seed::{PASSWORD, Seed, global_id},
    suite::Suite,
};

/// Adds the cases of this module.
pub fn list(suite: &mut Suite) {
    suite.on_both_databases(bound);
    suite.on_both_databases(ends_with_the_user);
}

/// A link of a user to the WebVTT of a session.
async fn link(client: &Client<'_>, session: i32) -> Result<String, Failed> {
    let input = json!({"sessionId": global_id("Session", session), "format": "WEBVTT"});
    let payload = client
        .run("transcriptLinkCreate", input, "url expiresAt")
        .await?;
    assert!(payload["expiresAt"].is_string());
    Ok(payload["url"].as_str().ok_or("no link")?.to_owned())
}

/// A link is valid without a token, for its session and its format only, and is in no log.
async fn bound(database: &TestDatabase) -> Outcome {
    let world = World::start(database).await?;
    let seed = Seed(database.connection());
    let session = seed.session(&world.member).await?;
    let other = seed.session(&world.member).await?;
    say(database, &session, &["words".to_owned()]).await?;
    let ada = world.client(&world.admin).await?;
    let link = link(&ada, session.id).await?;
    let file = download(&world.server, None, &link).await?;
    assert_eq!(file.status, StatusCode::OK, "{}", file.text);
    assert!(file.text.starts_with("WEBVTT") && file.text.contains("words"));
    assert_eq!(file.header("cache-control"), "no-store");
    assert_eq!(file.header("referrer-policy"), "no-referrer");
    let signature = link.split("link=").nth(1).ok_or("no signature")?;
    let altered = format!("{}x", &link[..link.len() - 1]);
    let other_session = link.replace(&session.external_id, &other.external_id);
    for (path, status) in [
        (link.replace(".vtt", ".srt"), StatusCode::UNAUTHORIZED),
        (altered, StatusCode::UNAUTHORIZED),
        (format!("{link}&link={signature}"), StatusCode::UNAUTHORIZED),
        (other_session, StatusCode::NOT_FOUND),
    ] {
        assert_eq!(
            download(&world.server, None, &path).await?.status,
            status,
            "{path}"
        );
    }
    // Neither is taken for the other.
    let answer = world
        .server
        .ask_as(signature, "{ viewer { id } }", json!({}));
    assert_eq!(answer.await?.status, StatusCode::UNAUTHORIZED);
    let path = format!(
        "/sessions/{}/transcript.vtt?link={}",
        session.external_id, ada.token
    );
    let file = download(&world.server, None, &path).await?;
    assert_eq!(file.status, StatusCode::UNAUTHORIZED);
    let tail = &signature[signature.len() - 20..];
    assert_eq!(world.server.log_lines_with(tail), [""; 0]);
    Ok(())
}

/// A link ends with its user's tokens, account and workspace.
async fn ends_with_the_user(database: &TestDatabase) -> Outcome {
    let world = World::start(database).await?;
    let seed = Seed(database.connection());
    let session = seed.session(&world.member).await?;
    let elsewhere = seed.workspace("elsewhere").await?;
    let status = async |link: &str| -> Result<StatusCode, Failed> {
        Ok(download(&world.server, None, link).await?.status)
    };
    let max = world.client(&world.member).await?;
    let before = link(&max, session.id).await?;
    assert_eq!(status(&before).await?, StatusCode::OK);
    let input = json!({"currentPassword": PASSWORD, "newPassword": "another password"});
    max.run("passwordChange", input, "token").await?;
    assert_eq!(status(&before).await?, StatusCode::UNAUTHORIZED);

    let olga = world.client(&world.organizer).await?;
    let of_olga = link(&olga, session.id).await?;
    let mut moved = world.organizer.clone().into_active_model();
    moved.workspace_id = Set(Some(elsewhere.id));
    let moved = moved.update(database.connection()).await?;
    assert_eq!(status(&of_olga).await?, StatusCode::NOT_FOUND);
    let mut back = moved.into_active_model();
    back.workspace_id = Set(Some(world.acme.id));
    back.is_active = Set(Some(false));
    back.update(database.connection()).await?;
    assert_eq!(status(&of_olga).await?, StatusCode::UNAUTHORIZED);
    Ok(())
}
