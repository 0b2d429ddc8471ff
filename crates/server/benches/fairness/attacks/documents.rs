//! Documents that are expensive to read.

use std::fmt::Write;

use hyper::body::Bytes;
use serde_json::json;

use super::super::{
    client,
    slot::{Outcome, Slot},
};

/// Just below the maximum of a body.
const LONG: usize = 4_000_000;

/// Bodies of 4 MB that are not valid.
pub async fn long(slot: Slot) -> Outcome {
    let body: Bytes = format!(r#"{{"query": "{{ {}"}}"#, "a ".repeat(LONG / 2)).into();
    slot.repeat(body).await
}

/// Documents that were never sent before, with almost as many tokens as the server accepts.
pub async fn distinct(slot: Slot) -> Outcome {
    let mut http = slot.connect().await?;
    loop {
        let mut query = format!("query q{} {{ __typename", slot.unique());
        for _ in 0..160 {
            let _ = write!(query, " ... on Query {{ __typename }}");
        }
        query.push('}');
        slot.ask(&mut http, client::body(&query, &json!({})))
            .await?;
    }
}
