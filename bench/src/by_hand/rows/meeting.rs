//! One meeting with its organizer.

use super::{Connection, Json, Sql, Value, WORKSPACE};
use crate::Outcome;

const MEETING: Sql = Sql::same(
    "SELECT m.id, m.title, m.description, m.status, m.scheduled_start, m.scheduled_end,
        u.id, u.username, u.email
    FROM meeting AS m
    LEFT JOIN \"user\" AS u ON u.id = m.organizer_id AND u.workspace_id = $2
    WHERE m.id = $1 AND m.workspace_id = $2",
);

pub(super) async fn answer(database: &Connection, id: i32) -> Outcome<Json> {
    let values = [Value::Int(id), Value::Int(WORKSPACE)];
    let meetings = database.rows(&MEETING, &values).await?;
    let mut json = Json::with_capacity(1 << 10);
    json.raw("{\"data\":{\"meeting\":");
    json.optional(meetings.first(), |json, row| {
        json.raw("{\"id\":");
        json.id("Meeting", row.int(0));
        json.raw(",\"title\":");
        json.text(row.text(1));
        json.raw(",\"description\":");
        json.optional(row.optional_text(2), Json::text);
        json.raw(",\"status\":");
        json.name(row.text(3));
        json.raw(",\"scheduledStart\":");
        row.write_time(4, json);
        json.raw(",\"scheduledEnd\":");
        row.write_time(5, json);
        json.raw(",\"organizer\":");
        json.optional(row.optional_int(6), |json, id| {
            json.raw("{\"id\":");
            json.id("User", id);
            json.raw(",\"username\":");
            json.text(row.text(7));
            json.raw(",\"email\":");
            json.text(row.text(8));
            json.raw("}");
        });
        json.raw("}");
    });
    json.raw("}}");
    Ok(json)
}
