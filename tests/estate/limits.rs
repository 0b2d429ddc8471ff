//! What holds across nodes, and what each node counts for itself.

use reqwest::StatusCode;
use serde_json::json;

use crate::support::{
    Outcome, client::World, database::TestDatabase, server::Server, suite::Suite,
};

/// Adds the cases of this module.
pub fn list(suite: &mut Suite) {
    suite.on_both_databases(each_node_counts_for_itself);
}

/// Rate limits and failed sign-ins are counted by each node: what one rejects, another still accepts. So
/// with N nodes, clients may do up to N times as much.
async fn each_node_counts_for_itself(database: &TestDatabase) -> Outcome {
    let world = World::start(database).await?;
    let flags = ["--rate-limit-viewer", "50"];
    let nodes = [
        Server::start_with(database, &flags)?,
        Server::start_with(database, &flags)?,
    ];
    let token = world.server.sign_in("olga").await?;
    for node in &nodes {
        let mut answered = 0;
        loop {
            let query = "{ meetings { totalCount } }";
            let answer = node.ask_as(&token, query, json!({})).await?;
            if answer.status == StatusCode::TOO_MANY_REQUESTS {
                break;
            }
            answer.data()?;
            answered += 1;
            assert!(answered <= 60, "there is no limit");
        }
        assert!(answered > 0, "a node counts what another one has answered");
    }
    for node in &nodes {
        let mut codes = Vec::new();
        for _ in 0..6 {
            let document = "mutation { signIn(input: {login: \"max\", password: \"wrong\"}) {
                userErrors { code } } }";
            let answer = node.ask(document).await?;
            let code = &answer.data()?["signIn"]["userErrors"][0]["code"];
            codes.push(code.as_str().unwrap_or_default().to_owned());
        }
        let (last, first) = codes.split_last().ok_or("no codes")?;
        assert_eq!(last, "TOO_MANY_ATTEMPTS");
        assert!(
            first.iter().all(|code| code == "INVALID_CREDENTIALS"),
            "{first:?}"
        );
    }
    Ok(())
}
