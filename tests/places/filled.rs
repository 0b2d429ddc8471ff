//! The migration that places the rows that were there before it.

use std::{
    process::{Command, Stdio},
    sync::atomic::{AtomicBool, Ordering},
    time::Duration,
};

use futures_util::future::try_join_all;
use libtest_mimic::Failed;
use migration::{Migrator, MigratorTrait};
use rand::{SeedableRng, rngs::StdRng};
use sea_orm::{ConnectionTrait, DatabaseConnection, DbBackend, DbErr, Statement, TransactionTrait};
use tokio::time::sleep;

use super::{
    truth::{assert_places, places},
    writes::{PEOPLE, random_change, run},
};
use crate::support::{Outcome, database::TestDatabase};

/// Takes the places away, as they were not there in an older release.
async fn without_places(connection: &DatabaseConnection) -> Result<(), Failed> {
    let migrations = Migrator::migrations();
    let first = migrations
        .iter()
        .position(|step| step.name().ends_with("create_places"))
        .ok_or("no migration creates the places")?;
    let steps = u32::try_from(migrations.len() - first)?;
    Migrator::down(connection, Some(steps)).await?;
    Ok(())
}

/// So many meetings, sessions, tasks, analyses and markers.
async fn many_rows(connection: &DatabaseConnection, count: usize) -> Result<(), Failed> {
    run(connection, PEOPLE).await?;
    let rows = format!(
        "WITH RECURSIVE numbers (i) AS (
            SELECT 1 UNION ALL SELECT i + 1 FROM numbers WHERE i < {count})"
    );
    for insert in [
        "INSERT INTO meeting (title, workspace_id, organizer_id, session_id)
         SELECT 'Meeting', 1 + i % 3, 1, 'e' || i FROM numbers",
        "INSERT INTO session (external_id, user_id)
         SELECT 'e' || i, CASE WHEN i % 4 > 0 THEN i % 4 END FROM numbers",
        "INSERT INTO task (title, meeting_id, created_by_id) SELECT 'Task', i, 1 FROM numbers",
        "INSERT INTO analytics (meeting_id) SELECT i FROM numbers",
        "INSERT INTO participant (meeting_id, user_id) SELECT i, 1 FROM numbers",
        "INSERT INTO marker (session_id, user_id, type, content)
         SELECT 'e' || (2 * i), 1, 'risk', 'x' FROM numbers",
    ] {
        let (table, select) = insert.split_once("SELECT").ok_or("no SELECT")?;
        run(connection, &[&format!("{table} {rows} SELECT {select}")]).await?;
    }
    Ok(())
}

/// Rows of an adopted database, whatever was done to them, are placed.
pub async fn existing_rows(database: &TestDatabase) -> Outcome {
    let connection = database.connection();
    without_places(connection).await?;
    run(connection, PEOPLE).await?;
    let mut rng = StdRng::seed_from_u64(41);
    for _ in 0..300 {
        // Some are rejected, because a link is taken.
        let _ = connection
            .execute_unprepared(&random_change(&mut rng))
            .await;
    }
    Migrator::up(connection, None).await?;
    assert!(places(connection, "marker").await?.len() > 5);
    assert_places(connection, "after the migration").await?;
    for _ in 0..100 {
        let _ = connection
            .execute_unprepared(&random_change(&mut rng))
            .await;
    }
    assert_places(connection, "after changes").await
}

/// The migration can be killed at any moment, and run again.
pub async fn killed(database: &TestDatabase) -> Outcome {
    let connection = database.connection();
    without_places(connection).await?;
    many_rows(connection, 12_000).await?;
    let mut placed = 0;
    let mut was_partial = false;
    for milliseconds in (20..).step_by(25) {
        let mut migrating = Command::new(env!("CARGO_BIN_EXE_mina"))
            .args(["migrate", "up", "--database-url", database.url()])
            .env_clear()
            .stdout(Stdio::null())
            .spawn()?;
        sleep(Duration::from_millis(milliseconds)).await;
        migrating.kill()?;
        migrating.wait()?;
        let pending = Migrator::get_pending_migrations(connection).await?;
        if pending.is_empty() {
            break;
        }
        let placed_before = placed;
        let are_created = !pending
            .iter()
            .any(|step| step.name().ends_with("_create_places"));
        if are_created {
            placed = count(connection).await?;
        }
        assert!(placed >= placed_before, "places are gone after a kill");
        was_partial |= placed > 0;
        assert!(milliseconds < 60_000, "the migration never ends");
    }
    assert!(was_partial, "the migration was not killed in the middle");
    assert_eq!(count(connection).await?, 4 * 12_000);
    assert_places(connection, "after kills").await
}

async fn count(connection: &DatabaseConnection) -> Result<i64, DbErr> {
    let sql = "SELECT (SELECT count(*) FROM mina_session_place)
        + (SELECT count(*) FROM mina_task_place) + (SELECT count(*) FROM mina_analytics_place)
        + (SELECT count(*) FROM mina_marker_place) AS count";
    let statement = Statement::from_string(connection.get_database_backend(), sql);
    let row = connection.query_one_raw(statement).await?;
    row.map_or(Ok(0), |row| row.try_get("", "count"))
}

/// Others write all the while, also to rows that have no place yet.
pub async fn amid_writes(database: &TestDatabase) -> Outcome {
    assert_eq!(database.backend(), DbBackend::Postgres);
    let connection = database.connection();
    without_places(connection).await?;
    many_rows(connection, 6000).await?;
    let is_over = AtomicBool::new(false);
    let writers = (0..3).map(async |number| -> Result<(), DbErr> {
        let mut rng = StdRng::seed_from_u64(number);
        let mut rounds = 0;
        while !is_over.load(Ordering::Relaxed) || rounds < 3 {
            rounds += 1;
            for _ in 0..10 {
                // Only a few rows, so that this takes no longer than the migration.
                let mut change = random_change(&mut rng)
                    .replace("% 2 = 0", "% 1999 = 0")
                    .replace("% 3 = 0", "% 1499 = 0")
                    .replace("> 0", "% 997 = 7")
                    .replace("% 5 = 1", "< 100")
                    .replace("'a'", "'e1'")
                    .replace("'b'", "'e2'")
                    .replace("'c'", "'e3001'");
                if change.starts_with("INSERT INTO task") {
                    change.push_str(" WHERE id < 20");
                }
                let _ = connection.execute_unprepared(&change).await;
            }
        }
        Ok(())
    });
    let migrate = async {
        sleep(Duration::from_millis(50)).await;
        let migrated = Migrator::up(connection, None).await;
        is_over.store(true, Ordering::Relaxed);
        migrated
    };
    let (_, migrated) = tokio::join!(try_join_all(writers), migrate);
    migrated?;
    assert_places(connection, "after a migration amid writes").await
}

/// A long transaction of another program delays the migration, but nobody else.
pub async fn behind_a_long_transaction(database: &TestDatabase) -> Outcome {
    let connection = database.connection();
    without_places(connection).await?;
    many_rows(connection, 6000).await?;
    let long = connection.begin().await?;
    long.execute_unprepared("SELECT FROM meeting WHERE id = 4900 FOR UPDATE")
        .await?;
    let migrate = Migrator::up(connection, None);
    let others = async {
        sleep(Duration::from_secs(1)).await;
        for number in 0..20 {
            let change = format!(
                "BEGIN; SET LOCAL lock_timeout = '1s';
                 UPDATE meeting SET session_id = 'new-{number}' WHERE id = 10;
                 UPDATE meeting SET workspace_id = 1 + {number} % 3 WHERE id = 20;
                 COMMIT"
            );
            connection.execute_unprepared(&change).await?;
            sleep(Duration::from_millis(100)).await;
        }
        long.rollback().await
    };
    let (migrated, written) = tokio::join!(migrate, others);
    written?;
    migrated?;
    assert_places(connection, "after a migration behind a transaction").await
}
