//! Places among the requests that are answered at the same time.

use std::time::{Duration, Instant};

use futures_util::future::{join, join_all};
use libtest_mimic::Failed;
use reqwest::{Client, StatusCode};
use sea_orm::{ConnectionTrait, TransactionTrait};
use serde_json::{Value, json};

use crate::support::{
    Outcome,
    client::World,
    database::TestDatabase,
    seed::{Seed, global_id},
    server::Server,
    suite::Suite,
};

/// Adds the cases of this module.
pub fn list(suite: &mut Suite) {
    suite.on_both_databases(divided);
    suite.on_both_databases(bursts);
    suite.on_both_databases(patience);
}

/// Somebody with many requests under way leaves places to others, and is told to come back later.
async fn divided(database: &TestDatabase) -> Outcome {
    let world = World::start(database).await?;
    let seed = Seed(database.connection());
    let other = seed.workspace("globex").await?;
    seed.user(other.id, "hank").await?;
    let server = Server::start_with(database, &["--max-requests-in-flight", "4"])?;
    let (ada, hank) = (server.sign_in("ada").await?, server.sign_in("hank").await?);
    let held = database.connection().begin().await?;
    held.execute_unprepared("UPDATE workspace SET name = 'Held'")
        .await?;
    let rename = json!({
        "query": "mutation ($id: ID!) {
            workspaceUpdate(input: {id: $id, name: \"Later\"}) { workspace { name } } }",
        "variables": {"id": global_id("Workspace", world.acme.id)},
    });
    let many = (0..6).map(|_| server.exchange(Some(&ada), rename.to_string()));
    let meanwhile = async {
        // Half of the places: one user gets no more.
        server.until_metric("mina_requests_in_flight", 2).await?;
        for _ in 0..10 {
            let name = server
                .read(&hank, "{ viewer { username } }")
                .await?
                .pointer("/viewer/username")
                .cloned();
            assert_eq!(name, Some(Value::from("hank")));
        }
        // The others wait for a while, and are then rejected.
        let rejected = r#"mina_shed_total{reason="overloaded"}"#;
        server.until_metric(rejected, 4).await?;
        held.rollback().await?;
        Ok::<_, Failed>(())
    };
    let (replies, meanwhile) = join(join_all(many), meanwhile).await;
    meanwhile?;
    let mut statuses = Vec::new();
    for reply in replies {
        let reply = reply?;
        if reply.status == StatusCode::SERVICE_UNAVAILABLE {
            assert_eq!(reply.retry_after.as_deref(), Some("1"));
        }
        statuses.push(reply.status.as_u16());
    }
    statuses.sort_unstable();
    assert_eq!(statuses, [200, 200, 503, 503, 503, 503]);
    Ok(())
}

/// What arrives at one moment is answered, although there are fewer places.
async fn bursts(database: &TestDatabase) -> Outcome {
    let world = World::start(database).await?;
    let server = Server::start_with(database, &["--max-requests-in-flight", "2"])?;
    let token = server.sign_in(&world.admin.username).await?;
    let body = json!({"query": "{ viewer { username workspace { name } } }"}).to_string();
    for _ in 0..3 {
        let replies = join_all((0..20).map(|_| server.exchange(Some(&token), body.clone()))).await;
        for reply in replies {
            assert_eq!(reply?.status, StatusCode::OK);
        }
        tokio::time::sleep(Duration::from_millis(10)).await;
    }
    let metrics = server.metrics().await?;
    let none = r#"mina_shed_total{reason="overloaded"} 0"#;
    assert!(metrics.lines().any(|line| line == none), "{metrics}");
    Ok(())
}

/// A subscription waits for a place. A query does not, even if its answer may be an event stream.
async fn patience(database: &TestDatabase) -> Outcome {
    const SUBSCRIPTION: &str = "subscription { meetingChanged { kind } }";
    let world = World::start(database).await?;
    let server = Server::start_with(database, &["--max-requests-in-flight", "1"])?;
    let (ada, max) = (server.sign_in("ada").await?, server.sign_in("max").await?);
    server.begin_subscription(&max, SUBSCRIPTION).await?;
    let held = database.connection().begin().await?;
    held.execute_unprepared("UPDATE workspace SET name = 'Held'")
        .await?;
    let rename = json!({
        "query": "mutation ($id: ID!) {
            workspaceUpdate(input: {id: $id, name: \"Later\"}) { workspace { name } } }",
        "variables": {"id": global_id("Workspace", world.acme.id)},
    });
    let holder = server.exchange(Some(&ada), rename.to_string());
    let query = async {
        server.until_metric("mina_requests_in_flight", 1).await?;
        let begun = Instant::now();
        let request = Client::new().post(server.url("/graphql"));
        let request = request.header("accept", "application/json, text/event-stream");
        let request = request.bearer_auth(&max);
        let response = request.json(&json!({"query": "{ __typename }"})).send();
        let status = response.await?.status();
        assert_eq!(status, StatusCode::SERVICE_UNAVAILABLE);
        assert!(begun.elapsed() < Duration::from_secs(5));
        held.rollback().await?;
        Ok::<_, Failed>(())
    };
    let subscription = async {
        server.until_metric("mina_requests_in_flight", 1).await?;
        let begun = Instant::now();
        server.begin_subscription(&max, SUBSCRIPTION).await?;
        assert!(begun.elapsed() > Duration::from_millis(500));
        Ok::<_, Failed>(())
    };
    let (holder, (query, subscription)) = join(holder, join(query, subscription)).await;
    assert_eq!(holder?.status, StatusCode::OK);
    query?;
    subscription
}
