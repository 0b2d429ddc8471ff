//! Transactions under REPEATABLE READ and SERIALIZABLE do not see what they have waited for. They
//! fail instead of leaving a row in a workspace to which it no longer belongs.

use sea_orm::{
    ConnectionTrait, DatabaseConnection, DatabaseTransaction, DbErr, IsolationLevel,
    TransactionTrait,
};

use super::{
    races::{
        DELETE_LINKED, DELETE_S1, GIVE_S0, LINK_NEW, MARK_S1, MOVE_ADA, MOVE_LINKED, MOVE_ONE,
        NEW_ANALYTICS, NEW_SESSION, NEW_SESSION_OF_ADA, NEW_TASK, RENAME_S1, SCENE, TAKE_S1,
        UNLINK,
    },
    truth::assert_places,
    writes::run,
};
use crate::support::{Outcome, database::TestDatabase};

const LEVELS: [IsolationLevel; 2] = [IsolationLevel::RepeatableRead, IsolationLevel::Serializable];

/// Changes that move other rows, which may have been added since the transaction began.
const MOVES: [&str; 9] = [
    MOVE_ONE,
    MOVE_LINKED,
    MOVE_ADA,
    UNLINK,
    DELETE_LINKED,
    DELETE_S1,
    GIVE_S0,
    TAKE_S1,
    RENAME_S1,
];

/// A move that is committed, and then an addition by a transaction that began before it.
const ADDITIONS: &[(&str, &str)] = &[
    (MOVE_ONE, NEW_TASK),
    (MOVE_ONE, NEW_ANALYTICS),
    (MOVE_ADA, NEW_SESSION_OF_ADA),
    (MOVE_ADA, MARK_S1),
    (
        "UPDATE meeting SET session_id = NULL WHERE id = 1",
        NEW_SESSION,
    ),
    (
        "UPDATE meeting SET workspace_id = 2 WHERE id = 1",
        NEW_SESSION,
    ),
];

/// Moves are rejected, with a reason.
pub async fn moves(database: &TestDatabase) -> Outcome {
    let connection = database.connection();
    run(connection, SCENE).await?;
    for level in LEVELS {
        for change in MOVES {
            let transaction = begin(connection, level).await?;
            let moved = transaction.execute_unprepared(change).await;
            let reason = moved
                .err()
                .map(|error| error.to_string())
                .unwrap_or_default();
            assert!(reason.contains("READ COMMITTED only"), "{change}: {reason}");
            transaction.rollback().await?;
        }
    }
    assert_places(connection, "after nothing").await
}

/// Additions fail if a row that they depend on has moved since the transaction began.
pub async fn additions(database: &TestDatabase) -> Outcome {
    let connection = database.connection();
    for level in LEVELS {
        for (change, addition) in ADDITIONS {
            run(connection, SCENE).await?;
            run(connection, &[LINK_NEW]).await?;
            let transaction = begin(connection, level).await?;
            run(connection, &[change]).await?;
            let added = transaction.execute_unprepared(addition).await;
            let reason = added
                .err()
                .map(|error| error.to_string())
                .unwrap_or_default();
            assert!(
                reason.contains("could not serialize"),
                "{change}, {addition}: {reason}"
            );
            transaction.rollback().await?;
            // It succeeds if it is retried.
            let transaction = begin(connection, level).await?;
            transaction.execute_unprepared(addition).await?;
            transaction.commit().await?;
            assert_places(connection, &format!("after {change} and {addition}")).await?;
        }
    }
    Ok(())
}

/// A transaction that has its snapshot.
async fn begin(
    connection: &DatabaseConnection,
    level: IsolationLevel,
) -> Result<DatabaseTransaction, DbErr> {
    let transaction = connection.begin_with_config(Some(level), None).await?;
    transaction
        .execute_unprepared("SELECT FROM workspace")
        .await?;
    Ok(transaction)
}
