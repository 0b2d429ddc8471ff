//! Migrations while others migrate, write, or kill them.

use std::{
    process::{Command, Stdio},
    sync::atomic::{AtomicBool, AtomicU32, Ordering},
    time::Duration,
};

use libtest_mimic::Failed;
use migration::{Migrator, MigratorTrait};
use sea_orm::{ConnectionTrait, DbBackend, TransactionTrait};
use serde_json::json;
use tokio::time::sleep;

use super::{empty, migrate, migrated, number, rejected};
use crate::support::{Outcome, database::TestDatabase, seed::Seed, server::Server};

/// Two nodes that start together migrate once, and both succeed.
pub async fn at_once(database: &TestDatabase) -> Outcome {
    for round in 0..5 {
        empty(database).await?;
        let outputs = std::thread::scope(|scope| {
            let runs = [0; 2].map(|_| scope.spawn(|| migrate(database, &["up"])));
            runs.map(|run| run.join().map_err(|_| Failed::from("a thread panicked")))
        });
        let mut applied = 0;
        for output in outputs {
            let output = output??;
            let text = String::from_utf8(output.stdout)?;
            assert!(
                output.status.success(),
                "{round}: {text} {:?}",
                output.stderr
            );
            applied += text.matches("applied ").count();
        }
        assert_eq!(applied, Migrator::migrations().len(), "{round}");
    }
    Ok(())
}

/// The bookkeeping, taken back and applied again, makes no revoked token valid again.
pub async fn revoked_tokens(database: &TestDatabase) -> Outcome {
    let seed = Seed(database.connection());
    let workspace = seed.workspace("acme").await?;
    seed.user(workspace.id, "ada").await?;
    let server = Server::start(database)?;
    let old = server.sign_in("ada").await?;
    let revoke =
        "INSERT INTO mina_token_generation (user_id, generation) SELECT id, 1 FROM \"user\"";
    database.connection().execute_unprepared(revoke).await?;
    let current = server.sign_in("ada").await?;
    server.kill()?;
    let steps = Migrator::migrations().len() - 10;
    let steps = steps.to_string();
    let expected = "1 users whose tokens were revoked";
    // Nothing is lost unless that is asked for by name.
    let text = rejected(database, &["down", "--steps", &steps])?;
    for expected in [
        "m20260101_000011_create_bookkeeping:\n  1 users whose tokens were revoked",
        "nothing was reverted",
        "add --delete-data",
    ] {
        assert!(text.contains(expected), "{text}");
    }
    assert!(migrated(database, &["up"])?.contains("nothing to apply"));
    let text = migrated(database, &["down", "--steps", &steps, "--delete-data"])?;
    assert!(text.contains(expected), "{text}");
    migrated(database, &["up"])?;
    let server = Server::start(database)?;
    for token in [old, current] {
        let answer = server
            .ask_as(&token, "{ viewer { id } }", json!({}))
            .await?;
        assert_eq!(answer.status, 401);
    }
    let token = server.sign_in("ada").await?;
    let data = server.read(&token, "{ viewer { username } }").await?;
    assert_eq!(data, json!({"viewer": {"username": "ada"}}));
    Ok(())
}

/// No node works on a schema that is newer than it knows.
pub async fn newer_schema(database: &TestDatabase) -> Outcome {
    let insert =
        "INSERT INTO seaql_migrations (version, applied_at) VALUES ('m20990101_future', 1)";
    database.connection().execute_unprepared(insert).await?;
    let expected = "the database is newer than this mina, which does not know its migration \
                    m20990101_future";
    for arguments in [&["up"][..], &["down"], &["check"], &["adopt", "--apply"]] {
        let text = rejected(database, arguments)?;
        assert!(text.contains(expected), "{arguments:?}: {text}");
    }
    assert!(migrated(database, &["status"])?.contains("applied by a newer mina"));
    let Err(failed) = Server::start(database) else {
        return Err("the server starts on a newer schema".into());
    };
    let message = failed.message().unwrap_or_default();
    assert!(message.contains("m20990101_future"), "{message}");
    Ok(())
}

/// A migration that is killed in the middle is run again, and ends with the same schema.
pub async fn killed(database: &TestDatabase) -> Outcome {
    empty(database).await?;
    let steps = Migrator::migrations().len();
    let mut applied = 0;
    for round in 0..200_u64 {
        let mut process = Command::new(env!("CARGO_BIN_EXE_mina"))
            .args(["migrate", "up", "--database-url", database.url()])
            .env_clear()
            .stdout(Stdio::null())
            .stderr(Stdio::null())
            .spawn()?;
        // Later each time, so that each step is met.
        sleep(Duration::from_millis(10 + 3 * round)).await;
        process.kill()?;
        process.wait()?;
        let recorded = number(database, "SELECT count(*) FROM seaql_migrations").await;
        applied = recorded.map_or(0, |it| usize::try_from(it).unwrap_or_default());
        if applied == steps {
            break;
        }
    }
    let text = migrated(database, &["up"])?;
    assert!(applied == steps || text.contains("applied "), "{text}");
    assert_eq!(
        migrated(database, &["adopt"])?,
        "the database is as the data contract says\n"
    );
    assert!(migrated(database, &["check"])?.contains("none wrong"));
    Ok(())
}

/// The steps after the tables of the data contract and their indexes.
fn steps_after_tables() -> Result<u32, Failed> {
    Ok(u32::try_from(Migrator::migrations().len() - 11)?)
}

/// Segments that another program writes while the journal is created have a position all the same.
pub async fn beside_a_writer(database: &TestDatabase) -> Outcome {
    let connection = database.connection();
    let seed = Seed(connection);
    let workspace = seed.workspace("acme").await?;
    let ada = seed.user(workspace.id, "ada").await?;
    let session = seed.session(&ada).await?;
    Migrator::down(connection, Some(steps_after_tables()?)).await?;
    let insert = format!(
        "INSERT INTO segment (session_id, text) VALUES ({}, 'x')",
        session.id
    );
    let (is_done, written) = (AtomicBool::new(false), AtomicU32::new(0));
    let write = async {
        while !is_done.load(Ordering::Relaxed) {
            // On SQLite, the file may be locked for longer than the driver waits.
            if connection.execute_unprepared(&insert).await.is_ok() {
                written.fetch_add(1, Ordering::Relaxed);
            }
            // Without a pause, nobody else would ever find the file unlocked.
            sleep(Duration::from_millis(5)).await;
            // A transaction that is open while the migration begins.
            if database.backend() == DbBackend::Postgres {
                let tx = connection.begin().await?;
                tx.execute_unprepared(&insert).await?;
                sleep(Duration::from_millis(20)).await;
                tx.commit().await?;
            }
        }
        Ok::<_, Failed>(())
    };
    let up = async {
        let url = database.url().to_owned();
        let output = tokio::task::spawn_blocking(move || {
            Command::new(env!("CARGO_BIN_EXE_mina"))
                .args(["migrate", "up", "--database-url", &url])
                .env_clear()
                .output()
        });
        let output = output.await?;
        is_done.store(true, Ordering::Relaxed);
        let output = output?;
        assert!(output.status.success(), "{output:?}");
        Ok::<_, Failed>(())
    };
    let (writing, migrating) = futures_util::future::join(write, up).await;
    writing?;
    migrating?;
    assert!(written.load(Ordering::Relaxed) > 0);
    let missing = "SELECT count(*) FROM segment WHERE NOT EXISTS (
        SELECT 1 FROM mina_segment_position WHERE segment_id = segment.id)";
    assert_eq!(number(database, missing).await?, 0);
    Ok(())
}

/// Segments that got no position get one, after those that their transcript has.
pub async fn lost_positions(database: &TestDatabase) -> Outcome {
    let connection = database.connection();
    let seed = Seed(connection);
    let workspace = seed.workspace("acme").await?;
    let ada = seed.user(workspace.id, "ada").await?;
    let session = seed.session(&ada).await?;
    let other = seed.session(&ada).await?;
    for (session, text) in [
        (&session, "a"),
        (&session, "b"),
        (&session, "c"),
        (&other, "d"),
    ] {
        seed.segment(session, 0, text).await?;
    }
    let migrations = Migrator::migrations();
    let newest_first = migrations.iter().rev();
    let after = newest_first.take_while(|it| it.name() != "m20260101_000026_fill_positions");
    let steps = u32::try_from(after.count() + 1)?;
    Migrator::down(connection, Some(steps)).await?;
    for sql in [
        "DELETE FROM mina_segment_position WHERE segment_id <> (
            SELECT id FROM segment WHERE text = 'b')",
        "DELETE FROM mina_transcript WHERE session_id = (
            SELECT session_id FROM segment WHERE text = 'd')",
    ] {
        connection.execute_unprepared(sql).await?;
    }
    Migrator::up(connection, None).await?;
    let mut positions = Vec::new();
    for text in ["a", "b", "c", "d"] {
        let sql = format!(
            "SELECT position FROM mina_segment_position
             JOIN segment ON segment.id = segment_id WHERE text = '{text}'"
        );
        positions.push(number(database, &sql).await?);
    }
    assert_eq!(positions, [4, 2, 5, 1]);
    let highest = "SELECT sum(position) FROM mina_transcript";
    assert_eq!(number(database, highest).await?, 6);
    // The next one comes after them.
    let next = seed.segment(&session, 0, "e").await?;
    let sql = format!(
        "SELECT position FROM mina_segment_position WHERE segment_id = {}",
        next.id
    );
    assert_eq!(number(database, &sql).await?, 6);
    Ok(())
}

/// A lock of another program is waited for, but not for ever, and the message says so.
pub async fn locked(database: &TestDatabase) -> Outcome {
    let connection = database.connection();
    let steps = steps_after_tables()?;
    Migrator::down(connection, Some(steps)).await?;
    // Another connection than that of the lock would wait for it.
    let tx = connection.begin().await?;
    let lock = match database.backend() {
        DbBackend::Postgres => "LOCK TABLE segment IN ROW EXCLUSIVE MODE",
        _ => "UPDATE segment SET text = 'x'",
    };
    tx.execute_unprepared(lock).await?;
    let text = rejected(database, &["up"])?;
    for expected in [
        "another program holds a lock on the database",
        "hint: end its transaction and run the command again",
    ] {
        assert!(text.contains(expected), "{text}");
    }
    tx.rollback().await?;
    assert!(migrated(database, &["up"])?.contains("applied "));
    assert!(migrated(database, &["check"])?.contains("none wrong"));
    Ok(())
}
