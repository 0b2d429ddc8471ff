//! Variables, and objects in documents that have variables within.

use serde_json::{Value, json};

use super::{Reply, post};
use crate::support::{Outcome, client::World, database::TestDatabase, suite::Suite};

pub fn list(suite: &mut Suite) {
    suite.on_both_databases(variables);
    suite.on_both_databases(mixed_objects);
}

const MEETINGS: &str = "query ($first: Int, $where: MeetingWhere, $orderBy: [MeetingOrder!]) {
    meetings(first: $first, where: $where, orderBy: $orderBy) { totalCount } }";
const NODES: &str = "query ($ids: [ID!]!) { nodes(ids: $ids) { id } }";
const SKIP: &str = "query ($skip: Boolean!) { viewer @skip(if: $skip) { id } }";
const CREATE: &str = "mutation ($input: MeetingCreateInput!) {
    meetingCreate(input: $input) { meeting { title } } }";

/// A document, its variables, and the words with which they are rejected if they are.
fn cases() -> Vec<(&'static str, Value, Option<&'static str>)> {
    vec![
        (MEETINGS, json!({}), None),
        (MEETINGS, json!(null), None),
        (
            MEETINGS,
            json!({"first": null, "where": null, "unknown": 1}),
            None,
        ),
        (MEETINGS, json!({"first": 5}), None),
        (
            MEETINGS,
            json!({"first": "5"}),
            Some("`$first` is a string. It must be of type `Int`"),
        ),
        (
            MEETINGS,
            json!({"first": 5.5}),
            Some("`$first` is the number 5.5"),
        ),
        (
            MEETINGS,
            json!({"first": 2_147_483_648_i64}),
            Some("from -2147483648 to 2147483647"),
        ),
        (MEETINGS, json!({"first": [5]}), Some("`$first` is a list")),
        (MEETINGS, json!({"first": true}), Some("`$first` is true")),
        (
            MEETINGS,
            json!({"where": {"title": {"contains": "x"}}}),
            None,
        ),
        (
            MEETINGS,
            json!({"where": "x"}),
            Some("`$where` is a string"),
        ),
        (MEETINGS, json!({"where": []}), Some("`$where` is a list")),
        (
            MEETINGS,
            json!({"where": {"titel": {}}}),
            Some("`$where.titel` is not allowed: `MeetingWhere` has no field `titel`"),
        ),
        (
            MEETINGS,
            json!({"where": {"title": {"eq": 1}}}),
            Some("`$where.title.eq` is the number 1"),
        ),
        (
            MEETINGS,
            json!({"where": {"and": [{}, {"title": 1}]}}),
            Some("`$where.and[1].title` is the number 1"),
        ),
        (
            MEETINGS,
            json!({"where": {"and": [null]}}),
            Some("`$where.and[0]` is null"),
        ),
        (MEETINGS, json!({"where": {"status": {"eq": "LIVE"}}}), None),
        (
            MEETINGS,
            json!({"where": {"status": {"eq": "live"}}}),
            Some("It must be one of "),
        ),
        (
            MEETINGS,
            json!({"where": {"status": {"eq": 1}}}),
            Some("It must be one of "),
        ),
        (MEETINGS, json!({"orderBy": {"field": "TITLE"}}), None),
        (
            MEETINGS,
            json!({"orderBy": [{}]}),
            Some("`$orderBy[0].field` is missing"),
        ),
        (NODES, json!({"ids": "TWVldGluZzox"}), None),
        (NODES, json!({"ids": [5]}), None),
        (
            NODES,
            json!({}),
            Some("`$ids` is missing. Its type is `[ID!]!`"),
        ),
        (NODES, json!({"ids": null}), Some("`$ids` is null")),
        (NODES, json!({"ids": [null]}), Some("`$ids[0]` is null")),
        (SKIP, json!({"skip": "true"}), Some("`$skip` is a string")),
        (
            CREATE,
            json!({"input": {}}),
            Some("`$input.title` is missing. Its type is `String!`"),
        ),
    ]
}

/// A variable has a value of its type, or the request is rejected and the message says where and
/// why.
async fn variables(database: &TestDatabase) -> Outcome {
    let world = World::start(database).await?;
    let token = world.server.sign_in("ada").await?;
    for (document, variables, rejected) in cases() {
        let body = json!({"query": document, "variables": variables});
        let reply = Reply::of(post(&world.server, &body).bearer_auth(&token)).await?;
        match rejected {
            None => assert_eq!(reply.status, 200, "{variables}: {reply:?}"),
            Some(words) => {
                assert_eq!(reply.status, 400, "{variables}: {reply:?}");
                assert_eq!(reply.code(), "BAD_USER_INPUT");
                assert!(
                    reply.message().contains(words),
                    "{variables}: {}",
                    reply.message()
                );
            }
        }
    }
    Ok(())
}

/// Objects with variables within are checked too, whatever the variables are and however often the
/// document has been sent.
async fn mixed_objects(database: &TestDatabase) -> Outcome {
    let world = World::start(database).await?;
    let token = world.server.sign_in("ada").await?;
    for (arguments, rejected) in [
        ("where: {title: {contains: $text}}", None),
        (
            "where: {and: [{title: {contains: $text}}, {status: {eq: LIVE}}]}",
            None,
        ),
        ("where: {titel: {contains: $text}}", Some("\"titel\"")),
        (
            "where: {title: {contains: $text, nothing: 1}}",
            Some("\"nothing\""),
        ),
        (
            "where: {and: [{title: {contains: $text}}, {status: {eq: live}}]}",
            Some("\"live\" does not exist"),
        ),
        (
            "orderBy: [{field: TITLE}], where: {title: {in: [$text, 5]}}",
            Some("expecting type \"String!\""),
        ),
    ] {
        let document =
            format!("query ($text: String) {{ meetings({arguments}) {{ totalCount }} }}");
        for variables in [json!({}), json!({"text": "x"}), json!({})] {
            let body = json!({"query": document, "variables": variables});
            let reply = Reply::of(post(&world.server, &body).bearer_auth(&token)).await?;
            match rejected {
                None => assert_eq!(reply.status, 200, "{arguments}: {reply:?}"),
                Some(words) => {
                    assert_eq!(reply.status, 400, "{arguments}: {reply:?}");
                    assert!(
                        reply.message().contains(words),
                        "{arguments}: {}",
                        reply.message()
                    );
                }
            }
        }
    }
    Ok(())
}
