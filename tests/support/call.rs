//! Mutations as the cases send them, alone or many at once.

use std::collections::BTreeMap;

use futures_util::future::try_join_all;
use libtest_mimic::Failed;
use serde_json::{Value, json};

use super::{
    Outcome,
    client::document,
    server::{Answer, Server},
};

/// The verdict on a mutation that was carried out.
pub const DONE: &str = "DONE";

/// A mutation to send.
#[derive(Clone)]
pub struct Call {
    token: Option<String>,
    name: &'static str,
    selection: &'static str,
    input: Value,
}

impl Call {
    /// An anonymous call. `selection` is selected in addition to `userErrors`.
    pub fn new(name: &'static str, selection: &'static str, input: Value) -> Self {
        Self {
            token: None,
            name,
            selection,
            input,
        }
    }

    /// The same call by who has a token.
    pub fn with_token(self, token: &str) -> Self {
        Self {
            token: Some(token.to_owned()),
            ..self
        }
    }

    /// Sends it.
    ///
    /// # Errors
    ///
    /// Fails if there is no answer, or if the answer says that the server is at fault.
    pub async fn send(&self, server: &Server) -> Result<Reply, Failed> {
        let Self {
            name, selection, ..
        } = self;
        let document = document(name, selection);
        let variables = json!({"input": self.input});
        let answer = match &self.token {
            Some(token) => server.ask_as(token, &document, variables).await?,
            None => server.ask_with(&document, variables).await?,
        };
        Reply::new(name, &answer).ok_or_else(|| {
            // Only the log says why.
            let log = server.log_lines_with("internal error");
            format!("the server failed at {name}: {answer:#?} {log:#?}").into()
        })
    }
}

/// Sends calls so that all are on their way before the first is answered.
///
/// # Errors
///
/// Fails if one has no answer, or if an answer says that the server is at fault.
pub async fn at_once(server: &Server, calls: &[Call]) -> Result<Replies, Failed> {
    let sent = calls.iter().map(|call| call.send(server));
    Ok(Replies(try_join_all(sent).await?))
}

/// The outcome of a mutation.
#[derive(Debug)]
pub struct Reply {
    /// The response to the mutation.
    pub payload: Value,
    /// [`DONE`], or the codes of what kept it from being done.
    pub verdict: String,
}

impl Reply {
    /// The outcome in a response, unless the server is at fault.
    fn new(name: &str, answer: &Answer) -> Option<Self> {
        let payload = answer.body["data"][name].clone();
        let user_errors = payload["userErrors"].as_array().into_iter().flatten();
        let errors = answer.body["errors"].as_array().into_iter().flatten();
        let mut codes: Vec<&str> = user_errors
            .map(|error| &error["code"])
            .chain(errors.map(|error| &error["extensions"]["code"]))
            .map(|code| code.as_str().unwrap_or("an error without a code"))
            .collect();
        codes.sort_unstable();
        codes.dedup();
        let is_sound = !answer.status.is_server_error()
            && !codes.contains(&"INTERNAL")
            && (!codes.is_empty() || payload.is_object());
        if !is_sound {
            return None;
        }
        let verdict = if codes.is_empty() {
            DONE.to_owned()
        } else {
            codes.join(" ")
        };
        Some(Self { payload, verdict })
    }

    /// Whether it was done, without any problem.
    pub fn is_done(&self) -> bool {
        self.verdict == DONE
    }

    /// The payload of what was done.
    ///
    /// # Errors
    ///
    /// Fails with the whole reply if it was not done.
    pub fn done(self) -> Result<Value, Failed> {
        if self.is_done() {
            Ok(self.payload)
        } else {
            Err(format!("not done: {self:#?}").into())
        }
    }
}

/// The outcomes of several mutations, in the order of the calls.
#[derive(Debug)]
pub struct Replies(pub Vec<Reply>);

impl Replies {
    /// The payloads of those that were done.
    pub fn done(&self) -> impl Iterator<Item = &Value> {
        let done = self.0.iter().filter(|reply| reply.is_done());
        done.map(|reply| &reply.payload)
    }

    /// Fails unless each verdict was given so often.
    ///
    /// # Errors
    ///
    /// Fails with all replies.
    pub fn assert_tally(&self, expected: &[(&str, usize)]) -> Outcome {
        let mut tally = BTreeMap::new();
        for reply in &self.0 {
            *tally.entry(reply.verdict.as_str()).or_default() += 1;
        }
        if tally == expected.iter().copied().collect() {
            Ok(())
        } else {
            Err(format!("{tally:?} in place of {expected:?}: {self:#?}").into())
        }
    }

    /// Fails if there is a verdict other than these.
    ///
    /// # Errors
    ///
    /// Fails with the first reply that has another one.
    pub fn assert_only(&self, allowed: &[&str]) -> Outcome {
        let strange = self
            .0
            .iter()
            .find(|reply| !allowed.contains(&reply.verdict.as_str()));
        match strange {
            None => Ok(()),
            Some(reply) => Err(format!("none of {allowed:?}: {reply:#?}").into()),
        }
    }

    /// The value at one place of the payloads, which must be the same in all.
    ///
    /// # Errors
    ///
    /// Fails with all replies if one was not done, or if they differ.
    pub fn same(&self, pointer: &str) -> Result<&Value, Failed> {
        self.assert_only(&[DONE])?;
        let mut values = self
            .0
            .iter()
            .map(|reply| reply.payload.pointer(pointer).unwrap_or(&Value::Null));
        let first = values.next().ok_or("there are no replies")?;
        if first.is_null() || values.any(|value| value != first) {
            return Err(format!("not one {pointer} in all of {self:#?}").into());
        }
        Ok(first)
    }
}
