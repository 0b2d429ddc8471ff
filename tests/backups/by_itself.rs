//! The server takes backups by itself.

use std::{fs, time::Duration};

use libtest_mimic::Failed;
use serde_json::Value;
use tokio::time::{sleep, timeout};

use super::place::{Place, create};
use crate::support::{Outcome, database::TestDatabase, server::Server};

const PATIENCE: Duration = Duration::from_secs(30);

/// Starts the server with backups as old as `every`.
fn start(place: &Place, every: &str, keep: &str) -> Result<Server, Failed> {
    let (folder, key) = (place.backups(), place.key());
    place.server(&[
        "--backup-dir",
        folder.to_str().ok_or("no path")?,
        "--backup-key-file",
        key.to_str().ok_or("no path")?,
        "--backup-every",
        every,
        "--backup-keep",
        keep,
    ])
}

/// Waits until the folder with the backups is as wanted.
async fn until(place: &Place, is_so: impl Fn(&[String]) -> bool) -> Outcome {
    let waiting = async {
        while !is_so(&place.backup_files()?) {
            sleep(Duration::from_millis(20)).await;
        }
        Ok::<_, Failed>(())
    };
    let waited = timeout(PATIENCE, waiting).await;
    waited.map_err(|_| format!("{:?}", place.backup_files()))?
}

async fn readiness(server: &Server) -> Result<Value, Failed> {
    let response = reqwest::get(server.url("/health/ready")).await?;
    Ok(response.error_for_status()?.json().await?)
}

fn age(metrics: &str) -> Result<f64, Failed> {
    let line = metrics
        .lines()
        .find_map(|line| line.strip_prefix("mina_backup_age_seconds "));
    Ok(line.ok_or("no age")?.parse()?)
}

/// What is at the path after the file was moved away is not backed up as if it were the database.
pub async fn moved(database: &TestDatabase) -> Outcome {
    let place = Place::new(database).await?;
    let other = place.elsewhere("other.db");
    fs::copy(place.database(), &other)?;
    let server = start(&place, "1s", "1h")?;
    until(&place, |files| files.iter().any(|it| !it.starts_with('.'))).await?;
    fs::rename(&other, place.database())?;
    let failed = async {
        while server.log_lines_with("a backup failed").is_empty() {
            sleep(Duration::from_millis(20)).await;
        }
        // Whatever was under way when the file was moved has ended.
        let before = place.backup_files()?;
        sleep(Duration::from_secs(2)).await;
        assert_eq!(place.backup_files()?, before);
        Ok::<_, Failed>(())
    };
    timeout(PATIENCE, failed).await??;
    let lines = server.log_lines_with("a backup failed");
    assert!(
        lines[0].contains("was moved, deleted or replaced"),
        "{lines:?}"
    );
    assert!(
        server
            .metrics()
            .await?
            .contains("mina_backup_failures_total")
    );
    Ok(())
}

/// It takes them again and again, and deletes old ones.
pub async fn scheduled(database: &TestDatabase) -> Outcome {
    let place = Place::new(database).await?;
    let server = start(&place, "1s", "2s")?;
    let token = server.sign_in("ada").await?;
    until(&place, |files| files.iter().any(|it| !it.starts_with('.'))).await?;
    let first = place.backup_files()?.pop().ok_or("no backup")?;
    create("Second", &token).send(&server).await?.done()?;
    until(&place, |files| !files.is_empty() && !files.contains(&first)).await?;
    assert!(age(&server.metrics().await?)? < 10.0);
    let backup = &readiness(&server).await?["backup"];
    assert_eq!(backup["failing"], false);
    assert!(backup["ageSeconds"].as_u64().ok_or("no age")? < 10);
    server.kill()?;
    place.run(&["verify", "--all"])?;
    place.run(&["restore", "--force"])?;
    assert_eq!(place.titles().await?, ["Before everything", "Second"]);
    Ok(())
}

/// The age of the latest backup decides, not the start.
pub async fn not_at_each_start(database: &TestDatabase) -> Outcome {
    let place = Place::new(database).await?;
    place.run(&["create"])?;
    let before = place.backup_files()?;
    for _ in 0..2 {
        let server = start(&place, "1h", "7d")?;
        sleep(Duration::from_millis(300)).await;
        assert!(age(&server.metrics().await?)? < 60.0);
        server.kill()?;
    }
    assert_eq!(place.backup_files()?, before);
    let server = place.server(&[])?;
    assert!(age(&server.metrics().await?)?.is_nan());
    assert!(readiness(&server).await?["backup"].is_null());
    Ok(())
}

/// A backup that fails is reported, and is no reason to send requests elsewhere.
pub async fn failing(database: &TestDatabase) -> Outcome {
    let place = Place::new(database).await?;
    fs::remove_file(place.key())?;
    let error = start(&place, "1s", "7d").err().ok_or("it starts")?;
    assert!(error.message().unwrap_or_default().contains("cannot read"));
    fs::write(place.key(), "2a".repeat(32))?;
    let server = start(&place, "1h", "7d")?;
    until(&place, |files| files.iter().any(|it| !it.starts_with('.'))).await?;
    server.kill()?;

    fs::remove_dir_all(place.backups())?;
    let error = start(&place, "1s", "7d").err().ok_or("it starts")?;
    assert!(
        error
            .message()
            .unwrap_or_default()
            .contains("does not exist")
    );
    fs::create_dir(place.backups())?;
    // A folder with the name of the next file would be in the way for a moment only.
    let server = start(&place, "1s", "7d")?;
    until(&place, |files| !files.is_empty()).await?;
    fs::remove_dir_all(place.backups())?;
    let log = server.log_line_with("a backup failed")?;
    assert!(log.contains("ERROR"), "{log}");
    let metrics = server.metrics().await?;
    assert!(
        !metrics.contains("mina_backup_failures_total 0"),
        "{metrics}"
    );
    assert_eq!(readiness(&server).await?["backup"]["failing"], true);
    fs::create_dir(place.backups())?;
    until(&place, |files| files.iter().any(|it| !it.starts_with('.'))).await?;
    let waiting = async {
        while readiness(&server).await?["backup"]["failing"] != false {}
        Ok::<_, Failed>(())
    };
    timeout(PATIENCE, waiting).await?
}
