//! Floods of sign-ins: others can still sign in, and go on with their work.

use std::time::{Duration, Instant};

use futures_util::future::{join, try_join_all};
use serde_json::json;
use tokio::time::sleep;

use super::{BY_HEADER, Client, count};
use crate::support::{
    Outcome, client::World, database::TestDatabase, seed::PASSWORD, server::Server, suite::Suite,
};

/// Adds the cases of this module.
pub fn list(suite: &mut Suite) {
    suite.on_both_databases(from_one_address);
    suite.on_both_databases(from_many_addresses);
    suite.on_both_databases(from_one_viewer);
}

/// The flags of a server on which a hash takes long enough for others to wait for it.
const SLOW_HASHES: [&str; 4] = ["--client-address-header", "x-client", "--bcrypt-cost", "10"];

/// A flood of sign-ins from one address fills only the share of that address.
async fn from_one_address(database: &TestDatabase) -> Outcome {
    World::start(database).await?;
    let server = Server::start_with(database, &SLOW_HASHES)?;
    let flood = (0..60).map(|index| {
        let client = Client::at(&server, "10.0.0.1");
        async move { client.sign_in(&format!("somebody{index}"), "wrong").await }
    });
    let other = async {
        sleep(Duration::from_millis(50)).await;
        let begin = Instant::now();
        let code = Client::at(&server, "10.0.0.2")
            .sign_in("max", PASSWORD)
            .await?;
        Ok::<_, libtest_mimic::Failed>((code, begin.elapsed()))
    };
    let (codes, other) = join(try_join_all(flood), other).await;
    let (codes, (code, _)) = (codes?, other?);
    assert_eq!(code, "OK");
    assert!(count(&codes, "RATE_LIMITED") > 0, "{codes:?}");
    assert!(count(&codes, "INVALID_CREDENTIALS") > 0, "{codes:?}");
    let limited = count(&codes, "RATE_LIMITED") + count(&codes, "INVALID_CREDENTIALS");
    assert_eq!(limited, codes.len());
    // What was rejected was not checked, so it is not counted.
    let client = Client::at(&server, "10.0.0.1");
    assert_eq!(client.sign_in("max", PASSWORD).await?, "OK");
    Ok(())
}

/// A flood of sign-ins from as many addresses as could fill what anonymous clients may have of the
/// queue leaves room for somebody at another address.
async fn from_many_addresses(database: &TestDatabase) -> Outcome {
    World::start(database).await?;
    let server = Server::start_with(database, &SLOW_HASHES)?;
    let waiting_per_address = 8 * std::thread::available_parallelism()?.get();
    let addresses: Vec<String> = (1..=8).map(|number| format!("10.0.1.{number}")).collect();
    let flood = addresses.iter().flat_map(|address| {
        let client = Client::at(&server, address);
        (0..waiting_per_address + 4).map(move |index| async move {
            client.sign_in(&format!("somebody{index}"), "wrong").await
        })
    });
    let other = async {
        // The queue is full.
        let is_full = |metrics: String| {
            let line = "mina_password_hashes_total ";
            let mut hashes = metrics.lines().filter_map(|it| it.strip_prefix(line));
            hashes.next().is_some_and(|it| it != "0")
        };
        while !is_full(server.metrics().await?) {}
        sleep(Duration::from_millis(100)).await;
        let client = Client::at(&server, "10.0.0.2");
        client.sign_in("max", PASSWORD).await
    };
    let (codes, code) = join(try_join_all(flood), other).await;
    assert_eq!(code?, "OK");
    assert!(
        count(&codes?, "RATE_LIMITED") > 0,
        "the queue was never full"
    );
    Ok(())
}

/// Somebody who creates many users at once neither keeps others from signing in nor from reading.
async fn from_one_viewer(database: &TestDatabase) -> Outcome {
    World::start(database).await?;
    let flags = [
        &BY_HEADER[..],
        &["--bcrypt-cost", "10", "--max-requests-in-flight", "8"],
    ]
    .concat();
    let server = Server::start_with(database, &flags)?;
    let ada = Client::at(&server, "10.0.0.1").token("ada").await?;
    let max = Client::at(&server, "10.0.0.2").token("max").await?;
    let flood = (0..40).map(|index| {
        let client = Client::at(&server, "10.0.0.1").with(&ada);
        async move {
            let input = json!({
                "username": format!("user{index}"),
                "email": format!("user{index}@example.org"),
                "password": PASSWORD,
            });
            client.code("userCreate", input).await
        }
    });
    let other = async {
        sleep(Duration::from_millis(100)).await;
        for _ in 0..5 {
            let client = Client::at(&server, "10.0.0.2").with(&max);
            let body = client.ask("{ viewer { username } }", json!({})).await?;
            assert_eq!(body["data"]["viewer"]["username"], "max", "{body}");
            let code = Client::at(&server, "10.0.0.3")
                .sign_in("olga", PASSWORD)
                .await?;
            assert_eq!(code, "OK");
        }
        Ok::<_, libtest_mimic::Failed>(())
    };
    let (codes, other) = join(try_join_all(flood), other).await;
    other?;
    assert!(count(&codes?, "OK") > 0);
    Ok(())
}
