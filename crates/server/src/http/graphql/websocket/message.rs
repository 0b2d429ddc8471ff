//! The messages of the subprotocol.

use axum::extract::ws::Message;
use mina_graphql::Call;
use serde_json::{Map, Value, json};

use super::{super::call, Close};

/// The longest id of an operation, in bytes. It is repeated in each of its events.
const MAX_ID_LENGTH: usize = 80;

/// A message from a client.
#[derive(Debug)]
pub enum FromClient {
    /// `connection_init`, with its payload.
    Init(Map<String, Value>),
    /// `ping`, whose payload is returned in the `pong`.
    Ping(Option<Value>),
    /// `pong`.
    Pong,
    /// `subscribe`: runs an operation under an id.
    Subscribe(String, Box<Call>),
    /// `complete`: ends an operation.
    Complete(String),
}

impl FromClient {
    /// Parses a message.
    ///
    /// # Errors
    ///
    /// The close to answer it with, if it does not follow the protocol.
    pub fn read(text: &str) -> Result<Self, Close> {
        let mut message = match serde_json::from_str(text) {
            Ok(Value::Object(message)) => message,
            Ok(_) => return Err(Close::invalid("it is not a JSON object")),
            Err(error) => return Err(Close::invalid(&format!("it is not JSON: {error}"))),
        };
        let kind = match message.get("type") {
            Some(Value::String(kind)) => kind.clone(),
            Some(_) => return Err(Close::invalid("`type` must be a string")),
            None => return Err(Close::invalid("`type` is missing")),
        };
        match kind.as_str() {
            "connection_init" => payload(&mut message).map(|it| Self::Init(it.unwrap_or_default())),
            "ping" => payload(&mut message).map(|it| Self::Ping(it.map(Value::Object))),
            "pong" => payload(&mut message).map(|_| Self::Pong),
            "complete" => id(&mut message).map(Self::Complete),
            "subscribe" => {
                let id = id(&mut message)?;
                let Some(payload) = payload(&mut message)? else {
                    return Err(Close::invalid("`payload` is missing"));
                };
                let call = call::from_map(payload)
                    .map_err(|rejection| Close::invalid(&rejection.message()))?;
                Ok(Self::Subscribe(id, Box::new(call)))
            }
            _ => Err(Close::invalid("clients do not send this `type`")),
        }
    }
}

fn payload(message: &mut Map<String, Value>) -> Result<Option<Map<String, Value>>, Close> {
    match message.remove("payload") {
        None | Some(Value::Null) => Ok(None),
        Some(Value::Object(payload)) => Ok(Some(payload)),
        Some(_) => Err(Close::invalid("`payload` must be an object")),
    }
}

fn id(message: &mut Map<String, Value>) -> Result<String, Close> {
    match message.remove("id") {
        Some(Value::String(id)) if id.is_empty() => Err(Close::invalid("`id` is empty")),
        Some(Value::String(id)) if id.len() > MAX_ID_LENGTH => {
            let problem = format!("`id` has more than {MAX_ID_LENGTH} bytes");
            Err(Close::invalid(&problem))
        }
        Some(Value::String(id)) => Ok(id),
        Some(_) => Err(Close::invalid("`id` must be a string")),
        None => Err(Close::invalid("`id` is missing")),
    }
}

/// `connection_ack`: accepts the connection.
pub fn acknowledged() -> Message {
    text(&json!({"type": "connection_ack"}))
}

/// `ping`, without a payload.
pub fn ping() -> Message {
    text(&json!({"type": "ping"}))
}

/// `pong`, with the payload of the `ping`.
pub fn pong(payload: Option<Value>) -> Message {
    match payload {
        Some(payload) => text(&json!({"type": "pong", "payload": payload})),
        None => text(&json!({"type": "pong"})),
    }
}

/// `next`: a response of an operation, as JSON.
pub fn next(id: &str, payload: &str) -> Message {
    let id = Value::from(id);
    Message::text(format!(
        r#"{{"id":{id},"type":"next","payload":{payload}}}"#
    ))
}

/// `error`: ends an operation with errors.
pub fn error(id: &str, errors: &impl serde::Serialize) -> Message {
    text(&json!({"id": id, "type": "error", "payload": errors}))
}

/// `complete`: ends an operation.
pub fn complete(id: &str) -> Message {
    text(&json!({"id": id, "type": "complete"}))
}

fn text(message: &Value) -> Message {
    Message::text(message.to_string())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn malformed_messages_are_rejected() {
        for text in [
            "",
            "[]",
            "nonsense",
            "{}",
            r#"{"type": 1}"#,
            r#"{"type": "start"}"#,
            r#"{"type": "next", "id": "1", "payload": {}}"#,
            r#"{"type": "connection_init", "payload": 1}"#,
            r#"{"type": "ping", "payload": []}"#,
            r#"{"type": "subscribe", "payload": {"query": "{ a }"}}"#,
            r#"{"type": "subscribe", "id": "", "payload": {"query": "{ a }"}}"#,
            r#"{"type": "subscribe", "id": "1"}"#,
            r#"{"type": "subscribe", "id": "1", "payload": {}}"#,
            r#"{"type": "subscribe", "id": "1", "payload": {"query": 1}}"#,
            r#"{"type": "subscribe", "id": "1", "payload": {"query": "{ a }", "variables": 1}}"#,
            r#"{"type": "complete"}"#,
        ] {
            assert!(FromClient::read(text).is_err(), "{text}");
        }
        assert!(matches!(
            FromClient::read(r#"{"type": "connection_init"}"#),
            Ok(FromClient::Init(_))
        ));
    }

    #[test]
    fn ids_are_written_as_json() {
        let Message::Text(text) = next("a\"b", r#"{"data":null}"#) else {
            panic!("not a text message");
        };
        let value: Value = serde_json::from_str(&text).unwrap();
        assert_eq!(value["id"], "a\"b");
        assert_eq!(value["payload"], json!({"data": null}));
    }
}
