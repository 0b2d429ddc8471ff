//! The first 1,000 segments of a session.

use super::{Connection, Json, Sql, Value, WORKSPACE};
use crate::Outcome;

const SESSIONS: Sql = Sql::same(
    "SELECT s.id, s.external_id, s.status
    FROM session AS s JOIN \"user\" AS u ON u.id = s.user_id AND u.workspace_id = $2
    WHERE s.id = $1",
);

const SEGMENTS: Sql = Sql::same(
    "SELECT id, start_ms, end_ms, speaker, text, confidence
    FROM segment
    WHERE session_id = $1 AND EXISTS (
        SELECT 1 FROM session AS s JOIN \"user\" AS u ON u.id = s.user_id
        WHERE s.id = $1 AND u.workspace_id = $2
    )
    ORDER BY start_ms, id
    LIMIT 1000",
);

pub(super) async fn answer(database: &Connection, id: i32) -> Outcome<Json> {
    let values = [Value::Int(id), Value::Int(WORKSPACE)];
    let (sessions, segments) = tokio::try_join!(
        database.rows(&SESSIONS, &values),
        database.rows(&SEGMENTS, &values),
    )?;
    let mut json = Json::with_capacity(1 << 18);
    json.raw("{\"data\":{\"session\":");
    json.optional(sessions.first(), |json, row| {
        json.raw("{\"id\":");
        json.id("Session", row.int(0));
        json.raw(",\"externalId\":");
        json.text(row.text(1));
        json.raw(",\"status\":");
        json.name(row.text(2));
        json.raw(",\"segments\":{\"nodes\":");
        json.list(&segments, |json, row| {
            json.raw("{\"id\":");
            json.id("Segment", row.int(0));
            json.raw(",\"startMs\":");
            json.optional(row.optional_int(1), Json::integer);
            json.raw(",\"endMs\":");
            json.optional(row.optional_int(2), Json::integer);
            json.raw(",\"speaker\":");
            json.optional(row.optional_text(3), Json::text);
            json.raw(",\"text\":");
            json.text(row.text(4));
            json.raw(",\"confidence\":");
            json.optional(row.optional_float(5), Json::float);
            json.raw("}");
        });
        json.raw("}}");
    });
    json.raw("}}");
    Ok(json)
}
