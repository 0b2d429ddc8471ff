//! Rows that are written, moved and deleted one after another.

use libtest_mimic::Failed;
use rand::{RngExt, SeedableRng, rngs::StdRng};
use sea_orm::{
    ConnectOptions, ConnectionTrait, Database, DatabaseConnection, DbBackend, DbErr, Statement,
};

use super::truth::{assert_places, places};
use crate::support::{Outcome, database::TestDatabase};

/// Three workspaces, with users 1 to 4: two in the first, one in the second, one in none.
pub const PEOPLE: &[&str] = &[
    "INSERT INTO workspace (name, slug) VALUES ('One', 'one'), ('Two', 'two'), ('Three', 'three')",
    r#"INSERT INTO "user" (username, email, workspace_id)
       VALUES ('ada', 'ada', 1), ('bob', 'bob', 2), ('eve', 'eve', NULL), ('ian', 'ian', 1)"#,
];

/// Changes in this order, each with places that must be there afterwards. The ids of rows count
/// from 1 in each table.
const CHANGES: &[(&str, &[&str])] = &[
    (
        "INSERT INTO marker (session_id, user_id, type, content)
         VALUES ('a', 1, 'risk', 'before the session'), ('b', 1, 'risk', 'of no session yet')",
        &["marker 1 in nothing", "marker 2 in nothing"],
    ),
    (
        "INSERT INTO session (external_id, user_id) VALUES ('a', 1)",
        &["session 1 in 1", "marker 1 in 1", "marker 2 in nothing"],
    ),
    (
        "INSERT INTO meeting (title, workspace_id, organizer_id, session_id)
         VALUES ('Linked', 2, 1, 'b'), ('Also linked', 2, 1, 'a')",
        &["session 1 in 1"],
    ),
    (
        "INSERT INTO session (external_id, user_id) VALUES ('b', 3), ('c', NULL)",
        &["session 2 in 2", "session 3 in nothing", "marker 2 in 2"],
    ),
    (
        "INSERT INTO task (title, meeting_id, created_by_id, due_date)
         VALUES ('First', 1, 1, '2026-01-02'), ('Second', 2, 1, NULL)",
        &["task 1 in 2: 2026-01-02", "task 2 in 2: nothing"],
    ),
    (
        "INSERT INTO analytics (meeting_id, analysis_status) VALUES (1, 'error'), (NULL, NULL)",
        &["analytics 1 in 2: error", "analytics 2 in nothing: pending"],
    ),
    (
        "INSERT INTO participant (meeting_id, user_id) VALUES (1, 1), (1, 2), (2, 1)",
        &["participant 1 in 2: 1", "participant 2 in 2: 2", "participant 3 in 2: 1"],
    ),
    (
        "INSERT INTO marker (session_id, user_id, type, content) VALUES ('c', 1, 'risk', 'late')",
        &["marker 3 in nothing"],
    ),
    (
        "UPDATE meeting SET workspace_id = 3 WHERE id = 1",
        &[
            "task 1 in 3",
            "analytics 1 in 3",
            "session 2 in 3",
            "marker 2 in 3",
            "participant 1 in 3: 1",
            "participant 3 in 2: 1",
        ],
    ),
    (
        r#"UPDATE "user" SET workspace_id = 2 WHERE id = 3"#,
        &["session 2 in 2", "marker 2 in 2"],
    ),
    (
        r#"UPDATE "user" SET workspace_id = NULL WHERE id IN (1, 3)"#,
        &["session 1 in 2", "marker 1 in 2", "session 2 in 3"],
    ),
    (
        "UPDATE meeting SET session_id = 'c' WHERE id = 1",
        &[
            "session 2 in nothing",
            "marker 2 in nothing",
            "session 3 in 3",
            "marker 3 in 3",
        ],
    ),
    (
        "UPDATE meeting SET session_id = NULL WHERE id = 2",
        &["session 1 in nothing", "marker 1 in nothing"],
    ),
    (
        "UPDATE meeting SET session_id = 'd' WHERE id = 2",
        &["session 1 in nothing"],
    ),
    (
        "UPDATE session SET external_id = 'd' WHERE id = 1",
        &["session 1 in 2", "marker 1 in nothing"],
    ),
    (
        "UPDATE marker SET session_id = 'd' WHERE id = 1",
        &["marker 1 in 2"],
    ),
    (
        "UPDATE session SET user_id = 4 WHERE id = 1",
        &["session 1 in 1", "marker 1 in 1"],
    ),
    (
        "UPDATE session SET user_id = NULL, status = 'completed', started_at = '2026-01-02 03:04:05'
         WHERE id = 1",
        &["session 1 in 2: completed, 2026-01-02 03:04:05", "marker 1 in 2"],
    ),
    (
        "UPDATE task SET meeting_id = 1, due_date = NULL WHERE id = 2",
        &["task 2 in 3: nothing"],
    ),
    (
        "UPDATE task SET due_date = '2026-02-03' WHERE id = 2",
        &["task 2 in 3: 2026-02-03"],
    ),
    (
        "UPDATE task SET assigned_to_id = 4, created_by_id = 2 WHERE id = 2",
        &["task 2 in 3: 2026-02-03, "],
    ),
    ("UPDATE marker SET user_id = 2 WHERE id = 2", &["marker 2 in "]),
    (
        "UPDATE participant SET user_id = 4, status = 'accepted' WHERE id = 3",
        &["participant 3 in 2: 4"],
    ),
    (
        "UPDATE participant SET meeting_id = 1 WHERE id = 3",
        &["participant 3 in 3: 4"],
    ),
    (
        "UPDATE analytics SET meeting_id = 2, analysis_status = 'completed' WHERE id = 2",
        &["analytics 2 in 2: completed"],
    ),
    (
        "UPDATE analytics SET meeting_id = NULL WHERE id = 2",
        &["analytics 2 in nothing: completed"],
    ),
    (
        "INSERT INTO segment (session_id, text) VALUES (1, 'Hello')",
        &["session 1 in 2"],
    ),
    ("UPDATE task SET id = 50 WHERE id = 1", &["task 50 in 3"]),
    ("DELETE FROM task WHERE id = 2", &["task 50 in 3"]),
    (
        "DELETE FROM session WHERE id = 1",
        &["marker 1 in nothing", "session 3 in 3"],
    ),
    (
        "DELETE FROM meeting WHERE id = 1",
        &["session 3 in nothing", "marker 3 in nothing"],
    ),
    ("DELETE FROM marker", &["session 3 in nothing"]),
];

/// Every kind of change to a row or to its parents is followed by its place.
pub async fn each_change(database: &TestDatabase) -> Outcome {
    let connection = database.connection();
    run(connection, PEOPLE).await?;
    for (change, expected) in CHANGES {
        run(connection, &[change]).await?;
        assert_places(connection, &format!("after {change}")).await?;
        let mut found = Vec::new();
        for table in ["session", "task", "analytics", "marker", "participant"] {
            found.extend(places(connection, table).await?);
        }
        for place in *expected {
            assert!(
                found.iter().any(|line| line.starts_with(place)),
                "no {place} after {change}: {found:#?}"
            );
        }
    }
    Ok(())
}

/// Long random sequences of changes, to one row or to many.
pub async fn random_changes(database: &TestDatabase) -> Outcome {
    let connection = database.connection();
    run(connection, PEOPLE).await?;
    let mut rng = StdRng::seed_from_u64(14);
    for step in 0..600 {
        let change = random_change(&mut rng);
        // Some are rejected, because a link is taken or a row is still referred to.
        let done = connection.execute_unprepared(&change).await;
        if step % 5 == 0 {
            let when = format!("after step {step}, {change} ({done:?})");
            assert_places(connection, &when).await?;
        }
    }
    assert_places(connection, "in the end").await?;
    assert!(places(connection, "marker").await?.len() > 5);
    Ok(())
}

pub fn random_change(rng: &mut StdRng) -> String {
    let mut pick = |values: &[&str]| values[rng.random_range(0..values.len())].to_owned();
    let workspace = pick(&["1", "2", "3"]);
    let workspace_or_none = pick(&["1", "2", "3", "NULL"]);
    let user = pick(&["1", "2", "3", "4"]);
    let owner = pick(&["1", "2", "3", "NULL", "NULL"]);
    let external = pick(&["'a'", "'b'", "'c'", "'d'", "'e'", "'f'"]);
    let link = pick(&["'a'", "'b'", "'c'", "'d'", "'e'", "NULL"]);
    let status = pick(&["'completed'", "'pending'", "NULL"]);
    let time = pick(&["NULL", "'2026-01-02 03:04:05'", "'2026-05-06 07:08:09.123'"]);
    let day = pick(&["NULL", "'2026-01-02'"]);
    let which = pick(&["% 2 = 0", "% 3 = 0", "% 5 = 1", "> 0"]);
    let few = pick(&["% 7 = 0", "% 11 = 3"]);
    let meeting = "(SELECT max(id) FROM meeting)";
    match rng.random_range(0..26) {
        0 | 1 => format!(
            "INSERT INTO meeting (title, workspace_id, organizer_id, session_id)
             VALUES ('Meeting', {workspace}, {user}, {link})"
        ),
        2 | 3 => format!(
            "INSERT INTO session (external_id, user_id, status, created_at)
             VALUES ({external}, {owner}, {status}, {time})"
        ),
        4..=6 => format!(
            "INSERT INTO marker (session_id, user_id, type, content, created_at)
             VALUES ({external}, {user}, 'risk', 'x', {time}), ({external}, 1, 'risk', 'y', NULL)"
        ),
        7 | 8 => format!(
            "INSERT INTO task (title, meeting_id, created_by_id, due_date)
             SELECT title, id, {user}, {day} FROM meeting"
        ),
        9 => format!(
            "INSERT INTO analytics (meeting_id, analysis_status) VALUES ({meeting}, {status})"
        ),
        10 => {
            format!(r#"UPDATE "user" SET workspace_id = {workspace_or_none} WHERE id = {user}"#)
        }
        11 => format!("UPDATE meeting SET workspace_id = {workspace} WHERE id {which}"),
        12 | 13 => {
            format!("UPDATE meeting SET session_id = {link} WHERE id = {meeting}")
        }
        14 => format!("UPDATE session SET user_id = {owner} WHERE id {which}"),
        15 => format!("UPDATE session SET status = {status}, created_at = {time} WHERE id {which}"),
        16 => format!(
            "UPDATE session SET external_id = {external} WHERE id = (SELECT max(id) FROM session)"
        ),
        17 => {
            format!("UPDATE marker SET session_id = {external}, user_id = {user} WHERE id {which}")
        }
        18 => format!(
            "UPDATE task SET meeting_id = {meeting}, due_date = {day}, assigned_to_id = {owner}
             WHERE id {which}"
        ),
        19 => format!("UPDATE analytics SET analysis_status = {status} WHERE id {which}"),
        20 => format!("DELETE FROM session WHERE id {few}"),
        21..=23 => format!(
            "INSERT INTO participant (meeting_id, user_id) SELECT id, {user} FROM meeting
             WHERE id {few}"
        ),
        24 => format!(
            "UPDATE participant SET meeting_id = {meeting} WHERE id {few}
                AND user_id = {user}"
        ),
        _ => format!("DELETE FROM meeting WHERE id {few}"),
    }
}

/// A copy has the default in place of NULL, as lists are ordered by it.
pub async fn defaults_of_nulls(database: &TestDatabase) -> Outcome {
    let connection = database.connection();
    run(connection, PEOPLE).await?;
    run(
        connection,
        &[
            "INSERT INTO session (external_id, user_id, status, created_at)
             VALUES ('a', 1, NULL, NULL)",
            "INSERT INTO meeting (title, workspace_id, organizer_id) VALUES ('Plan', 1, 1)",
            "INSERT INTO task (title, meeting_id, created_by_id, created_at)
             VALUES ('Step', 1, 1, NULL)",
            "INSERT INTO analytics (meeting_id, analysis_status, created_at) VALUES (1, NULL, NULL)",
            "INSERT INTO marker (session_id, user_id, type, content, created_at)
             VALUES ('a', 1, 'risk', 'x', NULL)",
        ],
    )
    .await?;
    let mut found = Vec::new();
    for table in ["session", "task", "analytics", "marker", "participant"] {
        found.extend(places(connection, table).await?);
    }
    assert_eq!(
        found,
        [
            "session 1 in 1: pending, nothing, 1970-01-01 00:00:00",
            "task 1 in 1: nothing, 1970-01-01 00:00:00, 1, nothing",
            "analytics 1 in 1: pending, 1970-01-01 00:00:00",
            "marker 1 in 1: 1970-01-01 00:00:00, 1",
        ]
    );
    Ok(())
}

/// The order by a copied time is the order by the time of the row, whatever its decimals are.
pub async fn ranks_of_times(database: &TestDatabase) -> Outcome {
    let connection = database.connection();
    run(connection, PEOPLE).await?;
    let times = [
        "2024-01-01 10:00:00.000000",
        "2024-01-01 10:00:00.000001",
        "2024-01-01 10:00:00.500000",
        "2024-01-01 10:00:00.5",
        "2024-01-01 10:00:00",
        "2024-01-01 10:00:01.000000",
        "2023-12-31 23:59:59.999999",
    ];
    for (number, time) in times.iter().enumerate() {
        let insert = format!(
            "INSERT INTO session (external_id, user_id, created_at, started_at)
             VALUES ('{number}', 1, '{time}', '{time}')"
        );
        run(connection, &[&insert]).await?;
    }
    run(
        connection,
        &["UPDATE session SET created_at = NULL WHERE id = 3"],
    )
    .await?;
    assert_places(connection, "with times of all kinds").await?;
    for (copy, own) in [
        ("created_at", "coalesce(created_at, '1970-01-01 00:00:00')"),
        ("started_at", "started_at"),
    ] {
        let ids = async |from: &str, term: &str| -> Result<Vec<i32>, DbErr> {
            let sql = format!("SELECT id FROM {from} ORDER BY {term} DESC, id DESC");
            let statement = Statement::from_string(database.backend(), sql);
            let rows = connection.query_all_raw(statement).await?;
            rows.iter().map(|row| row.try_get("", "id")).collect()
        };
        assert_eq!(
            ids("mina_session_place", copy).await?,
            ids("session", own).await?
        );
    }
    Ok(())
}

/// On SQLite, times as `SQLAlchemy` writes them become those of Mina, in the row and in the copy.
pub async fn other_formats(database: &TestDatabase) -> Outcome {
    let connection = database.connection();
    run(connection, PEOPLE).await?;
    run(
        connection,
        &[
            "INSERT INTO session (external_id, user_id, started_at, created_at)
             VALUES ('a', 1, '2024-01-01 10:00:00.000000', '2024-01-01T10:00:00.250000Z')",
            "INSERT INTO marker (session_id, user_id, type, content, created_at)
             VALUES ('a', 1, 'risk', 'x', '2024-01-01 10:00:00.000000')",
            "INSERT INTO marker (session_id, user_id, type, content, created_at)
             VALUES ('a', 1, 'risk', 'x', 'yesterday')",
            "UPDATE marker SET created_at = '2024-01-02 10:00:00.000000' WHERE id = 2",
        ],
    )
    .await?;
    assert_eq!(
        places(connection, "session").await?,
        ["session 1 in 1: pending, 2024-01-01 10:00:00, 2024-01-01 10:00:00.250"]
    );
    assert_eq!(
        places(connection, "marker").await?,
        [
            "marker 1 in 1: 2024-01-01 10:00:00, 1",
            "marker 2 in 1: 2024-01-02 10:00:00, 1"
        ]
    );
    assert_places(connection, "with times of other programs").await
}

/// Other programs on SQLite may not have switched foreign keys on, and may replace rows.
pub async fn without_foreign_keys(database: &TestDatabase) -> Outcome {
    let mut options = ConnectOptions::new(database.url());
    options.max_connections(1).sqlx_logging(false);
    let connection = Database::connect(options).await?;
    run(&connection, &["PRAGMA foreign_keys = OFF"]).await?;
    run(&connection, PEOPLE).await?;
    for change in [
        "INSERT INTO task (title, meeting_id, created_by_id) VALUES ('Early', 1, 1)",
        "INSERT INTO session (external_id, user_id) VALUES ('a', 9), ('b', 1)",
        "INSERT INTO marker (session_id, user_id, type, content) VALUES ('a', 1, 'risk', 'x')",
        "INSERT INTO meeting (id, title, workspace_id, organizer_id, session_id)
         VALUES (1, 'Plan', 1, 1, 'a')",
        "INSERT INTO analytics (meeting_id) VALUES (1)",
        "INSERT OR REPLACE INTO meeting (id, title, workspace_id, organizer_id, session_id)
         VALUES (1, 'Plan', 2, 1, 'a')",
        "INSERT OR REPLACE INTO task (id, title, meeting_id, created_by_id)
         VALUES (1, 'Replaced', 1, 1)",
        "INSERT INTO user (id, username, email, workspace_id) VALUES (9, 'zoe', 'zoe', 3)",
        "INSERT OR REPLACE INTO user (id, username, email, workspace_id)
         VALUES (9, 'zoe', 'zoe', 1)",
        "DELETE FROM user WHERE id = 9",
        "DELETE FROM meeting",
        "DELETE FROM session",
        "DELETE FROM task",
        "DELETE FROM analytics",
        "DELETE FROM marker",
    ] {
        run(&connection, &[change]).await?;
        assert_places(&connection, &format!("after {change}")).await?;
    }
    connection.close().await?;
    Ok(())
}

/// A new status of a task changes no place: on PostgreSQL, the place keeps its version.
pub async fn status_alone(database: &TestDatabase) -> Outcome {
    let connection = database.connection();
    run(connection, PEOPLE).await?;
    run(
        connection,
        &[
            "INSERT INTO meeting (title, workspace_id, organizer_id) VALUES ('Plan', 1, 1)",
            "INSERT INTO task (title, meeting_id, created_by_id) VALUES ('Step', 1, 1)",
        ],
    )
    .await?;
    // Any change of the place would fail.
    let guard = match database.backend() {
        DbBackend::Postgres => {
            "CREATE FUNCTION guard() RETURNS trigger LANGUAGE plpgsql AS
             $$ BEGIN RAISE EXCEPTION 'a place has changed'; END $$;
             CREATE TRIGGER guard BEFORE UPDATE ON mina_task_place
             FOR EACH ROW EXECUTE FUNCTION guard()"
        }
        _ => {
            "CREATE TRIGGER guard BEFORE UPDATE ON mina_task_place BEGIN
                 SELECT RAISE(ABORT, 'a place has changed');
             END"
        }
    };
    run(
        connection,
        &[
            guard,
            "UPDATE task SET status = 'completed', title = 'Done'",
            "UPDATE task SET due_date = due_date, meeting_id = meeting_id",
            "UPDATE meeting SET title = 'Planning', workspace_id = workspace_id",
        ],
    )
    .await?;
    let moved = run(connection, &["UPDATE meeting SET workspace_id = 2"]).await;
    assert!(moved.is_err(), "the guard rejects nothing");
    Ok(())
}

/// Runs statements one after another.
pub async fn run(connection: &DatabaseConnection, statements: &[&str]) -> Result<(), Failed> {
    for statement in statements {
        connection
            .execute_unprepared(statement)
            .await
            .map_err(|error| format!("{statement}: {error}"))?;
    }
    Ok(())
}
