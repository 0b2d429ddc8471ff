//! `mina migrate check` finds places that are wrong, and fixes them.

use std::process::{Command, Output};

use sea_orm::{
    ConnectOptions, ConnectionTrait, Database, DatabaseConnection, DbBackend, DbErr, Statement,
};

use super::{
    truth::assert_places,
    writes::{PEOPLE, run},
};
use crate::support::{Outcome, database::TestDatabase};

/// Ways to make places wrong, and what the check then says. The last two move rows.
const PROBLEMS: &[(&str, &str)] = &[
    (
        "DELETE FROM mina_session_place WHERE id = 1",
        "session: 2 checked, 1 wrong: 1 without a place",
    ),
    (
        "UPDATE mina_session_place SET workspace_id = 3 WHERE id = 1",
        "session: 2 checked, 1 wrong: 1 in another workspace",
    ),
    (
        "UPDATE mina_session_place SET status = 'error', workspace_id = NULL WHERE id = 2",
        "session: 2 checked, 1 wrong: 1 in another workspace",
    ),
    (
        "UPDATE mina_session_place SET started_at = '2026-01-02 03:04:05'",
        "session: 2 checked, 2 wrong: 2 with an outdated copy",
    ),
    (
        "DELETE FROM mina_task_place",
        "task: 2 checked, 2 wrong: 2 without a place",
    ),
    (
        "UPDATE mina_task_place SET due_date = '2026-01-02' WHERE id = 2",
        "task: 2 checked, 1 wrong: 1 with an outdated copy",
    ),
    (
        "UPDATE mina_task_place SET assigned_to_id = 1 WHERE id = 2",
        "task: 2 checked, 1 wrong: 1 with an outdated copy",
    ),
    (
        "INSERT INTO mina_task_place (id, workspace_id, created_by_id, created_at)
         VALUES (-7, 1, 1, '2026-01-02 03:04:05')",
        "task: 3 checked, 1 wrong: 1 without a row",
    ),
    (
        "UPDATE mina_analytics_place SET workspace_id = NULL",
        "analytics: 1 checked, 1 wrong: 1 in another workspace",
    ),
    (
        "UPDATE mina_analytics_place SET analysis_status = 'error'",
        "analytics: 1 checked, 1 wrong: 1 with an outdated copy",
    ),
    (
        "UPDATE mina_marker_place SET workspace_id = 3 WHERE id = 2",
        "marker: 2 checked, 1 wrong: 1 in another workspace",
    ),
    (
        "UPDATE mina_marker_place SET created_at = '1970-01-01 00:00:00' WHERE id = 1",
        "marker: 2 checked, 1 wrong: 1 with an outdated copy",
    ),
    (
        "UPDATE mina_participant_place SET workspace_id = 2",
        "participant: 1 checked, 1 wrong: 1 in another workspace",
    ),
    (
        "UPDATE mina_participant_place SET user_id = 2",
        "participant: 1 checked, 1 wrong: 1 with an outdated copy",
    ),
    (
        r#"UPDATE "user" SET workspace_id = 2 WHERE id = 1"#,
        "session: 2 checked, 1 wrong: 1 in another workspace",
    ),
    (
        "DELETE FROM meeting WHERE id = 2",
        "session: 2 checked, 1 wrong: 1 in another workspace",
    ),
];

const ROWS: &[&str] = &[
    "INSERT INTO session (external_id, user_id) VALUES ('a', 1), ('b', NULL)",
    "INSERT INTO meeting (title, workspace_id, organizer_id, session_id)
     VALUES ('One', 1, 1, NULL), ('Two', 2, 1, 'b')",
    "INSERT INTO task (title, meeting_id, created_by_id) VALUES ('x', 1, 1), ('y', 1, 1)",
    "INSERT INTO analytics (meeting_id) VALUES (1)",
    "INSERT INTO participant (meeting_id, user_id) VALUES (1, 1)",
    "INSERT INTO marker (session_id, user_id, type, content)
     VALUES ('a', 1, 'risk', 'x'), ('b', 1, 'risk', 'y')",
];

/// Each kind of problem is found, and fixed only if that is asked for.
pub async fn each_problem(database: &TestDatabase) -> Outcome {
    let connection = database.connection();
    run(connection, PEOPLE).await?;
    run(connection, ROWS).await?;
    let (is_right, report) = check(database, false)?;
    assert!(is_right, "{report}");
    assert_eq!(report.matches("none wrong").count(), 6, "{report}");
    // On SQLite, triggers cannot be switched off, so that rows cannot be moved without their places.
    let count = match database.backend() {
        DbBackend::Postgres => PROBLEMS.len(),
        _ => PROBLEMS.len() - 2,
    };
    for (change, expected) in &PROBLEMS[..count] {
        let careless = without_triggers(database).await?;
        run(&careless, &[change]).await?;
        careless.close().await?;
        assert!(assert_places(connection, "now").await.is_err(), "{change}");

        let (is_right, report) = check(database, false)?;
        assert!(!is_right, "{change}: {report}");
        assert!(report.contains(expected), "{change}: {report}");
        assert!(
            report.contains("run `mina migrate check --fix`"),
            "{report}"
        );
        assert!(assert_places(connection, "now").await.is_err(), "{change}");

        let (is_right, report) = check(database, true)?;
        assert!(is_right, "{change}: {report}");
        let fixed = expected.replace("wrong", "fixed");
        assert!(report.contains(&fixed), "{change}: {report}");
        assert_places(connection, &format!("after {change} was fixed")).await?;
        let (is_right, report) = check(database, false)?;
        assert!(is_right, "{change}: {report}");
    }
    Ok(())
}

/// How other programs change a column on SQLite: they replace the table by a copy.
const REBUILD: &str = "PRAGMA legacy_alter_table = ON;
    CREATE_COPY;
    INSERT INTO new_task SELECT * FROM task;
    DROP TABLE task;
    ALTER TABLE new_task RENAME TO task;
    PRAGMA legacy_alter_table = OFF";

/// Ways in which triggers get lost, and what the check then says.
const LOST_TRIGGERS: &[(DbBackend, &str, &str)] = &[
    (
        DbBackend::Postgres,
        "ALTER TABLE task DISABLE TRIGGER mina_task_place_insert",
        "mina_task_place_insert is disabled",
    ),
    (
        DbBackend::Postgres,
        "ALTER TABLE task DISABLE TRIGGER USER",
        "3 wrong: mina_task_changed is disabled, mina_task_place_insert is disabled, \
         mina_task_place_update is disabled",
    ),
    (
        DbBackend::Postgres,
        "ALTER TABLE task ENABLE REPLICA TRIGGER mina_task_place_insert",
        "mina_task_place_insert is disabled",
    ),
    (
        DbBackend::Postgres,
        "DROP TRIGGER mina_task_place_insert ON task",
        "mina_task_place_insert is missing",
    ),
    (
        DbBackend::Postgres,
        "DROP TRIGGER mina_task_place_insert ON task;
         CREATE TRIGGER mina_task_place_insert AFTER INSERT ON task
             FOR EACH ROW EXECUTE FUNCTION mina_note_part('Task')",
        "mina_task_place_insert is different",
    ),
    (
        DbBackend::Postgres,
        "CREATE OR REPLACE FUNCTION mina_tasks_inserted() RETURNS trigger LANGUAGE plpgsql AS
         $$ BEGIN RETURN NULL; END $$",
        "the function mina_tasks_inserted is different",
    ),
    (
        DbBackend::Sqlite,
        "DROP TRIGGER mina_task_place_insert",
        "mina_task_place_insert is missing",
    ),
    (
        DbBackend::Sqlite,
        "DROP TRIGGER mina_task_place_insert;
         CREATE TRIGGER mina_task_place_insert AFTER INSERT ON task BEGIN SELECT 1; END",
        "mina_task_place_insert is different",
    ),
    (
        DbBackend::Sqlite,
        REBUILD,
        "mina_task_place_insert is missing",
    ),
];

/// Triggers that do not run are found and fixed, and so are the places of the rows that were
/// written without them.
pub async fn lost_triggers(database: &TestDatabase) -> Outcome {
    let connection = database.connection();
    run(connection, PEOPLE).await?;
    run(connection, ROWS).await?;
    let mut id = 100;
    for (backend, change, expected) in LOST_TRIGGERS {
        if *backend != database.backend() {
            continue;
        }
        let careless = without_triggers(database).await?;
        let mut statements = (*change).to_owned();
        if *change == REBUILD {
            let sql = "SELECT sql FROM sqlite_master WHERE name = 'task'";
            let row = connection
                .query_one_raw(Statement::from_string(*backend, sql))
                .await?;
            let create: String = row.ok_or("no task")?.try_get("", "sql")?;
            let copy = create.replacen("\"task\"", "new_task", 1);
            statements = statements.replace("CREATE_COPY", &copy);
        }
        run(&careless, &[&statements]).await?;
        careless.close().await?;
        id += 1;
        let insert = format!(
            "INSERT INTO task (id, title, meeting_id, created_by_id) VALUES ({id}, 'Task', 1, 1)"
        );
        run(connection, &[&insert]).await?;

        let (is_right, report) = check(database, false)?;
        assert!(!is_right, "{change}: {report}");
        assert!(report.contains(expected), "{change}: {report}");
        assert!(report.contains("1 without a place"), "{change}: {report}");
        let (is_right, report) = check(database, true)?;
        assert!(is_right, "{change}: {report}");
        let (is_right, report) = check(database, false)?;
        assert!(is_right, "{change}: {report}");
        id += 1;
        let insert = insert.replace(&format!("({}", id - 1), &format!("({id}"));
        run(connection, &[&insert]).await?;
        assert_places(connection, &format!("after {change} was fixed")).await?;
    }
    assert!(id > 100);
    Ok(())
}

/// The check reads a slice at a time, and misses nothing between them.
pub async fn many_rows(database: &TestDatabase) -> Outcome {
    let connection = database.connection();
    run(connection, PEOPLE).await?;
    let careless = without_triggers(database).await?;
    run(
        &careless,
        &[
            "INSERT INTO meeting (title, workspace_id, organizer_id) VALUES ('One', 1, 1)",
            "INSERT INTO task (title, meeting_id, created_by_id)
             WITH RECURSIVE numbers (i) AS (
                 SELECT 1 UNION ALL SELECT i + 1 FROM numbers WHERE i < 12000)
             SELECT 'Task', 1, 1 FROM numbers",
            "DELETE FROM mina_task_place WHERE id % 2 = 0",
            "DELETE FROM task WHERE id % 7 = 0 OR id BETWEEN 3000 AND 9000",
            "DELETE FROM mina_task_place WHERE id < 2500 OR id > 11000",
        ],
    )
    .await?;
    careless.close().await?;
    let (is_right, report) = check(database, false)?;
    assert!(!is_right, "{report}");
    let (is_right, report) = check(database, true)?;
    assert!(is_right && report.contains("fixed"), "{report}");
    assert_places(connection, "after the fix").await
}

/// A connection on which no foreign key is checked, and on PostgreSQL no trigger runs.
pub async fn without_triggers(database: &TestDatabase) -> Result<DatabaseConnection, DbErr> {
    let mut options = ConnectOptions::new(database.url());
    options.max_connections(1).sqlx_logging(false);
    let connection = Database::connect(options).await?;
    let setup = match database.backend() {
        DbBackend::Postgres => "SET session_replication_role = replica",
        _ => "PRAGMA foreign_keys = OFF",
    };
    connection.execute_unprepared(setup).await?;
    Ok(connection)
}

/// Whether the command succeeds, and what it prints.
pub fn check(database: &TestDatabase, fix: bool) -> Result<(bool, String), std::io::Error> {
    let Output {
        status,
        stdout,
        stderr,
    } = Command::new(env!("CARGO_BIN_EXE_mina"))
        .args(["migrate", "check", "--database-url", database.url()])
        .args(fix.then_some("--fix"))
        .env_clear()
        .output()?;
    let report = [stdout, stderr].concat();
    Ok((
        status.success(),
        String::from_utf8_lossy(&report).into_owned(),
    ))
}
