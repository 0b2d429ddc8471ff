//! Which documents and values are valid, and that an invalid request changes nothing.

use serde_json::{Value, json};

use super::{Reply, post};
use crate::support::{Outcome, client::World, database::TestDatabase, suite::Suite};

pub fn list(suite: &mut Suite) {
    suite.on_both_databases(invalid_documents);
    suite.on_both_databases(valid_documents);
    suite.on_both_databases(invalid_mutations);
    suite.on_both_databases(merged_mutations);
    suite.on_both_databases(nulls_at_non_null_positions);
    suite.on_both_databases(all_problems);
}

/// Documents that violate a rule of the specification, and words of the error.
const INVALID: &[(&str, &str)] = &[
    // Fields that cannot be merged, also across spreads.
    (
        "{ a: viewer { x: role } ...F } fragment F on Query { a: workspace { x: name y: slug } }",
        "\"a\" conflict",
    ),
    (
        "{ viewer { x: id x: username } }",
        "using the same name `x`",
    ),
    (
        "{ tasks(first: 1) { totalCount } ...F } fragment F on Query { tasks { totalCount } }",
        "differing arguments",
    ),
    (
        r#"{ search(text: "a") { nodes { ... on Meeting { x: title } ... on Task { x: databaseId } } } }"#,
        "must not select different types using the same name `x`",
    ),
    (
        "mutation { a: userDeactivate(input: {id: \"VXNlcjox\"}) { userErrors { code } }
            a: userReactivate(input: {id: \"VXNlcjox\"}) { userErrors { code } } }",
        "\"a\" conflict",
    ),
    // Variables at positions of other types.
    (
        "query ($w: JSON) { meetings(where: $w) { totalCount } }",
        "of type \"JSON\" used in position expecting type \"MeetingWhere\"",
    ),
    (
        "query ($t: [String!]) { meetings(where: {title: {eq: $t}}) { totalCount } }",
        "used in position expecting type \"String\"",
    ),
    (
        "mutation ($i: JSON!) { taskComplete(input: $i) { userErrors { code } } }",
        "used in position expecting type \"TaskCompleteInput!\"",
    ),
    (
        "query ($b: Boolean) { viewer { id @skip(if: $b) } }",
        "expecting type \"Boolean!\"",
    ),
    // `__typename` is a field like others.
    ("{ __typename { a } }", "must not have a selection"),
    ("{ __typename(a: 1) }", "Unknown argument \"a\""),
    ("{ __typename @nope }", "Unknown directive \"@nope\""),
    ("{ __typename @skip(if: $x) }", "\"$x\" is not defined"),
    (
        "{ viewer { __typename @include } }",
        "\"if\" of type \"Boolean!\" is required",
    ),
    // Each name once.
    (
        "{ meetings(where: {title: {eq: \"a\"}, title: {eq: \"b\"}}) { totalCount } }",
        "only one input field named \"title\"",
    ),
    (
        "query ($a: Int, $a: Int) { meetings(first: $a) { totalCount } }",
        "only one variable",
    ),
    (
        "{ meetings(first: 1, first: 1) { totalCount } }",
        "only one argument",
    ),
    (
        "query A { __typename } query A { __typename }",
        "only one operation",
    ),
    (
        "{ ...F } fragment F on Query { __typename } fragment F on Query { __typename }",
        "fragment",
    ),
    // Directives at their places.
    (
        "query ($a: Int @skip(if: true)) { meetings(first: $a) { totalCount } }",
        "VARIABLE_DEFINITION",
    ),
    (
        "query @include(if: true) { __typename }",
        "may not be used on QUERY",
    ),
    (
        "{ __typename @skip(if: true) @skip(if: true) }",
        "only be used once",
    ),
    // Values.
    (
        "{ meetings(orderBy: [{field: \"TITLE\"}]) { totalCount } }",
        "MeetingOrderField",
    ),
    ("{ meetings(first: 1.0) { totalCount } }", "Int"),
    (
        "{ meetings(first: 3000000000) { totalCount } }",
        "non 32-bit",
    ),
    (
        "{ tasks(where: {dueDate: {eq: \"tomorrow\"}}) { totalCount } }",
        "is not a date",
    ),
    (
        "query ($d: DateTime = \"noon\") { tasks(where: {createdAt: {gt: $d}}) { totalCount } }",
        "is not an RFC 3339 date and time",
    ),
    // The grammar.
    ("query () { __typename }", "Syntax error"),
    ("{ viewer { } }", "must not be empty"),
    (
        "{ meetings(where: {title: {eq: \"\\uD83D\"}}) { totalCount } }",
        "surrogate",
    ),
    (
        "{ meetings(where: {title: {eq: \"\na\"}}) { totalCount } }",
        "end of a line",
    ),
    ("{ meetings(where) { totalCount } }", "expected a colon"),
    (
        "{ meetings(where: {title}) { totalCount } }",
        "expected a colon",
    ),
    ("{ ...F } fragment F on Query { ...F }", "spreads itself"),
    ("", "no operation"),
    ("# nothing", "no operation"),
    // Subscriptions.
    (
        "subscription { taskChanged { kind } markerChanged { kind } }",
        "one top level field",
    ),
    (
        "subscription { a: taskChanged { kind } b: taskChanged { kind } }",
        "one top level field",
    ),
    (
        "subscription { taskChanged @skip(if: false) { kind } }",
        "@skip or @include",
    ),
];

/// Invalid documents are rejected with the rule that they violate and its place.
async fn invalid_documents(database: &TestDatabase) -> Outcome {
    let world = World::start(database).await?;
    let token = world.server.sign_in("ada").await?;
    for (document, words) in INVALID {
        let body = json!({"query": document});
        let reply = Reply::of(post(&world.server, &body).bearer_auth(&token)).await?;
        assert_eq!(reply.status, 400, "{document}: {reply:?}");
        assert_eq!(reply.code(), "BAD_USER_INPUT");
        let message = reply.message();
        assert!(message.contains(words), "{document}: {message}");
        let place = &reply.body["errors"][0]["locations"][0];
        assert!(place["line"].as_u64() >= Some(1), "{document}: {reply:?}");
    }
    Ok(())
}

/// Valid documents of kinds that servers reject now and then, and what they answer.
fn valid() -> Vec<(&'static str, Value, Value)> {
    vec![
        (
            "query ($b: Boolean!) { __typename @skip(if: $b) a: __typename }",
            json!({"b": true}),
            json!({"a": "Query"}),
        ),
        (
            "query ($n: [ Int! ]) { meetings(first: 1, where: {databaseId: {in: $n}}) { totalCount } }",
            json!({"n": []}),
            json!({"meetings": {"totalCount": 0}}),
        ),
        (
            r#"{ meetings(where: {title: {eq: "\uD83D\uDE00 \u{1F600} 😀"}}) { totalCount } }"#,
            json!({}),
            json!({"meetings": {"totalCount": 0}}),
        ),
        (
            r#""""What it is for.""" query Named("The number." $n: Int = 1) {
                meetings(first: $n, where: {databaseId: {eq: -0}}) { nodes { id } } }"#,
            json!({}),
            json!({"meetings": {"nodes": []}}),
        ),
        (
            "query ($b: Boolean = true) { a: __typename @include(if: $b) }",
            json!({}),
            json!({"a": "Query"}),
        ),
        // A fragment on a union applies wherever the object is one of its members.
        (
            "query ($id: ID!) { viewer { ... on SearchResult { ... on User { username } } ...S }
                node(id: $id) { ...S ... on SearchResult { __typename ...S } } }
                fragment S on SearchResult { ... on User { role } ... on Task { title } }",
            json!({"id": "VXNlcjox"}),
            json!({
                "viewer": {"username": "ada", "role": "ADMIN"},
                "node": {"role": "ADMIN", "__typename": "User"},
            }),
        ),
        // JSON does not distinguish 1 from 1.0.
        (
            "query ($n: Int) { meetings(first: $n, where: {databaseId: {eq: $n}}) { nodes { id } } }",
            json!({"n": 0.0}),
            json!({"meetings": {"nodes": []}}),
        ),
    ]
}

async fn valid_documents(database: &TestDatabase) -> Outcome {
    let world = World::start(database).await?;
    let token = world.server.sign_in("ada").await?;
    for (document, variables, data) in valid() {
        let body = json!({"query": document, "variables": variables});
        let reply = Reply::of(post(&world.server, &body).bearer_auth(&token)).await?;
        assert_eq!(reply.body, json!({"data": data}), "{document}");
    }
    Ok(())
}

/// Two mutations, of which the second is invalid in some way, and the words of the error.
fn half_valid() -> Vec<(&'static str, Value, &'static str)> {
    vec![
        (
            "mutation ($p: TaskPriority) { a: meetingCreate(input: {title: \"a\"}) { userErrors { code } }
                b: taskCreate(input: {meetingId: \"TWVldGluZzox\", title: \"b\", priority: $p}) { userErrors { code } } }",
            json!({"p": "SOMEHOW"}),
            "`$p` is `SOMEHOW`",
        ),
        (
            "mutation { a: meetingCreate(input: {title: \"a\"}) { userErrors { code } }
                b: taskCreate(input: {meetingId: \"TWVldGluZzox\", title: \"b\", dueDate: \"soon\"}) { userErrors { code } } }",
            json!({}),
            "is not a date",
        ),
        (
            "mutation { a: meetingCreate(input: {title: \"a\"}) { userErrors { code } }
                b: taskCreate(input: {meetingId: \"TWVldGluZzox\", title: \"b\", assignedToId: \"bogus\"}) { userErrors { code } } }",
            json!({}),
            "is not an ID",
        ),
        (
            "mutation ($id: ID) { a: meetingCreate(input: {title: \"a\"}) { userErrors { code } }
                ...B } fragment B on Mutation {
                b: taskCreate(input: {meetingId: \"TWVldGluZzox\", title: \"b\", assignedToId: $id}) { userErrors { code } } }",
            // The ID of a task.
            json!({"id": "VGFzazox"}),
            "an ID of type User is required",
        ),
        (
            "mutation { a: meetingCreate(input: {title: \"a\"}) {
                query { tasks(where: {assignedTo: {id: {eq: \"bogus\"}}}) { totalCount } } } }",
            json!({}),
            "is not an ID",
        ),
        (
            "mutation { a: meetingCreate(input: {title: \"a\"}) {
                query { meeting(id: \"VXNlcjox\") { id } } } }",
            json!({}),
            "`id` is an ID of type User; an ID of type Meeting is required here.",
        ),
        (
            "mutation ($id: ID!) { a: meetingCreate(input: {title: \"a\"}) {
                query { tasks(where: {not: {id: {notIn: [$id]}}}) { totalCount } } } }",
            json!({"id": "VXNlcjox"}),
            "`where.not.id.notIn[0]` is an ID of type User; an ID of type Task is required here.",
        ),
    ]
}

/// Mutations under one response name are carried out once, and their selections are merged.
async fn merged_mutations(database: &TestDatabase) -> Outcome {
    let world = World::start(database).await?;
    let token = world.server.sign_in("ada").await?;
    let document = "mutation ($title: String!, $skip: Boolean!) {
        a: meetingCreate(input: {title: $title}) { meeting { title } }
        ...F
        b: meetingCreate(input: {title: \"other\"}) { meeting { title } }
        b: meetingCreate(input: {title: \"other\"}) @skip(if: $skip) { userErrors { code } }
    }
    fragment F on Mutation {
        a: meetingCreate(input: {title: $title}) { meeting { status } userErrors { code } }
    }";
    let variables = json!({"title": "once", "skip": true});
    let body = json!({"query": document, "variables": variables});
    let reply = Reply::of(post(&world.server, &body).bearer_auth(&token)).await?;
    let expected = json!({
        "a": {"meeting": {"title": "once", "status": "DRAFT"}, "userErrors": []},
        "b": {"meeting": {"title": "other"}},
    });
    assert_eq!(reply.body, json!({"data": expected}));
    let count = "{ meetings(where: {title: {in: [\"once\", \"other\"]}}) { totalCount } }";
    let body = json!({"query": count});
    let reply = Reply::of(post(&world.server, &body).bearer_auth(&token)).await?;
    assert_eq!(reply.body["data"]["meetings"]["totalCount"], 2);
    Ok(())
}

/// A nullable variable may be used where null is not allowed if there is a default. Null itself is
/// then an error, and without a value, the default is used.
async fn nulls_at_non_null_positions(database: &TestDatabase) -> Outcome {
    let world = World::start(database).await?;
    let token = world.server.sign_in("ada").await?;
    for document in [
        "query ($v: OrderDirection) {
            meetings(orderBy: {field: ID, direction: $v}) { nodes { id } } }",
        "query ($v: Boolean = true) { meetings @include(if: $v) { nodes { id } } }",
        "query ($v: Boolean = true) { ...F @include(if: $v) }
            fragment F on Query { meetings { nodes { id } } }",
    ] {
        let ask = async |variables: Value| {
            let body = json!({"query": document, "variables": variables});
            Reply::of(post(&world.server, &body).bearer_auth(&token)).await
        };
        let absent = ask(json!({})).await?;
        assert_eq!(
            absent.body,
            json!({"data": {"meetings": {"nodes": []}}}),
            "{document}"
        );
        let null = ask(json!({"v": null})).await?;
        assert_eq!(null.status, 400, "{document}: {null:?}");
        assert!(
            null.message().contains("`$v` is null"),
            "{document}: {null:?}"
        );
    }
    Ok(())
}

/// If one of several mutations is invalid, none is executed.
async fn invalid_mutations(database: &TestDatabase) -> Outcome {
    let world = World::start(database).await?;
    let token = world.server.sign_in("ada").await?;
    let count = async || -> Result<Value, libtest_mimic::Failed> {
        let body = json!({"query": "{ meetings { totalCount } }"});
        let reply = Reply::of(post(&world.server, &body).bearer_auth(&token)).await?;
        assert!(
            reply.body["data"]["meetings"]["totalCount"].is_u64(),
            "{reply:?}"
        );
        Ok(reply.body)
    };
    let before = count().await?;
    for (document, variables, words) in half_valid() {
        let body = json!({"query": document, "variables": variables});
        let reply = Reply::of(post(&world.server, &body).bearer_auth(&token)).await?;
        assert_eq!(reply.status, 400, "{document}: {reply:?}");
        assert_eq!(reply.code(), "BAD_USER_INPUT");
        let message = reply.message();
        assert!(message.contains(words), "{document}: {message}");
        assert_eq!(count().await?, before, "{document}");
    }
    Ok(())
}

/// All problems of the variables are reported at once, each with its path and its place.
async fn all_problems(database: &TestDatabase) -> Outcome {
    let world = World::start(database).await?;
    let body = json!({
        "query": "query ($first: Int!,\n  $where: TaskWhere) { tasks(first: $first, where: $where) { totalCount } }",
        "variables": {"where": {"titel": {}, "priority": {"in": ["LOW", "NONE"]}, "dueDate": {"eq": "x"}}},
    });
    let reply = Reply::of(post(&world.server, &body)).await?;
    let errors = reply.body["errors"].as_array().cloned().unwrap_or_default();
    let found: Vec<(&str, &Value)> = errors
        .iter()
        .map(|it| {
            (
                it["message"].as_str().unwrap_or_default(),
                &it["locations"][0]["line"],
            )
        })
        .collect();
    let expected = [
        ("`$first` is missing", 1),
        ("`$where.titel` is not allowed", 2),
        ("`$where.priority.in[1]` is `NONE`", 2),
        ("`$where.dueDate.eq` has the wrong format", 2),
    ];
    assert_eq!(found.len(), expected.len(), "{found:?}");
    for (words, line) in expected {
        assert!(
            found
                .iter()
                .any(|(message, at)| message.contains(words) && **at == line),
            "{words}: {found:?}"
        );
    }
    Ok(())
}
