//! Signing in, and what tokens are good for.

use entity::user;
use reqwest::StatusCode;
use sea_orm::{ActiveModelTrait, ActiveValue::Set, IntoActiveModel};
use serde_json::{Value, json};

use crate::support::{
    Outcome,
    database::TestDatabase,
    seed::{PASSWORD, Seed},
    server::{Answer, Server},
};

const SIGN_IN: &str = "mutation ($login: String!, $password: String!) {
    signIn(input: {login: $login, password: $password}) {
        token
        expiresAt
        user { username workspace { name } }
        userErrors { code message path }
        query { viewer { username } meetings { totalCount } }
    }
}";

async fn seed(database: &TestDatabase) -> Result<user::Model, sea_orm::DbErr> {
    let seed = Seed(database.connection());
    let workspace = seed.workspace("acme").await?;
    seed.user(workspace.id, "ada").await
}

async fn sign_in(
    server: &Server,
    login: &str,
    password: &str,
) -> Result<Answer, libtest_mimic::Failed> {
    server
        .ask_with(SIGN_IN, json!({"login": login, "password": password}))
        .await
}

/// The username and the email address are both good, and the answer is read on as the new viewer.
pub async fn by_username_and_email(database: &TestDatabase) -> Outcome {
    let user = seed(database).await?;
    let server = Server::start(database)?;
    for login in [&user.username, &user.email] {
        let answer = sign_in(&server, login, PASSWORD).await?;
        let payload = &answer.body["data"]["signIn"];
        assert!(payload["token"].is_string(), "{answer:#?}");
        assert_eq!(payload["user"]["workspace"]["name"], "acme");
        assert_eq!(payload["query"]["viewer"]["username"], "ada");
        assert_eq!(payload["query"]["meetings"]["totalCount"], 0);
        assert_eq!(payload["userErrors"], json!([]));
    }
    Ok(())
}

/// Whoever may not sign in gets one and the same answer, whatever the reason.
pub async fn refused(database: &TestDatabase) -> Outcome {
    let user = seed(database).await?;
    let seed = Seed(database.connection());
    let deactivated = seed.user(user.workspace_id.unwrap(), "gone").await?;
    let mut deactivated = deactivated.into_active_model();
    deactivated.is_active = Set(Some(false));
    deactivated.update(database.connection()).await?;
    let mut without_password = seed
        .user(user.workspace_id.unwrap(), "guest")
        .await?
        .into_active_model();
    without_password.password_hash = Set(None);
    without_password.update(database.connection()).await?;

    let server = Server::start(database)?;
    let long = "x".repeat(73);
    let mut answers = Vec::new();
    for (login, password) in [
        ("ada", "wrong"),
        ("ada", ""),
        ("ada", &long),
        ("nobody", PASSWORD),
        ("gone", PASSWORD),
        ("guest", ""),
        ("a\0da", PASSWORD),
        ("' OR 1=1 --", PASSWORD),
    ] {
        let answer = sign_in(&server, login, password).await?;
        // The root field that needs a viewer fails, and with it the whole of `query`.
        assert_eq!(
            answer.body["data"]["signIn"],
            Value::Null,
            "{login} {answer:#?}"
        );
        let document = SIGN_IN.replace("query { viewer { username } meetings { totalCount } }", "");
        let answer = server
            .ask_with(&document, json!({"login": login, "password": password}))
            .await?;
        answers.push(answer.data()?.clone());
    }
    let errors = &answers[0]["signIn"]["userErrors"];
    assert_eq!(errors[0]["code"], "INVALID_CREDENTIALS");
    assert_eq!(errors[0]["path"], json!(["login"]));
    assert_eq!(answers[0]["signIn"]["token"], Value::Null);
    for answer in &answers {
        assert_eq!(answer, &answers[0]);
    }
    Ok(())
}

/// A password over the 72 bytes that bcrypt reads is refused, not cut.
pub async fn long_passwords_are_not_cut(database: &TestDatabase) -> Outcome {
    let user = seed(database).await?;
    let longest = "x".repeat(72);
    let mut user = user.into_active_model();
    user.password_hash = Set(Some(bcrypt::hash(&longest, 4)?));
    user.update(database.connection()).await?;
    let server = Server::start(database)?;
    for (password, right) in [(longest.clone(), true), (longest + "y", false)] {
        let answer = sign_in(&server, "ada", &password).await?;
        assert_eq!(answer.body["data"]["signIn"]["token"].is_string(), right);
    }
    Ok(())
}

/// Hashes that Python's bcrypt wrote are good.
pub async fn hashes_of_python(database: &TestDatabase) -> Outcome {
    let user = seed(database).await?;
    let mut user = user.into_active_model();
    // bcrypt.hashpw(b"meeting-minutes", bcrypt.gensalt(4))
    user.password_hash = Set(Some(PYTHON_HASH.to_owned()));
    user.update(database.connection()).await?;
    let server = Server::start(database)?;
    let answer = sign_in(&server, "ada", "meeting-minutes").await?;
    assert!(answer.data()?["signIn"]["token"].is_string());
    Ok(())
}

const PYTHON_HASH: &str = "$2b$04$K3..g7netxms2GAn3wZHCOlszLCJRKJvy8zghFgKsFdrbFbPmz61u";

/// A token ends with the password, with the account, and by any change to itself; a bad one is 401
/// on public fields too.
pub async fn tokens_end(database: &TestDatabase) -> Outcome {
    let user = seed(database).await?;
    let server = Server::start(database)?;
    let token = server.sign_in("ada").await?;
    let ask = async |token: &str| server.ask_as(token, "{ __typename }", json!({})).await;
    assert_eq!(ask(&token).await?.status, StatusCode::OK);

    let mut altered = token.clone();
    altered.replace_range(40..41, if &token[40..41] == "A" { "B" } else { "A" });
    // {"alg":"none"} with the claims of a good token and no signature.
    let claims = token.split('.').nth(1).unwrap();
    let unsigned = format!("eyJhbGciOiJub25lIn0.{claims}.");
    for bad in [altered.as_str(), unsigned.as_str(), "", "x", "a.b.c"] {
        let answer = ask(bad).await?;
        assert_eq!(answer.status, StatusCode::UNAUTHORIZED, "{bad}");
        assert_eq!(
            answer.body["errors"][0]["extensions"]["code"],
            "UNAUTHENTICATED"
        );
    }

    let mut active = user.clone().into_active_model();
    active.password_hash = Set(Some(bcrypt::hash("another", 4)?));
    active.update(database.connection()).await?;
    assert_eq!(ask(&token).await?.status, StatusCode::UNAUTHORIZED);

    let mut active = user.clone().into_active_model();
    active.password_hash = Set(user.password_hash.clone());
    active.update(database.connection()).await?;
    let token = server.sign_in("ada").await?;
    assert_eq!(ask(&token).await?.status, StatusCode::OK);
    let mut active = user.into_active_model();
    active.is_active = Set(Some(false));
    active.update(database.connection()).await?;
    assert_eq!(ask(&token).await?.status, StatusCode::UNAUTHORIZED);
    Ok(())
}

/// Nobody sees no data, but may look at the schema.
pub async fn nobody(database: &TestDatabase) -> Outcome {
    seed(database).await?;
    let server = Server::start(database)?;
    let answer = server
        .ask("{ viewer { username } __schema { queryType { name } } }")
        .await?;
    assert_eq!(
        answer.data()?,
        &json!({"viewer": null, "__schema": {"queryType": {"name": "Query"}}})
    );
    for document in [
        "{ meetings { nodes { title } } }",
        "{ meetings { totalCount } }",
        "{ workspace { name } }",
        "{ node(id: \"TWVldGluZzox\") { id } }",
        "{ search(text: \"acme\") { totalCount } }",
    ] {
        let answer = server.ask(document).await?;
        answer.assert_error("UNAUTHENTICATED", "Sign in first")?;
    }
    Ok(())
}

/// A user without a workspace sees only themself.
pub async fn without_a_workspace(database: &TestDatabase) -> Outcome {
    let user = seed(database).await?;
    let seed = Seed(database.connection());
    let meeting = seed.meeting(&user, "Planning").await?;
    let task = seed.task(&meeting, "Plan").await?;
    let loner = seed.user(user.workspace_id.unwrap(), "loner").await?;
    let mut loner = loner.into_active_model();
    loner.workspace_id = Set(None);
    let loner = loner.update(database.connection()).await?;
    let mut task = task.into_active_model();
    task.assigned_to_id = Set(Some(loner.id));
    task.update(database.connection()).await?;

    let server = Server::start(database)?;
    let token = server.sign_in("loner").await?;
    let document = "{
        viewer { username workspace { name } assignedTasks { totalCount nodes { title } } }
        workspace { name }
        users { totalCount nodes { username } }
        meetings { totalCount nodes { title } }
    }";
    let answer = server.ask_as(&token, document, json!({})).await?;
    assert_eq!(
        answer.data()?,
        &json!({
            "viewer": {
                "username": "loner",
                "workspace": null,
                "assignedTasks": {"totalCount": 0, "nodes": []},
            },
            "workspace": null,
            "users": {"totalCount": 1, "nodes": [{"username": "loner"}]},
            "meetings": {"totalCount": 0, "nodes": []},
        })
    );
    Ok(())
}
