//! A database file that is moved, replaced or protected under the server.

use std::{fs, os::unix::fs::symlink, path::Path, process::Command, time::Duration};

use libtest_mimic::Failed;
use reqwest::StatusCode;
use serde_json::{Value, json};
use tokio::time::{sleep, timeout};

use super::place::{Place, create, without_privileges};
use crate::support::{
    Outcome,
    client::document,
    database::TestDatabase,
    server::{Answer, Server},
};

/// Sends a mutation, whatever becomes of it.
async fn attempt(server: &Server, token: &str, title: &str) -> Result<Answer, Failed> {
    let document = document("meetingCreate", "meeting { databaseId }");
    let variables = json!({"input": {"title": title}});
    server.ask_as(token, &document, variables).await
}

/// Waits until `/health/ready` answers so.
async fn until_ready(server: &Server, status: StatusCode) -> Result<Value, Failed> {
    let waiting = async {
        loop {
            let response = reqwest::get(server.url("/health/ready")).await?;
            if response.status() == status {
                return Ok::<Value, Failed>(response.json().await?);
            }
            sleep(Duration::from_millis(20)).await;
        }
    };
    timeout(Duration::from_secs(10), waiting).await?
}

/// From the moment the file is not in its place, nothing is acknowledged and the server is not ready,
/// until it is back.
pub async fn away(database: &TestDatabase) -> Outcome {
    let place = Place::new(database).await?;
    let server = place.server(&[])?;
    let token = server.sign_in("ada").await?;
    create("Before", &token).send(&server).await?.done()?;
    let elsewhere = place.elsewhere("moved.db");
    fs::rename(place.database(), &elsewhere)?;
    for _ in 0..3 {
        let answer = attempt(&server, &token, "Meanwhile").await?;
        assert_eq!(answer.status, StatusCode::SERVICE_UNAVAILABLE);
        answer.assert_error("UNAVAILABLE", "cannot be reached")?;
    }
    let detail = until_ready(&server, StatusCode::SERVICE_UNAVAILABLE).await?;
    assert_eq!(detail["database"], "replaced");
    let read = server
        .ask_as(&token, "{ viewer { id } }", json!({}))
        .await?;
    assert_eq!(read.status, StatusCode::SERVICE_UNAVAILABLE);
    assert_eq!(
        server
            .log_lines_with("was moved, deleted or replaced while")
            .len(),
        1
    );

    fs::rename(&elsewhere, place.database())?;
    until_ready(&server, StatusCode::OK).await?;
    create("After", &token).send(&server).await?.done()?;
    server.kill()?;
    assert_eq!(
        place.titles().await?,
        ["Before everything", "Before", "After"]
    );
    Ok(())
}

/// A file that was replaced by another one is not written to any more.
pub async fn replaced(database: &TestDatabase) -> Outcome {
    let place = Place::new(database).await?;
    let copy = place.elsewhere("copy.db");
    fs::copy(place.database(), &copy)?;
    let server = place.server(&[])?;
    let token = server.sign_in("ada").await?;
    fs::rename(&copy, place.database())?;
    let answer = attempt(&server, &token, "Meanwhile").await?;
    assert_eq!(answer.status, StatusCode::SERVICE_UNAVAILABLE);
    let detail = until_ready(&server, StatusCode::SERVICE_UNAVAILABLE).await?;
    assert_eq!(detail["database"], "replaced");
    server.kill()?;
    Ok(())
}

/// The log is part of the database.
pub async fn without_log(database: &TestDatabase) -> Outcome {
    let place = Place::new(database).await?;
    let server = place.server(&[])?;
    let token = server.sign_in("ada").await?;
    create("Before", &token).send(&server).await?.done()?;
    fs::remove_file(place.log())?;
    let answer = attempt(&server, &token, "Meanwhile").await?;
    assert_eq!(answer.status, StatusCode::SERVICE_UNAVAILABLE);
    until_ready(&server, StatusCode::SERVICE_UNAVAILABLE).await?;
    Ok(())
}

/// A symbolic link is followed: it is the log of the file that counts.
pub async fn linked(database: &TestDatabase) -> Outcome {
    let place = Place::new(database).await?;
    let link = place.elsewhere("link.db");
    symlink(place.database(), &link)?;
    let server = Server::start_at(&format!("sqlite:{}", link.display()), &[])?;
    let token = server.sign_in("ada").await?;
    create("Before", &token).send(&server).await?.done()?;
    fs::remove_file(place.log())?;
    let answer = attempt(&server, &token, "Meanwhile").await?;
    assert_eq!(answer.status, StatusCode::SERVICE_UNAVAILABLE);
    until_ready(&server, StatusCode::SERVICE_UNAVAILABLE).await?;
    Ok(())
}

/// While clients write, the file and its log are moved: the moved files have everything that was
/// acknowledged.
pub async fn under_load(database: &TestDatabase) -> Outcome {
    let place = Place::new(database).await?;
    let server = place.server(&[])?;
    let token = server.sign_in("ada").await?;
    let write = async {
        let mut acknowledged = Vec::new();
        for number in 0.. {
            let title = format!("Meeting {number}");
            let answer = attempt(&server, &token, &title).await?;
            if answer.status != StatusCode::OK {
                break;
            }
            acknowledged.push(title);
        }
        Ok::<_, Failed>(acknowledged)
    };
    let moved = place.elsewhere("moved");
    let rename = async {
        sleep(Duration::from_millis(150)).await;
        fs::rename(place.data(), &moved)
    };
    let (acknowledged, renamed) = tokio::join!(write, rename);
    renamed?;
    let acknowledged = acknowledged?;
    server.kill()?;
    assert!(!acknowledged.is_empty());
    fs::rename(&moved, place.data())?;
    let titles = place.titles().await?;
    let kept = titles.iter().filter(|it| it.starts_with("Meeting")).count();
    // The last one may have been written and not acknowledged.
    assert!(kept == acknowledged.len() || kept == acknowledged.len() + 1);
    Ok(())
}

/// A file that can only be read is named as such, when the server starts. The superuser can write
/// everything, so it gives that up.
pub async fn read_only(database: &TestDatabase) -> Outcome {
    let place = Place::new(database).await?;
    // So that the format need not be changed when it is opened.
    place.execute("PRAGMA journal_mode = WAL").await?;
    let set_mode = |mode: &str, path: &Path| Command::new("chmod").arg(mode).arg(path).status();
    let run = || -> Result<String, Failed> {
        let mut command = Command::new(env!("CARGO_BIN_EXE_mina"));
        command
            .args(["serve", "--listen", "127.0.0.1:0", "--database-url"])
            .arg(place.url())
            .env_clear()
            .env("MINA_TOKEN_SECRET", crate::support::server::TOKEN_SECRET);
        super::place::error_of(without_privileges(command)?.output()?)
    };
    set_mode("0444", &place.database())?;
    let error = run()?;
    assert!(error.contains("can only be read"), "{error}");
    set_mode("0644", &place.database())?;
    set_mode("0555", &place.data())?;
    let error = run();
    set_mode("0755", &place.data())?;
    let error = error?;
    assert!(
        error.contains("permission") || error.contains("only be read"),
        "{error}"
    );
    Ok(())
}
