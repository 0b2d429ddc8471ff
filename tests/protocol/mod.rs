//! GraphQL over HTTP: the requirements that the audits of graphql-http leave out, and the promises
//! beyond them.

mod attacks;
mod cost;
mod documents;
mod http;
mod limits;
mod validation;
mod variables;

use libtest_mimic::Failed;
use reqwest::{Client, RequestBuilder, StatusCode, header::HeaderMap};
use serde_json::{Value, json};

use crate::support::{server::Server, suite::Suite};

/// Adds the cases of this module.
pub fn list(suite: &mut Suite) {
    attacks::list(suite);
    cost::list(suite);
    documents::list(suite);
    http::list(suite);
    limits::list(suite);
    validation::list(suite);
    variables::list(suite);
}

const JSON: &str = "application/json";
const GRAPHQL: &str = "application/graphql-response+json";

/// An answer, with all of HTTP.
#[derive(Debug)]
struct Reply {
    status: StatusCode,
    headers: HeaderMap,
    body: Value,
}

impl Reply {
    async fn of(request: RequestBuilder) -> Result<Self, Failed> {
        let response = request.send().await?;
        let (status, headers) = (response.status(), response.headers().clone());
        let text = response.text().await?;
        let body = serde_json::from_str(&text).unwrap_or(Value::String(text));
        Ok(Self {
            status,
            headers,
            body,
        })
    }

    fn header(&self, name: &str) -> &str {
        let value = self.headers.get(name).and_then(|it| it.to_str().ok());
        value.unwrap_or_default()
    }

    fn code(&self) -> &str {
        self.body["errors"][0]["extensions"]["code"]
            .as_str()
            .unwrap_or_default()
    }

    fn message(&self) -> &str {
        self.body["errors"][0]["message"]
            .as_str()
            .unwrap_or_default()
    }
}

/// A request by POST that wants the newer media type.
fn post(server: &Server, body: &Value) -> RequestBuilder {
    Client::new()
        .post(server.url("/graphql"))
        .header("accept", GRAPHQL)
        .json(body)
}

/// The answer to a document.
async fn ask(server: &Server, document: &str) -> Result<Reply, Failed> {
    Reply::of(post(server, &json!({"query": document}))).await
}
