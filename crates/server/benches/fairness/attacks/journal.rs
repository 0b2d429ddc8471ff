//! Changes that do not come through the server.

use futures_util::future::pending;
use sea_orm::ConnectionTrait;

use super::super::slot::{Outcome, Slot};

/// Changes many rows of one workspace in one transaction.
pub async fn transaction(slot: Slot) -> Outcome {
    slot.data
        .connection
        .execute_unprepared(
            "UPDATE marker SET content = content || '.'
            WHERE id < (SELECT min(id) + 100000 FROM marker)",
        )
        .await?;
    slot.tally
        .answered
        .fetch_add(1, std::sync::atomic::Ordering::Relaxed);
    pending().await
}
