//! The journal records the changes of all types that have a subscription to changes.

use std::collections::BTreeSet;

use libtest_mimic::Failed;
use sea_orm::{ConnectionTrait, DatabaseConnection, Statement};

use crate::{
    outsider::{
        schema::Schema,
        world::{Rows, TABLES},
    },
    support::{
        Outcome, database::TestDatabase, lines::assert_same_lines, seed::Seed, server::Server,
        suite::Suite,
    },
};

/// Adds the case of this module.
pub fn list(suite: &mut Suite) {
    suite.on_both_databases(subjects);
}

/// The ending of the names of subscriptions to the changes of a type.
const CHANGED: &str = "Changed";

/// A row of each type is created, changed and deleted by hand. The journal has that for the
/// subscribers of the workspace exactly where the schema has a subscription.
async fn subjects(database: &TestDatabase) -> Outcome {
    let connection = database.connection();
    let rows = create(connection).await?;
    // Children come before their parents, so that no cascade is what deletes them.
    for statement in ["UPDATE {} SET id = id", "DELETE FROM {}"] {
        for (_, table) in TABLES {
            let statement = statement.replace("{}", table);
            connection.execute_unprepared(&statement).await?;
        }
    }
    let server = Server::start(database)?;
    let schema = Schema::ask(&server).await?;
    let unknown: Vec<&str> = schema
        .nodes()
        .filter(|row| rows.of(row).is_empty())
        .collect();
    assert!(
        unknown.is_empty(),
        "tests/live/journaled.rs creates no {unknown:?}"
    );

    let subscriptions = schema.get(&schema.subscription).fields().iter();
    let subjects = subscriptions.filter_map(|field| {
        let name = field.name.strip_suffix(CHANGED)?;
        let mut nodes = schema.nodes();
        Some(
            nodes
                .find(|row| row.eq_ignore_ascii_case(name))
                .unwrap_or(name),
        )
    });
    let expected: BTreeSet<String> = subjects
        .flat_map(|subject| {
            ["created", "updated", "deleted"].map(|action| format!("{subject} {action}"))
        })
        .collect();
    assert!(!expected.is_empty(), "there is no subscription to changes");
    let expected: Vec<String> = expected.into_iter().collect();
    assert_same_lines("The journal", &expected, &recorded(connection).await?)
}

/// Creates a row of each type, in one workspace.
async fn create(connection: &DatabaseConnection) -> Result<Rows, Failed> {
    let seed = Seed(connection);
    let workspace = seed.workspace("acme").await?;
    let user = seed.user(workspace.id, "ada").await?;
    let session = seed.session(&user).await?;
    let meeting = seed.meeting(&user, "Planning").await?;
    let mut rows = Rows::default();
    rows.add("Workspace", workspace.id);
    rows.add("User", user.id);
    rows.add("Session", session.id);
    rows.add("Meeting", meeting.id);
    rows.add("Segment", seed.segment(&session, 0, "Yes").await?.id);
    rows.add("Marker", seed.marker(&session, &user, "Yes").await?.id);
    rows.add("Task", seed.task(&meeting, "Write it down").await?.id);
    rows.add("Participant", seed.participant(&meeting, &user).await?.id);
    rows.add("Analytics", seed.analytics(&meeting).await?.id);
    Ok(rows)
}

/// The changes in the journal for the subscribers of a workspace, each as `Subject action`.
async fn recorded(connection: &DatabaseConnection) -> Result<Vec<String>, Failed> {
    let sql = "SELECT DISTINCT subject, action FROM mina_change WHERE workspace_id IS NOT NULL";
    let statement = Statement::from_string(connection.get_database_backend(), sql);
    let mut recorded = BTreeSet::new();
    for row in connection.query_all_raw(statement).await? {
        let subject: String = row.try_get("", "subject")?;
        let action: String = row.try_get("", "action")?;
        recorded.insert(format!("{subject} {action}"));
    }
    Ok(recorded.into_iter().collect())
}
