//! Hashes of another bcrypt cost than the configured one.

use entity::user;
use libtest_mimic::Failed;
use sea_orm::{ActiveModelTrait, ActiveValue::Set, EntityTrait, IntoActiveModel};
use serde_json::json;

use super::{BY_HEADER, Client};
use crate::support::{
    Outcome,
    client::World,
    database::TestDatabase,
    seed::{PASSWORD, Seed},
    server::Server,
    suite::Suite,
};

/// Adds the cases of this module.
pub fn list(suite: &mut Suite) {
    suite.on_both_databases(renewed_at_sign_in);
    suite.on_both_databases(another_cost_takes_the_same_time);
}

/// The beginning of a user's hash, which names its cost.
async fn cost(database: &TestDatabase, user: &user::Model) -> Result<String, Failed> {
    let user = user::Entity::find_by_id(user.id)
        .one(database.connection())
        .await?;
    let hash = user.and_then(|user| user.password_hash);
    Ok(hash.ok_or("no hash")?[..7].to_owned())
}

/// A sign-in renews a hash of another cost. The password stays the same, so all tokens stay valid
/// until it is changed.
async fn renewed_at_sign_in(database: &TestDatabase) -> Outcome {
    let world = World::start(database).await?;
    let stronger = Server::start_with(database, &["--bcrypt-cost", "6"])?;
    let mut tokens = vec![world.server.sign_in("max").await?];
    assert_eq!(cost(database, &world.member).await?, "$2b$04$");
    // A wrong password renews nothing.
    let input = json!({"input": {"login": "max", "password": "wrong"}});
    let document = "mutation ($input: SignInInput!) { signIn(input: $input) { token } }";
    stronger.ask_with(document, input).await?;
    assert_eq!(cost(database, &world.member).await?, "$2b$04$");
    for (server, expected) in [
        (&stronger, "$2b$06$"),
        (&world.server, "$2b$04$"),
        (&stronger, "$2b$06$"),
    ] {
        tokens.push(server.sign_in("max@example.org").await?);
        assert_eq!(cost(database, &world.member).await?, expected);
        for token in &tokens {
            for server in [&stronger, &world.server] {
                server.read(token, "{ viewer { username } }").await?;
            }
        }
    }
    // The new hash is that of the same password, and a new password ends all tokens.
    let max = world.client(&world.member).await?;
    let change = json!({"currentPassword": PASSWORD, "newPassword": "another password"});
    max.run("passwordChange", change, "token").await?;
    for token in tokens.iter().chain([&max.token]) {
        let answer = stronger
            .ask_as(token, "{ viewer { id } }", json!({}))
            .await?;
        answer.assert_error("UNAUTHENTICATED", "Sign in again")?;
    }
    Ok(())
}

/// A failure takes the same time for users whose hash has a lower or a higher cost, for those with
/// none, and for nobody.
async fn another_cost_takes_the_same_time(database: &TestDatabase) -> Outcome {
    let world = World::start(database).await?;
    let seed = Seed(database.connection());
    for (name, hash) in [
        ("usual", Some(bcrypt::hash(PASSWORD, 9)?)),
        ("dear", Some(bcrypt::hash(PASSWORD, 11)?)),
        ("garbled", Some("no hash".to_owned())),
        ("hashless", None),
    ] {
        let mut user = seed.user(world.acme.id, name).await?.into_active_model();
        user.password_hash = Set(hash);
        user.update(database.connection()).await?;
    }
    let flags = [&BY_HEADER[..], &["--bcrypt-cost", "9"]].concat();
    let server = Server::start_with(database, &flags)?;
    let client = Client::at(&server, "10.0.0.1");
    let mut times = Vec::new();
    for login in ["nobody", "max", "usual", "garbled", "hashless", "dear"] {
        // Processor time, which does not depend on what else runs.
        let begin = server.processor_time()?;
        for _ in 0..4 {
            assert_eq!(client.sign_in(login, "wrong").await?, "INVALID_CREDENTIALS");
        }
        times.push((login, server.processor_time()?.saturating_sub(begin)));
    }
    let (_, longest) = times.iter().max_by_key(|(_, time)| *time).ok_or("none")?;
    for (login, time) in &times {
        // A cost that is lower by one would take half of the time.
        assert!(*time * 3 > *longest * 2, "{login}: {times:?}");
    }
    Ok(())
}
