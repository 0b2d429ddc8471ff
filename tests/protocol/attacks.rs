//! Documents made to cost the server much. Each is rejected quickly, and the server goes on.

use std::time::Duration;

use super::{Reply, ask, post};
use crate::support::{
    Outcome, client::World, database::TestDatabase, server::Server, suite::Suite,
};
use serde_json::{Value, json};

pub fn list(suite: &mut Suite) {
    suite.on_both_databases(attacks);
    suite.on_both_databases(by_variables);
}

/// The maximum CPU time of a rejection, with a debug build. (A bomb of fragments
/// takes async-graphql 16 seconds in a release build.)
const QUICK: Duration = Duration::from_secs(2);

/// Fragments that each spread the next so often.
fn bomb(levels: usize, spreads: usize, on: &str, leaf: &str) -> String {
    let fragments: Vec<String> = (0..levels)
        .map(|level| {
            let spread = format!("...f{} ", level + 1).repeat(spreads);
            format!("fragment f{level} on {on} {{ {spread} }}")
        })
        .collect();
    format!(
        "{} fragment f{levels} on {on} {{ {leaf} }}",
        fragments.join(" ")
    )
}

fn documents() -> Vec<(&'static str, String)> {
    let times = |text: &str, count: usize| text.repeat(count);
    let numbered = |make: fn(usize) -> String, count| (0..count).map(make).collect::<String>();
    let nested = |open: &str, inner: &str, close: &str, depth| {
        format!("{}{inner}{}", open.repeat(depth), close.repeat(depth))
    };
    vec![
        ("bomb", format!("{{ ...f0 }} {}", bomb(29, 2, "Query", "__typename"))),
        ("wide bomb", format!("{{ ...f0 }} {}", bomb(10, 20, "Query", "__typename"))),
        ("bomb beside", format!("query A {{ __typename }} query B {{ ...f0 }} {}", bomb(28, 2, "Query", "__typename"))),
        ("bomb of inline fragments", format!("{{ ...f0 }} {}", bomb(20, 2, "Query", "... { ... on Query { __typename } }"))),
        ("bomb in a list", format!("{{ meetings {{ nodes {{ ...f0 }} }} }} {}", bomb(25, 2, "Meeting", "id"))),
        ("bomb on an interface", format!("{{ node(id: \"x\") {{ ...f0 }} }} {}", bomb(25, 2, "Node", "id"))),
        ("bomb under a condition", format!("{{ ...f0 @skip(if: true) }} {}", bomb(28, 2, "Query", "__typename"))),
        ("unused bomb", format!("{{ __typename }} {}", bomb(60, 2, "Query", "__typename"))),
        ("long chain", format!("{{ ...f0 }} {}", bomb(100, 1, "Query", "__typename"))),
        ("circle", "{ ...a } fragment a on Query { ...a }".to_owned()),
        ("wider circle", "{ ...a } fragment a on Query { ...b ...b } fragment b on Query { ... { ...a ...a } }".to_owned()),
        ("unused circle", "{ __typename } fragment a on Query { ...b ...b } fragment b on Query { ...a ...a }".to_owned()),
        ("deep selections", nested("{a", "", "}", 100_000)),
        ("deep selections of fields that there are", format!("{{ {} }}", nested("meetings { nodes { organizer { organizedMeetings { nodes {", " id ", "} } } } }", 3))),
        ("deep lists", format!("{{ meetings(where: {}) {{ totalCount }} }}", nested("[", "", "]", 100_000))),
        ("deep objects", format!("{{ meetings(where: {}) {{ totalCount }} }}", nested("{not:", "{}", "}", 100_000))),
        ("deep types", format!("query ($a: {}) {{ __typename }}", nested("[", "Int", "]", 100_000))),
        ("deep default", format!("query ($a: Int = {}) {{ __typename }}", nested("[", "1", "]", 100_000))),
        ("open brackets", "(".repeat(100_000)),
        ("closed brackets", "}".repeat(100_000)),
        ("deep string", format!("{{ meetings(where: {{title: {{eq: \"{}\"}}}}) {{ nothing }} }}", "{".repeat(10_000))),
        ("aliases", format!("{{ {} }}", numbered(|n| format!("a{n}: __typename "), 10_000))),
        ("few aliases too many", format!("{{ {} }}", numbered(|n| format!("a{n}: __typename "), 16))),
        ("directives", format!("{{ __typename {} }}", times("@skip(if: false) ", 10_000))),
        ("unknown directives", format!("query {} {{ __typename }}", times("@a ", 450))),
        ("directives of variables", format!("query ($a: Int {}) {{ __typename }}", times("@a ", 400))),
        ("fields", format!("{{ {} }}", times("__typename ", 10_000))),
        ("operations", numbered(|n| format!("query q{n} {{ __typename }} "), 10_000)),
        ("fragments", format!("{{ __typename }} {}", numbered(|n| format!("fragment f{n} on Query {{ __typename }} "), 10_000))),
        ("variables", format!("query ({}) {{ __typename }}", numbered(|n| format!("$v{n}: Int "), 10_000))),
        ("long comment", format!("{{ __typename }} # {}", "x".repeat(3_000_000))),
        ("long string", format!("{{ meetings(where: {{title: {{eq: \"{}\"}}}}) {{ totalCount }} }}", "x".repeat(3_000_000))),
        ("large number", format!("{{ meetings(first: {}) {{ totalCount }} }}", "9".repeat(400))),
        ("large exponent", "{ meetings(first: 1e999999) { totalCount } }".to_owned()),
        ("conflicts", format!("{{ viewer {{ {} }} }}", times("x: id x: username ", 7))),
        ("introspection of introspection", format!("{{ __schema {{ types {{ {} }} }} }}", nested("fields { type {", " name ", "} }", 4))),
        ("too many rows", "{ meetings(first: 100) { nodes { tasks(first: 100) { nodes { meeting { tasks(first: 100) { totalCount nodes { id } } } } } } } }".to_owned()),
    ]
}

/// Each document is rejected at once.
async fn attacks(database: &TestDatabase) -> Outcome {
    let world = World::start(database).await?;
    let server = &world.server;
    let token = server.sign_in("ada").await?;
    let mut slowest = (Duration::ZERO, "");
    for (name, document) in documents() {
        let before = server.processor_time()?;
        let reply =
            Reply::of(post(server, &json!({"query": document})).bearer_auth(&token)).await?;
        let took = server.processor_time()?.saturating_sub(before);
        assert_eq!(reply.status, 400, "{name}: {reply:?}");
        assert!(
            ["BAD_USER_INPUT", "COST_LIMIT_EXCEEDED"].contains(&reply.code()),
            "{name}"
        );
        assert!(took < QUICK, "{name} took {took:?}");
        slowest = slowest.max((took, name));
    }
    assert!(slowest.0 > Duration::ZERO);
    assert_eq!(ask(server, "{ __typename }").await?.status, 200);
    Ok(())
}

/// So is what is in variables, or is rejected by the field that takes it.
async fn by_variables(database: &TestDatabase) -> Outcome {
    let world = World::start(database).await?;
    let server: &Server = &world.server;
    let token = server.sign_in("ada").await?;
    let mut condition = json!({});
    for _ in 0..60 {
        condition = json!({"and": [condition]});
    }
    let wide: Vec<Value> = (0..300).map(|_| json!({"title": {"eq": "x"}})).collect();
    let where_is = "query ($where: MeetingWhere) { meetings(where: $where) { totalCount } }";
    let nodes = "query ($ids: [ID!]!) { nodes(ids: $ids) { id } }";
    for (document, variables) in [
        (nodes, json!({"ids": vec!["x"; 40_000]})),
        (nodes, json!({"ids": vec!["x"; 101]})),
        (where_is, json!({"where": {"or": wide}})),
        (where_is, json!({"where": condition})),
        (
            where_is,
            json!({"where": {"title": {"in": vec!["x"; 30_000]}}}),
        ),
    ] {
        let before = server.processor_time()?;
        let body = json!({"query": document, "variables": variables});
        let reply = Reply::of(post(server, &body).bearer_auth(&token)).await?;
        let took = server.processor_time()?.saturating_sub(before);
        assert!(took < QUICK, "{document}: {took:?}");
        let is_reported = reply.body["errors"].is_null()
            || reply.code() == "BAD_USER_INPUT"
            || reply.code() == "COST_LIMIT_EXCEEDED";
        assert!(is_reported, "{reply:?}");
    }
    // Each of these is evaluated again for each meeting.
    let nested = "query ($where: TaskWhere) {
        meetings(first: 100) { nodes { tasks(where: $where) { totalCount } } } }";
    for (condition, code) in [
        (
            json!({"title": {"in": vec!["x"; 15_000]}}),
            "COST_LIMIT_EXCEEDED",
        ),
        (
            json!({"title": {"eq": "x".repeat(3_000_000)}}),
            "COST_LIMIT_EXCEEDED",
        ),
        (
            json!({"or": vec![json!({"title": {"eq": "x"}}); 5_000]}),
            "BAD_USER_INPUT",
        ),
        (
            json!({"or": vec![json!({"title": {"eq": "x"}}); 101]}),
            "BAD_USER_INPUT",
        ),
        (
            json!({"and": vec![json!({"or": vec![json!({}); 50]}); 50]}),
            "BAD_USER_INPUT",
        ),
    ] {
        let body = json!({"query": nested, "variables": {"where": condition}});
        let reply = Reply::of(post(server, &body).bearer_auth(&token)).await?;
        assert_eq!(
            (reply.status.as_u16(), reply.code()),
            (400, code),
            "{reply:?}"
        );
    }
    assert_eq!(ask(server, "{ __typename }").await?.status, 200);
    Ok(())
}
