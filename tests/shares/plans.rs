//! The memory of query plans.

use serde_json::{Value, json};

use crate::support::{Outcome, client::World, database::TestDatabase, suite::Suite};

/// Adds the cases of this module.
pub fn list(suite: &mut Suite) {
    suite.on_both_databases(literals);
}

/// How many documents are sent, and how many operations each has.
const DOCUMENTS: usize = 4;
const OPERATIONS: usize = 48;

/// How much more memory the server may need for them, in KiB. If each operation kept its values, it
/// would be 400 MiB.
const MOST: u64 = 150 << 10;

/// The values in a document are not kept for each of its operations, however often its fragments
/// are spread.
async fn literals(database: &TestDatabase) -> Outcome {
    let world = World::start(database).await?;
    let server = &world.server;
    let token = server.sign_in("ada").await?;
    let mut below = "...T".to_owned();
    for _ in 0..4 {
        below = format!(
            "...T analytics {{ meeting {{ {below} }} }} session {{ meeting {{ {below} }} }}"
        );
    }
    let names: Vec<String> = (0..OPERATIONS).map(|it| format!("A{it}")).collect();
    let operations = format!("query {} {{ ...B }}", names.join(" { ...B } query "));
    let before = server.most_memory_kib()?;
    for document in 0..DOCUMENTS {
        let title = document.to_string().repeat(58_000);
        let text = format!(
            r#"fragment T on Meeting {{ tasks(first: 1, where: {{title: {{eq: "{title}"}}}}) {{ __typename }} }}
            fragment B on Query {{ meeting(id: "TWVldGluZzo5OTk5OQ") {{ {below} }} }} {operations}"#
        );
        for name in &names {
            let body = json!({"query": text, "operationName": name});
            let reply = server.exchange(Some(&token), body.to_string()).await?;
            let answer: Value = serde_json::from_str(&reply.body)?;
            assert_eq!(answer, json!({"data": {"meeting": null}}));
        }
    }
    let more = server.most_memory_kib()? - before;
    assert!(more < MOST, "{more} KiB");
    Ok(())
}
