//! Methods, media types, bodies, statuses.

use reqwest::{Client, Method, StatusCode};
use sea_orm::{EntityTrait, PaginatorTrait};
use serde_json::{Value, json};

use super::{GRAPHQL, JSON, Reply, ask, post};
use crate::support::{
    Outcome, client::World, database::TestDatabase, server::Server, suite::Suite,
};

pub fn list(suite: &mut Suite) {
    suite.on_both_databases(methods);
    suite.on_both_databases(statuses);
    suite.on_both_databases(accept);
    suite.on_both_databases(content_types);
    suite.on_both_databases(malformed);
    suite.on_both_databases(nothing_without_preflight);
}

/// POST and GET are taken, and GET for queries alone.
async fn methods(database: &TestDatabase) -> Outcome {
    let server = Server::start(database)?;
    let get = |query: &str| {
        Client::new()
            .get(server.url("/graphql"))
            .query(&[("query", query)])
    };
    let reply = Reply::of(
        get("query A($b: Boolean!) { viewer @skip(if: $b) { id } }")
            .query(&[("variables", r#"{"b": false}"#), ("operationName", "A")]),
    )
    .await?;
    assert_eq!(
        (reply.status, &reply.body["data"]),
        (StatusCode::OK, &json!({"viewer": null}))
    );
    let mutation = "query A { __typename } mutation B { tokenRefresh { token } }";
    for request in [
        get("mutation { tokenRefresh { token } }"),
        get(mutation).query(&[("operationName", "B")]),
    ] {
        let reply = Reply::of(request).await?;
        assert_eq!(reply.status, StatusCode::METHOD_NOT_ALLOWED, "{reply:?}");
        assert_eq!(reply.header("allow"), "POST");
        assert!(reply.message().contains("Use POST"), "{reply:?}");
    }
    let reply = Reply::of(get(mutation).query(&[("operationName", "A")])).await?;
    assert_eq!(reply.status, StatusCode::OK);
    let head = Client::new().head(server.url("/graphql?query={__typename}"));
    let reply = Reply::of(head).await?;
    assert_eq!((reply.status, reply.body), (StatusCode::OK, json!("")));
    for method in [Method::PUT, Method::DELETE, Method::PATCH] {
        let reply = Reply::of(Client::new().request(method, server.url("/graphql"))).await?;
        assert_eq!(reply.status, StatusCode::METHOD_NOT_ALLOWED);
        assert_eq!(reply.header("allow"), "GET, HEAD, POST, OPTIONS");
        assert_eq!(reply.code(), "BAD_USER_INPUT");
    }
    let options = Client::new().request(Method::OPTIONS, server.url("/graphql"));
    let reply = Reply::of(options).await?;
    assert_eq!(reply.status, StatusCode::NO_CONTENT);
    assert_eq!(reply.header("allow"), "GET, HEAD, POST, OPTIONS");
    assert!(
        !reply
            .headers
            .keys()
            .any(|it| it.as_str().starts_with("access-control"))
    );
    Ok(())
}

/// The status says whether a request was executed, for clients that ask for the newer media type.
async fn statuses(database: &TestDatabase) -> Outcome {
    let server = Server::start(database)?;
    for (body, json_status, graphql_status) in [
        (json!({"query": "{ __typename }"}), 200, 200),
        (
            json!({"query": "{ viewer { id } meeting(id: 5) { id } }"}),
            200,
            200,
        ),
        (json!({"query": "{ meetings { totalCount } }"}), 200, 200),
        (json!({"query": "{"}), 200, 400),
        (json!({"query": ""}), 200, 400),
        (json!({"query": "{ nothing }"}), 200, 400),
        (
            json!({"query": "query A { __typename } query B { __typename }"}),
            200,
            400,
        ),
        (
            json!({"query": "query A { __typename }", "operationName": "B"}),
            200,
            400,
        ),
        (
            json!({"query": "query ($id: ID!) { meeting(id: $id) { id } }"}),
            200,
            400,
        ),
        (
            json!({"query": "{ a { b { c { d { e { f { g { h { i { j { k { l { m } } } } } } } } } } } } }"}),
            200,
            400,
        ),
        (json!({"query": 5}), 400, 400),
        (json!({}), 400, 400),
    ] {
        for (media_type, status) in [(JSON, json_status), (GRAPHQL, graphql_status)] {
            let request = Client::new()
                .post(server.url("/graphql"))
                .header("accept", media_type)
                .json(&body);
            let reply = Reply::of(request).await?;
            assert_eq!(
                reply.status.as_u16(),
                status,
                "{body} as {media_type}: {reply:?}"
            );
            let content_type = format!("{media_type}; charset=utf-8");
            assert_eq!(reply.header("content-type"), content_type);
            assert!(reply.header("vary").to_lowercase().contains("accept"));
            assert_eq!(reply.header("cache-control"), "no-store");
            assert_eq!(reply.header("x-request-id").len(), 32);
            if status == 400 {
                assert_eq!(reply.body.get("data"), None, "{reply:?}");
                assert!(!reply.message().is_empty());
            }
        }
    }
    Ok(())
}

/// The answer is of a type that is wanted, or there is none.
async fn accept(database: &TestDatabase) -> Outcome {
    let server = Server::start(database)?;
    for (accept, expected) in [
        (
            "application/json;q=0.5, application/graphql-response+json;q=0.4",
            Some(JSON),
        ),
        (
            "text/html, application/graphql-response+json",
            Some(GRAPHQL),
        ),
        ("*/*", Some(JSON)),
        ("text/html", None),
        ("application/json;q=0", None),
    ] {
        let request = Client::new()
            .post(server.url("/graphql"))
            .header("accept", accept)
            .json(&json!({"query": "{ __typename }"}));
        let reply = Reply::of(request).await?;
        let expected_status = if expected.is_some() { 200 } else { 406 };
        assert_eq!(reply.status.as_u16(), expected_status, "{accept}");
        let expected = expected.unwrap_or(JSON);
        assert!(
            reply.header("content-type").starts_with(expected),
            "{accept}"
        );
    }
    Ok(())
}

/// Only JSON in UTF-8 is read.
async fn content_types(database: &TestDatabase) -> Outcome {
    let server = Server::start(database)?;
    let body = r#"{"query": "{ __typename }"}"#;
    for (content_type, status) in [
        ("application/json", 200),
        ("application/json; charset=utf-8", 200),
        ("Application/JSON;charset=\"UTF-8\"", 200),
        ("application/json; charset=iso-8859-1", 415),
        ("text/plain", 415),
        ("application/x-www-form-urlencoded", 415),
        ("multipart/form-data; boundary=x", 415),
        ("application/graphql", 415),
        ("application/jsonp", 415),
        ("", 415),
    ] {
        let mut request = Client::new().post(server.url("/graphql")).body(body);
        if !content_type.is_empty() {
            request = request.header("content-type", content_type);
        }
        let reply = Reply::of(request).await?;
        assert_eq!(reply.status.as_u16(), status, "{content_type}: {reply:?}");
        if status == 415 {
            assert_eq!(reply.header("accept-post"), JSON);
            assert!(reply.message().contains("application/json"));
        }
    }
    let compressed = Client::new()
        .post(server.url("/graphql"))
        .header("content-type", JSON)
        .header("content-encoding", "gzip")
        .body(body);
    assert_eq!(
        Reply::of(compressed).await?.status,
        StatusCode::UNSUPPORTED_MEDIA_TYPE
    );
    Ok(())
}

/// Unreadable requests are rejected with a message that says what is wrong.
async fn malformed(database: &TestDatabase) -> Outcome {
    let server = Server::start(database)?;
    let deep = format!(
        "{{\"query\": \"{{ __typename }}\", \"variables\": {}",
        "[".repeat(200)
    );
    let mut cases: Vec<(Vec<u8>, String)> = [
        ("", "not JSON"),
        ("{", "not JSON"),
        ("null", "must be a JSON object"),
        ("[]", "one at a time"),
        (r#"[{"query": "{ __typename }"}]"#, "one at a time"),
        ("{}", "`query` is missing"),
        (r#"{"query": null}"#, "`query` is missing"),
        (&deep, "not JSON"),
        (r#"{"query": "{ __typename }", "extensions": {"persistedQuery": {"version": 2, "sha256Hash": ""}}}"#, "persistedQuery"),
        (r#"{"query": "{ __typename }", "extensions": {"cost": 1}}"#, "extensions.cost"),
    ]
    .map(|(body, words)| (body.as_bytes().to_vec(), words.to_owned()))
    .to_vec();
    cases.push((
        b"{\"query\": \"\xff\"}".to_vec(),
        "not UTF-8: see byte 12".to_owned(),
    ));
    for name in ["query", "operationName", "documentId"] {
        for value in [json!(1), json!(true), json!([]), json!({})] {
            let mut body = json!({"query": "{ __typename }"});
            body[name] = value;
            let words = format!("`{name}` must be a string");
            cases.push((body.to_string().into_bytes(), words));
        }
    }
    for name in ["variables", "extensions"] {
        for value in [json!(1), json!(true), json!([]), json!("{}")] {
            let mut body = json!({"query": "{ __typename }"});
            body[name] = value;
            let words = format!("`{name}` must be an object");
            cases.push((body.to_string().into_bytes(), words));
        }
    }
    for (body, words) in cases {
        let shown = String::from_utf8_lossy(&body[..body.len().min(80)]).into_owned();
        let request = Client::new()
            .post(server.url("/graphql"))
            .header("content-type", JSON)
            .body(body);
        let reply = Reply::of(request).await?;
        assert_eq!(reply.status, StatusCode::BAD_REQUEST, "{shown}: {reply:?}");
        assert_eq!(reply.code(), "BAD_USER_INPUT", "{shown}");
        assert!(
            reply.message().contains(&words),
            "{shown}: {}",
            reply.message()
        );
    }
    for (parameters, words) in [
        ("", "`query` is missing"),
        ("query=%ff", "not UTF-8"),
        ("query={__typename}&variables=x", "`variables` is not JSON"),
        (
            "query={__typename}&variables=[]",
            "`variables` must be an object",
        ),
        ("query={__typename}&query={__typename}", "more than once"),
    ] {
        let url = server.url(&format!("/graphql?{parameters}"));
        let reply = Reply::of(Client::new().get(url)).await?;
        assert_eq!(reply.status, StatusCode::BAD_REQUEST, "{parameters}");
        assert!(
            reply.message().contains(words),
            "{parameters}: {}",
            reply.message()
        );
    }
    assert_eq!(ask(&server, "{ __typename }").await?.status, StatusCode::OK);
    Ok(())
}

/// Requests that another site can make a browser send without a preflight change nothing.
async fn nothing_without_preflight(database: &TestDatabase) -> Outcome {
    let world = World::start(database).await?;
    let server = &world.server;
    let before = entity::workspace::Entity::find()
        .count(database.connection())
        .await?;
    let mutation = r#"mutation { signUp(input: {workspaceName: "Mallory", username: "mallory",
        email: "m@example.org", password: "a password"}) { token } }"#;
    let body = json!({"query": mutation}).to_string();
    let form = [("query", mutation)];
    let url = server.url("/graphql");
    let simple = |content_type: &str| {
        let request = Client::new().post(&url).body(body.clone());
        request.header("content-type", content_type)
    };
    for request in [
        simple("text/plain"),
        simple("application/x-www-form-urlencoded"),
        simple("multipart/form-data; boundary=x"),
        simple("text/plain; application/json"),
        Client::new().post(&url).body(body.clone()),
        Client::new().post(&url).form(&form),
        Client::new().get(&url).query(&form),
        Client::new().head(&url).query(&form),
    ] {
        let reply = Reply::of(request.header("origin", "https://mallory.example")).await?;
        assert!(reply.status.is_client_error(), "{reply:?}");
    }
    let after = entity::workspace::Entity::find()
        .count(database.connection())
        .await?;
    assert_eq!(before, after);
    let reply = Reply::of(post(server, &json!({"query": mutation}))).await?;
    assert!(
        matches!(reply.body["data"]["signUp"]["token"], Value::String(_)),
        "{reply:?}"
    );
    Ok(())
}
