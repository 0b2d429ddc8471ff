//! Clocks that are wrong: that of the server is set while it runs, or was wrong when it started.

use chrono::{TimeDelta, Utc};
use entity::bookkeeping::idempotency_key;
use libtest_mimic::Failed;
use reqwest::StatusCode;
use sea_orm::{EntityTrait, sea_query::Expr};
use serde_json::json;

use crate::support::{
    Outcome,
    client::{Client, World},
    clock::{FakeClock, Which},
    database::TestDatabase,
    seed::PASSWORD,
    server::Server,
    suite::Suite,
};

/// Adds the cases of this module.
pub fn list(suite: &mut Suite) {
    suite.with_fake_clock(failed_sign_ins);
    suite.with_fake_clock(keys_survive_a_wrong_clock);
    suite.with_fake_clock(old_keys_are_forgotten);
    suite.with_fake_clock(tokens_of_the_future);
}

/// Tokens must outlive the years that the clocks are set by.
const LONG_LIFETIME: [&str; 2] = ["--token-lifetime", "3000d"];

/// What a sign-in with a password ends with: "OK", or the code and the message.
async fn sign_in(server: &Server, password: &str) -> Result<(String, String), Failed> {
    let document = "mutation ($input: SignInInput!) {
        signIn(input: $input) { userErrors { code message } }
    }";
    let input = json!({"input": {"login": "max", "password": password}});
    let answer = server.ask_with(document, input).await?;
    let problem = &answer.data()?["signIn"]["userErrors"][0];
    let text = |key: &str| problem[key].as_str().unwrap_or("OK").to_owned();
    Ok((text("code"), text("message")))
}

/// Failures that were counted while the clock was a year ahead lock nobody out for a year, and setting
/// the clock forward gives nobody more attempts.
async fn failed_sign_ins(database: &TestDatabase) -> Outcome {
    World::start(database).await?;
    let clock = FakeClock::new(Which::Set, "+365d")?;
    let server = Server::start_under(&clock, database, &[])?;
    for _ in 0..4 {
        assert_eq!(sign_in(&server, "wrong").await?.0, "INVALID_CREDENTIALS");
    }
    clock.set("+0")?;
    assert_eq!(sign_in(&server, PASSWORD).await?.0, "OK");
    assert_eq!(sign_in(&server, "wrong").await?.0, "INVALID_CREDENTIALS");
    for offset in ["+0", "+365d", "-365d"] {
        clock.set(offset)?;
        let (code, message) = sign_in(&server, PASSWORD).await?;
        assert_eq!(code, "TOO_MANY_ATTEMPTS", "{offset}");
        let words: Vec<&str> = message.split(' ').collect();
        let seconds = words.iter().find_map(|word| word.parse::<u32>().ok());
        assert!(seconds.is_some_and(|it| it <= 30), "{offset}: {message}");
    }
    Ok(())
}

/// The meeting that a key stands for.
async fn meeting(server: &Server, token: &str) -> Result<String, Failed> {
    let client = Client {
        server,
        token: token.to_owned(),
    };
    let input = json!({"title": "A", "idempotencyKey": "key"});
    client.make("meetingCreate", input, "meeting").await
}

/// A jump of the clock forgets no key, neither while the server runs nor at its start.
async fn keys_survive_a_wrong_clock(database: &TestDatabase) -> Outcome {
    World::start(database).await?;
    let clock = FakeClock::new(Which::Set, "+0")?;
    let server = Server::start_under(&clock, database, &LONG_LIFETIME)?;
    let token = server.sign_in("olga").await?;
    let first = meeting(&server, &token).await?;
    for offset in ["+365d", "+8d", "+0"] {
        clock.set(offset)?;
        assert_eq!(meeting(&server, &token).await?, first, "{offset}");
    }
    server.kill()?;
    clock.set("+365d")?;
    let server = Server::start_under(&clock, database, &LONG_LIFETIME)?;
    assert_eq!(meeting(&server, &token).await?, first, "after a restart");
    clock.set("+0")?;
    assert_eq!(meeting(&server, &token).await?, first, "corrected");
    Ok(())
}

/// After a week a key is free again, once the clock has not been set for an hour.
async fn old_keys_are_forgotten(database: &TestDatabase) -> Outcome {
    World::start(database).await?;
    let clock = FakeClock::new(Which::Passed, "+0")?;
    let server = Server::start_under(&clock, database, &LONG_LIFETIME)?;
    let token = server.sign_in("olga").await?;
    let first = meeting(&server, &token).await?;
    for (offset, days, is_forgotten) in [("+0", 8, false), ("+2h", 6, false), ("+2h", 8, true)] {
        clock.set(offset)?;
        let then = Utc::now().naive_utc() - TimeDelta::days(days);
        idempotency_key::Entity::update_many()
            .col_expr(idempotency_key::Column::CreatedAt, Expr::value(then))
            .exec(database.connection())
            .await?;
        let again = meeting(&server, &token).await?;
        assert_eq!(again != first, is_forgotten, "{offset}, after {days} days");
    }
    Ok(())
}

/// A token of a server whose clock is ahead is rejected, unless it is only a little ahead.
async fn tokens_of_the_future(database: &TestDatabase) -> Outcome {
    let world = World::start(database).await?;
    for (offset, status) in [
        ("+30s", StatusCode::OK),
        ("+10m", StatusCode::UNAUTHORIZED),
        ("+365d", StatusCode::UNAUTHORIZED),
    ] {
        let clock = FakeClock::new(Which::Set, offset)?;
        let ahead = Server::start_under(&clock, database, &[])?;
        let token = ahead.sign_in("olga").await?;
        let document = "{ viewer { username } }";
        ahead.read(&token, document).await?;
        let answer = world.server.ask_as(&token, document, json!({})).await?;
        assert_eq!(answer.status, status, "{offset}");
    }
    Ok(())
}
