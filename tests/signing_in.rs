//! Signing in, and how long a token is valid afterwards.

use std::time::Duration;

use base64::{Engine, engine::general_purpose::URL_SAFE_NO_PAD};
use chrono::{DateTime, Utc};
use entity::user;
use jsonwebtoken::{Algorithm, EncodingKey};
use libtest_mimic::Failed;
use reqwest::StatusCode;
use sea_orm::{ActiveModelTrait, ActiveValue::Set, ConnectionTrait, DbBackend, IntoActiveModel};
use serde_json::{Value, json};

use crate::support::{
    Outcome,
    database::TestDatabase,
    seed::{PASSWORD, Seed, global_id},
    server::{Answer, Server, TOKEN_SECRET},
    socket::Socket,
    suite::Suite,
};

/// Adds the cases of this module.
pub fn list(suite: &mut Suite) {
    suite.on_both_databases(by_either_name);
    suite.on_both_databases(username_before_email);
    suite.on_both_databases(rejected);
    suite.on_both_databases(hash_of_python);
    suite.on_both_databases(long_password);
    suite.on_both_databases(payload_of_the_signed_in_user);
    suite.on_both_databases(one_after_another);
    suite.on_both_databases(altered_token);
    suite.on_both_databases(signed_token);
    suite.on_both_databases(rotated_secret);
    suite.on_both_databases(expired_token);
    suite.on_both_databases(endless_token);
    suite.on_both_databases(ended_token);
    suite.on_both_databases(changed_user);
    suite.on_both_databases(anonymous);
    suite.on_both_databases(without_workspace);
}

/// The hash of [`PYTHON_PASSWORD`] by bcrypt 5.0.0 for Python at cost 4.
const PYTHON_HASH: &str = "$2b$04$PmmyBao8oEpEypy7FcYcUeNAIxVJK35Cijp1s2A36V4u.MLRUrIKW";

/// The password behind [`PYTHON_HASH`].
const PYTHON_PASSWORD: &str = "pässword";

/// Ada of the workspace Acme, and a server.
async fn start(database: &TestDatabase) -> Result<(user::Model, Server), Failed> {
    let seed = Seed(database.connection());
    let workspace = seed.workspace("acme").await?;
    let ada = seed.user(workspace.id, "ada").await?;
    Ok((ada, Server::start(database)?))
}

async fn sign_in(server: &Server, login: &str, password: &str) -> Result<Value, Failed> {
    let document = "mutation ($input: SignInInput!) {
        signIn(input: $input) {
            token
            expiresAt
            user { username }
            userErrors { code message path }
            query { viewer { username } }
        }
    }";
    let input = json!({"input": {"login": login, "password": password}});
    let answer = server.ask_with(document, input).await?;
    Ok(answer.data()?["signIn"].clone())
}

/// Fails unless the sign-in was rejected with the one message that is ever given.
fn assert_rejected(payload: &Value) {
    let rejected = json!({
        "token": null,
        "expiresAt": null,
        "user": null,
        "userErrors": [{
            "code": "INVALID_CREDENTIALS",
            "message": "The login and the password do not match.",
            "path": ["login"],
        }],
        "query": {"viewer": null},
    });
    assert_eq!(*payload, rejected);
}

/// Fails unless the whole request was rejected for its token.
fn assert_bad_token(answer: &Answer) -> Outcome {
    assert_eq!(answer.status, StatusCode::UNAUTHORIZED);
    assert!(answer.body["data"].is_null(), "{answer:#?}");
    answer.assert_error("UNAUTHENTICATED", "Sign in again")
}

/// A username and an email address do alike, and spaces around them do not matter.
async fn by_either_name(database: &TestDatabase) -> Outcome {
    let (_, server) = start(database).await?;
    for login in ["ada", "ada@example.org", " ada "] {
        let payload = sign_in(&server, login, PASSWORD).await?;
        assert_eq!(payload["user"]["username"], "ada");
        assert_eq!(payload["userErrors"], json!([]));
        let token = payload["token"].as_str().unwrap();
        let data = server.read(token, "{ viewer { username } }").await?;
        assert_eq!(data, json!({"viewer": {"username": "ada"}}));
    }
    Ok(())
}

/// Nobody may take the email address of another for a username and so get their place.
async fn username_before_email(database: &TestDatabase) -> Outcome {
    let (ada, server) = start(database).await?;
    let seed = Seed(database.connection());
    let mut grace = seed
        .user(ada.workspace_id.unwrap(), "grace")
        .await?
        .into_active_model();
    grace.email = Set("ada".to_owned());
    grace.update(database.connection()).await?;
    let payload = sign_in(&server, "ada", PASSWORD).await?;
    assert_eq!(payload["user"]["username"], "ada");
    Ok(())
}

/// A wrong password and every kind of user who cannot sign in get the same answer, so that it
/// reveals nothing about who is there.
async fn rejected(database: &TestDatabase) -> Outcome {
    let (ada, server) = start(database).await?;
    let seed = Seed(database.connection());
    for (username, is_active, password_hash) in [
        ("gone", Some(false), ada.password_hash.clone()),
        ("hashless", None, None),
        ("garbled", None, Some("no hash".to_owned())),
    ] {
        let mut user = seed
            .user(ada.workspace_id.unwrap(), username)
            .await?
            .into_active_model();
        user.is_active = Set(is_active);
        user.password_hash = Set(password_hash);
        user.update(database.connection()).await?;
    }
    let prefixed = format!("{PASSWORD} and more");
    for (login, password) in [
        ("ada", "wrong"),
        ("ada", ""),
        ("ada", &prefixed),
        ("ada", "correct horse battery staple\0"),
        ("ADA", PASSWORD),
        ("nobody", PASSWORD),
        ("", PASSWORD),
        ("ada\0", PASSWORD),
        ("' OR 1=1 --", PASSWORD),
        ("gone", PASSWORD),
        ("hashless", PASSWORD),
        ("hashless", ""),
        ("garbled", PASSWORD),
    ] {
        assert_rejected(&sign_in(&server, login, password).await?);
    }
    Ok(())
}

/// Hashes that the Python application wrote go on to serve.
async fn hash_of_python(database: &TestDatabase) -> Outcome {
    let (ada, server) = start(database).await?;
    let mut ada = ada.into_active_model();
    ada.password_hash = Set(Some(PYTHON_HASH.to_owned()));
    ada.update(database.connection()).await?;
    let payload = sign_in(&server, "ada", PYTHON_PASSWORD).await?;
    assert_eq!(payload["user"]["username"], "ada");
    assert_rejected(&sign_in(&server, "ada", "password").await?);
    Ok(())
}

/// Bcrypt reads 72 bytes. A longer password is rejected, though its beginning would do.
async fn long_password(database: &TestDatabase) -> Outcome {
    let (ada, server) = start(database).await?;
    let longest = "é".repeat(36);
    let mut ada = ada.into_active_model();
    ada.password_hash = Set(Some(bcrypt::hash(&longest, 4)?));
    ada.update(database.connection()).await?;
    let payload = sign_in(&server, "ada", &longest).await?;
    assert_eq!(payload["user"]["username"], "ada");
    assert_rejected(&sign_in(&server, "ada", &format!("{longest}!")).await?);
    Ok(())
}

/// The payload can be read as the user who has just signed in.
async fn payload_of_the_signed_in_user(database: &TestDatabase) -> Outcome {
    let (ada, server) = start(database).await?;
    Seed(database.connection()).meeting(&ada, "Plan").await?;
    let document = "mutation ($input: SignInInput!) {
        signIn(input: $input) {
            user { organizedMeetings { nodes { title } } }
            query {
                viewer { username }
                workspace { slug }
                meetings { nodes { title organizer { username } } }
            }
        }
    }";
    let input = json!({"input": {"login": "ada", "password": PASSWORD}});
    let answer = server.ask_with(document, input).await?;
    let expected = json!({"signIn": {
        "user": {"organizedMeetings": {"nodes": [{"title": "Plan"}]}},
        "query": {
            "viewer": {"username": "ada"},
            "workspace": {"slug": "acme"},
            "meetings": {"nodes": [{"title": "Plan", "organizer": {"username": "ada"}}]},
        },
    }});
    assert_eq!(*answer.data()?, expected);
    Ok(())
}

/// A token that is not one of ours is rejected as a whole, also for what is public.
async fn altered_token(database: &TestDatabase) -> Outcome {
    let (_, server) = start(database).await?;
    let token = server.sign_in("ada").await?;
    let parts: Vec<&str> = token.split('.').collect();
    let [header, claims, signature] = parts[..] else {
        return Err(format!("{token} is no JWT").into());
    };
    let mut other: Value = serde_json::from_slice(&URL_SAFE_NO_PAD.decode(claims)?)?;
    other["sub"] = "2".into();
    let other = URL_SAFE_NO_PAD.encode(other.to_string());
    let unsigned = URL_SAFE_NO_PAD.encode(r#"{"alg":"none","typ":"JWT"}"#);
    let elsewhere = Server::start_with(
        database,
        &["--token-secret", "the secret of quite another server"],
    )?;
    for bad in [
        "nonsense".to_owned(),
        format!("{header}.{other}.{signature}"),
        format!("{header}.{claims}."),
        format!("{unsigned}.{claims}."),
        format!("{unsigned}.{claims}.{signature}"),
        elsewhere.sign_in("ada").await?,
    ] {
        for document in ["{ viewer { username } }", "{ __typename }"] {
            assert_bad_token(&server.ask_as(&bad, document, json!({})).await?)?;
        }
    }
    let headless = server.ask_as("", "{ __typename }", json!({})).await?;
    assert_eq!(headless.status, StatusCode::UNAUTHORIZED);
    headless.assert_error("UNAUTHENTICATED", "must be `Bearer <token>`")
}

/// A token with a valid signature is rejected unless all that it says holds, and is what Mina could
/// have said.
async fn signed_token(database: &TestDatabase) -> Outcome {
    let (ada, server) = start(database).await?;
    let token = server.sign_in("ada").await?;
    let claims = token.split('.').nth(1).ok_or("no claims")?;
    let claims: Value = serde_json::from_slice(&URL_SAFE_NO_PAD.decode(claims)?)?;
    assert_eq!(claims["iss"], "mina");
    assert_eq!(claims["sub"], ada.id.to_string());

    let header = json!({"typ": "JWT", "alg": "HS256"});
    // Sets some members; null removes one, and "null" stands for null itself.
    let with = |value: &Value, changes: Value| {
        let mut changed = value.clone();
        for (name, value) in changes.as_object().into_iter().flatten() {
            match value {
                Value::Null => drop(changed.as_object_mut().unwrap().remove(name)),
                Value::String(text) if text == "null" => changed[name] = Value::Null,
                value => changed[name] = value.clone(),
            }
        }
        changed
    };
    let ask = async |token: String| server.ask_as(&token, "{ __typename }", json!({})).await;
    let now = Utc::now().timestamp();

    for changes in [
        json!({}),
        // Tokens of earlier releases have no issuer.
        json!({"iss": null}),
        json!({"nbf": now - 1}),
        json!({"nbf": now}),
        json!({"unknown": [1, 2]}),
        // The clock of another server may be a little ahead.
        json!({"iat": now + 30}),
    ] {
        let token = sign(&header, &with(&claims, changes.clone()), Algorithm::HS256)?;
        let answer = ask(token).await?;
        answer
            .data()
            .map_err(|error| format!("{changes}: {error:?}"))?;
    }
    for changes in [
        json!({"iss": "another server"}),
        json!({"iss": ""}),
        json!({"iss": "null"}),
        json!({"iss": ["mina"]}),
        json!({"iss": 7}),
        json!({"aud": "mina"}),
        json!({"nbf": now + 60}),
        json!({"nbf": i64::MAX}),
        json!({"nbf": 1.5}),
        json!({"nbf": "null"}),
        json!({"nbf": "1"}),
        json!({"exp": null}),
        json!({"exp": "null"}),
        json!({"exp": now}),
        json!({"exp": -1}),
        json!({"exp": i64::MAX}),
        json!({"exp": 1e12}),
        json!({"exp": 4_000_000_000.5}),
        json!({"exp": "4000000000"}),
        json!({"iat": "now"}),
        json!({"iat": now + 120}),
        json!({"iat": i64::MAX}),
        json!({"sub": null}),
        json!({"sub": ada.id}),
        json!({"sub": "ada"}),
        json!({"pwd": null}),
        json!({"gen": 1}),
        json!({"gen": null}),
    ] {
        let token = sign(&header, &with(&claims, changes.clone()), Algorithm::HS256)?;
        assert_bad_token(&ask(token).await?).map_err(|error| format!("{changes}: {error:?}"))?;
    }
    for changes in [
        json!({"crit": ["b64"], "b64": true}),
        json!({"crit": ["exp"]}),
        json!({"crit": ["https://example.org/extension"]}),
        json!({"crit": []}),
        json!({"crit": "exp"}),
        json!({"alg": null}),
        json!({"alg": "none"}),
        json!({"alg": "HS384"}),
        json!({"alg": "RS256"}),
        json!({"alg": "hs256"}),
    ] {
        let token = sign(&with(&header, changes.clone()), &claims, Algorithm::HS256)?;
        assert_bad_token(&ask(token).await?).map_err(|error| format!("{changes}: {error:?}"))?;
    }
    for (name, algorithm) in [("HS384", Algorithm::HS384), ("HS512", Algorithm::HS512)] {
        let header = json!({"typ": "JWT", "alg": name});
        assert_bad_token(&ask(sign(&header, &claims, algorithm)?).await?)?;
    }
    Ok(())
}

/// The secret can be replaced while users work: the first line of the file signs, tokens of the
/// other lines are accepted, and connections end with the secret of their token.
async fn rotated_secret(database: &TestDatabase) -> Outcome {
    start(database).await?;
    let directory = tempfile::tempdir()?;
    let path = directory.path().join("secret");
    let old = TOKEN_SECRET;
    let new = "the secret that the servers will sign with from now on";
    std::fs::write(&path, old)?;
    let file = path.to_str().ok_or("a path that is not UTF-8")?;
    let server = Server::start_with(database, &["--token-secret-file", file])?;
    let replace = async |lines: &[&str], words: &str| {
        std::fs::write(&path, lines.join("\n"))?;
        server.signal("HUP")?;
        server.log_line_with(words)?;
        Ok::<_, Failed>(())
    };
    let is_accepted = async |token: &str| {
        let answer = server.ask_as(token, "{ __typename }", json!({})).await?;
        Ok::<_, Failed>(answer.status == StatusCode::OK)
    };
    let before = server.sign_in("ada").await?;

    // Servers that do not know the new secret yet must be able to accept what others sign with it.
    replace(&[old, new], "the token secrets have changed").await?;
    let between = server.sign_in("ada").await?;
    assert_eq!(key_id(&between)?, key_id(&before)?);

    replace(&[new, old, ""], "the token secrets have changed").await?;
    let mut after = server.sign_in("ada").await?;
    // The change may be logged by what came before.
    for _ in 0..100 {
        if key_id(&after)? != key_id(&before)? {
            break;
        }
        tokio::time::sleep(Duration::from_millis(20)).await;
        after = server.sign_in("ada").await?;
    }
    assert_ne!(key_id(&after)?, key_id(&before)?);
    for token in [&before, &between, &after] {
        assert!(is_accepted(token).await?);
    }
    let mut socket_of_old = Socket::begin(&server, Some(&before)).await?;
    let mut socket_of_new = Socket::begin(&server, Some(&after)).await?;

    // What cannot be used changes nothing.
    replace(&["too short"], "it needs at least 32; the server goes on").await?;
    assert!(is_accepted(&before).await?);

    std::fs::write(&path, new)?;
    server.signal("HUP")?;
    assert_eq!(socket_of_old.closed().await?, 4403);
    assert!(!is_accepted(&before).await?);
    assert!(!is_accepted(&between).await?);
    assert!(is_accepted(&after).await?);
    socket_of_new
        .subscribe("1", "{ __typename }", json!({}))
        .await?;
    socket_of_new.event("1").await?;
    Ok(())
}

/// The name of the secret that has signed a token.
fn key_id(token: &str) -> Result<String, Failed> {
    let header = jsonwebtoken::decode_header(token)?;
    Ok(header.kid.ok_or("the token does not name its secret")?)
}

/// A token with any header and claims, signed with the secret of the server under test.
fn sign(header: &Value, claims: &Value, algorithm: Algorithm) -> Result<String, Failed> {
    let encode = |part: &Value| URL_SAFE_NO_PAD.encode(part.to_string());
    let message = format!("{}.{}", encode(header), encode(claims));
    let key = EncodingKey::from_secret(TOKEN_SECRET.as_bytes());
    let signature = jsonwebtoken::crypto::sign(message.as_bytes(), &key, algorithm)?;
    Ok(format!("{message}.{signature}"))
}

/// A token ends by itself at the time that was said.
async fn expired_token(database: &TestDatabase) -> Outcome {
    start(database).await?;
    let server = Server::start_with(database, &["--token-lifetime", "2s"])?;
    let payload = sign_in(&server, "ada", PASSWORD).await?;
    let token = payload["token"].as_str().unwrap();
    let end: DateTime<Utc> = payload["expiresAt"].as_str().unwrap().parse()?;
    let left = (end - Utc::now()).to_std().unwrap_or_default();
    assert!(left <= Duration::from_secs(2), "{left:?}");
    tokio::time::sleep(left).await;
    assert_bad_token(&server.ask_as(token, "{ __typename }", json!({})).await?)
}

/// The end of a token is in the years 1 to 9999 and has at most six decimals, whatever the lifetime.
async fn endless_token(database: &TestDatabase) -> Outcome {
    start(database).await?;
    for (lifetime, end) in [
        ("10000years", Some("9999-12-31T23:59:59Z")),
        ("500000years", Some("9999-12-31T23:59:59Z")),
        ("1day", None),
    ] {
        let server = Server::start_with(database, &["--token-lifetime", lifetime])?;
        let payload = sign_in(&server, "ada", PASSWORD).await?;
        let shown = payload["expiresAt"].as_str().unwrap();
        if let Some(end) = end {
            assert_eq!(shown, end);
        }
        let decimals = shown.split_once('.').map_or("Z", |(_, decimals)| decimals);
        assert!(decimals.len() <= 7, "{shown}");
        let token = payload["token"].as_str().unwrap();
        let answer = server
            .ask_as(token, "{ viewer { username } }", json!({}))
            .await?;
        assert_eq!(answer.data()?["viewer"]["username"], "ada");
    }
    Ok(())
}

/// A token ends with the account and with the password, though its time is not over.
async fn ended_token(database: &TestDatabase) -> Outcome {
    let (ada, server) = start(database).await?;
    let token = server.sign_in("ada").await?;
    let ask = async || server.ask_as(&token, "{ __typename }", json!({})).await;
    let mut ada = ada.into_active_model();

    ada.is_active = Set(Some(false));
    let ada = ada.update(database.connection()).await?;
    assert_bad_token(&ask().await?)?;

    let mut ada = ada.into_active_model();
    // NULL reads as the default of the contract, which is active.
    ada.is_active = Set(None);
    let ada = ada.update(database.connection()).await?;
    ask().await?.data()?;

    let mut ada = ada.into_active_model();
    ada.password_hash = Set(Some(PYTHON_HASH.to_owned()));
    ada.update(database.connection()).await?;
    assert_bad_token(&ask().await?)?;
    let payload = sign_in(&server, "ada", PYTHON_PASSWORD).await?;
    let token = payload["token"].as_str().unwrap();
    server.read(token, "{ viewer { username } }").await?;
    Ok(())
}

/// What was read for a user as seen last is not sent if the user has changed since, whoever has changed
/// it, and whether there are rows or not.
async fn changed_user(database: &TestDatabase) -> Outcome {
    let (ada, server) = start(database).await?;
    let connection = database.connection();
    let seed = Seed(connection);
    seed.meeting(&ada, "Here").await?;
    let elsewhere = seed.workspace("elsewhere").await?;
    let grace = seed.user(elsewhere.id, "grace").await?;
    seed.meeting(&grace, "Elsewhere").await?;
    let token = server.sign_in("ada").await?;
    let ask = async |document: &str| server.ask_as(&token, document, json!({})).await;
    let with_rows = "{ meetings { nodes { title } } }";
    let without = "{ sessions { nodes { id } } }";
    let titled = |title: &str| json!({"meetings": {"nodes": [{"title": title}]}});
    let empty = json!({"sessions": {"nodes": []}});

    assert_eq!(*ask(with_rows).await?.data()?, titled("Here"));
    let look_ups = || server.log_lines_with("token_renewed_hash").len();
    let known = look_ups();
    for _ in 0..3 {
        let answer = ask(with_rows).await?;
        assert_eq!(*answer.data()?, titled("Here"));
        server.statements(&answer)?;
    }
    if connection.get_database_backend() == DbBackend::Postgres {
        // The first statement has looked at the user, too.
        assert_eq!(look_ups(), known);
    }
    assert_eq!(*ask(without).await?.data()?, empty);

    let mut ada = ada.into_active_model();
    ada.workspace_id = Set(Some(elsewhere.id));
    let mut ada = ada.update(connection).await?.into_active_model();
    assert_eq!(*ask(with_rows).await?.data()?, titled("Elsewhere"));
    assert_eq!(*ask(without).await?.data()?, empty);

    for document in [with_rows, without] {
        ada.is_active = Set(Some(false));
        ada = ada.update(connection).await?.into_active_model();
        assert_bad_token(&ask(document).await?)?;
        ada.is_active = Set(Some(true));
        ada = ada.update(connection).await?.into_active_model();
        ask(document).await?.data()?;
    }

    let id = ada.id.take().unwrap();
    let revoke =
        format!("INSERT INTO mina_token_generation (user_id, generation) VALUES ({id}, 1)");
    connection.execute_unprepared(&revoke).await?;
    for document in [with_rows, without, "{ unknown }", "{ viewer { username } }"] {
        assert_bad_token(&ask(document).await?)?;
    }
    // Once that is known, such a token makes the server look up the user, and nothing else.
    let answer = ask(with_rows).await?;
    assert_bad_token(&answer)?;
    assert_eq!(server.statements(&answer)?, [""; 0]);
    Ok(())
}

/// Without a token, every root field asks to sign in, except public ones.
async fn anonymous(database: &TestDatabase) -> Outcome {
    let (_, server) = start(database).await?;
    let answer = server
        .ask("{ viewer { username } __typename __type(name: \"User\") { name } }")
        .await?;
    let public = json!({"viewer": null, "__typename": "Query", "__type": {"name": "User"}});
    assert_eq!(*answer.data()?, public);

    let id = URL_SAFE_NO_PAD.encode("Meeting:1");
    let session = URL_SAFE_NO_PAD.encode("Session:1");
    let task = URL_SAFE_NO_PAD.encode("Task:1");
    let user = URL_SAFE_NO_PAD.encode("User:1");
    for field in [
        "workspace { slug }",
        &format!("node(id: \"{id}\") {{ id }}"),
        &format!("nodes(ids: [\"{id}\"]) {{ id }}"),
        &format!("meeting(id: \"{id}\") {{ id }}"),
        &format!("session(id: \"{session}\") {{ id }}"),
        "session(externalId: \"0198a5c2-7d3e-7b41-9c55-2f6d0e8a1b34\") { id }",
        &format!("task(id: \"{task}\") {{ id }}"),
        &format!("user(id: \"{user}\") {{ id }}"),
        "meetings { nodes { id } }",
        "meetings { totalCount }",
        "sessions { nodes { id } }",
        "tasks { nodes { id } }",
        "users { nodes { id } }",
        "markers { nodes { id } }",
        "analytics { nodes { id } }",
        "search(text: \"plan\") { nodes { __typename } }",
    ] {
        let answer = server.ask(&format!("{{ {field} }}")).await?;
        assert_eq!(answer.status, StatusCode::OK, "{field}");
        answer
            .assert_error("UNAUTHENTICATED", "Sign in first")
            .map_err(|failed| format!("{field}: {failed:?}"))?;
        assert!(
            answer.body["data"].as_object().is_none_or(|data| {
                data.values()
                    .all(|value| value.is_null() || *value == json!([null]))
            }),
            "{field}: {answer:#?}"
        );
    }
    Ok(())
}

/// A user without a workspace sees only themself.
async fn without_workspace(database: &TestDatabase) -> Outcome {
    let (ada, server) = start(database).await?;
    let seed = Seed(database.connection());
    let meeting = seed.meeting(&ada, "Plan").await?;
    let mut loner = seed
        .user(ada.workspace_id.unwrap(), "loner")
        .await?
        .into_active_model();
    loner.workspace_id = Set(None);
    let loner = loner.update(database.connection()).await?;
    seed.participant(&meeting, &loner).await?;
    seed.session(&loner).await?;
    let token = server.sign_in("loner").await?;
    let data = server
        .read(
            &token,
            "{
                viewer { username workspace { slug } participations { nodes { id } } sessions { totalCount } }
                workspace { slug }
                users { totalCount nodes { username } }
                meetings { totalCount nodes { id } }
                sessions { totalCount nodes { id } }
                search(text: \"lo\") { nodes { ... on User { username } } }
            }",
        )
        .await?;
    let nothing = json!({"totalCount": 0, "nodes": []});
    let expected = json!({
        "viewer": {
            "username": "loner",
            "workspace": null,
            "participations": {"nodes": []},
            "sessions": {"totalCount": 0},
        },
        "workspace": null,
        "users": {"totalCount": 1, "nodes": [{"username": "loner"}]},
        "meetings": nothing,
        "sessions": nothing,
        "search": {"nodes": [{"username": "loner"}]},
    });
    assert_eq!(data, expected);
    Ok(())
}

/// Within one document, each payload is read as the user who has just signed in, and does not show
/// rows of the other's workspace, even if they have been loaded before.
async fn one_after_another(database: &TestDatabase) -> Outcome {
    let (ada, server) = start(database).await?;
    let seed = Seed(database.connection());
    let meeting = seed.meeting(&ada, "Planning").await?;
    let other = seed.workspace("other").await?;
    seed.user(other.id, "grace").await?;
    let token = server.sign_in("ada").await?;
    let document = "mutation ($ada: SignInInput!, $grace: SignInInput!, $meeting: ID!) {
        first: signIn(input: $ada) { ...Read }
        second: signIn(input: $grace) { ...Read }
        third: signIn(input: $ada) { ...Read }
    }
    fragment Read on SignInPayload {
        user { username workspace { slug } }
        query { viewer { username } meeting(id: $meeting) { title } meetings { totalCount } }
    }";
    let input = |login| json!({"login": login, "password": PASSWORD});
    let id = global_id("Meeting", meeting.id);
    let variables = json!({"ada": input("ada"), "grace": input("grace"), "meeting": id});
    let answer = server.ask_as(&token, document, variables).await?;
    let read = |username, slug, meeting: Value, count| {
        json!({
            "user": {"username": username, "workspace": {"slug": slug}},
            "query": {
                "viewer": {"username": username},
                "meeting": meeting,
                "meetings": {"totalCount": count},
            },
        })
    };
    let planning = json!({"title": "Planning"});
    assert_eq!(
        answer.data()?,
        &json!({
            "first": read("ada", "acme", planning.clone(), 1),
            "second": read("grace", "other", Value::Null, 0),
            "third": read("ada", "acme", planning, 1),
        })
    );
    Ok(())
}
