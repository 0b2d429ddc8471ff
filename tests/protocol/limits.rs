//! Limits on the rate of requests, on their number at once, and on their size.

use futures_util::{future::join, stream};
use reqwest::{Body, Client, StatusCode};
use sea_orm::ConnectionTrait;
use serde_json::json;

use super::{JSON, Reply, ask, post};
use crate::support::{
    Outcome,
    client::World,
    database::TestDatabase,
    endless::{ENDLESS, make_markers_endless},
    seed::Seed,
    server::Server,
    suite::Suite,
};

pub fn list(suite: &mut Suite) {
    suite.on_both_databases(rates);
    suite.on_both_databases(bytes);
    suite.on_both_databases(in_flight);
    suite.on_both_databases(bodies);
}

/// Each viewer and each address has a number of points per minute, which requests use up by their
/// cost.
async fn rates(database: &TestDatabase) -> Outcome {
    drop(World::start(database).await?);
    let flags = [
        "--rate-limit-viewer",
        "100",
        "--client-address-header",
        "x-client",
    ];
    let server = Server::start_with(database, &flags)?;
    let (ada, grace) = (server.sign_in("ada").await?, server.sign_in("grace").await);
    let cheap = json!({"query": "{ __typename }"});
    let dear = json!({"query": "{ meetings(first: 100) { nodes { tasks(first: 50) { nodes { id } } } } }"});
    let mut answered = 0;
    let rejected = loop {
        let reply = Reply::of(post(&server, &dear).bearer_auth(&ada)).await?;
        if reply.status != StatusCode::OK {
            break reply;
        }
        answered += 1;
    };
    assert_eq!(answered, 1, "5,200 rows are 52 points");
    assert_eq!(
        rejected.status,
        StatusCode::TOO_MANY_REQUESTS,
        "{rejected:?}"
    );
    assert_eq!(rejected.code(), "RATE_LIMITED");
    let wait: u64 = rejected.header("retry-after").parse()?;
    assert!((1..=60).contains(&wait), "{wait}");
    assert!(
        rejected.message().contains(&format!("in {wait} second")),
        "{rejected:?}"
    );
    assert_eq!(
        Reply::of(post(&server, &cheap).bearer_auth(&ada))
            .await?
            .status,
        200
    );
    if let Ok(grace) = grace {
        assert_eq!(
            Reply::of(post(&server, &dear).bearer_auth(&grace))
                .await?
                .status,
            200
        );
    }
    let unreachable = json!({"query": "{ meetings(first: 100) { nodes { tasks(first: 100) { nodes { id } } } } }"});
    let reply = Reply::of(post(&server, &unreachable).bearer_auth(&ada)).await?;
    assert!(
        reply
            .message()
            .contains("more than the rate limit of 100 points"),
        "{reply:?}"
    );

    let flags = [
        "--rate-limit-address",
        "5",
        "--client-address-header",
        "x-client",
    ];
    let server = Server::start_with(database, &flags)?;
    for (address, status) in [
        ("10.0.0.1", 200),
        ("10.0.0.1", 200),
        ("10.0.0.1", 200),
        ("10.0.0.1", 200),
        ("10.0.0.1", 200),
        ("10.0.0.1", 429),
        ("10.0.0.2", 200),
        ("1.2.3.4, 10.0.0.1", 429),
    ] {
        let reply = Reply::of(post(&server, &cheap).header("x-client", address)).await?;
        assert_eq!(reply.status.as_u16(), status, "{address}");
    }
    // Unreadable requests cost a point too.
    for status in [400, 400, 400, 400, 400, 429] {
        let request = Client::new()
            .post(server.url("/graphql"))
            .header("content-type", JSON);
        let reply = Reply::of(request.header("x-client", "10.0.0.3").body("{")).await?;
        assert_eq!(reply.status.as_u16(), status);
    }
    Ok(())
}

/// The bytes of an answer are charged when they are known. The answer is sent, and later requests of
/// the same viewer wait.
async fn bytes(database: &TestDatabase) -> Outcome {
    let world = World::start(database).await?;
    let seed = Seed(database.connection());
    seed.meeting(&world.organizer, "Long").await?;
    let server = Server::start_with(database, &["--rate-limit-viewer", "100"])?;
    let (ada, max) = (server.sign_in("ada").await?, server.sign_in("max").await?);
    let describe = async |kib: usize| {
        let description = "x".repeat(kib * 1024);
        let sql = format!("UPDATE meeting SET description = '{description}'");
        database.connection().execute_unprepared(&sql).await
    };
    let read = json!({"query": "{ meetings { nodes { description } } }"});
    let ask = async |token: &str| Reply::of(post(&server, &read).bearer_auth(token)).await;
    describe(4).await?;
    for _ in 0..10 {
        assert_eq!(ask(&ada).await?.status, StatusCode::OK);
    }
    // More than the points of two minutes.
    describe(2048).await?;
    let reply = ask(&ada).await?;
    let description = &reply.body["data"]["meetings"]["nodes"][0]["description"];
    assert_eq!(description.as_str().map(str::len), Some(2048 * 1024));
    let cheap = json!({"query": "{ __typename }"});
    let rejected = Reply::of(post(&server, &cheap).bearer_auth(&ada)).await?;
    assert_eq!(rejected.status, StatusCode::TOO_MANY_REQUESTS);
    let wait: u64 = rejected.header("retry-after").parse()?;
    assert!((1..=60).contains(&wait), "{wait}");
    assert_eq!(ask(&max).await?.status, StatusCode::OK);
    Ok(())
}

/// A request beyond the number that are answered at once is rejected at once, and those
/// within it are answered.
async fn in_flight(database: &TestDatabase) -> Outcome {
    let world = World::start(database).await?;
    let seed = Seed(database.connection());
    let session = seed.session(&world.admin).await?;
    seed.marker(&session, &world.admin, "A decision").await?;
    make_markers_endless(database.connection()).await?;
    let flags = ["--max-requests-in-flight", "1", "--request-timeout", "4s"];
    let server = Server::start_with(database, &flags)?;
    let token = server.sign_in("ada").await?;
    let endless = json!({"query": ENDLESS});
    let endless = Reply::of(post(&server, &endless).bearer_auth(&token));
    let beyond = async {
        server.until_metric("mina_requests_in_flight", 1).await?;
        let reply = ask(&server, "{ __typename }").await?;
        Ok::<_, libtest_mimic::Failed>((reply, server.metrics().await?))
    };
    let (endless, beyond) = join(endless, beyond).await;
    let (reply, metrics) = beyond?;
    assert_eq!(reply.status, StatusCode::SERVICE_UNAVAILABLE, "{reply:?}");
    assert_eq!(
        (reply.code(), reply.header("retry-after")),
        ("UNAVAILABLE", "1")
    );
    assert!(
        metrics
            .lines()
            .any(|line| line == "mina_requests_in_flight 1"),
        "the place is still held when the next is rejected: {metrics}"
    );
    assert_eq!(endless?.status, StatusCode::GATEWAY_TIMEOUT);
    assert_eq!(ask(&server, "{ __typename }").await?.status, StatusCode::OK);
    Ok(())
}

/// Bodies are limited in length, time and number of values.
async fn bodies(database: &TestDatabase) -> Outcome {
    let flags = ["--max-body-size", "2048", "--request-timeout", "1s"];
    let server = Server::start_with(database, &flags)?;
    let of_length = |length: usize| {
        let body = r#"{"query": "{ __typename }"}"#;
        format!("{body}{}", " ".repeat(length - body.len()))
    };
    let sent = |body: Body| {
        let request = Client::new().post(server.url("/graphql"));
        Reply::of(request.header("content-type", JSON).body(body))
    };
    let chunked = |length: usize| {
        let text = of_length(length).into_bytes();
        let chunks: Vec<_> = text
            .chunks(100)
            .map(|it| Ok::<_, std::io::Error>(it.to_vec()))
            .collect();
        Body::wrap_stream(stream::iter(chunks))
    };
    for (body, status) in [
        (of_length(2048).into(), 200),
        (of_length(2049).into(), 413),
        (of_length(20_000_000).into(), 413),
        (chunked(2048), 200),
        (chunked(2049), 413),
    ] {
        assert_eq!(sent(body).await?.status.as_u16(), status);
    }
    let never = stream::pending::<Result<Vec<u8>, std::io::Error>>();
    let reply = sent(Body::wrap_stream(never)).await?;
    assert_eq!((reply.status.as_u16(), reply.code()), (408, "TIMEOUT"));

    let server = Server::start(database)?;
    let many = format!(
        r#"{{"query": "{{ __typename }}", "variables": {{"a": [{}0]}}}}"#,
        "0,".repeat(60_000)
    );
    let request = Client::new()
        .post(server.url("/graphql"))
        .header("content-type", JSON);
    let reply = Reply::of(request.body(many)).await?;
    assert_eq!(reply.status, StatusCode::BAD_REQUEST);
    assert!(
        reply.message().contains("more than 20000 JSON values"),
        "{reply:?}"
    );
    Ok(())
}
