//! Lists that read more than they return, and lists in lists.

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

/// The markers, but nobody waits for the answer.
pub async fn abandoned(slot: Slot) -> Outcome {
    let mut http = slot.connect().await?;
    timeout(Duration::from_millis(500), slot.ask(&mut http, body()))
        .await
        .unwrap_or(Ok(()))
}

/// The number of meetings, tasks and markers of the workspace, under as many aliases as there may be.
pub async fn totals(slot: Slot) -> Outcome {
    let lists = aliases("meetings(where: {title: {contains: \"zebra\"}}) { totalCount }");
    let body = client::body(
        &format!("{{ {lists} markers {{ totalCount }} }}"),
        &json!({}),
    );
    slot.repeat(body).await
}

/// Lists in lists, with almost as many rows as a request may read.
pub async fn nested(slot: Slot) -> Outcome {
    let query = "{
        meetings(first: 100) {
            nodes {
                title
                tasks(first: 20) { nodes { title createdBy { username } assignedTo { username } } }
                participants(first: 100) { nodes { role user { username email } } }
            }
        }
    }";
    slot.repeat(client::body(query, &json!({}))).await
}
