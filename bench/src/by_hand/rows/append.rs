//! Appending segments to a session that is recording.

use chrono::Utc;

use super::{Connection, Json, Sql, Value, WORKSPACE};
use crate::{Outcome, by_hand::request::AppendInput, data::VIEWER};

const SESSION: Sql = Sql {
    postgres: "SELECT s.id FROM session AS s JOIN \"user\" AS u ON u.id = s.user_id
        WHERE s.id = $1 AND s.status IN ('recording', 'processing')
            AND u.id = $2 AND u.workspace_id = $3 AND u.is_active
        FOR NO KEY UPDATE OF s",
    sqlite: "SELECT s.id FROM session AS s JOIN user AS u ON u.id = s.user_id
        WHERE s.id = $1 AND s.status IN ('recording', 'processing')
            AND u.id = $2 AND u.workspace_id = $3 AND u.is_active",
};

const INSERT: Sql = Sql {
    postgres: "INSERT INTO segment
            (session_id, start_ms, end_ms, speaker, text, kind, created_at)
        SELECT $1, \"startMs\", \"endMs\", speaker, text, 'final', $3
        FROM json_to_recordset($2::json)
            AS sent (\"startMs\" int, \"endMs\" int, speaker text, text text)
        RETURNING id",
    sqlite: "INSERT INTO segment
            (session_id, start_ms, end_ms, speaker, text, kind, created_at)
        SELECT $1, value ->> 'startMs', value ->> 'endMs', value ->> 'speaker',
            value ->> 'text', 'final', $3
        FROM json_each($2)
        RETURNING id",
};

pub(super) async fn answer(database: &Connection, input: &AppendInput<'_>) -> Outcome<Json> {
    let session_id = input.session_id()?;
    let valid = input.segments.iter().all(|segment| {
        let (text, speaker) = (segment.text.trim(), segment.speaker.trim());
        let lengths = (1..=16384).contains(&text.len()) && (1..=50).contains(&speaker.len());
        lengths && segment.start_ms >= 0 && segment.end_ms >= segment.start_ms
    });
    if !valid {
        return Err("a segment is invalid".into());
    }
    let segments = serde_json::to_string(&input.segments)?;
    let mut tx = database.begin().await?;
    let owned = [
        Value::Int(session_id),
        Value::Int(VIEWER),
        Value::Int(WORKSPACE),
    ];
    if tx.rows(&SESSION, &owned).await?.is_empty() {
        return Err("the session is not recording".into());
    }
    let new = [
        Value::Int(session_id),
        Value::Text(&segments),
        Value::Time(Utc::now().naive_utc()),
    ];
    let rows = tx.rows(&INSERT, &new).await?;
    tx.commit().await?;
    // Ids are assigned in the order of the segments, but may be returned in another.
    let mut ids: Vec<i32> = rows.iter().map(|row| row.int(0)).collect();
    ids.sort_unstable();
    let mut json = Json::with_capacity(segments.len() * 2);
    json.raw("{\"data\":{\"segmentsAppend\":{\"segments\":");
    json.list(ids.iter().zip(&input.segments), |json, (id, segment)| {
        json.raw("{\"id\":");
        json.id("Segment", *id);
        json.raw(",\"startMs\":");
        json.integer(segment.start_ms);
        json.raw(",\"endMs\":");
        json.integer(segment.end_ms);
        json.raw(",\"speaker\":");
        json.text(segment.speaker.trim());
        json.raw(",\"text\":");
        json.text(segment.text.trim());
        json.raw("}");
    });
    json.raw(",\"userErrors\":[]}}}");
    Ok(json)
}
