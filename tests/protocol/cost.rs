//! The cost of requests, which is known before they are executed.

use libtest_mimic::Failed;
use sea_orm::{EntityTrait, PaginatorTrait};
use serde_json::{Value, json};

use super::{Reply, post};
use crate::support::{
    Outcome,
    client::World,
    database::TestDatabase,
    seed::{Seed, global_id},
    server::Server,
    suite::Suite,
};

pub fn list(suite: &mut Suite) {
    suite.on_both_databases(cost_is_reported);
    suite.on_both_databases(cost_is_near_the_truth);
    suite.on_both_databases(input_gives_the_number_of_rows);
    suite.on_both_databases(limits_of_cost);
}

/// With `extensions.cost` the response has the cost of the request, and with `dryRun` nothing else.
async fn cost_is_reported(database: &TestDatabase) -> Outcome {
    let world = World::start(database).await?;
    let token = world.server.sign_in("ada").await?;
    let mut body = json!({"query": "query ($n: Int) { meetings(first: $n) {
        totalCount nodes { title tasks(last: 4) { edges { node { title } } } } } }",
        "variables": {"n": 10}, "extensions": {"cost": true}});
    let reply = Reply::of(post(&world.server, &body).bearer_auth(&token)).await?;
    let cost = &reply.body["extensions"]["cost"];
    for (measure, value) in [
        ("depth", 6),
        ("aliases", 0),
        ("directives", 0),
        ("selections", 8),
        ("fields", 3 + 10 * (1 + 2 + 4 * 2)),
        ("rows", 10 + 10 * 4),
        ("statements", 3),
        ("scans", 1),
        ("hashes", 0),
        ("stored", 0),
        ("bytes", 0),
        ("points", 3 + 20),
    ] {
        assert_eq!(cost[measure], value, "{measure} of {cost}");
    }
    assert_eq!(cost["limits"]["depth"], 12);
    assert_eq!(reply.body["data"]["meetings"]["totalCount"], 0);

    body["extensions"] = json!({});
    let reply = Reply::of(post(&world.server, &body).bearer_auth(&token)).await?;
    assert_eq!(reply.body.get("extensions"), None);

    let mutation = json!({"query": "mutation { meetingCreate(input: {title: \"No\"}) {
        meeting { id } } }", "extensions": {"cost": {"dryRun": true}}});
    let reply = Reply::of(post(&world.server, &mutation).bearer_auth(&token)).await?;
    assert_eq!(reply.body["data"], Value::Null);
    assert_eq!(reply.body["extensions"]["cost"]["statements"], 10);
    let meetings = entity::meeting::Entity::find();
    assert_eq!(meetings.count(database.connection()).await?, 0);
    Ok(())
}

async fn seeded(database: &TestDatabase) -> Result<(World, String, String), Failed> {
    let world = World::start(database).await?;
    let seed = Seed(database.connection());
    let mut last = 0;
    for number in 0..3 {
        let meeting = seed
            .meeting(&world.admin, &format!("Plan {number}"))
            .await?;
        let session = seed.session(&world.admin).await?;
        let meeting = seed.link(&meeting, &session).await?;
        for _ in 0..3 {
            seed.task(&meeting, "Write the plan").await?;
            seed.participant(&meeting, &world.member).await.ok();
        }
        seed.segment(&session, 0, "the plan").await?;
        seed.marker(&session, &world.admin, "plan").await?;
        last = meeting.id;
    }
    let token = world.server.sign_in("ada").await?;
    Ok((world, token, global_id("Meeting", last)))
}

/// The priced statements are those that run, and no more rows are read than priced.
async fn cost_is_near_the_truth(database: &TestDatabase) -> Outcome {
    let (world, token, meeting) = seeded(database).await?;
    let documents = [
        "{ viewer { id workspace { name } } }",
        "{ workspace { users { nodes { username } } } }",
        "{ meetings { nodes { title } } }",
        "{ meetings { totalCount edges { cursor node { id organizer { username } } } } }",
        "{ meetings { nodes { tasks { totalCount nodes { title assignedTo { username } createdBy { id } } } } } }",
        "{ meetings { nodes { session { segments { nodes { text session { id } } } markers { nodes { content } } } analytics { id } participants { nodes { user { username } } } } } }",
        "{ tasks { nodes { isBlocked viewerCanComplete viewerCanUpdate allowedTransitions meeting { title viewerCanStart } dependsOn { id } } } }",
        "{ segments: sessions { nodes { segments(first: 2) { nodes { viewerCanCorrect } } } } }",
        r#"{ search(text: "plan") { totalCount nodes { ... on Meeting { title } ... on Task { title } ... on Segment { text } ... on Marker { content } } } }"#,
        "query ($id: ID!) { meeting(id: $id) { title } node(id: $id) { id } nodes(ids: [$id, $id]) { ... on Meeting { tasks { nodes { id } } } } }",
        "{ a: meetings(first: 1) { nodes { id } } b: meetings(first: 2) { nodes { id } } }",
        "{ markers { nodes { segment { text } session { externalId } user { username } } } }",
        "{ __schema { types { name } } }",
    ];
    for document in documents {
        let mut variables = json!({});
        if document.contains("$id") {
            variables["id"] = meeting.as_str().into();
        }
        let answer = world
            .server
            .ask_as(&token, document, variables.clone())
            .await?;
        answer.data()?;
        let ran = world.server.statements(&answer)?;
        let body = json!({"query": document, "variables": variables,
            "extensions": {"cost": {"dryRun": true}}});
        let reply = Reply::of(post(&world.server, &body).bearer_auth(&token)).await?;
        let priced = reply.body["extensions"]["cost"]["statements"].as_u64();
        let priced = usize::try_from(priced.ok_or("no cost")?)?;
        assert!(
            ran.len() <= priced,
            "{document}: {priced} are priced, and these ran: {ran:#?}"
        );
        assert!(
            priced <= 2 * ran.len() + 8,
            "{document}: {priced} priced, {} ran",
            ran.len()
        );
        let line = world.server.log_lines_with(answer.id());
        let rows = line
            .iter()
            .filter_map(|line| serde_json::from_str::<Value>(line).ok())
            .find_map(|line| line["rows"].as_u64());
        let priced = reply.body["extensions"]["cost"]["rows"].as_u64();
        // One more row shows whether a list goes on, and a total is a row of its own.
        let allowed = priced.map(|rows| rows * 2 + 20);
        assert!(
            rows <= allowed,
            "{document}: {rows:?} rows, {priced:?} priced"
        );
    }
    Ok(())
}

/// A mutation that gets the number of its items as a number costs that many rows.
async fn input_gives_the_number_of_rows(database: &TestDatabase) -> Outcome {
    let world = World::start(database).await?;
    let claim = |head: &str, input: &str| {
        format!(
            "mutation {head} {{ analyticsClaim(input: {input}) {{
             claims {{ analytics {{ meeting {{ id }} }} }} }} }}"
        )
    };
    let of_input = claim("($input: AnalyticsClaimInput!)", "$input");
    let of_number = claim("($first: Int)", "{first: $first}");
    let of_default = claim("($first: Int! = 30)", "{first: $first}");
    for (document, variables, claims) in [
        (claim("", "{}"), json!({}), 1),
        (claim("", "{first: 40}"), json!({}), 40),
        (of_input.clone(), json!({"input": {"first": 50}}), 50),
        (of_input, json!({"input": {"leaseSeconds": 60}}), 1),
        (of_number.clone(), json!({"first": 60}), 60),
        (of_number, json!({}), 1),
        (of_default, json!({}), 30),
        // Numbers out of range do not add to the cost, because nothing is claimed then.
        (claim("", "{first: 2000000000}"), json!({}), 100),
        (claim("", "{first: -1}"), json!({}), 1),
    ] {
        let body = json!({"query": document, "variables": variables,
            "extensions": {"cost": {"dryRun": true}}});
        let reply = Reply::of(post(&world.server, &body)).await?;
        let cost = &reply.body["extensions"]["cost"];
        // Each claim is a row, and so is the meeting of each.
        assert_eq!(cost["rows"], 2 * claims, "{document}: {reply:?}");
    }
    Ok(())
}

/// Each limit is where its flag says: a request that costs as much is accepted, and one that costs
/// more is rejected.
async fn limits_of_cost(database: &TestDatabase) -> Outcome {
    drop(World::start(database).await?);
    for (flag, measure, at, over, cost) in [
        (
            "--max-depth",
            "depth",
            "{ meetings { nodes { id } } }",
            "{ meetings { nodes { organizer { id } } } }",
            3,
        ),
        (
            "--max-aliases",
            "aliases",
            "{ a: __typename b: __typename }",
            "{ a: __typename ...F } fragment F on Query { b: __typename c: __typename }",
            2,
        ),
        (
            "--max-directives",
            "directives",
            "{ __typename @skip(if: false) }",
            "{ __typename @skip(if: false) @include(if: true) }",
            1,
        ),
        (
            "--max-fields",
            "fields",
            "{ meetings(first: 10) { nodes { id } } }",
            "{ meetings(first: 11) { nodes { id } } }",
            12,
        ),
        (
            "--max-rows",
            "rows",
            "{ meetings(first: 10) { nodes { id } } }",
            "{ meetings(first: 11) { nodes { id } } }",
            10,
        ),
        (
            "--max-statements",
            "statements",
            "{ meetings { nodes { organizer { id } } } }",
            "{ meetings { totalCount nodes { organizer { id } } } }",
            2,
        ),
        (
            "--max-scans",
            "scans",
            "{ tasks(orderBy: {field: TITLE}) { nodes { id } } }",
            "{ tasks(orderBy: {field: TITLE}) { totalCount nodes { id } } }",
            1,
        ),
        (
            "--max-tokens",
            "tokens",
            "{ a: __typename }",
            "{ a: __typename b: __typename }",
            5,
        ),
    ] {
        let server = Server::start_with(database, &[flag, &cost.to_string()])?;
        let ask = async |document: &str| {
            let body = json!({"query": document});
            Reply::of(post(&server, &body)).await
        };
        let reply = ask(at).await?;
        assert_ne!(reply.code(), "COST_LIMIT_EXCEEDED", "{at}: {reply:?}");
        let reply = ask(over).await?;
        assert_eq!(reply.status, 400, "{reply:?}");
        let error = &reply.body["errors"][0]["extensions"];
        assert_eq!(error["code"], "COST_LIMIT_EXCEEDED", "{over}");
        assert_eq!(error["measure"], measure);
        assert_eq!(error["limit"], cost);
        assert!(error["cost"].as_u64() > Some(cost), "{error}");
        assert!(reply.message().contains("costs too much"));
        let paths = error["paths"].as_array().ok_or("no paths")?;
        assert!(paths.len() <= 3, "{error}");
        assert_eq!(paths.is_empty(), measure == "tokens", "{error}");
        assert!(
            paths.is_sorted_by_key(|it| std::cmp::Reverse(it["cost"].as_u64())),
            "{error}"
        );
    }
    Ok(())
}
