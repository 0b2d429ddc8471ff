//! The journal: what is new in it is read, and not what it has.

use std::time::Duration;

use sea_orm::{ConnectionTrait, DbBackend};
use tokio::time::sleep;

use super::{
    super::{plan_of, rows_read, sqlite_plan},
    MANY,
    scene::Scene,
};
use crate::support::{Outcome, database::TestDatabase};

/// More changes than the server reads with one statement.
const CHANGES: u32 = 3_000;

/// The statements of a node that look at the changes may read each of them so often.
const MOST_READ_PER_CHANGE: u32 = 3;

/// Windows of few changes and of many, beside the hundred thousand of the past, all of them in other
/// workspaces.
pub async fn windows(database: &TestDatabase) -> Outcome {
    let scene = Scene::start(MANY, database).await?;
    let subscription = "subscription { taskChanged { __typename } }";
    scene
        .server
        .begin_subscription(&scene.tokens[0], subscription)
        .await?;
    let is_postgres = database.backend() == DbBackend::Postgres;
    let text = if is_postgres { "plan:" } else { "mina_change" };
    let of_journal = || {
        let lines = scene.server.log_lines_with(text);
        let lines = lines.iter().filter(|line| line.contains("mina_change"));
        lines
            .map(|line| serde_json::from_str(line).unwrap())
            .collect::<Vec<serde_json::Value>>()
    };
    for changes in [1, CHANGES] {
        let known = of_journal().len();
        scene
            .connection
            .execute_unprepared(&format!(
                "UPDATE task SET title = 'Changed' WHERE id IN (
                    SELECT id FROM task WHERE id % 10 > 0 ORDER BY id LIMIT {changes})"
            ))
            .await?;
        sleep(Duration::from_secs(3)).await;
        let statements = of_journal().split_off(known);
        assert!(!statements.is_empty(), "nobody has read the journal");
        for line in statements {
            if is_postgres {
                let plan = plan_of(&line).unwrap();
                let read = rows_read(&plan["Plan"]);
                let allowed =
                    f64::from(changes * MOST_READ_PER_CHANGE) + super::super::ALWAYS_ALLOWED;
                assert!(read <= allowed, "{read} rows, {allowed} allowed: {plan:#}");
            } else {
                let statement = line["db.statement"].as_str().unwrap();
                let statement = if statement.trim().is_empty() {
                    line["summary"].as_str().unwrap()
                } else {
                    statement
                };
                for step in sqlite_plan(scene.connection, statement).await? {
                    let detail = &step.detail;
                    assert!(
                        !detail.starts_with("SCAN mina_change"),
                        "{detail}: {statement}"
                    );
                }
            }
        }
    }
    Ok(())
}
