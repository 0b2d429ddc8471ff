//! Answers that are much longer than the number of their fields suggests.

use serde_json::json;

use super::{
    super::{
        client,
        slot::{Outcome, Slot},
    },
    aliases,
};

/// The description of one meeting, once for each of its tasks.
pub async fn descriptions(slot: Slot) -> Outcome {
    tasks(slot, "meeting { description }").await
}

/// The settings of the workspace, once for each task.
pub async fn settings(slot: Slot) -> Outcome {
    tasks(slot, "meeting { workspace { settings } }").await
}

async fn tasks(slot: Slot, selection: &str) -> Outcome {
    let lists = aliases(&format!("tasks(first: 100) {{ nodes {{ {selection} }} }}"));
    let query = format!("query ($id: ID!) {{ meeting(id: $id) {{ {lists} }} }}");
    let body = client::body(&query, &json!({"id": slot.data.long_meeting}));
    slot.repeat(body).await
}

/// The schema.
pub async fn introspection(slot: Slot) -> Outcome {
    let kind = "kind name ofType { kind name ofType { kind name ofType { kind name } } }";
    let query = format!(
        "{{ __schema {{ types {{
            name description fields {{
                name description args {{ name description type {{ {kind} }} }} type {{ {kind} }}
            }}
            inputFields {{ name description type {{ {kind} }} }}
            enumValues {{ name description }}
        }} }} }}"
    );
    slot.repeat(client::body(&query, &json!({}))).await
}

/// Searches that have to look at every text.
pub async fn search(slot: Slot) -> Outcome {
    let searches = aliases("search(text: \"zebra\") { nodes { __typename } }");
    let body = client::body(&format!("{{ {searches} }}"), &json!({}));
    slot.repeat(body).await
}
