//! Signing up, tokens and passwords.

use libtest_mimic::Failed;
use reqwest::StatusCode;
use serde_json::{Value, json};

use crate::support::{
    Outcome,
    client::{Client, World, document, problems},
    database::TestDatabase,
    seed::PASSWORD,
    server::Server,
    suite::Suite,
};

/// Adds the cases of this module.
pub fn list(suite: &mut Suite) {
    suite.on_both_databases(sign_up);
    suite.on_both_databases(too_many_sign_ups);
    suite.on_both_databases(slugs_are_unique);
    suite.on_both_databases(problems_at_once);
    suite.on_both_databases(password_rules);
    suite.on_both_databases(password_change_ends_tokens);
    suite.on_both_databases(token_refresh);
    suite.on_both_databases(deactivation_ends_tokens);
    suite.on_both_databases(failures_are_throttled);
    suite.on_both_databases(proxies_name_the_client);
    suite.on_both_databases(too_many_at_once);
}

/// Runs a mutation as nobody, and gives its payload.
async fn as_nobody(server: &Server, mutation: &str, input: Value) -> Result<Value, Failed> {
    let selection = match mutation {
        "signUp" => "token user { username email role } workspace { id name slug settings }",
        _ => "token user { username }",
    };
    let document = document(mutation, selection);
    let answer = server.ask_with(&document, json!({"input": input})).await?;
    Ok(answer.data()?[mutation].clone())
}

fn sign_up_input(workspace: &str, name: &str) -> Value {
    json!({
        "workspaceName": workspace,
        "username": name,
        "email": format!("{name}@Example.org"),
        "password": PASSWORD,
    })
}

/// Sign-ups from one address are limited, whether they succeed or not, and those from other
/// addresses are not affected.
async fn too_many_sign_ups(database: &TestDatabase) -> Outcome {
    let server = Server::start_with(database, &["--client-address-header", "x-client"])?;
    let sign_up = async |number: usize, address: &'static str| {
        let input = sign_up_input("Acme", if number == 0 { "eva" } else { "not a name" });
        let variables = json!({"input": input});
        let document = "mutation ($input: SignUpInput!) {
            signUp(input: $input) { token userErrors { code } }
        }";
        let request = reqwest::Client::new()
            .post(server.url("/graphql"))
            .header("x-client", address)
            .json(&json!({"query": document, "variables": variables}));
        let answer: Value = request.send().await?.json().await?;
        let code = answer["data"]["signUp"]["userErrors"][0]["code"].clone();
        Ok::<_, Failed>(code)
    };
    for number in 0..100 {
        let expected = if number == 0 {
            Value::Null
        } else {
            "INVALID".into()
        };
        assert_eq!(sign_up(number, "10.0.0.1").await?, expected, "{number}");
    }
    assert_eq!(sign_up(100, "10.0.0.1").await?, "TOO_MANY_ATTEMPTS");
    assert_eq!(sign_up(101, "10.0.0.2").await?, "INVALID");
    Ok(())
}

/// The one who signs up has a workspace, is its admin, and is signed in.
async fn sign_up(database: &TestDatabase) -> Outcome {
    let server = Server::start(database)?;
    let payload = as_nobody(&server, "signUp", sign_up_input(" Müller & Söhne ", "eva")).await?;
    assert_eq!(problems(&payload), [""; 0]);
    let user = json!({"username": "eva", "email": "eva@example.org", "role": "ADMIN"});
    assert_eq!(payload["user"], user);
    assert_eq!(payload["workspace"]["name"], "Müller & Söhne");
    assert_eq!(payload["workspace"]["slug"], "muller-sohne");
    assert_eq!(payload["workspace"]["settings"], json!({}));
    let token = payload["token"].as_str().ok_or("no token")?;
    let data = server
        .read(
            token,
            "{ viewer { username } workspace { slug users { totalCount } } }",
        )
        .await?;
    let expected = json!({
        "viewer": {"username": "eva"},
        "workspace": {"slug": "muller-sohne", "users": {"totalCount": 1}},
    });
    assert_eq!(data, expected);
    // The address can be typed in any case.
    let input = json!({"login": "EVA@example.ORG", "password": PASSWORD});
    let payload = as_nobody(&server, "signIn", input).await?;
    assert_eq!(payload["user"]["username"], "eva");
    Ok(())
}

/// Workspaces may have the same name; their slugs differ, also where nothing of the name is left.
async fn slugs_are_unique(database: &TestDatabase) -> Outcome {
    let server = Server::start(database)?;
    let long = "x".repeat(128);
    let mut slugs = Vec::new();
    for (index, name) in ["Acme", "ACME!", "acme 2", "Acme", "🎉", "…", &long, &long]
        .into_iter()
        .enumerate()
    {
        let payload =
            as_nobody(&server, "signUp", sign_up_input(name, &format!("u{index}"))).await?;
        assert_eq!(problems(&payload), [""; 0], "{name}");
        slugs.push(payload["workspace"]["slug"].as_str().unwrap().to_owned());
    }
    assert_eq!(slugs[..4], ["acme", "acme-2", "acme-2-2", "acme-3"]);
    for slug in &slugs {
        assert!(!slug.is_empty() && slug.len() <= 64, "{slug}");
    }
    slugs.sort_unstable();
    slugs.dedup();
    assert_eq!(slugs.len(), 8);
    Ok(())
}

/// Everything that is wrong is said at once, and nothing is made.
async fn problems_at_once(database: &TestDatabase) -> Outcome {
    let server = Server::start(database)?;
    as_nobody(&server, "signUp", sign_up_input("Acme", "eva")).await?;
    let input = json!({
        "workspaceName": "\u{200f} ",
        "username": "eva",
        "email": "no address",
        "password": "short",
    });
    let payload = as_nobody(&server, "signUp", input).await?;
    let expected = [
        "BLANK workspaceName",
        "TAKEN username",
        "INVALID email",
        "TOO_SHORT password",
    ];
    assert_eq!(problems(&payload), expected);
    assert_eq!(payload["token"], Value::Null);
    let message = payload["userErrors"][3]["message"].as_str().unwrap();
    assert!(
        message.contains("8 characters") && message.contains("72 bytes"),
        "{message}"
    );
    let input = sign_up_input("Acme", "somebody@example.org");
    let payload = as_nobody(&server, "signUp", input).await?;
    assert_eq!(problems(&payload), ["INVALID username", "INVALID email"]);
    Ok(())
}

/// A password is measured in characters at the short end and in bytes, as bcrypt does, at the
/// long one.
async fn password_rules(database: &TestDatabase) -> Outcome {
    let world = World::start(database).await?;
    let ada = world.client(&world.admin).await?;
    for (index, (password, expected)) in [
        ("ääääääää".to_owned(), None),
        ("a".repeat(72), None),
        ("ä".repeat(36), None),
        ("ääääääa".to_owned(), Some("TOO_SHORT password")),
        ("a".repeat(73), Some("TOO_LONG password")),
        ("ä".repeat(37), Some("TOO_LONG password")),
        ("long enough\0".to_owned(), Some("INVALID password")),
    ]
    .into_iter()
    .enumerate()
    {
        let name = format!("user{index}");
        let input = json!({
            "username": name,
            "email": format!("{name}@example.org"),
            "password": password,
        });
        let problems = ada.problems("userCreate", input).await?;
        assert_eq!(problems, Vec::from_iter(expected), "{password:?}");
        let input = json!({"login": name, "password": password});
        let signed_in = as_nobody(&world.server, "signIn", input).await?;
        assert_eq!(
            signed_in["token"].is_string(),
            expected.is_none(),
            "{password:?}"
        );
    }
    Ok(())
}

/// A new password ends every token but the one that comes with it.
async fn password_change_ends_tokens(database: &TestDatabase) -> Outcome {
    let world = World::start(database).await?;
    let (old, other) = (
        world.client(&world.member).await?,
        world.client(&world.member).await?,
    );
    let change = |current: &str, new: &str| json!({"currentPassword": current, "newPassword": new});
    let wrong = old
        .problems("passwordChange", change("wrong", "another password"))
        .await?;
    assert_eq!(wrong, ["INVALID_CREDENTIALS currentPassword"]);
    let short = old
        .problems("passwordChange", change(PASSWORD, "short"))
        .await?;
    assert_eq!(short, ["TOO_SHORT newPassword"]);
    other.read("{ viewer { id } }").await?;

    let payload = old
        .run(
            "passwordChange",
            change(PASSWORD, "another password"),
            "token user { username }",
        )
        .await?;
    assert_eq!(payload["user"]["username"], "max");
    for token in [&old.token, &other.token] {
        let answer = world
            .server
            .ask_as(token, "{ viewer { id } }", json!({}))
            .await?;
        assert_eq!(answer.status, StatusCode::UNAUTHORIZED);
    }
    let token = payload["token"].as_str().ok_or("no token")?;
    world.server.read(token, "{ viewer { id } }").await?;
    for (password, is_right) in [(PASSWORD, false), ("another password", true)] {
        let input = json!({"login": "max", "password": password});
        let payload = as_nobody(&world.server, "signIn", input).await?;
        assert_eq!(payload["token"].is_string(), is_right);
    }
    Ok(())
}

/// A token can be exchanged for another one as long as it is good.
async fn token_refresh(database: &TestDatabase) -> Outcome {
    const DOCUMENT: &str = "mutation {
        tokenRefresh { token expiresAt user { username } userErrors { code } query { viewer { id } } }
    }";
    let world = World::start(database).await?;
    let max = world.client(&world.member).await?;
    let data = max.read(DOCUMENT).await?;
    assert_eq!(data["tokenRefresh"]["user"]["username"], "max");
    let token = data["tokenRefresh"]["token"].as_str().ok_or("no token")?;
    world.server.read(token, "{ viewer { id } }").await?;
    let answer = world.server.ask(DOCUMENT).await?;
    assert_eq!(answer.body["data"], json!({"tokenRefresh": null}));
    answer.assert_error("UNAUTHENTICATED", "Sign in")
}

/// Deactivating a user revokes their tokens at once, for good: reactivating does not restore them.
async fn deactivation_ends_tokens(database: &TestDatabase) -> Outcome {
    let world = World::start(database).await?;
    let (ada, max) = (
        world.client(&world.admin).await?,
        world.client(&world.member).await?,
    );
    let id = max.read("{ viewer { id } }").await?["viewer"]["id"].clone();
    let is_out = async |client: &Client<'_>| {
        let answer = client
            .server
            .ask_as(&client.token, "{ viewer { id } }", json!({}));
        Ok::<bool, Failed>(answer.await?.status == StatusCode::UNAUTHORIZED)
    };
    let payload = ada
        .run("userDeactivate", json!({"id": id}), "user { isActive }")
        .await?;
    assert_eq!(payload["user"]["isActive"], false);
    assert!(is_out(&max).await?);
    assert!(
        world.client(&world.member).await.is_err(),
        "who is deactivated signs in"
    );
    ada.run("userReactivate", json!({"id": id}), "user { isActive }")
        .await?;
    assert!(is_out(&max).await?);
    let again = world.client(&world.member).await?;
    assert!(!is_out(&again).await?);
    // An admin who gives somebody a new password ends their tokens too.
    let input = json!({"id": id, "newPassword": "given by ada"});
    ada.run("userSetPassword", input, "user { id }").await?;
    assert!(is_out(&again).await?);
    let input = json!({"login": "max", "password": "given by ada"});
    let payload = as_nobody(&world.server, "signIn", input).await?;
    assert!(payload["token"].is_string());
    Ok(())
}

/// After five wrong passwords, an address has to wait, even for an account that does not exist.
/// Other addresses do not, and successful sign-ins are not counted.
async fn failures_are_throttled(database: &TestDatabase) -> Outcome {
    let world = World::start(database).await?;
    for _ in 0..8 {
        world.server.sign_in("olga").await?;
    }
    for login in ["max", "nobody"] {
        for attempt in 0..7 {
            let input = json!({"login": login, "password": "wrong"});
            let payload = as_nobody(&world.server, "signIn", input).await?;
            let expected = if attempt < 5 {
                "INVALID_CREDENTIALS login"
            } else {
                "TOO_MANY_ATTEMPTS login"
            };
            assert_eq!(problems(&payload), [expected], "attempt {attempt}");
        }
    }
    // The right password does not help either, or else it could be guessed on.
    let input = json!({"login": "max", "password": PASSWORD});
    let payload = as_nobody(&world.server, "signIn", input).await?;
    assert_eq!(problems(&payload), ["TOO_MANY_ATTEMPTS login"]);
    world.server.sign_in("ada").await?;
    Ok(())
}

/// Behind a proxy each client is counted for itself; without one, what a client says of its
/// address counts for nothing.
async fn proxies_name_the_client(database: &TestDatabase) -> Outcome {
    World::start(database).await?;
    let document = document("signIn", "token");
    for (arguments, expected) in [
        (
            &["--client-address-header", "X-Forwarded-For"][..],
            "INVALID_CREDENTIALS login",
        ),
        (&[][..], "TOO_MANY_ATTEMPTS login"),
    ] {
        let server = Server::start_with(database, arguments)?;
        let mut last = Vec::new();
        for attempt in 0..7 {
            let variables = json!({"input": {"login": "max", "password": "wrong"}});
            let response = reqwest::Client::new()
                .post(server.url("/graphql"))
                .header("X-Forwarded-For", format!("10.9.9.9, 10.0.0.{attempt}"))
                .json(&json!({"query": document, "variables": variables}))
                .send()
                .await?;
            let body: Value = response.json().await?;
            last = problems(&body["data"]["signIn"]);
        }
        assert_eq!(last, [expected]);
    }
    Ok(())
}

/// A crowd that signs in at once is either served or asked to come back, and nothing else waits
/// for it.
async fn too_many_at_once(database: &TestDatabase) -> Outcome {
    let world = World::start(database).await?;
    let crowd = (0..300).map(|index| {
        let input = json!({"login": format!("somebody{index}"), "password": "wrong"});
        let document = document("signIn", "token");
        let server = &world.server;
        async move { server.ask_with(&document, json!({"input": input})).await }
    });
    let answers = futures_util::future::try_join_all(crowd).await?;
    let mut slowed_down = 0;
    for answer in &answers {
        assert_eq!(answer.status, StatusCode::OK);
        if answer.body["data"]["signIn"].is_null() {
            answer.assert_error("RATE_LIMITED", "Try again")?;
            slowed_down += 1;
        } else {
            let problems = problems(&answer.body["data"]["signIn"]);
            let [problem] = &problems[..] else {
                return Err(format!("not one problem: {problems:?}").into());
            };
            assert!(
                problem == "INVALID_CREDENTIALS login" || problem == "TOO_MANY_ATTEMPTS login",
                "{problem}"
            );
        }
    }
    assert!(slowed_down < answers.len(), "nobody was served");
    Ok(())
}
