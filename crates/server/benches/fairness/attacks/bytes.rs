//! Writers of much.

use serde_json::{Value, json};

use super::{
    super::{
        client,
        slot::{Outcome, Slot, pause},
    },
    aliases,
};

const APPEND: &str = "mutation ($input: SegmentsAppendInput!) {
    segmentsAppend(input: $input) { userErrors { message } }
}";

const CREATE: &str = "mutation ($input: MeetingCreateInput!) {
    meetingCreate(input: $input) { userErrors { message } }
}";

/// Short enough for a body of 4 MiB, and then as long as limits of texts may be.
const LENGTHS: [usize; 4] = [4_000_000, 1_000_000, 250_000, 60_000];

/// Appends segments.
pub async fn segments(slot: Slot) -> Outcome {
    let segment = json!({"text": "one of a thousand segments", "startMs": 0, "endMs": 1});
    let segments: Vec<Value> = (0..1000).map(|_| segment.clone()).collect();
    let input = json!({"sessionId": slot.recording(), "segments": segments});
    slot.repeat(client::body(APPEND, &json!({"input": input})))
        .await
}

/// Updates the same meeting in each mutation of each request.
pub async fn same_row(slot: Slot) -> Outcome {
    let id = &slot.data.meeting;
    let mutation = format!(
        "meetingUpdate(input: {{id: \"{id}\", title: \"a new title\"}}) {{
            userErrors {{ message }}
        }}"
    );
    let body = client::body(
        &format!("mutation {{ {} }}", aliases(&mutation)),
        &json!({}),
    );
    slot.repeat(body).await
}

/// Creates meetings with the longest description that is accepted.
pub async fn descriptions(slot: Slot) -> Outcome {
    let mut http = slot.connect().await?;
    for length in LENGTHS {
        let input = json!({"title": "long", "description": "d".repeat(length)});
        let body = client::body(CREATE, &json!({"input": input}));
        let answer = http.ask(slot.post(body.clone())).await?;
        if slot.count(&answer) {
            loop {
                slot.ask(&mut http, body.clone()).await?;
            }
        }
    }
    pause().await
}
