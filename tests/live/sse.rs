//! The protocol of server-sent events.

use libtest_mimic::Failed;
use reqwest::{Client, Response, StatusCode};
use serde_json::{Value, json};

use super::{ABSTRACT, TRANSCRIPT, append, recording, world};
use crate::support::{Outcome, database::TestDatabase, server::Server, suite::Suite};

/// Adds the cases of this module.
pub fn list(suite: &mut Suite) {
    suite.on_both_databases(server_sent_events);
    suite.on_both_databases(interfaces);
    suite.on_both_databases(one_answer);
    suite.on_both_databases(end_of_a_stream);
}

/// A stream of events that is read part by part.
struct Parts {
    response: Response,
    rest: String,
}

impl Parts {
    async fn ask(
        server: &Server,
        path: &str,
        token: Option<&str>,
        query: &str,
        variables: Value,
    ) -> Result<Self, Failed> {
        let mut request = Client::new()
            .post(server.url(path))
            .header("accept", "text/event-stream")
            .json(&json!({"query": query, "variables": variables}));
        if let Some(token) = token {
            request = request.bearer_auth(token);
        }
        let response = request.send().await?;
        Ok(Self {
            response,
            rest: String::new(),
        })
    }

    /// The next part; none at the end.
    async fn next(&mut self) -> Result<Option<String>, Failed> {
        loop {
            if let Some((part, rest)) = self.rest.split_once("\n\n") {
                let (part, rest) = (part.to_owned(), rest.to_owned());
                self.rest = rest;
                return Ok(Some(part));
            }
            match self.response.chunk().await? {
                Some(chunk) => self.rest += std::str::from_utf8(&chunk)?,
                None => return Ok(None),
            }
        }
    }

    /// The answer in the next part.
    async fn answer(&mut self) -> Result<Value, Failed> {
        loop {
            let part = self.next().await?.ok_or("the stream has ended")?;
            if part != ":" {
                let data = part.strip_prefix("event: next\ndata: ");
                return Ok(serde_json::from_str(data.ok_or("it is no answer")?)?);
            }
        }
    }

    /// The rest, which must be the end of the operation.
    async fn completed(&mut self) -> Outcome {
        let part = self.next().await?.ok_or("the stream has ended")?;
        assert_eq!(part, "event: complete\ndata:");
        assert_eq!(self.next().await?, None);
        Ok(())
    }
}

/// Stored segments come first, then new ones; comments keep the connection open.
async fn server_sent_events(database: &TestDatabase) -> Outcome {
    let (seeded, _) = world(database).await?;
    drop(seeded);
    let server = Server::start_with(database, &["--ping-interval", "100ms"])?;
    let ada = crate::support::client::Client {
        server: &server,
        token: server.sign_in("ada").await?,
    };
    for path in ["/graphql", "/graphql/stream"] {
        let session = recording(&ada).await?;
        append(&ada, &session, json!([{"text": "First"}])).await?;
        let variables = json!({"session": session});
        let parts = Parts::ask(&server, path, Some(&ada.token), TRANSCRIPT, variables);
        let mut parts = parts.await?;
        assert_eq!(parts.response.status(), StatusCode::OK);
        assert_eq!(
            parts.response.headers()["content-type"],
            "text/event-stream; charset=utf-8"
        );
        let first = parts.answer().await?;
        assert_eq!(first["data"]["sessionTranscript"]["position"], 1);
        // A comment keeps the connection open.
        assert_eq!(parts.next().await?.as_deref(), Some(":"));
        append(&ada, &session, json!([{"text": "More"}])).await?;
        let mut received = first;
        while received["data"]["sessionTranscript"]["segment"]["text"] != "More" {
            received = parts.answer().await?;
        }
    }
    Ok(())
}

/// A fragment on an interface applies to an event as it applies to the answer of a query.
async fn interfaces(database: &TestDatabase) -> Outcome {
    let (world, token) = world(database).await?;
    let server = &world.server;
    let query =
        format!("subscription {{ meetingChanged {{ meeting {{ ...Abstract }} }} }} {ABSTRACT}");
    let parts = Parts::ask(server, "/graphql", Some(&token), &query, json!({}));
    let mut parts = parts.await?;
    let query = format!(
        "mutation {{ meetingCreate(input: {{title: \"Planning\"}}) {{ meeting {{ ...Abstract }} }} }} {ABSTRACT}"
    );
    let created = server.read(&token, &query).await?;
    let meeting = &created["meetingCreate"]["meeting"];
    assert!(meeting["id"].is_string());
    let event = parts.answer().await?;
    assert_eq!(event["data"]["meetingChanged"]["meeting"], *meeting);
    Ok(())
}

/// Queries have one response, and so do invalid documents.
async fn one_answer(database: &TestDatabase) -> Outcome {
    let (world, token) = world(database).await?;
    let server = &world.server;
    for (query, expected) in [
        (
            "{ viewer { username } }",
            json!({"data": {"viewer": {"username": "ada"}}}),
        ),
        ("mutation { tokenRefresh { __typename } }", Value::Null),
        ("{ nonsense }", Value::Null),
        ("subscription { __typename }", Value::Null),
    ] {
        let mut parts = Parts::ask(server, "/graphql", Some(&token), query, json!({})).await?;
        assert_eq!(parts.response.status(), StatusCode::OK, "{query}");
        let answer = parts.answer().await?;
        if expected.is_null() {
            let is_error = answer["errors"][0]["extensions"]["code"] == "BAD_USER_INPUT";
            assert!(is_error || answer["data"].is_object(), "{query}: {answer}");
        } else {
            assert_eq!(answer, expected);
        }
        parts.completed().await?;
    }
    let query = "subscription { meetingChanged { kind } }";
    let mut parts = Parts::ask(server, "/graphql", None, query, json!({})).await?;
    let answer = parts.answer().await?;
    assert_eq!(answer["errors"][0]["extensions"]["code"], "UNAUTHENTICATED");
    parts.completed().await?;
    let parts = Parts::ask(server, "/graphql", Some("nonsense"), query, json!({})).await?;
    assert_eq!(parts.response.status(), StatusCode::UNAUTHORIZED);

    // A client that accepts only one answer learns what to accept.
    let plain = server.ask_as(&token, query, json!({})).await?;
    assert_eq!(plain.status, StatusCode::NOT_ACCEPTABLE);
    let by_get = |query: &str| {
        let request = Client::new()
            .get(server.url("/graphql/stream"))
            .query(&[("query", query)]);
        request.bearer_auth(&token).send()
    };
    let read = by_get("{ __typename }").await?.text().await?;
    assert!(read.starts_with("event: next\ndata: {\"data\""), "{read}");
    let rejected = by_get("mutation { tokenRefresh { token } }").await?;
    assert_eq!(rejected.status(), StatusCode::METHOD_NOT_ALLOWED);
    Ok(())
}

/// A stream ends without a word when the server does, and with one when the token does.
async fn end_of_a_stream(database: &TestDatabase) -> Outcome {
    let (world, token) = world(database).await?;
    let query = "subscription { meetingChanged { kind } }";
    let max = world.server.sign_in("max").await?;
    let mut of_max = Parts::ask(&world.server, "/graphql", Some(&max), query, json!({})).await?;
    let ada = world.client(&world.admin).await?;
    let id = crate::support::seed::global_id("User", world.member.id);
    ada.run("userDeactivate", json!({"id": id}), "user { id }")
        .await?;
    let answer = of_max.answer().await?;
    assert_eq!(answer["errors"][0]["extensions"]["code"], "UNAUTHENTICATED");
    of_max.completed().await?;

    let mut of_ada = Parts::ask(&world.server, "/graphql", Some(&token), query, json!({})).await?;
    world.server.signal("TERM")?;
    assert_eq!(of_ada.next().await?, None);
    assert!(world.server.ended().await?.success());
    Ok(())
}
