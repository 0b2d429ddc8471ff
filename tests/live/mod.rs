//! Subscriptions: how they are requested, what they deliver and to whom, and that nothing is lost.

mod events;
mod journaled;
mod lives;
mod paid;
mod shared;
mod sse;
mod wire;

use libtest_mimic::Failed;
use serde_json::{Value, json};

use crate::support::{
    client::{Client, World},
    suite::Suite,
};

/// Adds the cases of these modules.
pub fn list(suite: &mut Suite) {
    events::list(suite);
    journaled::list(suite);
    lives::list(suite);
    paid::list(suite);
    shared::list(suite);
    sse::list(suite);
    wire::list(suite);
}

/// Fragments on the interface that every type implements, and the names of the types at every
/// level, of a meeting.
const ABSTRACT: &str = "fragment Abstract on Meeting {
    __typename
    ... on Node { __typename id databaseId ... on Meeting { title } ... on Task { title } }
    ...Identity
    ... { alias: __typename }
    organizer { __typename ...Identity ... on Node { ... on User { username } } }
    tasks {
        __typename
        nodes { __typename ...Identity meeting { __typename ... on Node { databaseId } } }
        edges { __typename node { ...Identity } }
        pageInfo { __typename }
    }
}
fragment Identity on Node { __typename id databaseId }";

/// A subscription to a transcript.
const TRANSCRIPT: &str = "subscription ($session: ID!, $after: Int) {
    sessionTranscript(sessionId: $session, after: $after) {
        position
        segment { databaseId text kind }
    }
}";

/// A session that records, of somebody.
async fn recording(client: &Client<'_>) -> Result<String, Failed> {
    let session = client.make("sessionCreate", json!({}), "session").await?;
    let input = json!({"id": session});
    client.run("sessionStart", input, "session { id }").await?;
    Ok(session)
}

/// Appends segments, each with the text, the kind and the key that it has.
async fn append(client: &Client<'_>, session: &str, segments: Value) -> Result<Value, Failed> {
    let input = json!({"sessionId": session, "segments": segments});
    let selection = "segments { id databaseId }";
    let payload = client.run("segmentsAppend", input, selection).await?;
    Ok(payload["segments"].clone())
}

/// A world, and its admin.
async fn world(
    database: &crate::support::database::TestDatabase,
) -> Result<(World, String), Failed> {
    let world = World::start(database).await?;
    let token = world.server.sign_in(&world.admin.username).await?;
    Ok((world, token))
}
