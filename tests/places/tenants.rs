//! What one program writes delays nobody else, and costs as little as its own rows.

use libtest_mimic::Failed;
use sea_orm::{ConnectionTrait, DatabaseTransaction, DbErr, Statement, TransactionTrait};

use super::{
    truth::assert_places,
    writes::{PEOPLE, run},
};
use crate::support::{Outcome, database::TestDatabase};

/// An import of rows of the first workspace, with sessions that have no owner and markers that came
/// before their sessions.
const IMPORT: &[&str] = &[
    "INSERT INTO session (external_id) SELECT 'own-' || i FROM generate_series(1, 5000) i",
    "INSERT INTO marker (session_id, user_id, type, content)
     SELECT 'early-' || i, 1, 'risk', 'x' FROM generate_series(1, 5000) i",
    "INSERT INTO meeting (title, workspace_id, organizer_id, session_id)
     SELECT 'Meeting', 1, 1, 'own-' || i FROM generate_series(1, 500) i",
    "UPDATE session SET user_id = 1 WHERE external_id LIKE 'own-1%'",
];

/// What the second workspace writes meanwhile.
const OTHERS: &[&str] = &[
    "INSERT INTO session (external_id, user_id) VALUES ('bobs', 2), ('bobs-2', 2)",
    "INSERT INTO session (external_id) SELECT 'unowned-' || i FROM generate_series(1, 100) i",
    "INSERT INTO meeting (title, workspace_id, organizer_id, session_id)
     VALUES ('Review', 2, 2, 'bobs'), ('Planning', 2, 2, 'unowned-1'), ('Later', 2, 2, 'late')",
    "INSERT INTO marker (session_id, user_id, type, content)
     SELECT 'absent-' || i, 2, 'risk', 'x' FROM generate_series(1, 100) i",
    "INSERT INTO marker (session_id, user_id, type, content) VALUES ('bobs', 2, 'risk', 'x')",
    "INSERT INTO session (external_id, user_id) VALUES ('absent-1', NULL), ('late', NULL)",
    "UPDATE meeting SET session_id = 'bobs-2' WHERE title = 'Review'",
    "UPDATE session SET user_id = NULL WHERE external_id = 'bobs-2'",
];

/// An import into one workspace makes no writer of another wait.
pub async fn import(database: &TestDatabase) -> Outcome {
    let connection = database.connection();
    run(connection, PEOPLE).await?;
    let import = connection.begin().await?;
    for statement in IMPORT {
        import.execute_unprepared(statement).await?;
    }
    let other = connection.begin().await?;
    other
        .execute_unprepared("SET LOCAL lock_timeout = '200ms'")
        .await?;
    for statement in OTHERS {
        let done = other.execute_unprepared(statement).await;
        assert!(done.is_ok(), "{statement} waits for the import: {done:?}");
    }
    import.commit().await?;
    other.commit().await?;
    assert_places(connection, "after two imports").await
}

/// Two imports row by row, in different orders, never wait for each other.
pub async fn two_imports(database: &TestDatabase) -> Outcome {
    let connection = database.connection();
    run(connection, PEOPLE).await?;
    let (left, right) = (connection.begin().await?, connection.begin().await?);
    for transaction in [&left, &right] {
        transaction
            .execute_unprepared("SET LOCAL lock_timeout = '200ms'")
            .await?;
    }
    for number in 0..200 {
        for (transaction, prefix) in [(&left, "left"), (&right, "right")] {
            let insert = format!("INSERT INTO session (external_id) VALUES ('{prefix}-{number}')");
            transaction.execute_unprepared(&insert).await?;
        }
    }
    left.commit().await?;
    right.commit().await?;
    assert_places(connection, "after two imports").await
}

/// Writes that must not read the rows of others, and how many rows each may read in the tables of
/// places.
const WRITES: &[(&str, i64)] = &[
    (
        "INSERT INTO meeting (title, workspace_id, organizer_id, session_id)
         VALUES ('New', 2, 2, 'unowned')",
        10,
    ),
    (
        "UPDATE meeting SET session_id = NULL WHERE session_id = 'linked'",
        10,
    ),
    (
        "INSERT INTO session (external_id, user_id) VALUES ('new', 2)",
        10,
    ),
    (
        "INSERT INTO marker (session_id, user_id, type, content) VALUES ('linked', 2, 'risk', 'x')",
        10,
    ),
    (
        "UPDATE session SET user_id = 2 WHERE external_id = 'linked'",
        20,
    ),
    ("DELETE FROM session WHERE external_id = 'linked'", 20),
    (r#"UPDATE "user" SET workspace_id = 3 WHERE id = 2"#, 20),
    (
        "UPDATE meeting SET workspace_id = 3 WHERE session_id = 'linked'",
        20,
    ),
];

/// The triggers read no more places than a change concerns, however many there are, whether
/// statistics are up to date or the plans are from the time when the tables were empty.
pub async fn reads(database: &TestDatabase) -> Outcome {
    let connection = database.connection();
    run(connection, PEOPLE).await?;
    // Plans are kept for a connection.
    let transaction = connection.begin().await?;
    let rows = [
        "INSERT INTO session (external_id, user_id) VALUES ('first', 1)",
        "INSERT INTO meeting (title, workspace_id, organizer_id, session_id)
         VALUES ('First', 1, 1, 'first')",
        "UPDATE meeting SET workspace_id = 2, session_id = NULL",
        r#"UPDATE "user" SET workspace_id = 2 WHERE id = 1"#,
        r#"UPDATE "user" SET workspace_id = 1 WHERE id = 1"#,
        "INSERT INTO session (external_id, user_id)
         SELECT 'many-' || i, 1 FROM generate_series(1, 10000) i",
        "INSERT INTO marker (session_id, user_id, type, content)
         SELECT 'many-' || i, 1, 'risk', 'x' FROM generate_series(1, 10000) i",
        "INSERT INTO session (external_id) VALUES ('unowned'), ('linked')",
        "INSERT INTO meeting (title, workspace_id, organizer_id, session_id)
         VALUES ('Linked', 2, 2, 'linked')",
        "INSERT INTO marker (session_id, user_id, type, content)
         VALUES ('linked', 2, 'risk', 'x'), ('unowned', 2, 'risk', 'x')",
        "INSERT INTO task (title, meeting_id, created_by_id)
         SELECT 'Task', id, 2 FROM meeting WHERE title = 'Linked'",
    ];
    for statement in rows {
        transaction.execute_unprepared(statement).await?;
    }
    assert_reads(&transaction, "with old plans").await?;
    transaction.commit().await?;
    run(connection, &["ANALYZE"]).await?;
    let transaction = connection.begin().await?;
    assert_reads(&transaction, "with new plans").await?;
    transaction.commit().await?;
    Ok(())
}

async fn assert_reads(transaction: &DatabaseTransaction, when: &str) -> Result<(), Failed> {
    for (write, most) in WRITES {
        transaction.execute_unprepared("SAVEPOINT write").await?;
        let before = rows_read(transaction).await?;
        transaction.execute_unprepared(write).await?;
        let read = rows_read(transaction).await? - before;
        assert!(read <= *most, "{write} {when} reads {read} places");
        transaction
            .execute_unprepared("ROLLBACK TO SAVEPOINT write")
            .await?;
    }
    Ok(())
}

/// How many places the transaction has read.
async fn rows_read(transaction: &DatabaseTransaction) -> Result<i64, DbErr> {
    let sql = r"SELECT sum(seq_tup_read + coalesce(idx_tup_fetch, 0))::bigint AS read
        FROM pg_stat_xact_user_tables WHERE relname LIKE 'mina\_%\_place'";
    let statement = Statement::from_string(transaction.get_database_backend(), sql);
    let row = transaction.query_one_raw(statement).await?;
    row.map_or(Ok(0), |row| row.try_get("", "read"))
}

/// A program needs no rights but for the rows that it writes.
pub async fn restricted_role(database: &TestDatabase) -> Outcome {
    let connection = database.connection();
    run(connection, PEOPLE).await?;
    // The role is gone when the transaction is rolled back.
    let transaction = connection.begin().await?;
    for statement in [
        "INSERT INTO meeting (title, workspace_id, organizer_id, session_id)
         VALUES ('Plan', 1, 1, 'a')",
        "CREATE ROLE mina_test_worker",
        "GRANT SELECT, INSERT, UPDATE, DELETE ON session, segment, task, marker, analytics
         TO mina_test_worker",
        "GRANT SELECT ON meeting TO mina_test_worker",
        "GRANT USAGE ON ALL SEQUENCES IN SCHEMA public TO mina_test_worker",
        "SET LOCAL ROLE mina_test_worker",
        "INSERT INTO marker (session_id, user_id, type, content) VALUES ('a', 1, 'risk', 'x')",
        "INSERT INTO session (external_id) VALUES ('a'), ('b')",
        "INSERT INTO segment (session_id, text) SELECT id, 'Hello' FROM session",
        "INSERT INTO task (title, meeting_id, created_by_id) SELECT 'Task', id, 1 FROM meeting",
        "INSERT INTO analytics (meeting_id) SELECT id FROM meeting",
        "UPDATE task SET due_date = '2026-01-02'",
        "UPDATE session SET user_id = 2 WHERE external_id = 'b'",
        "UPDATE marker SET session_id = 'b'",
        "DELETE FROM session WHERE external_id = 'b'",
        // Names in another schema are not those of the server.
        "CREATE TEMP TABLE meeting (id integer, workspace_id integer)",
        "INSERT INTO task (title, meeting_id, created_by_id)
         SELECT 'Another', id, 1 FROM public.meeting",
        "CREATE TEMP TABLE changed_rows (id integer)",
        "SAVEPOINT own_trigger",
    ] {
        let done = transaction.execute_unprepared(statement).await;
        assert!(done.is_ok(), "{statement}: {done:?}");
    }
    let own = "CREATE TRIGGER own AFTER INSERT ON changed_rows REFERENCING NEW TABLE AS changed
        FOR EACH STATEMENT EXECUTE FUNCTION mina_tasks_inserted()";
    let created = transaction.execute_unprepared(own).await;
    assert!(
        created.is_err(),
        "a role uses a function of the server for its own table"
    );
    for statement in ["ROLLBACK TO SAVEPOINT own_trigger", "RESET ROLE"] {
        transaction.execute_unprepared(statement).await?;
    }
    let sql = "SELECT count(*) AS count FROM mina_task_place WHERE workspace_id = 1";
    let statement = Statement::from_string(transaction.get_database_backend(), sql);
    let row = transaction.query_one_raw(statement).await?;
    let count: i64 = row.map_or(Ok(0), |row| row.try_get("", "count"))?;
    assert_eq!(count, 2);
    transaction.rollback().await?;
    Ok(())
}
