//! SQLite deletes rows that `OR REPLACE` replaces without running the triggers of deleted rows.

use libtest_mimic::Failed;
use rand::{RngExt, SeedableRng, rngs::StdRng};
use sea_orm::{ConnectOptions, ConnectionTrait, Database, DatabaseConnection};

use super::{
    truth::{assert_places, places},
    writes::{PEOPLE, run},
};
use crate::support::{Outcome, database::TestDatabase};

/// `foreign_keys` and `recursive_triggers`. Other programs have `(false, false)` by default.
const MODES: [(bool, bool); 4] = [(true, false), (true, true), (false, false), (false, true)];

/// How rows of one workspace used to stay in another, with what must be there in the end.
const CASES: &[(&[&str], &[&str])] = &[
    (
        &[
            "INSERT INTO session (id, external_id) VALUES (1, 'a')",
            "INSERT INTO meeting (id, title, workspace_id, organizer_id, session_id)
             VALUES (1, 'Plan', 1, 1, 'a')",
            "INSERT INTO marker (session_id, user_id, type, content) VALUES ('a', 1, 'risk', 'x')",
            "INSERT OR REPLACE INTO meeting (id, title, workspace_id, organizer_id, session_id)
             VALUES (1, 'Plan', 2, 2, NULL)",
        ],
        &["session 1 in nothing", "marker 1 in nothing"],
    ),
    (
        &[
            "INSERT INTO session (id, external_id, user_id) VALUES (1, 'a', 1)",
            "INSERT INTO marker (session_id, user_id, type, content) VALUES ('a', 1, 'risk', 'x')",
            "INSERT OR REPLACE INTO session (id, external_id, user_id) VALUES (1, 'b', 2)",
        ],
        &["session 1 in 2", "marker 1 in nothing"],
    ),
    (
        &[
            "INSERT INTO meeting (id, title, workspace_id, organizer_id, session_id)
             VALUES (1, 'Plan', 1, 1, 'a'), (2, 'Review', 2, 2, NULL)",
            "INSERT INTO session (id, external_id, user_id) VALUES (1, 'a', 3), (2, 'b', 3)",
            "INSERT INTO marker (session_id, user_id, type, content)
             VALUES ('a', 1, 'risk', 'x'), ('b', 1, 'risk', 'x')",
            "UPDATE OR REPLACE meeting SET session_id = 'a' WHERE id = 2",
            "UPDATE OR REPLACE session SET external_id = 'b' WHERE id = 1",
        ],
        &[
            "session 1 in nothing",
            "marker 1 in nothing",
            "marker 2 in nothing",
        ],
    ),
    (
        &[
            "INSERT INTO session (id, external_id, user_id) VALUES (1, 'a', 2)",
            "INSERT INTO marker (session_id, user_id, type, content) VALUES ('a', 1, 'risk', 'x')",
            "INSERT INTO meeting (id, title, workspace_id, organizer_id)
             VALUES (1, 'Plan', 1, 1), (2, 'Review', 2, 2)",
            "INSERT INTO task (id, title, meeting_id, created_by_id) VALUES (1, 'x', 1, 1)",
            "UPDATE task SET id = 50",
            "UPDATE session SET id = 50",
            "UPDATE meeting SET id = 60 WHERE id = 2",
            "INSERT INTO analytics (id, meeting_id) VALUES (1, 60)",
            "INSERT OR REPLACE INTO analytics (id, meeting_id) VALUES (2, 60)",
            "INSERT INTO participant (id, meeting_id, user_id) VALUES (1, 60, 1), (2, 1, 1)",
            "INSERT OR REPLACE INTO participant (id, meeting_id, user_id) VALUES (3, 60, 1)",
            "UPDATE OR REPLACE participant SET meeting_id = 60 WHERE id = 2",
        ],
        &[
            "task 50 in 1",
            "session 50 in 2",
            "marker 1 in 2",
            "analytics 2 in 2",
            "participant 2 in 2: 1",
        ],
    ),
    // Nothing is replaced here, and the places stay as they are.
    (
        &[
            "INSERT INTO session (id, external_id) VALUES (1, 'a')",
            "INSERT INTO meeting (id, title, workspace_id, organizer_id, session_id)
             VALUES (1, 'Plan', 1, 1, 'a')",
            "INSERT OR IGNORE INTO meeting (id, title, workspace_id, organizer_id)
             VALUES (1, 'Plan', 2, 2)",
            "INSERT INTO meeting (id, title, workspace_id, organizer_id, session_id)
             VALUES (2, 'Plan', 2, 2, 'a') ON CONFLICT DO NOTHING",
            "UPDATE OR IGNORE meeting SET session_id = 'a'",
            "INSERT INTO session (external_id, user_id) VALUES ('a', 2)
             ON CONFLICT (external_id) DO UPDATE SET status = 'completed'",
        ],
        &["session 1 in 1: completed"],
    ),
];

/// Each case, whatever the program has switched on.
pub async fn cases(database: &TestDatabase) -> Outcome {
    for (foreign_keys, recursive_triggers) in MODES {
        let connection = connect(database, foreign_keys, recursive_triggers).await?;
        for (statements, expected) in CASES {
            clear(&connection).await?;
            for statement in *statements {
                run(&connection, &[statement]).await?;
                let mode = format!("after {statement} ({foreign_keys}, {recursive_triggers})");
                assert_places(&connection, &mode).await?;
            }
            let mut found = Vec::new();
            for table in ["session", "task", "analytics", "marker", "participant"] {
                found.extend(places(&connection, table).await?);
            }
            for place in *expected {
                let is_there = found.iter().any(|line| line.starts_with(place));
                assert!(is_there, "no {place} after {statements:#?}: {found:#?}");
            }
        }
        connection.close().await?;
    }
    Ok(())
}

/// Random changes with each way to treat conflicts.
pub async fn random_changes(database: &TestDatabase) -> Outcome {
    for (seed, (foreign_keys, recursive_triggers)) in (0..40).zip(MODES.into_iter().cycle()) {
        let connection = connect(database, foreign_keys, recursive_triggers).await?;
        clear(&connection).await?;
        let mut rng = StdRng::seed_from_u64(seed);
        for step in 0..60 {
            let change = random_change(&mut rng);
            // Some are rejected, because a key is taken or a row is still referred to.
            let done = connection.execute_unprepared(&change).await;
            let when = format!(
                "after step {step} of seed {seed}, {change} ({done:?}), \
                 foreign keys {foreign_keys}, recursive triggers {recursive_triggers}"
            );
            assert_places(&connection, &when).await?;
        }
        connection.close().await?;
    }
    Ok(())
}

fn random_change(rng: &mut StdRng) -> String {
    let mut pick = |values: &[&str]| values[rng.random_range(0..values.len())].to_owned();
    let conflict = pick(&[
        "",
        "OR REPLACE",
        "OR REPLACE",
        "OR IGNORE",
        "OR FAIL",
        "OR ROLLBACK",
    ]);
    let id = pick(&["1", "2", "3", "4", "5", "6"]);
    let own_id = pick(&["NULL", &id]);
    let workspace = pick(&["1", "2", "3"]);
    let workspace_or_none = pick(&["1", "2", "3", "NULL"]);
    let user = pick(&["1", "2", "3", "4"]);
    let owner = pick(&["1", "2", "3", "4", "NULL", "NULL"]);
    let external = pick(&["'a'", "'b'", "'c'", "'d'"]);
    let link = pick(&["'a'", "'b'", "'c'", "'d'", "NULL"]);
    let time = pick(&[
        "NULL",
        "'2026-01-02 03:04:05'",
        "'2026-01-02 03:04:05.000000'",
    ]);
    let name = pick(&["'ada'", "'bob'", "'eve'", "'zoe'"]);
    let email = pick(&["'ada'", "'bob'", "'eve'", "'zoe'"]);
    let key = pick(&["id", "id", "other"]);
    let upsert = pick(&["", "", "update", "ignore"]);
    let new_id = pick(&["5", "7", "id + 1", "-id"]);
    let table = pick(&[
        "meeting",
        "session",
        "marker",
        "task",
        "analytics",
        "participant",
        "user",
    ]);
    let upsert = |other: &str, set: &str| match upsert.as_str() {
        "update" => {
            let key = if key == "id" { "id" } else { other };
            format!("ON CONFLICT ({key}) DO UPDATE SET {set}")
        }
        "ignore" => "ON CONFLICT DO NOTHING".to_owned(),
        _ => String::new(),
    };
    match rng.random_range(0..27) {
        0..=2 => format!(
            "INSERT {conflict} INTO meeting (id, title, workspace_id, organizer_id, session_id)
             VALUES ({own_id}, 'Meeting', {workspace}, {user}, {link}) {}",
            upsert("session_id", "workspace_id = excluded.workspace_id")
        ),
        3..=5 => format!(
            "INSERT {conflict} INTO session (id, external_id, user_id, created_at)
             VALUES ({own_id}, {external}, {owner}, {time}) {}",
            upsert(
                "external_id",
                "external_id = excluded.external_id, user_id = excluded.user_id"
            )
        ),
        6 | 7 => format!(
            "INSERT {conflict} INTO marker (id, session_id, user_id, type, content, created_at)
             VALUES ({own_id}, {external}, 1, 'risk', 'x', {time}) {}",
            upsert("id", "session_id = excluded.session_id")
        ),
        8 | 9 => format!(
            "INSERT {conflict} INTO task (id, title, meeting_id, created_by_id, created_at)
             VALUES ({own_id}, 'Task', {id}, {user}, {time}) {}",
            upsert("id", "meeting_id = excluded.meeting_id")
        ),
        10 => format!(
            "INSERT {conflict} INTO analytics (id, meeting_id, created_at)
             VALUES ({own_id}, {id}, {time}) {}",
            upsert("meeting_id", "created_at = excluded.created_at")
        ),
        11 => format!(
            "INSERT {conflict} INTO user (id, username, email, workspace_id)
             VALUES ({own_id}, {name}, {email}, {workspace_or_none}) {}",
            upsert("username", "workspace_id = excluded.workspace_id")
        ),
        12..=15 => format!("UPDATE {conflict} {table} SET id = {new_id} WHERE id = {id}"),
        16 => format!(
            "UPDATE {conflict} meeting SET session_id = {link}, workspace_id = {workspace}
             WHERE id % 2 = 0"
        ),
        17 => format!("UPDATE {conflict} session SET external_id = {external} WHERE id = {id}"),
        18 => format!("UPDATE {conflict} session SET user_id = {owner} WHERE id % 2 = 0"),
        19 => format!(
            "UPDATE {conflict} user SET username = {name}, workspace_id = {workspace_or_none}
             WHERE id = {id}"
        ),
        20 => format!("UPDATE {conflict} marker SET session_id = {external} WHERE id = {id}"),
        21 => format!("UPDATE {conflict} task SET meeting_id = {id}, assigned_to_id = {owner}"),
        23 | 24 => format!(
            "INSERT {conflict} INTO participant (id, meeting_id, user_id)
             VALUES ({own_id}, {id}, {user}) {}",
            upsert("meeting_id, user_id", "user_id = excluded.user_id")
        ),
        25 => format!("UPDATE {conflict} participant SET meeting_id = {id} WHERE user_id = {user}"),
        22 => format!("UPDATE {conflict} analytics SET meeting_id = {id} WHERE id % 2 = 0"),
        _ => format!("DELETE FROM {table} WHERE id = {id}"),
    }
}

pub async fn connect(
    database: &TestDatabase,
    foreign_keys: bool,
    recursive_triggers: bool,
) -> Result<DatabaseConnection, Failed> {
    let mut options = ConnectOptions::new(database.url());
    options.max_connections(1).sqlx_logging(false);
    let connection = Database::connect(options).await?;
    let setup = format!(
        "PRAGMA foreign_keys = {foreign_keys}; PRAGMA recursive_triggers = {recursive_triggers}"
    );
    run(&connection, &[&setup]).await?;
    Ok(connection)
}

async fn clear(connection: &DatabaseConnection) -> Result<(), Failed> {
    run(
        connection,
        &[
            "DELETE FROM marker; DELETE FROM task; DELETE FROM analytics;
             DELETE FROM participant; DELETE FROM meeting;
             DELETE FROM session; DELETE FROM user; DELETE FROM workspace;
             DELETE FROM sqlite_sequence",
        ],
    )
    .await?;
    run(connection, PEOPLE).await
}
