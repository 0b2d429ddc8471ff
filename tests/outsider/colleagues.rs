//! Colleagues read the same, but for what is called `viewer…`. Subscribers share what is rendered
//! for one of them because of it.

use serde_json::Value;

use super::{Schema, World, outsiders, probe};
use crate::support::{Outcome, database::TestDatabase, server::Server, suite::Suite};

/// Adds the case of this module.
pub fn list(suite: &mut Suite) {
    suite.on_both_databases(read_alike);
}

/// Whatever can be selected of a row is the same for all roles of a workspace.
async fn read_alike(database: &TestDatabase) -> Outcome {
    let world = World::seed(database.connection()).await?;
    let server = Server::start_for_large_documents(database)?;
    let schema = Schema::ask(&server).await?;
    let documents = probe::rows(&schema, &world.b);
    let outsiders = outsiders(&server, &world).await?;
    let mut received = Vec::new();
    // A member, an organizer and an admin of one workspace.
    for colleague in &outsiders[..3] {
        received.push(colleague.ask_all(&server, &documents).await?);
    }
    let mut are_personal = false;
    for (index, first) in received[0].iter().enumerate() {
        let expected = without_viewer(&first.body);
        assert!(!expected["data"]["nodes"].is_null(), "{}", first.text);
        for others in &received[1..] {
            let other = &others[index];
            are_personal |= other.body != first.body;
            assert_eq!(without_viewer(&other.body), expected, "{}", first.document);
        }
    }
    assert!(are_personal, "no field says what its viewer may do");
    Ok(())
}

fn without_viewer(value: &Value) -> Value {
    match value {
        Value::Object(fields) => fields
            .iter()
            .filter(|(name, _)| !name.starts_with("viewer"))
            .map(|(name, value)| (name.clone(), without_viewer(value)))
            .collect(),
        Value::Array(items) => items.iter().map(without_viewer).collect(),
        other => other.clone(),
    }
}
