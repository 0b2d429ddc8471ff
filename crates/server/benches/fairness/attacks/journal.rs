//! Changes that do not come through the server.

use std::sync::atomic::Ordering;

use sea_orm::ConnectionTrait;
use serde_json::json;

use super::{
    super::{
        data::SERIES,
        slot::{Outcome, Slot, pause},
        socket::Socket,
    },
    events::discard,
};

const SUBSCRIPTION: &str = "subscription { markerChanged { objectId kind marker { content } } }";

/// Creates many markers in one transaction, while one of the attackers subscribes to them.
pub async fn transaction(slot: Slot) -> Outcome {
    if slot.tally.answered.load(Ordering::Relaxed) > 0 {
        // Another one would hold SQLite's only writer, which is no work of the server.
        return pause().await;
    }
    let mut socket = Socket::open(slot.server, slot.from(), slot.token()).await?;
    socket.subscribe("1", SUBSCRIPTION, &json!({})).await?;
    let series = SERIES.replace("LIMIT", "100000");
    let sql = format!(
        "INSERT INTO marker (session_id, user_id, type, content, timestamp) {series}
        SELECT external_id, user_id, 'todo', 'one of many', i
        FROM series, session JOIN \"user\" ON \"user\".id = user_id
        WHERE session.id = (SELECT max(session.id) FROM session JOIN \"user\"
            ON \"user\".id = user_id WHERE username = 'attacker0')"
    );
    slot.data.connection.execute_unprepared(&sql).await?;
    slot.tally.answered.fetch_add(1, Ordering::Relaxed);
    discard(&slot, socket).await
}
