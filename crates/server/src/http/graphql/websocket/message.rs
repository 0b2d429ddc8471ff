//! The messages of the subprotocol.

use std::collections::VecDeque;

use axum::body::Bytes;
use mina_graphql::{Call, EventPayload};
use serde_json::{Map, Value, json};
use tokio_tungstenite::tungstenite::{
    Message,
    protocol::frame::{
        Frame,
        coding::{Data, OpCode},
    },
};

use super::{
    super::{call, payload},
    Close,
};

/// The longest frame. Longer messages are sent in several frames, because a connection keeps the
/// memory of the longest one.
const MAX_FRAME: usize = 16 * 1024;

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
pub fn acknowledged() -> Text {
    text(&json!({"type": "connection_ack"}))
}

/// `ping`, without a payload.
pub fn ping() -> Text {
    text(&json!({"type": "ping"}))
}

/// `pong`, with the payload of the `ping`.
pub fn pong(payload: Option<Value>) -> Text {
    match payload {
        Some(payload) => text(&json!({"type": "pong", "payload": payload})),
        None => text(&json!({"type": "pong"})),
    }
}

/// `next`: a response of an operation, as JSON.
pub fn next(id: &str, payload: EventPayload) -> Text {
    let id = Value::from(id);
    let before = format!(r#"{{"id":{id},"type":"next","payload":"#);
    if payload.len() <= payload::MAX_COPIED {
        return Text::from(before + &payload + "}");
    }
    let parts = [
        before.into(),
        payload::bytes(payload),
        Bytes::from_static(b"}"),
    ];
    Text(parts.into())
}

/// `error`: ends an operation with errors.
pub fn error(id: &str, errors: &impl serde::Serialize) -> Text {
    text(&json!({"id": id, "type": "error", "payload": errors}))
}

/// `complete`: ends an operation.
pub fn complete(id: &str) -> Text {
    text(&json!({"id": id, "type": "complete"}))
}

fn text(message: &Value) -> Text {
    Text::from(message.to_string())
}

/// A message to a client, in parts that are not empty.
pub struct Text(VecDeque<Bytes>);

impl From<String> for Text {
    fn from(text: String) -> Self {
        Self([text.into()].into())
    }
}

impl Text {
    /// The message as frames.
    pub fn frames(self) -> impl Iterator<Item = Message> {
        let Self(mut parts) = self;
        let mut kind = Data::Text;
        std::iter::from_fn(move || {
            let part = parts.front_mut()?;
            let payload = part.split_to(part.len().min(MAX_FRAME));
            if part.is_empty() {
                parts.pop_front();
            }
            let opcode = OpCode::Data(std::mem::replace(&mut kind, Data::Continue));
            let frame = Frame::message(payload, opcode, parts.is_empty());
            Some(Message::Frame(frame))
        })
    }
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

    fn frames(text: Text) -> Vec<Frame> {
        let frames = text.frames().map(|message| match message {
            Message::Frame(frame) => frame,
            other => panic!("{other:?} is no frame"),
        });
        frames.collect()
    }

    #[test]
    fn ids_are_written_as_json() {
        let payload = EventPayload::new(r#"{"data":null}"#.to_owned(), None);
        let [frame] = &frames(next("a\"b", payload))[..] else {
            panic!("not one frame");
        };
        assert!(frame.header().is_final);
        let value: Value = serde_json::from_slice(frame.payload()).unwrap();
        assert_eq!(value["id"], "a\"b");
        assert_eq!(value["payload"], json!({"data": null}));
    }

    #[test]
    fn long_messages_are_several_frames() {
        let payload = EventPayload::new(format!("\"{}\"", "ü".repeat(MAX_FRAME)), None);
        let expected = format!(r#"{{"id":"1","type":"next","payload":{}}}"#, &*payload);
        let frames = frames(next("1", payload));
        assert!(
            frames
                .iter()
                .all(|frame| frame.payload().len() <= MAX_FRAME)
        );
        let kinds: Vec<_> = frames.iter().map(|it| it.header().opcode).collect();
        assert_eq!(kinds[0], OpCode::Data(Data::Text));
        assert!(
            kinds[1..]
                .iter()
                .all(|it| *it == OpCode::Data(Data::Continue))
        );
        let finals: Vec<_> = frames.iter().map(|it| it.header().is_final).collect();
        assert!(finals.iter().rev().skip(1).all(|it| !it) && finals[finals.len() - 1]);
        let payloads: Vec<_> = frames.iter().map(Frame::payload).collect();
        assert!(payloads.concat() == expected.into_bytes());
    }
}
