//! Rows in the server's own tables about workspace A, which an outsider could take or overwrite.

use entity::bookkeeping::{
    analysis_lease, idempotency_key, marker_task, segment_key, token_generation,
};
use sea_orm::{ActiveModelTrait, ActiveValue::Set, DatabaseConnection, DbErr};

use crate::support::seed::moment;

use super::{super::world::World, input::KEY};

/// The token of the lease of A.
const LEASE: &str = "0198a5c2-7d3e-7b41-9c55-00000000000a";

/// Inserts a row about the bait into each table, with the key that everybody uses.
///
/// # Errors
///
/// Fails if the database rejects a row.
pub async fn keep(connection: &DatabaseConnection, world: &mut World) -> Result<(), DbErr> {
    let bait = |type_name: &str| world.a.of(type_name)[0];
    for (mutation, type_name) in [
        ("MarkerCreate", "Marker"),
        ("MeetingCreate", "Meeting"),
        ("SessionCreate", "Session"),
        ("TaskCreate", "Task"),
        ("TranscriptImport", "Session"),
    ] {
        let key = idempotency_key::ActiveModel {
            user_id: Set(bait("User")),
            mutation: Set(mutation.to_owned()),
            key: Set(KEY.to_owned()),
            fingerprint: Set("of another input".to_owned()),
            object_id: Set(Some(bait(type_name))),
            created_at: Set(moment()),
        };
        key.insert(connection).await?;
    }
    let key = segment_key::ActiveModel {
        session_id: Set(bait("Session")),
        key: Set(KEY.to_owned()),
        segment_id: Set(bait("Segment")),
    };
    key.insert(connection).await?;
    let lease = analysis_lease::ActiveModel {
        analytics_id: Set(bait("Analytics")),
        token: Set(LEASE.to_owned()),
        expires_at: Set(moment()),
    };
    lease.insert(connection).await?;
    let task = marker_task::ActiveModel {
        marker_id: Set(bait("Marker")),
        task_id: Set(bait("Task")),
    };
    task.insert(connection).await?;
    let generation = token_generation::ActiveModel {
        user_id: Set(bait("User")),
        generation: Set(0),
        ..Default::default()
    };
    generation.insert(connection).await?;
    world.hidden_uuids.insert(LEASE.to_owned());
    Ok(())
}
