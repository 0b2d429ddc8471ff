//! Subscriptions whose events cost much.

use http_body_util::BodyExt;
use serde_json::json;
use std::sync::atomic::Ordering;

use super::{
    super::{
        client,
        slot::{Outcome, Slot, pause},
        socket::Socket,
    },
    aliases,
};

/// The number of distinct subscriptions, and the maximum of one connection.
const DISTINCT: usize = 1000;
const DISTINCT_PER_SOCKET: usize = 100;

const WRITE: &str = "mutation ($input: TaskCreateInput!) {
    taskCreate(input: $input) { userErrors { message } }
}";

/// A transcript of 3,000 segments, each with 15 times the first 1,000 of them.
fn transcript() -> String {
    let lists = aliases("segments(first: 1000) { nodes { id text } }");
    format!(
        "subscription ($id: ID!) {{
            sessionTranscript(sessionId: $id, after: 0) {{ segment {{ session {{ {lists} }} }} }}
        }}"
    )
}

/// Follows the transcript by server-sent events.
pub async fn server_sent(slot: Slot) -> Outcome {
    let body = client::body(&transcript(), &json!({"id": slot.data.transcript}));
    let request = client::accepting("text/event-stream", slot.token(), body);
    let mut http = slot.connect().await?;
    let response = http.send(request).await?;
    if !response.status().is_success() {
        slot.count(&client::read(response).await?);
        return pause().await;
    }
    slot.tally.answered.fetch_add(1, Ordering::Relaxed);
    let mut body = response.into_body();
    while let Some(frame) = body.frame().await {
        if let Ok(data) = frame?.into_data() {
            if data.len() < 1000 && data.windows(8).any(|part| part == b"\"errors\"") {
                slot.tally.note(|| String::from_utf8_lossy(&data).into());
            }
            slot.tally.bytes.fetch_add(data.len(), Ordering::Relaxed);
        }
    }
    pause().await
}

/// Follows the transcript over a WebSocket.
pub async fn websocket(slot: Slot) -> Outcome {
    let mut socket = Socket::open(slot.server, slot.from(), slot.token()).await?;
    let variables = json!({"id": slot.data.transcript});
    socket.subscribe("1", &transcript(), &variables).await?;
    slot.tally.answered.fetch_add(1, Ordering::Relaxed);
    discard(&slot, socket).await
}

/// Has many subscriptions that are all rendered for each change. The first slot makes changes.
pub async fn distinct(slot: Slot) -> Outcome {
    let mut socket = Socket::open(slot.server, slot.from(), slot.token()).await?;
    let count = (DISTINCT / slot.of).clamp(1, DISTINCT_PER_SOCKET);
    for number in 0..count {
        let alias = slot.number * count + number;
        let query = format!("subscription {{ taskChanged {{ task {{ a{alias}: title }} }} }}");
        socket
            .subscribe(&number.to_string(), &query, &json!({}))
            .await?;
    }
    if slot.number > 0 {
        return discard(&slot, socket).await;
    }
    let input = json!({"meetingId": slot.data.meeting, "title": "a change"});
    let write = client::body(WRITE, &json!({"input": input}));
    let (writing, reading) = (slot.clone().repeat(write), discard(&slot, socket));
    tokio::try_join!(writing, reading).map(drop)
}

/// Reads whatever comes.
pub async fn discard(slot: &Slot, mut socket: Socket) -> Outcome {
    loop {
        let text = socket.text().await?;
        if text.len() < 1000 && text.contains(r#""extensions""#) {
            slot.tally.note(|| text.clone());
        }
        if text.contains(r#""type":"complete""#) || text.contains(r#""type":"error""#) {
            return pause().await;
        }
        slot.tally.bytes.fetch_add(text.len(), Ordering::Relaxed);
    }
}
