//! Users who send requests, the rows they may not see, and the responses they received.

use std::collections::BTreeSet;

use futures_util::{StreamExt, TryStreamExt, stream};
use libtest_mimic::Failed;
use serde_json::{Value, json};

use crate::support::server::Server;

use super::{
    probe::ALIAS,
    schema::Schema,
    world::{CANARY, Rows, World},
};

/// The number of concurrent requests of one persona.
const AT_ONCE: usize = 4;

/// The type of the problems that a user can fix.
const USER_ERROR: &str = "UserError";

/// A user, or an anonymous client.
pub struct Persona {
    /// The name, for messages.
    pub name: String,
    /// The rows that they may see.
    pub visible: Rows,
    token: Option<String>,
    /// The rows that they may not see.
    hidden: Rows,
    /// The texts that occur in no row they may see, in lower case if they are words.
    secrets: Vec<String>,
    /// The global ids of the rows that they may not see.
    hidden_ids: BTreeSet<String>,
}

/// A response, as it arrived.
#[derive(Clone)]
pub struct Answer {
    /// The document that was sent, after its variables if it had some.
    pub document: String,
    /// `data` and `errors`.
    pub body: Value,
    /// The same as text.
    pub text: String,
}

impl Persona {
    /// The bearer token, unless nobody is signed in.
    pub fn token(&self) -> Option<&str> {
        self.token.as_deref()
    }

    /// Signs in with `login`, or stays anonymous without one.
    ///
    /// `words` occur in the texts of all rows that they may not see.
    ///
    /// # Errors
    ///
    /// Fails if the sign-in is rejected.
    pub async fn new(
        server: &Server,
        world: &World,
        login: Option<&str>,
        visible: Rows,
        words: &[&str],
    ) -> Result<Self, Failed> {
        let token = match login {
            Some(login) => Some(server.sign_in(login).await?),
            None => None,
        };
        let hidden = world.all().without(&visible);
        let mut secrets: Vec<String> = words.iter().map(|&word| word.to_owned()).collect();
        if words.contains(&CANARY) {
            secrets.extend(world.hidden_uuids.iter().cloned());
        }
        Ok(Self {
            name: login.unwrap_or("nobody").to_owned(),
            token,
            hidden_ids: hidden
                .types()
                .flat_map(|row| hidden.global_ids(row))
                .collect(),
            visible,
            hidden,
            secrets,
        })
    }

    /// Sends one request.
    ///
    /// # Errors
    ///
    /// Fails if there is no answer.
    pub async fn ask(&self, server: &Server, document: &str) -> Result<Answer, Failed> {
        let body = match &self.token {
            Some(token) => server.ask_as(token, document, json!({})).await?.body,
            None => server.ask(document).await?.body,
        };
        Ok(Answer::new(document.to_owned(), body))
    }

    /// Sends one request, with variables.
    ///
    /// # Errors
    ///
    /// Fails if there is no answer.
    pub async fn ask_with(
        &self,
        server: &Server,
        document: &str,
        variables: Value,
    ) -> Result<Answer, Failed> {
        let sent = format!("{variables} {document}");
        let body = match &self.token {
            Some(token) => server.ask_as(token, document, variables).await?.body,
            None => server.ask_with(document, variables).await?.body,
        };
        Ok(Answer::new(sent, body))
    }

    /// Sends all these requests, and returns the responses in the same order.
    ///
    /// # Errors
    ///
    /// Fails if there is no answer.
    pub async fn ask_all(
        &self,
        server: &Server,
        documents: &[String],
    ) -> Result<Vec<Answer>, Failed> {
        stream::iter(documents)
            .map(|document| self.ask(server, document))
            .buffered(AT_ONCE)
            .try_collect()
            .await
    }

    /// The secrets that a response reveals, in words, and the signs of a failure of the server.
    pub fn leaks(&self, schema: &Schema, answer: &Answer) -> Vec<String> {
        let mut leaks = Vec::new();
        self.search_data(schema, answer, &answer.body["data"], &mut leaks);
        for error in answer.body["errors"].as_array().into_iter().flatten() {
            if error["extensions"]["code"] == "INTERNAL" || error["extensions"].is_null() {
                leaks.push(format!("the server failed: {error}"));
            }
            leaks.extend(self.leaks_in_error(answer, error));
        }
        leaks.sort_unstable();
        leaks.dedup();
        leaks
            .iter()
            .map(|leak| format!("{}: {leak}, asking {}", self.name, start(&answer.document)))
            .collect()
    }

    fn search_data(&self, schema: &Schema, answer: &Answer, data: &Value, leaks: &mut Vec<String>) {
        match data {
            Value::Array(items) => {
                for item in items {
                    self.search_data(schema, answer, item, leaks);
                }
            }
            Value::Object(object) if object.get("__typename") == Some(&USER_ERROR.into()) => {
                leaks.extend(self.leaks_in_error(answer, data));
            }
            Value::Object(object) => {
                let type_name = data["__typename"].as_str().unwrap_or_default();
                if !type_name.is_empty() && schema.is_node(type_name) {
                    match data["databaseId"].as_i64() {
                        Some(id) if self.hidden.has(type_name, id) => {
                            leaks.push(format!("the row {type_name} {id}"));
                        }
                        Some(_) => {}
                        None => leaks.push(format!("a {type_name} without its databaseId")),
                    }
                }
                for value in object.values() {
                    self.search_data(schema, answer, value, leaks);
                }
            }
            Value::String(text) => {
                let received = self.found_in(text);
                leaks.extend(
                    received
                        .iter()
                        .map(|secret| format!("{secret:?} in {text:?}")),
                );
            }
            _ => {}
        }
    }

    /// The secrets that an error reveals. It may repeat parts of the request.
    fn leaks_in_error(&self, answer: &Answer, error: &Value) -> Vec<String> {
        let text = error.to_string();
        let sent = self.found_in(&answer.document);
        let received = self.found_in(&text);
        received
            .difference(&sent)
            .map(|secret| format!("{secret:?} in the error {}", error["message"]))
            .collect()
    }

    /// The secrets and hidden ids in a text.
    fn found_in(&self, text: &str) -> BTreeSet<&str> {
        let lower = text.to_lowercase();
        let secrets = self.secrets.iter().map(String::as_str);
        let secrets = secrets.filter(|secret| lower.contains(secret));
        let ids = words(text).filter_map(|word| self.hidden_ids.get(word));
        secrets.chain(ids.map(String::as_str)).collect()
    }
}

/// The parts of a text that can be ids.
fn words(text: &str) -> impl Iterator<Item = &str> {
    text.split(|letter: char| !letter.is_ascii_alphanumeric() && letter != '-' && letter != '_')
}

impl Answer {
    fn new(document: String, body: Value) -> Self {
        Self {
            document,
            text: body.to_string(),
            body,
        }
    }

    /// Whether a field with an alias of these letters failed.
    pub fn has_errors_in(&self, alias: &str) -> bool {
        let errors = self.body["errors"].as_array().into_iter().flatten();
        errors
            .flat_map(|error| error["path"].as_array().into_iter().flatten())
            .any(|step| step.as_str().is_some_and(|step| step.contains(alias)))
    }

    /// The global ids of the rows in this answer.
    pub fn rows(&self) -> BTreeSet<String> {
        let mut rows = BTreeSet::new();
        add_rows(&self.body["data"], &mut rows);
        rows
    }

    /// The fields that are in this answer, as `Type.field`, each with whether it has a value.
    pub fn visited(&self) -> BTreeSet<(String, bool)> {
        let mut visited = BTreeSet::new();
        add_visited(&self.body["data"], &mut visited);
        visited
    }
}

fn add_rows(data: &Value, rows: &mut BTreeSet<String>) {
    match data {
        Value::Array(items) => items.iter().for_each(|item| add_rows(item, rows)),
        Value::Object(object) => {
            rows.extend(data["id"].as_str().map(str::to_owned));
            object.values().for_each(|value| add_rows(value, rows));
        }
        _ => {}
    }
}

fn add_visited(data: &Value, visited: &mut BTreeSet<(String, bool)>) {
    match data {
        Value::Array(items) => items.iter().for_each(|item| add_visited(item, visited)),
        Value::Object(object) => {
            let type_name = data["__typename"].as_str().unwrap_or_default();
            for (key, value) in object {
                let field = key.split(ALIAS).next().unwrap_or_default();
                visited.insert((format!("{type_name}.{field}"), !value.is_null()));
                add_visited(value, visited);
            }
        }
        _ => {}
    }
}

/// The beginning of a document: enough to know it by.
pub fn start(document: &str) -> String {
    const MOST: usize = 300;
    let mut start: String = document.chars().take(MOST).collect();
    if start.len() < document.len() {
        start.push('…');
    }
    start
}
