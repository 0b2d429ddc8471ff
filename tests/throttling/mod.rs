//! Guessing passwords, flooding the server with sign-ins, and probing for names.

mod attempts;
mod costs;
mod floods;
mod names;

use std::time::Duration;

use libtest_mimic::Failed;
use serde_json::{Value, json};

use crate::support::{client::document, seed::PASSWORD, server::Server, suite::Suite};

/// Adds the cases of these modules.
pub fn list(suite: &mut Suite) {
    attempts::list(suite);
    costs::list(suite);
    floods::list(suite);
    names::list(suite);
}

/// The flags of a server that believes what the header `x-client` says about the address.
const BY_HEADER: [&str; 2] = ["--client-address-header", "x-client"];

/// The metric of passwords that were hashed or checked.
const HASHES: &str = "mina_password_hashes_total";

/// Somebody at an address, perhaps signed in.
#[derive(Clone, Copy)]
struct Client<'a> {
    server: &'a Server,
    address: &'a str,
    token: Option<&'a str>,
}

impl<'a> Client<'a> {
    fn at(server: &'a Server, address: &'a str) -> Self {
        Self {
            server,
            address,
            token: None,
        }
    }

    fn with(self, token: &'a str) -> Self {
        Self {
            token: Some(token),
            ..self
        }
    }

    /// The body of the answer to a document.
    async fn ask(self, document: &str, variables: Value) -> Result<Value, Failed> {
        self.ask_within(document, variables, Duration::from_mins(1))
            .await
    }

    /// The same, but the client goes away after some time.
    async fn ask_within(
        self,
        document: &str,
        variables: Value,
        time: Duration,
    ) -> Result<Value, Failed> {
        let mut request = reqwest::Client::new()
            .post(self.server.url("/graphql"))
            .header("x-client", self.address)
            .timeout(time)
            .json(&json!({"query": document, "variables": variables}));
        if let Some(token) = self.token {
            request = request.bearer_auth(token);
        }
        Ok(request.send().await?.json().await?)
    }

    /// The code of the first problem or error of a mutation, or "OK".
    async fn code(self, mutation: &str, input: Value) -> Result<String, Failed> {
        let document = document(mutation, "__typename");
        let body = self.ask(&document, json!({"input": input})).await?;
        Ok(code(&body, mutation))
    }

    async fn sign_in(self, login: &str, password: &str) -> Result<String, Failed> {
        let input = json!({"login": login, "password": password});
        self.code("signIn", input).await
    }

    /// A token.
    async fn token(self, login: &str) -> Result<String, Failed> {
        let input = json!({"login": login, "password": PASSWORD});
        let document = document("signIn", "token");
        let body = self.ask(&document, json!({"input": input})).await?;
        let token = body["data"]["signIn"]["token"].as_str();
        Ok(token
            .ok_or(format!("{login} may not sign in: {body}"))?
            .to_owned())
    }
}

/// The code of the first problem or error of a field, or "OK".
fn code(body: &Value, field: &str) -> String {
    let problem = &body["data"][field]["userErrors"][0]["code"];
    let error = &body["errors"][0]["extensions"]["code"];
    let code = problem.as_str().or(error.as_str());
    code.unwrap_or("OK").to_owned()
}

/// How often each of these codes is among the codes.
fn count(codes: &[String], code: &str) -> usize {
    codes.iter().filter(|it| *it == code).count()
}

/// How many passwords the server has hashed or checked.
async fn hashes(server: &Server) -> Result<u32, Failed> {
    let metrics = server.metrics().await?;
    let mut values = metrics.lines().filter_map(|line| line.strip_prefix(HASHES));
    let value = values.next().ok_or("no metric")?;
    Ok(value.trim().parse()?)
}
