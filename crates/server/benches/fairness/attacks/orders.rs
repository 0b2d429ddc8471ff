//! Lists in an order that no index has.

use std::time::Duration;

use hyper::body::Bytes;
use serde_json::json;
use tokio::time::timeout;

use super::{
    super::{
        client,
        slot::{Outcome, Slot},
    },
    aliases,
};

fn body() -> Bytes {
    let lists = aliases("markers(orderBy: {field: TYPE}) { nodes { id } }");
    client::body(&format!("{{ {lists} }}"), &json!({}))
}

/// The markers of a workspace that has none.
pub async fn markers(slot: Slot) -> Outcome {
    slot.repeat(body()).await
}

/// The same, but nobody waits for the answer.
pub async fn abandoned(slot: Slot) -> Outcome {
    let mut http = slot.connect().await?;
    timeout(Duration::from_millis(500), slot.ask(&mut http, body()))
        .await
        .unwrap_or(Ok(()))
}
