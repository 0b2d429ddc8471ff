//! The HTTP requests of the benchmark.

use libtest_mimic::Failed;
use serde_json::{Value, json};

use super::writer;

/// An API client that is signed in as the only user of a workspace.
pub struct Api {
    http: reqwest::Client,
    address: String,
    token: String,
}

impl Api {
    /// Creates a workspace with a user.
    ///
    /// # Errors
    ///
    /// Fails if the server rejects the request.
    pub async fn sign_up(address: &str) -> Result<Self, Failed> {
        let mut api = Self {
            http: reqwest::Client::new(),
            address: address.to_owned(),
            token: String::new(),
        };
        let input = json!({
            "workspaceName": "Load",
            "username": "load",
            "email": "load@example.com",
            "password": "correct horse battery staple",
        });
        let payload = api.mutate("signUp", "SignUpInput", "token", input).await?;
        payload["token"]
            .as_str()
            .ok_or("signUp returned no token")?
            .clone_into(&mut api.token);
        Ok(api)
    }

    /// Starts a new session, appends its first segment, and returns its id.
    ///
    /// # Errors
    ///
    /// Fails if the server rejects the request.
    pub async fn record(&self) -> Result<String, Failed> {
        let created = self.mutate(
            "sessionCreate",
            "SessionCreateInput",
            "session { id }",
            json!({}),
        );
        let created = created.await?;
        let id = created["session"]["id"].as_str().ok_or("no session")?;
        let input = json!({"id": id});
        self.mutate("sessionStart", "SessionStartInput", "session { id }", input)
            .await?;
        self.append(id, [0]).await?;
        Ok(id.to_owned())
    }

    /// Appends segments with these numbers to the transcript of a session.
    ///
    /// # Errors
    ///
    /// Fails if the server rejects the request.
    pub async fn append(
        &self,
        session_id: &str,
        numbers: impl IntoIterator<Item = u32>,
    ) -> Result<(), Failed> {
        let segments: Vec<Value> = numbers.into_iter().map(writer::segment).collect();
        let input = json!({"sessionId": session_id, "segments": segments});
        let selection = "segments { id }";
        self.mutate("segmentsAppend", "SegmentsAppendInput", selection, input)
            .await
            .map(drop)
    }

    async fn mutate(
        &self,
        name: &str,
        input_type: &str,
        selection: &str,
        input: Value,
    ) -> Result<Value, Failed> {
        let query = format!(
            "mutation ($input: {input_type}!) {{
                {name}(input: $input) {{ {selection} userErrors {{ code message }} }}
            }}"
        );
        let mut request = self
            .http
            .post(format!("http://{}/graphql", self.address))
            .json(&json!({"query": query, "variables": {"input": input}}));
        if !self.token.is_empty() {
            request = request.bearer_auth(&self.token);
        }
        let response: Value = request.send().await?.json().await?;
        let payload = &response["data"][name];
        if payload["userErrors"] == json!([]) {
            Ok(payload.clone())
        } else {
            Err(format!("{name} was rejected: {response}").into())
        }
    }

    /// The host and the port of the server.
    pub fn address(&self) -> &str {
        &self.address
    }

    /// The bearer token.
    pub fn token(&self) -> &str {
        &self.token
    }
}
