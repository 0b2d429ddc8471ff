//! How many passwords can be guessed, and how many set.

use std::time::Duration;

use futures_util::future::{join_all, try_join_all};
use libtest_mimic::Failed;
use serde_json::{Value, json};
use tokio::time::sleep;

use super::{BY_HEADER, Client, count, hashes};
use crate::support::{
    Outcome, client::World, database::TestDatabase, seed::PASSWORD, server::Server, suite::Suite,
};

/// Adds the cases of this module.
pub fn list(suite: &mut Suite) {
    suite.on_both_databases(many_guesses_at_once);
    suite.on_both_databases(guesses_that_are_reset);
    suite.on_both_databases(one_account_with_two_names);
    suite.on_both_databases(success_is_free);
    suite.on_both_databases(checked_before_hashing);
    suite.on_both_databases(new_passwords);
}

/// A thousand guesses at once are no more than the allowance, for an account that exists and for
/// one that does not.
async fn many_guesses_at_once(database: &TestDatabase) -> Outcome {
    World::start(database).await?;
    let server = Server::start_with(database, &BY_HEADER)?;
    let mut before = 0;
    for (login, address) in [("max", "10.0.0.1"), ("nobody", "10.0.0.2")] {
        let client = Client::at(&server, address);
        let mut codes = Vec::new();
        for _ in 0..10 {
            let guesses = (0..100).map(|_| client.sign_in(login, "wrong password"));
            codes.extend(try_join_all(guesses).await?);
        }
        assert_eq!(count(&codes, "INVALID_CREDENTIALS"), 5, "{login}");
        assert_eq!(count(&codes, "TOO_MANY_ATTEMPTS"), 995, "{login}");
        let after = hashes(&server).await?;
        assert_eq!(after - before, 5, "{login}");
        before = after;
        let code = client.sign_in(login, PASSWORD).await?;
        assert_eq!(code, "TOO_MANY_ATTEMPTS");
    }
    Ok(())
}

/// A guess whose client goes away is counted, and so is what bcrypt does for it.
async fn guesses_that_are_reset(database: &TestDatabase) -> Outcome {
    World::start(database).await?;
    let flags = [&BY_HEADER[..], &["--bcrypt-cost", "10"]].concat();
    let server = Server::start_with(database, &flags)?;
    let guesser = Client::at(&server, "10.0.0.1");
    let document = "mutation ($input: SignInInput!) { signIn(input: $input) { token } }";
    let input = json!({"input": {"login": "max", "password": "wrong password"}});
    for _ in 0..20 {
        let attempts =
            (0..5).map(|_| guesser.ask_within(document, input.clone(), Duration::from_millis(20)));
        join_all(attempts).await;
    }
    // What had begun goes on.
    sleep(Duration::from_millis(500)).await;
    assert!(hashes(&server).await? <= 5);
    assert_eq!(guesser.sign_in("max", PASSWORD).await?, "TOO_MANY_ATTEMPTS");
    let owner = Client::at(&server, "10.0.0.2");
    assert_eq!(owner.sign_in("max", PASSWORD).await?, "OK");
    Ok(())
}

/// The username and the email address are one account, in whatever case the address is typed. An
/// account that does not exist is counted in the same way.
async fn one_account_with_two_names(database: &TestDatabase) -> Outcome {
    World::start(database).await?;
    let server = Server::start_with(database, &BY_HEADER)?;
    let client = Client::at(&server, "10.0.0.1");
    for login in [
        "max",
        "max@example.org",
        " max",
        "MAX@example.org",
        "max@Example.org",
    ] {
        assert_eq!(client.sign_in(login, "wrong").await?, "INVALID_CREDENTIALS");
    }
    for login in ["max", "max@example.org", "Max@Example.Org"] {
        assert_eq!(client.sign_in(login, PASSWORD).await?, "TOO_MANY_ATTEMPTS");
    }
    let nobody = [
        "no@example.org",
        "No@example.org",
        " no@example.org",
        "no@EXAMPLE.org",
    ];
    for login in nobody.iter().chain(&["no@example.org"]) {
        assert_eq!(client.sign_in(login, "wrong").await?, "INVALID_CREDENTIALS");
    }
    for login in nobody {
        assert_eq!(client.sign_in(login, "wrong").await?, "TOO_MANY_ATTEMPTS");
    }
    // The case of a username matters, so nobody has this one, whether or not it is taken in another
    // case.
    for login in ["MAX", "NOBODY"] {
        assert_eq!(client.sign_in(login, "wrong").await?, "INVALID_CREDENTIALS");
    }
    Ok(())
}

/// The right password uses up nothing, and does not give back what wrong ones have used up.
async fn success_is_free(database: &TestDatabase) -> Outcome {
    World::start(database).await?;
    let server = Server::start_with(database, &BY_HEADER)?;
    let client = Client::at(&server, "10.0.0.1");
    for _ in 0..4 {
        assert_eq!(client.sign_in("max", "wrong").await?, "INVALID_CREDENTIALS");
    }
    for _ in 0..10 {
        assert_eq!(client.sign_in("max", PASSWORD).await?, "OK");
    }
    assert_eq!(client.sign_in("max", "wrong").await?, "INVALID_CREDENTIALS");
    assert_eq!(client.sign_in("max", PASSWORD).await?, "TOO_MANY_ATTEMPTS");
    Ok(())
}

/// Nothing is hashed for an input that is rejected anyway.
async fn checked_before_hashing(database: &TestDatabase) -> Outcome {
    let world = World::start(database).await?;
    let (ada, max) = (
        world.client(&world.admin).await?,
        world.client(&world.member).await?,
    );
    let before = hashes(&world.server).await?;
    let user = |name: &str, email: &str, password: &str| json!({"username": name, "email": email, "password": password});
    let with = |mut input: Value, field: &str, value: &str| {
        input[field] = value.into();
        input
    };
    let address = "new@example.org";
    for (input, expected) in [
        (user("max", address, PASSWORD), "TAKEN username"),
        (user("new", "max@example.org", PASSWORD), "TAKEN email"),
        (user("new", "no address", PASSWORD), "INVALID email"),
        (user("n@w", address, PASSWORD), "INVALID username"),
        (user("new", address, "short"), "TOO_SHORT password"),
    ] {
        let problems = ada.problems("userCreate", input.clone()).await?;
        assert_eq!(problems, [expected]);
        let sign_up = with(input, "workspaceName", "New");
        assert_eq!(max.problems("signUp", sign_up).await?, [expected]);
    }
    let input = with(user("new", address, PASSWORD), "workspaceName", " ");
    let problems = max.problems("signUp", input).await?;
    assert_eq!(problems, ["BLANK workspaceName"]);

    let new = user("new", address, PASSWORD);
    assert_eq!(max.error("userCreate", new).await?, "FORBIDDEN");
    let id = max.read("{ viewer { id } }").await?["viewer"]["id"].clone();
    let set = |id: &Value, password: &str| json!({"id": id, "newPassword": password});
    let error = max.error("userSetPassword", set(&id, PASSWORD)).await?;
    assert_eq!(error, "FORBIDDEN");
    let unknown = crate::support::seed::global_id("User", 999_999).into();
    let error = ada
        .error("userSetPassword", set(&unknown, PASSWORD))
        .await?;
    assert_eq!(error, "NOT_FOUND");
    let problems = ada.problems("userSetPassword", set(&id, "short")).await?;
    assert_eq!(problems, ["TOO_SHORT newPassword"]);
    let change = json!({"currentPassword": PASSWORD, "newPassword": "short"});
    let problems = max.problems("passwordChange", change).await?;
    assert_eq!(problems, ["TOO_SHORT newPassword"]);

    let too_long = "x".repeat(1000);
    for (login, password) in [
        ("max", too_long.as_str()),
        (too_long.as_str(), PASSWORD),
        ("", PASSWORD),
        ("max\0", PASSWORD),
    ] {
        let input = json!({"login": login, "password": password});
        let problems = max.problems("signIn", input).await?;
        assert_eq!(problems, ["INVALID_CREDENTIALS login"]);
    }
    assert_eq!(hashes(&world.server).await?, before);

    // A name that nobody has takes as long as a wrong password.
    for login in ["max", "nobody"] {
        let input = json!({"login": login, "password": "wrong"});
        max.problems("signIn", input).await?;
    }
    assert_eq!(hashes(&world.server).await?, before + 2);
    Ok(())
}

/// Passwords that users set for others or for themselves are limited, however many are in one
/// request.
async fn new_passwords(database: &TestDatabase) -> Outcome {
    let world = World::start(database).await?;
    let (ada, max) = (
        world.client(&world.admin).await?,
        world.client(&world.member).await?,
    );
    let before = hashes(&world.server).await?;
    let mut codes = Vec::new();
    for round in 0..24 {
        let creates: Vec<String> = (0..5)
            .map(|index| {
                format!(
                    r#"u{index}: userCreate(input: {{
                        username: "u{round}x{index}", email: "u{round}x{index}@example.org",
                        password: "{PASSWORD}"
                    }}) {{ userErrors {{ code }} }} "#
                )
            })
            .collect();
        let document = format!("mutation {{ {} }}", creates.concat());
        let answer = world.server.ask_as(&ada.token, &document, json!({}));
        let answer = answer.await?;
        let data = answer.data()?;
        codes.extend((0..5).map(|index| {
            let code = &data[format!("u{index}")]["userErrors"][0]["code"];
            code.as_str().unwrap_or("OK").to_owned()
        }));
    }
    let created = count(&codes, "OK");
    // Allowance recovers meanwhile, by one in three seconds.
    assert!((100..115).contains(&created), "{created}");
    assert_eq!(count(&codes, "TOO_MANY_ATTEMPTS"), 120 - created);
    assert_eq!(
        hashes(&world.server).await? - before,
        u32::try_from(created)?
    );

    // All admins of the workspace share the allowance. Users change their own passwords, though.
    let id = max.read("{ viewer { id } }").await?["viewer"]["id"].clone();
    let problems = ada
        .problems(
            "userSetPassword",
            json!({"id": id, "newPassword": PASSWORD}),
        )
        .await?;
    assert_eq!(problems, ["TOO_MANY_ATTEMPTS newPassword"]);
    let change = json!({"currentPassword": PASSWORD, "newPassword": "another password"});
    max.run("passwordChange", change, "token").await?;
    Ok::<_, Failed>(())
}
