//! `search`: one list over several types.

use libtest_mimic::Failed;
use serde_json::{Value, json};

use crate::support::{Outcome, database::TestDatabase, seed::Seed, server::Server, suite::Suite};

/// Adds the cases of this module.
pub fn list(suite: &mut Suite) {
    suite.on_both_databases(across_types);
    suite.on_both_databases(rejected);
}

/// A meeting, a task and a segment that speak of a plan, and a segment that does not.
async fn start(database: &TestDatabase) -> Result<(Server, String), Failed> {
    let seed = Seed(database.connection());
    let workspace = seed.workspace("acme").await?;
    let ada = seed.user(workspace.id, "ada").await?;
    let meeting = seed.meeting(&ada, "Planning").await?;
    seed.task(&meeting, "Plan the launch").await?;
    let session = seed.session(&ada).await?;
    seed.link(&meeting, &session).await?;
    seed.segment(&session, 0, "Welcome.").await?;
    seed.segment(&session, 1000, "Let us plan.").await?;
    let server = Server::start(database)?;
    let token = server.sign_in("ada").await?;
    Ok((server, token))
}

/// The results are one list, paged from both ends, and ignore the case of letters.
async fn across_types(database: &TestDatabase) -> Outcome {
    let (server, token) = start(database).await?;
    let page = async |arguments: &str| -> Result<Value, Failed> {
        let document = format!(
            r#"{{ search(text: " PLAN ", {arguments}) {{
                totalCount
                pageInfo {{ hasNextPage hasPreviousPage startCursor endCursor }}
                nodes {{
                    __typename
                    ... on Meeting {{ title }}
                    ... on Task {{ title }}
                    ... on Segment {{ text }}
                }}
            }} }}"#
        );
        Ok(server.read(&token, &document).await?["search"].clone())
    };
    let whole = page("first: 10").await?;
    let expected = [
        json!({"__typename": "Meeting", "title": "Planning"}),
        json!({"__typename": "Task", "title": "Plan the launch"}),
        json!({"__typename": "Segment", "text": "Let us plan."}),
    ];
    assert_eq!(whole["nodes"], json!(expected));
    assert_eq!(whole["totalCount"], 3);

    let mut cursor = String::new();
    for (index, node) in expected.iter().enumerate() {
        let one = page(&format!("first: 1{cursor}")).await?;
        assert_eq!(one["nodes"], json!([node]));
        assert_eq!(one["pageInfo"]["hasNextPage"], index < 2);
        cursor = format!(", after: {}", one["pageInfo"]["endCursor"]);
    }
    cursor.clear();
    for (index, node) in expected.iter().enumerate().rev() {
        let one = page(&format!("last: 1{cursor}")).await?;
        assert_eq!(one["nodes"], json!([node]));
        assert_eq!(one["pageInfo"]["hasPreviousPage"], index > 0);
        cursor = format!(", before: {}", one["pageInfo"]["startCursor"]);
    }

    let segments = page("types: [SEGMENT]").await?;
    assert_eq!(segments["nodes"], json!([expected[2]]));
    assert_eq!(page("types: [USER]").await?["totalCount"], 0);
    Ok(())
}

/// Texts that would find everything, and cursors of elsewhere.
async fn rejected(database: &TestDatabase) -> Outcome {
    let (server, token) = start(database).await?;
    for (arguments, words) in [
        (r#"text: " x ""#, "2 to 200 characters"),
        (r#"text: "plan", after: "!""#, "not a cursor"),
    ] {
        let document = format!("{{ search({arguments}) {{ totalCount }} }}");
        let answer = server.ask_as(&token, &document, json!({})).await?;
        answer.assert_error("BAD_USER_INPUT", words)?;
    }
    Ok(())
}
