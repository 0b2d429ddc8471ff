//! Conditions through relations.

use std::{fmt::Write, time::Duration};

use hyper::body::Bytes;
use serde_json::json;
use tokio::time::timeout;

use super::super::{
    client::{self, Http2, read},
    slot::{Outcome, Slot, pause},
};

/// Conditions on a meeting that is reached from its workspace again and again.
fn nested(relations: usize) -> Bytes {
    let mut condition = "title: {ne: \"x\"}".to_owned();
    for _ in 0..relations / 2 {
        condition = format!("workspace: {{meetings: {{every: {{{condition}}}}}}}");
    }
    body(&condition)
}

fn body(condition: &str) -> Bytes {
    let query = format!("{{ meetings(first: 5, where: {{{condition}}}) {{ nodes {{ id }} }} }}");
    client::body(&query, &json!({}))
}

/// Four relations in a row.
pub async fn four(slot: Slot) -> Outcome {
    slot.repeat(nested(4)).await
}

/// Six relations in a row.
pub async fn six(slot: Slot) -> Outcome {
    slot.repeat(nested(6)).await
}

/// Many alternatives.
pub async fn alternatives(slot: Slot) -> Outcome {
    let mut parts = String::new();
    for number in 0..30 {
        let _ = write!(
            parts,
            "{{tasks: {{some: {{title: {{contains: \"zebra {number}\"}}}}}}}} "
        );
    }
    slot.repeat(body(&format!("or: [{parts}]"))).await
}

/// Four relations in a row, but nobody waits for the answer.
pub async fn cancelled(slot: Slot) -> Outcome {
    let http = Http2::connect(slot.server, slot.from(), None).await?;
    loop {
        let mut sender = http.sender.clone();
        sender.ready().await?;
        let exchange = async { read(sender.send_request(slot.post(nested(4))).await?).await };
        if let Ok(answer) = timeout(Duration::from_millis(100), exchange).await
            && !slot.count(&answer?)
        {
            pause().await?;
        }
    }
}
