//! Transactions that run at the same time, and do not see each other's changes.

use std::{pin::pin, time::Duration};

use sea_orm::{ConnectionTrait, DatabaseConnection, DatabaseTransaction, DbErr, TransactionTrait};
use tokio::time::timeout;

use super::{
    truth::assert_places,
    writes::{PEOPLE, run},
};
use crate::support::{Outcome, database::TestDatabase};

/// How long a change may take until it counts as waiting for another transaction.
const PATIENCE: Duration = Duration::from_millis(150);

/// The rows before each race. Session `s0` has no owner, `s1` is Ada's, and `linked` has no owner
/// and belongs to meeting 3.
pub const SCENE: &[&str] = &[
    r#"TRUNCATE marker, task, analytics, participant, session, meeting, "user", workspace
       RESTART IDENTITY CASCADE"#,
    PEOPLE[0],
    PEOPLE[1],
    "INSERT INTO meeting (title, workspace_id, organizer_id, session_id)
     VALUES ('One', 1, 1, NULL), ('Two', 2, 1, NULL), ('Three', 1, 1, 'linked')",
    "INSERT INTO session (external_id, user_id) VALUES ('s0', NULL), ('s1', 1), ('linked', NULL)",
    "INSERT INTO marker (session_id, user_id, type, content)
     VALUES ('s1', 1, 'risk', 'x'), ('early', 1, 'risk', 'x')",
    "INSERT INTO task (title, meeting_id, created_by_id) VALUES ('Step', 2, 1)",
    "INSERT INTO analytics (meeting_id) VALUES (2)",
    "INSERT INTO participant (meeting_id, user_id) VALUES (2, 1)",
];

pub const MOVE_ADA: &str = r#"UPDATE "user" SET workspace_id = 2 WHERE id = 1"#;
pub const REMOVE_ADA: &str = r#"UPDATE "user" SET workspace_id = NULL WHERE id = 1"#;
pub const MOVE_ONE: &str = "UPDATE meeting SET workspace_id = 3 WHERE id = 1";
pub const MOVE_TWO: &str = "UPDATE meeting SET workspace_id = 3 WHERE id = 2";
pub const MOVE_LINKED: &str = "UPDATE meeting SET workspace_id = 3 WHERE id = 3";
pub const UNLINK: &str = "UPDATE meeting SET session_id = NULL WHERE id = 3";
pub const DELETE_LINKED: &str = "DELETE FROM meeting WHERE id = 3";
pub const LINK_NEW: &str = "UPDATE meeting SET session_id = 'new' WHERE id = 1";
pub const INSERT_LINKED_TO_NEW: &str = "INSERT INTO meeting (title, workspace_id, organizer_id, session_id) VALUES ('New', 3, 1, 'new')";
pub const LINK_S0: &str = "UPDATE meeting SET session_id = 's0' WHERE id = 1";
pub const LINK_S1: &str = "UPDATE meeting SET session_id = 's1' WHERE id = 1";
const LINK_S0_TO_TWO: &str = "UPDATE meeting SET session_id = 's0' WHERE id = 2";
const RETITLE_ONE: &str = "UPDATE meeting SET title = 'Changed' WHERE id = 1";
pub const NEW_SESSION: &str = "INSERT INTO session (external_id, user_id) VALUES ('new', NULL)";
pub const NEW_SESSION_OF_ADA: &str = "INSERT INTO session (external_id, user_id) VALUES ('new', 1)";
pub const NEW_SESSION_OF_EVE: &str = "INSERT INTO session (external_id, user_id) VALUES ('new', 3)";
pub const EARLY_SESSION: &str = "INSERT INTO session (external_id, user_id) VALUES ('early', 1)";
pub const DELETE_S1: &str = "DELETE FROM session WHERE external_id = 's1'";
pub const GIVE_S0: &str = "UPDATE session SET user_id = 1 WHERE external_id = 's0'";
pub const TAKE_S1: &str = "UPDATE session SET user_id = NULL WHERE external_id = 's1'";
pub const GIVE_LINKED: &str = "UPDATE session SET user_id = 2 WHERE external_id = 'linked'";
pub const RENAME_S1: &str = "UPDATE session SET external_id = 'new' WHERE external_id = 's1'";
pub const STOP_S1: &str = "UPDATE session SET status = 'completed' WHERE external_id = 's1'";
pub const MARK_NEW: &str =
    "INSERT INTO marker (session_id, user_id, type, content) VALUES ('new', 1, 'risk', 'y')";
pub const MARK_S0: &str =
    "INSERT INTO marker (session_id, user_id, type, content) VALUES ('s0', 1, 'risk', 'y')";
pub const MARK_S1: &str =
    "INSERT INTO marker (session_id, user_id, type, content) VALUES ('s1', 1, 'risk', 'y')";
pub const MARK_LINKED: &str =
    "INSERT INTO marker (session_id, user_id, type, content) VALUES ('linked', 1, 'risk', 'y')";
pub const MARKER_TO_S0: &str = "UPDATE marker SET session_id = 's0' WHERE id = 1";
pub const EARLY_MARKER_TO_S1: &str = "UPDATE marker SET session_id = 's1' WHERE id = 2";
pub const NEW_TASK: &str =
    "INSERT INTO task (title, meeting_id, created_by_id) VALUES ('New', 1, 1)";
pub const TASK_TO_ONE: &str = "UPDATE task SET meeting_id = 1 WHERE id = 1";
pub const TASK_DUE: &str = "UPDATE task SET due_date = '2026-01-02' WHERE id = 1";
pub const NEW_ANALYTICS: &str = "INSERT INTO analytics (meeting_id) VALUES (1)";
pub const NEW_PARTICIPANT: &str = "INSERT INTO participant (meeting_id, user_id) VALUES (1, 2)";
pub const PARTICIPANT_TO_ONE: &str = "UPDATE participant SET meeting_id = 1 WHERE id = 1";
pub const ANALYTICS_TO_ONE: &str = "UPDATE analytics SET meeting_id = 1 WHERE id = 1";
pub const ANALYTICS_DONE: &str = "UPDATE analytics SET analysis_status = 'completed' WHERE id = 1";

const PAIRS: &[(&str, &str)] = &[
    (MOVE_ONE, NEW_TASK),
    (MOVE_ONE, TASK_TO_ONE),
    (MOVE_TWO, TASK_TO_ONE),
    (MOVE_TWO, TASK_DUE),
    (MOVE_ONE, NEW_ANALYTICS),
    (MOVE_ONE, ANALYTICS_TO_ONE),
    (MOVE_TWO, ANALYTICS_TO_ONE),
    (MOVE_TWO, ANALYTICS_DONE),
    (MOVE_ONE, NEW_PARTICIPANT),
    (MOVE_ONE, PARTICIPANT_TO_ONE),
    (MOVE_TWO, PARTICIPANT_TO_ONE),
    (LINK_NEW, NEW_SESSION),
    (LINK_NEW, NEW_SESSION_OF_ADA),
    (LINK_NEW, NEW_SESSION_OF_EVE),
    (INSERT_LINKED_TO_NEW, NEW_SESSION),
    (LINK_NEW, RENAME_S1),
    (MOVE_ADA, NEW_SESSION_OF_ADA),
    (REMOVE_ADA, NEW_SESSION_OF_ADA),
    (MOVE_ADA, GIVE_S0),
    (MOVE_ADA, TAKE_S1),
    (MOVE_ADA, STOP_S1),
    (MOVE_ADA, LINK_S1),
    (REMOVE_ADA, LINK_S1),
    (LINK_S0, GIVE_S0),
    (LINK_S1, TAKE_S1),
    (MOVE_LINKED, GIVE_LINKED),
    (UNLINK, GIVE_LINKED),
    (DELETE_LINKED, GIVE_LINKED),
    (MOVE_LINKED, MARK_LINKED),
    (UNLINK, MARK_LINKED),
    (DELETE_LINKED, MARK_LINKED),
    (LINK_S0, MARK_S0),
    (GIVE_S0, MARK_S0),
    (MOVE_ADA, MARK_S1),
    (REMOVE_ADA, MARK_S1),
    (MOVE_ADA, MARKER_TO_S0),
    (MOVE_ADA, EARLY_MARKER_TO_S1),
    (EARLY_SESSION, EARLY_MARKER_TO_S1),
    (NEW_SESSION_OF_ADA, MARK_NEW),
    (RENAME_S1, MARK_NEW),
    (RENAME_S1, MARK_S1),
    (DELETE_S1, MARK_S1),
    (DELETE_S1, EARLY_MARKER_TO_S1),
];

/// Two transactions in both orders, and committed in both orders where neither waits for the other.
pub async fn all_pairs(database: &TestDatabase) -> Outcome {
    let connection = database.connection();
    let mut waited = 0;
    for (left, right) in PAIRS {
        for (first, second) in [(left, right), (right, left)] {
            for second_commits_first in [false, true] {
                run(connection, SCENE).await?;
                let race = Race {
                    first,
                    second,
                    second_commits_first,
                };
                waited += usize::from(race.run(connection).await?);
                assert_places(connection, &format!("after {race:?}")).await?;
            }
        }
    }
    assert!(waited > 2 * PAIRS.len(), "only {waited} changes waited");
    Ok(())
}

#[derive(Debug)]
struct Race<'a> {
    first: &'a str,
    second: &'a str,
    second_commits_first: bool,
}

impl Race<'_> {
    /// Whether the second transaction waited for the first.
    async fn run(&self, connection: &DatabaseConnection) -> Result<bool, DbErr> {
        let first = begin(connection, self.first).await?;
        let mut second = pin!(begin(connection, self.second));
        match timeout(PATIENCE, &mut second).await {
            Err(_) => {
                first.commit().await?;
                second.await?.commit().await?;
                Ok(true)
            }
            Ok(second) => {
                let second = second?;
                if self.second_commits_first {
                    second.commit().await?;
                    first.commit().await?;
                } else {
                    first.commit().await?;
                    second.commit().await?;
                }
                Ok(false)
            }
        }
    }
}

async fn begin(connection: &DatabaseConnection, sql: &str) -> Result<DatabaseTransaction, DbErr> {
    let transaction = connection.begin().await?;
    transaction.execute_unprepared(sql).await?;
    Ok(transaction)
}

/// What two transactions do, one statement each in turn.
type Double = ([&'static str; 2], [&'static str; 2]);

/// Neither of these can end in a deadlock.
const DOUBLES: &[Double] = &[
    ([NEW_TASK, RETITLE_ONE], [NEW_ANALYTICS, RETITLE_ONE]),
    ([NEW_SESSION_OF_ADA, MARK_NEW], [MARK_S1, MARK_NEW]),
    ([NEW_SESSION, LINK_NEW], [MARK_NEW, MARK_S1]),
    ([LINK_NEW, NEW_SESSION], [MARK_NEW, MARK_S1]),
    ([MARK_NEW, MARK_S1], [MARK_S1, MARK_NEW]),
    ([MARK_NEW, MARK_S1], [NEW_SESSION, STOP_S1]),
    ([LINK_S1, MARK_S1], [MARK_S1, STOP_S1]),
    ([NEW_SESSION_OF_ADA, LINK_S1], [LINK_S0_TO_TWO, MARK_NEW]),
    ([REMOVE_ADA, MARK_LINKED], [LINK_S1, MARK_S0]),
    ([MOVE_LINKED, NEW_TASK], [GIVE_LINKED, NEW_ANALYTICS]),
    ([UNLINK, MARK_S1], [GIVE_LINKED, MARK_S0]),
    ([TAKE_S1, LINK_S1], [NEW_SESSION_OF_ADA, MARK_NEW]),
];

/// These lock the same rows in different orders, so that PostgreSQL may end one of the two.
const INVERSIONS: &[Double] = &[
    ([NEW_TASK, RETITLE_ONE], [MOVE_ONE, MARK_S1]),
    ([LINK_NEW, NEW_SESSION], [MARK_NEW, NEW_TASK]),
    ([MOVE_ADA, STOP_S1], [MARK_S1, GIVE_S0]),
    ([MOVE_ADA, MOVE_ONE], [NEW_TASK, NEW_SESSION_OF_ADA]),
];

/// Transactions of two statements leave the places right.
pub async fn two_statements(database: &TestDatabase) -> Outcome {
    let connection = database.connection();
    for (doubles, may_fail) in [(DOUBLES, false), (INVERSIONS, true)] {
        for (left, right) in doubles {
            for (first, second) in [(left, right), (right, left)] {
                run(connection, SCENE).await?;
                let what = format!("{first:?} and {second:?}");
                let (one, other) = interleave(connection, first, second).await?;
                let succeeded = [&one, &other].iter().filter(|it| it.is_ok()).count();
                let expected = if may_fail { 1 } else { 2 };
                assert!(succeeded >= expected, "{what}: {one:?}, {other:?}");
                assert_places(connection, &format!("after {what}")).await?;
            }
        }
    }
    Ok(())
}

/// How two transactions end. The second one may wait for the first.
async fn interleave(
    connection: &DatabaseConnection,
    first: &[&'static str; 2],
    second: &[&'static str; 2],
) -> Result<(Result<(), DbErr>, Result<(), DbErr>), DbErr> {
    let one = begin(connection, first[0]).await?;
    let mut other = pin!(begin(connection, second[0]));
    Ok(match timeout(PATIENCE, &mut other).await {
        Err(_) => {
            let other = async { finish(other.await?, second[1]).await };
            tokio::join!(finish(one, first[1]), other)
        }
        Ok(other) => tokio::join!(finish(one, first[1]), finish(other?, second[1])),
    })
}

async fn finish(transaction: DatabaseTransaction, sql: &str) -> Result<(), DbErr> {
    transaction.execute_unprepared(sql).await?;
    transaction.commit().await
}

/// Ordinary changes of a parent, and rows that are added to it, do not wait for each other.
pub async fn ordinary_updates_do_not_wait(database: &TestDatabase) -> Outcome {
    let connection = database.connection();
    let additions = [
        NEW_TASK,
        NEW_ANALYTICS,
        NEW_SESSION_OF_ADA,
        MARK_S1,
        "INSERT INTO meeting (title, workspace_id, organizer_id, session_id)
         VALUES ('More', 1, 1, 'more')",
    ];
    let changes = [
        "UPDATE meeting SET title = 'Changed', status = 'completed', workspace_id = workspace_id",
        r#"UPDATE "user" SET role = 'admin', workspace_id = workspace_id"#,
        "UPDATE session SET status = 'completed', language = 'de'",
        "UPDATE task SET status = 'completed', due_date = '2026-01-02'",
        "UPDATE analytics SET analysis_status = 'completed'",
        "INSERT INTO session (external_id, user_id) VALUES ('another', 2)",
        "INSERT INTO meeting (title, workspace_id, organizer_id, session_id)
         VALUES ('Another', 1, 1, 'another')",
    ];
    for (firsts, seconds) in [
        (&additions[..], &changes[..]),
        (&changes[..], &additions[..]),
    ] {
        for first in firsts {
            run(connection, SCENE).await?;
            let open = begin(connection, first).await?;
            for second in seconds {
                let impatient = connection.begin().await?;
                impatient
                    .execute_unprepared("SET LOCAL lock_timeout = '100ms'")
                    .await?;
                let done = impatient.execute_unprepared(second).await;
                assert!(done.is_ok(), "{second} waits for {first}: {done:?}");
                impatient.rollback().await?;
            }
            open.commit().await?;
        }
    }
    Ok(())
}
