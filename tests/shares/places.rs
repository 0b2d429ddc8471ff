//! Places among the requests that are answered at the same time.

use std::{
    cell::Cell,
    time::{Duration, Instant},
};

use futures_util::future::{join, join_all};
use libtest_mimic::Failed;
use reqwest::StatusCode;
use sea_orm::{ConnectionTrait, TransactionTrait};
use serde_json::{Value, json};
use tokio::time::sleep;

use crate::support::{
    Outcome,
    client::World,
    database::TestDatabase,
    endless::{ENDLESS, make_markers_endless},
    seed::{PASSWORD, Seed, global_id},
    server::Server,
    suite::Suite,
};

/// Adds the cases of this module.
pub fn list(suite: &mut Suite) {
    suite.on_both_databases(divided);
    suite.on_both_databases(waiting_writers);
    suite.on_both_databases(too_many_waiting_writers);
    suite.on_both_databases(bursts);
    suite.on_both_databases(greedy_accounts);
    suite.on_both_databases(greedy_addresses);
    suite.on_both_databases(patience);
}

/// Somebody with many requests under way leaves places to others, and is told to come back later.
async fn divided(database: &TestDatabase) -> Outcome {
    let world = World::start(database).await?;
    let seed = Seed(database.connection());
    let other = seed.workspace("globex").await?;
    seed.user(other.id, "hank").await?;
    plant_endless(database, &world).await?;
    let flags = ["--max-requests-in-flight", "4", "--request-timeout", "4s"];
    let server = Server::start_with(database, &flags)?;
    let (ada, hank) = (server.sign_in("ada").await?, server.sign_in("hank").await?);
    let endless = json!({"query": ENDLESS}).to_string();
    let many = (0..6).map(|_| server.exchange(Some(&ada), endless.clone()));
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
        server.until_metric(rejected, 4).await
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
    assert_eq!(statuses, [503, 503, 503, 503, 504, 504]);
    Ok(())
}

/// A marker that takes for ever to be read.
async fn plant_endless(database: &TestDatabase, world: &World) -> Outcome {
    let seed = Seed(database.connection());
    let session = seed.session(&world.admin).await?;
    seed.marker(&session, &world.admin, "A decision").await?;
    make_markers_endless(database.connection()).await
}

/// Mutations that wait for somebody else who writes leave their places to others.
async fn waiting_writers(database: &TestDatabase) -> Outcome {
    let world = World::start(database).await?;
    let server = Server::start_with(database, &["--max-requests-in-flight", "1"])?;
    let ada = server.sign_in("ada").await?;
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
        for _ in 0..10 {
            sleep(Duration::from_millis(50)).await;
            let name = server.read(&ada, "{ viewer { username } }").await?;
            assert_eq!(name, json!({"viewer": {"username": "ada"}}));
        }
        held.rollback().await?;
        Ok::<_, Failed>(())
    };
    let (replies, meanwhile) = join(join_all(many), meanwhile).await;
    meanwhile?;
    for reply in replies {
        assert_eq!(reply?.status, StatusCode::OK);
    }
    Ok(())
}

/// How many mutations each of three users sends while somebody else writes: far more than may wait.
const WAITING_OF_EACH: usize = 60;

/// How many can wait: each of so many without a place, and as many as there are places.
const MAX_WAITING: usize = 64 + 4;

/// More mutations wait for somebody else who writes than may. The others are rejected, memory stays
/// bounded, and others go on.
async fn too_many_waiting_writers(database: &TestDatabase) -> Outcome {
    let world = World::start(database).await?;
    let seed = Seed(database.connection());
    let mut workspaces = vec![(world.acme.id, "ada")];
    for (workspace, user) in [("globex", "gail"), ("initech", "ines"), ("hooli", "hank")] {
        let workspace = seed.workspace(workspace).await?;
        seed.user(workspace.id, user).await?;
        workspaces.push((workspace.id, user));
    }
    let roles = r#"UPDATE "user" SET role = 'admin'"#;
    seed.0.execute_unprepared(roles).await?;
    let mut flags = vec!["--max-requests-in-flight", "4", "--request-timeout", "20s"];
    flags.extend(["--rate-limit-viewer", "0", "--rate-limit-address", "0"]);
    let server = Server::start_with(database, &flags)?;
    let held = database.connection().begin().await?;
    held.execute_unprepared("UPDATE workspace SET name = 'Held'")
        .await?;
    let settings = json!({"padding": "x".repeat(60_000)});
    let mut mutations = Vec::new();
    for (workspace, user) in &workspaces[..3] {
        let token = server.sign_in(user).await?;
        let body = json!({
            "query": "mutation ($input: WorkspaceUpdateInput!) {
                workspaceUpdate(input: $input) { workspace { name } } }",
            "variables": {"input": {
                "id": global_id("Workspace", *workspace),
                "settings": settings,
            }},
        });
        let of_one = (0..WAITING_OF_EACH)
            .map(|_| (token.clone(), body.to_string()))
            .map(async |(token, body)| server.exchange(Some(&token), body).await);
        mutations.extend(of_one);
    }
    let hank = server.sign_in("hank").await?;
    let meanwhile = async {
        // Mutations that can neither wait nor get a place are rejected after a second.
        let rejected = async || {
            let metrics = server.metrics().await?;
            let name = r#"mina_shed_total{reason="overloaded"} "#;
            let value = metrics.lines().find_map(|line| line.strip_prefix(name));
            Ok::<_, Failed>(value.ok_or("nothing is counted")?.parse::<usize>()?)
        };
        while rejected().await? < 3 * WAITING_OF_EACH - MAX_WAITING {}
        for _ in 0..20 {
            let name = server.read(&hank, "{ viewer { username } }").await?;
            assert_eq!(name["viewer"]["username"], "hank");
        }
        held.rollback().await?;
        Ok::<_, Failed>(())
    };
    let (replies, meanwhile) = join(join_all(mutations), meanwhile).await;
    meanwhile?;
    let mut executed = 0;
    for reply in replies {
        let reply = reply?;
        if reply.status == StatusCode::OK {
            executed += 1;
        } else {
            assert_eq!(reply.status, StatusCode::SERVICE_UNAVAILABLE);
            assert_eq!(reply.retry_after.as_deref(), Some("1"));
        }
    }
    assert!((32..=MAX_WAITING).contains(&executed), "{executed}");
    let used = server.most_memory_kib()?;
    assert!(used < 256 * 1024, "{used} KiB");
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
        sleep(Duration::from_millis(10)).await;
    }
    let metrics = server.metrics().await?;
    let none = r#"mina_shed_total{reason="overloaded"} 0"#;
    assert!(metrics.lines().any(|line| line == none), "{metrics}");
    Ok(())
}

/// How many requests each greedy client has under way: more than its part of a queue for one place.
const GREEDY: usize = 24;

/// A request that keeps the one place busy for a while.
const LONG: &str = "{ __schema { types { fields { name args { name type { name kind } } } } } }";

/// The flags of a server with one place, where addresses are what the header `x-client` says.
const ONE_PLACE: [&str; 8] = [
    "--max-requests-in-flight",
    "1",
    "--client-address-header",
    "x-client",
    "--rate-limit-viewer",
    "0",
    "--rate-limit-address",
    "0",
];

/// Somebody at an address, perhaps signed in.
#[derive(Clone, Copy)]
struct Client<'a> {
    server: &'a Server,
    address: &'a str,
    token: Option<&'a str>,
}

impl Client<'_> {
    async fn ask(self, http: &reqwest::Client, body: &Value) -> Result<(u16, String), Failed> {
        let mut request = http
            .post(self.server.url("/graphql"))
            .header("x-client", self.address)
            .json(body);
        if let Some(token) = self.token {
            request = request.bearer_auth(token);
        }
        let response = request.send().await?;
        Ok((response.status().as_u16(), response.text().await?))
    }

    /// Always has many requests under way.
    async fn is_greedy(self, is_over: &Cell<bool>) -> Outcome {
        let (http, body) = (&reqwest::Client::new(), &json!({"query": LONG}));
        let one = async |_| {
            while !is_over.get() {
                let (status, text) = self.ask(http, body).await?;
                assert!([200, 503].contains(&status), "{status}: {text}");
                if status == 503 {
                    sleep(Duration::from_millis(20)).await;
                }
            }
            Ok(())
        };
        join_all((0..GREEDY).map(one)).await.into_iter().collect()
    }
}

/// Lets two clients fill the queue while somebody else works. Fails if the queue was never full.
async fn beside_greedy_clients(
    server: &Server,
    clients: [Client<'_>; 2],
    work: impl Future<Output = Outcome>,
) -> Outcome {
    let is_over = Cell::new(false);
    let meanwhile = async {
        // Both have been rejected, as the queue is full.
        let rejected = |metrics: String| {
            let name = r#"mina_shed_total{reason="overloaded"} "#;
            let mut values = metrics.lines().filter_map(|line| line.strip_prefix(name));
            values.next().and_then(|value| value.parse::<u64>().ok())
        };
        while rejected(server.metrics().await?).unwrap_or_default() < 20 {}
        work.await
    };
    let meanwhile = async {
        let outcome = meanwhile.await;
        is_over.set(true);
        outcome
    };
    let greedy = join_all(clients.map(|client| client.is_greedy(&is_over)));
    let (greedy, outcome) = join(greedy, meanwhile).await;
    outcome?;
    greedy.into_iter().collect()
}

/// Two accounts fill the queue, and a third one is answered nevertheless, every time.
async fn greedy_accounts(database: &TestDatabase) -> Outcome {
    World::start(database).await?;
    let seed = Seed(database.connection());
    for (workspace, user) in [("globex", "gail"), ("initech", "ines")] {
        let workspace = seed.workspace(workspace).await?;
        seed.user(workspace.id, user).await?;
    }
    let server = Server::start_with(database, &ONE_PLACE)?;
    let (ada, gail) = (server.sign_in("ada").await?, server.sign_in("gail").await?);
    let ines = server.sign_in("ines").await?;
    let client = |token| Client {
        server: &server,
        address: "10.0.0.1",
        token: Some(token),
    };
    let work = async {
        for _ in 0..20 {
            let read = server.read(&ines, "{ viewer { username } }").await?;
            assert_eq!(read["viewer"]["username"], "ines");
        }
        Ok(())
    };
    beside_greedy_clients(&server, [client(ada.as_str()), client(&gail)], work).await
}

/// Two addresses without an account fill what anonymous clients may have of the queue, and
/// somebody at a third one can sign in nevertheless, every time.
async fn greedy_addresses(database: &TestDatabase) -> Outcome {
    World::start(database).await?;
    let server = Server::start_with(database, &ONE_PLACE)?;
    let client = |address| Client {
        server: &server,
        address,
        token: None,
    };
    let work = async {
        let sign_in = json!({
            "query": "mutation ($input: SignInInput!) { signIn(input: $input) { token } }",
            "variables": {"input": {"login": "max", "password": PASSWORD}},
        });
        let http = reqwest::Client::new();
        for _ in 0..10 {
            let (status, text) = client("10.0.0.3").ask(&http, &sign_in).await?;
            assert_eq!(status, 200, "{text}");
            let body: Value = serde_json::from_str(&text)?;
            assert!(body["data"]["signIn"]["token"].is_string(), "{text}");
        }
        Ok(())
    };
    let greedy = [client("10.0.0.1"), client("10.0.0.2")];
    beside_greedy_clients(&server, greedy, work).await
}

/// A subscription waits for a place. A query does not, even if its answer may be an event stream.
async fn patience(database: &TestDatabase) -> Outcome {
    const SUBSCRIPTION: &str = "subscription { meetingChanged { kind } }";
    let world = World::start(database).await?;
    plant_endless(database, &world).await?;
    let flags = ["--max-requests-in-flight", "1", "--request-timeout", "4s"];
    let server = Server::start_with(database, &flags)?;
    let (ada, max) = (server.sign_in("ada").await?, server.sign_in("max").await?);
    server.begin_subscription(&max, SUBSCRIPTION).await?;
    let holder = server.exchange(Some(&ada), json!({"query": ENDLESS}).to_string());
    let query = async {
        server.until_metric("mina_requests_in_flight", 1).await?;
        let begun = Instant::now();
        let request = reqwest::Client::new().post(server.url("/graphql"));
        let request = request.header("accept", "application/json, text/event-stream");
        let request = request.bearer_auth(&max);
        let response = request.json(&json!({"query": "{ __typename }"})).send();
        let status = response.await?.status();
        assert_eq!(status, StatusCode::SERVICE_UNAVAILABLE);
        assert!(begun.elapsed() < Duration::from_secs(4));
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
    assert_eq!(holder?.status, StatusCode::GATEWAY_TIMEOUT);
    query?;
    subscription
}
