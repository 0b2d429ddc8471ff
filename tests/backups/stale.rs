//! A write-ahead log beside a database that it does not belong to.

use std::{fs, os::unix::fs::symlink, process::Command};

use super::place::{Place, create, error_of};
use crate::support::{Outcome, database::TestDatabase, server::Server};

/// After a crash, an older copy is put in the place of the database, and the log stays: the server
/// does not start, and starts when the log is gone.
pub async fn rejected(database: &TestDatabase) -> Outcome {
    let place = Place::new(database).await?;
    // The format is that of a running server.
    place.server(&[])?.kill()?;
    place.execute("PRAGMA wal_checkpoint(TRUNCATE)").await?;
    let older = place.elsewhere("older.db");
    fs::copy(place.database(), &older)?;
    for in_place in [true, false] {
        let server = place.server(&[])?;
        let token = server.sign_in("ada").await?;
        create("Only in the log", &token)
            .send(&server)
            .await?
            .done()?;
        server.kill()?;
        if in_place {
            fs::copy(&older, place.database())?;
        } else {
            let new = place.elsewhere("new.db");
            fs::copy(&older, &new)?;
            fs::rename(&new, place.database())?;
        }
        let copied = fs::read(place.database())?;
        let error = place.rejected_server()?;
        assert!(error.contains("the log of another file"), "{error}");
        assert!(error.contains("mina.db-wal away"), "{error}");
        assert_eq!(fs::read(place.database())?, copied, "it was changed");
        fs::rename(place.log(), place.elsewhere("log"))?;
        place.server(&[])?.kill()?;
        assert_eq!(place.titles().await?, ["Before everything"]);
        fs::copy(&older, place.database())?;
    }
    Ok(())
}

/// A symbolic link leads to the file beside which the log is, for every command that opens it.
pub async fn linked(database: &TestDatabase) -> Outcome {
    let place = Place::new(database).await?;
    place.server(&[])?.kill()?;
    place.execute("PRAGMA wal_checkpoint(TRUNCATE)").await?;
    let older = place.elsewhere("older.db");
    fs::copy(place.database(), &older)?;
    let server = place.server(&[])?;
    let token = server.sign_in("ada").await?;
    create("Only in the log", &token)
        .send(&server)
        .await?
        .done()?;
    server.kill()?;
    fs::copy(&older, place.database())?;
    let copied = fs::read(place.database())?;
    let link = place.elsewhere("link.db");
    symlink(place.database(), &link)?;
    let url = format!("sqlite:{}", link.display());
    let Err(failed) = Server::start_at(&url, &[]) else {
        return Err("the server starts".into());
    };
    let mut errors = vec![failed.message().unwrap_or_default().to_owned()];
    for arguments in [
        &["backup", "create"][..],
        &["migrate", "up"],
        &["migrate", "status"],
    ] {
        let output = Command::new(env!("CARGO_BIN_EXE_mina"))
            .args(arguments)
            .env_clear()
            .env("MINA_DATABASE_URL", &url)
            .env("MINA_BACKUP_DIR", place.backups())
            .env("MINA_BACKUP_KEY_FILE", place.key())
            .output()?;
        errors.push(error_of(output)?);
    }
    for error in errors {
        assert!(error.contains("the log of another file"), "{error}");
    }
    assert_eq!(fs::read(place.database())?, copied, "it was changed");
    assert_eq!(place.backup_files()?.len(), 0);
    Ok(())
}

/// `mina backup restore` leaves no such log, and puts away one that was there.
pub async fn restored_over(database: &TestDatabase) -> Outcome {
    let place = Place::new(database).await?;
    place.run(&["create"])?;
    let server = place.server(&[])?;
    let token = server.sign_in("ada").await?;
    create("Only in the log", &token)
        .send(&server)
        .await?
        .done()?;
    server.kill()?;
    // Somebody has deleted the database.
    fs::remove_file(place.database())?;
    let output = place.run(&["restore"])?;
    assert!(output.contains("write-ahead log"), "{output}");
    let files = place.files()?;
    assert_eq!(files.len(), 2, "{files:?}");
    assert!(files[1].starts_with("mina.db-wal.2"), "{files:?}");
    place.server(&[])?.kill()?;
    assert_eq!(place.titles().await?, ["Before everything"]);
    Ok(())
}

/// A rollback journal that was left beside the database does not change the restored one.
pub async fn journal(database: &TestDatabase) -> Outcome {
    let place = Place::new(database).await?;
    place.run(&["create"])?;
    let journal = place.data().join("mina.db-journal");
    for is_there in [true, false] {
        fs::write(&journal, "left by a crash")?;
        if !is_there {
            fs::remove_file(place.database())?;
        }
        let output = place.run(&["restore", "--force"])?;
        assert!(!journal.exists(), "{output}");
        if !is_there {
            assert!(output.contains("rollback journal"), "{output}");
            let files = place.files()?;
            assert!(
                files.iter().any(|it| it.starts_with("mina.db-journal.2")),
                "{files:?}"
            );
        }
        assert_eq!(place.titles().await?, ["Before everything"]);
    }
    Ok(())
}

/// After real crashes, whenever they are, the server starts and nothing is lost, also if both files
/// were copied and that was said.
pub async fn after_crashes(database: &TestDatabase) -> Outcome {
    let place = Place::new(database).await?;
    let mut expected = vec!["Before everything".to_owned()];
    for crash in 0..6 {
        let server = place.server(&[])?;
        let token = server.sign_in("ada").await?;
        for number in 0..=3 * crash {
            let title = format!("{crash}-{number}");
            create(&title, &token).send(&server).await?.done()?;
            expected.push(title);
        }
        if crash == 4 {
            // The file is younger than the log after a checkpoint without further changes.
            place.execute("PRAGMA wal_checkpoint(PASSIVE)").await?;
        }
        server.kill()?;
    }
    assert!(place.log().exists());
    // A copy of both files, the log first. A touch says that they belong together.
    let copied = Place::empty()?;
    fs::copy(place.log(), copied.log())?;
    fs::copy(place.database(), copied.database())?;
    let touch = Command::new("touch").arg(copied.log()).status()?;
    assert!(touch.success());
    copied.server(&[])?.kill()?;
    assert_eq!(copied.titles().await?, expected);
    place.server(&[])?.kill()?;
    assert_eq!(place.titles().await?, expected);
    Ok(())
}
