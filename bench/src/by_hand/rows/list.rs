//! The 50 newest meetings, each with its organizer.

use super::{Connection, Json, Sql, Value, WORKSPACE, write_user};
use crate::Outcome;

const MEETINGS: Sql = Sql::same(
    "SELECT m.id, m.title, m.status, m.scheduled_start, m.created_at, u.id, u.username
    FROM meeting AS m
    LEFT JOIN \"user\" AS u ON u.id = m.organizer_id AND u.workspace_id = $1
    WHERE m.workspace_id = $1
    ORDER BY coalesce(m.created_at, '1970-01-01 00:00:00') DESC, m.id DESC
    LIMIT 50",
);

pub(super) async fn answer(database: &Connection) -> Outcome<Json> {
    let meetings = database.rows(&MEETINGS, &[Value::Int(WORKSPACE)]).await?;
    let mut json = Json::with_capacity(1 << 14);
    json.raw("{\"data\":{\"meetings\":{\"nodes\":");
    json.list(&meetings, |json, row| {
        json.raw("{\"id\":");
        json.id("Meeting", row.int(0));
        json.raw(",\"title\":");
        json.text(row.text(1));
        json.raw(",\"status\":");
        json.name(row.text(2));
        json.raw(",\"scheduledStart\":");
        row.write_time(3, json);
        json.raw(",\"createdAt\":");
        row.write_time(4, json);
        json.raw(",\"organizer\":");
        json.optional(row.optional_int(5), |json, _| write_user(json, row, 5));
        json.raw("}");
    });
    json.raw("}}}");
    Ok(json)
}
