//! The headers for browsers: those of every answer, and those that only some origins receive.

use libtest_mimic::Failed;
use reqwest::{Client, Method, RequestBuilder, Response, StatusCode};

use crate::support::{Outcome, database::TestDatabase, server::Server, suite::Suite};

/// Adds the cases of this module.
pub fn list(suite: &mut Suite) {
    suite.on_both_databases(headers);
    suite.on_both_databases(compression);
    suite.on_both_databases(cors_off);
    suite.on_both_databases(cors);
}

const ORIGIN: &str = "https://app.example";
const QUERY: &str = r#"{"query": "{ viewer { id } }"}"#;

/// Every kind of answer protects itself, also those that come from no handler of ours.
async fn headers(database: &TestDatabase) -> Outcome {
    let server = Server::start(database)?;
    let get = |path: &str| Client::new().get(server.url(path));
    let strict = "default-src 'none'; frame-ancestors 'none'";
    for (request, status, policy) in [
        (get("/"), 200, "default-src 'none'; script-src 'self'"),
        (get("/playground/nothing.js"), 404, strict),
        (get("/schema.graphql"), 200, strict),
        (get("/health/live"), 200, strict),
        (get("/health/ready"), 200, strict),
        (get("/nothing"), 404, strict),
        (
            Client::new().delete(server.url("/health/live")),
            405,
            strict,
        ),
        (query(&server), 200, strict),
        (query(&server).body("{"), 400, strict),
        (query(&server).bearer_auth("wrong"), 401, strict),
    ] {
        let response = request.send().await?;
        assert_eq!(response.status(), status, "{response:#?}");
        assert!(
            header(&response, "content-security-policy").starts_with(policy),
            "{response:#?}"
        );
        for (name, value) in [
            ("x-content-type-options", "nosniff"),
            ("referrer-policy", "no-referrer"),
            ("x-frame-options", "DENY"),
            ("cross-origin-opener-policy", "same-origin"),
            ("cache-control", "no-store"),
        ] {
            assert_eq!(header(&response, name), value, "{name} of {response:#?}");
        }
        assert_ne!(header(&response, "x-request-id"), "");
        for name in ["server", "strict-transport-security"] {
            assert_eq!(header(&response, name), "", "{name} of {response:#?}");
        }
        if status == 405 {
            assert_eq!(header(&response, "allow"), "GET,HEAD");
        }
    }
    Ok(())
}

/// Long answers are compressed as the client can read them, short ones never.
async fn compression(database: &TestDatabase) -> Outcome {
    let server = Server::start(database)?;
    for (path, accepted, encoding) in [
        ("/schema.graphql", "gzip, deflate, br", "br"),
        ("/schema.graphql", "gzip", "gzip"),
        ("/schema.graphql", "identity", ""),
        ("/health/live", "gzip, deflate, br", ""),
    ] {
        let request = Client::new().get(server.url(path));
        let response = request.header("accept-encoding", accepted).send().await?;
        assert_eq!(response.status(), StatusCode::OK);
        let case = format!("{path} for {accepted}");
        assert_eq!(header(&response, "content-encoding"), encoding, "{case}");
        let compressed = response.bytes().await?;
        if path == "/schema.graphql" {
            let length = include_str!("../../schema.graphql").len();
            assert_eq!(
                compressed.len() < length / 2,
                !encoding.is_empty(),
                "{case}"
            );
        }
    }
    Ok(())
}

/// Without the setting no page of another origin can read anything.
async fn cors_off(database: &TestDatabase) -> Outcome {
    let server = Server::start(database)?;
    for request in [query(&server), preflight(&server)] {
        let response = request.header("origin", ORIGIN).send().await?;
        assert_eq!(cors_headers(&response), [""; 0]);
    }
    Ok(())
}

/// Pages of the listed origins may use the API, without credentials, and others can read nothing.
async fn cors(database: &TestDatabase) -> Outcome {
    let origins = format!("{ORIGIN},http://localhost:3000");
    let server = Server::start_with(database, &["--cors-origins", &origins])?;

    for origin in [ORIGIN, "http://localhost:3000"] {
        let response = preflight(&server).header("origin", origin).send().await?;
        assert_eq!(response.status(), StatusCode::OK);
        assert_eq!(
            cors_headers(&response),
            [
                "access-control-allow-headers: \
                 content-type,authorization,accept,x-request-id,idempotency-key,traceparent,\
                 tracestate,baggage,sentry-trace,apollo-require-preflight,\
                 apollographql-client-name,apollographql-client-version,\
                 x-apollo-operation-name",
                "access-control-allow-methods: GET,POST",
                &format!("access-control-allow-origin: {origin}"),
                "access-control-max-age: 3600",
            ]
        );
        assert_varies(&response)?;

        let response = query(&server).header("origin", origin).send().await?;
        assert_eq!(response.status(), StatusCode::OK);
        assert_eq!(
            cors_headers(&response),
            [
                &format!("access-control-allow-origin: {origin}"),
                "access-control-expose-headers: x-request-id,retry-after",
            ]
        );
        assert_varies(&response)?;
    }

    for origin in ["https://evil.example", "https://app.example.evil", "null"] {
        for request in [query(&server), preflight(&server)] {
            let response = request.header("origin", origin).send().await?;
            assert_eq!(cors_headers(&response), [""; 0], "{origin}");
            assert_varies(&response)?;
        }
    }
    let elsewhere = Client::new().get(server.url("/schema.graphql"));
    let response = elsewhere.header("origin", ORIGIN).send().await?;
    assert_eq!(cors_headers(&response), [""; 0]);
    Ok(())
}

fn query(server: &Server) -> RequestBuilder {
    Client::new()
        .post(server.url("/graphql"))
        .header("content-type", "application/json")
        .body(QUERY)
}

fn preflight(server: &Server) -> RequestBuilder {
    Client::new()
        .request(Method::OPTIONS, server.url("/graphql"))
        .header("access-control-request-method", "POST")
        .header(
            "access-control-request-headers",
            "authorization,content-type",
        )
}

fn header<'a>(response: &'a Response, name: &str) -> &'a str {
    let value = response.headers().get(name);
    value.map_or("", |value| value.to_str().unwrap_or_default())
}

/// The headers of CORS, in the order of their names.
fn cors_headers(response: &Response) -> Vec<String> {
    let mut lines: Vec<String> = response
        .headers()
        .iter()
        .filter(|(name, _)| name.as_str().starts_with("access-control-"))
        .map(|(name, value)| format!("{name}: {}", value.to_str().unwrap_or_default()))
        .collect();
    lines.sort();
    lines
}

/// Fails unless the answer says to caches that it depends on the origin.
fn assert_varies(response: &Response) -> Result<(), Failed> {
    let varies = response.headers().get_all("vary").iter().any(|value| {
        value
            .to_str()
            .is_ok_and(|value| value.split(',').any(|name| name.trim() == "origin"))
    });
    if varies {
        Ok(())
    } else {
        Err(format!("no Vary: Origin in {response:#?}").into())
    }
}
