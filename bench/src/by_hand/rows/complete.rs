//! Completing a task.

use chrono::Utc;

use super::{Connection, Json, Sql, Value, WORKSPACE};
use crate::Outcome;

const TASK: Sql = Sql {
    postgres: "SELECT t.id, t.title, t.status
        FROM task AS t JOIN meeting AS m ON m.id = t.meeting_id AND m.workspace_id = $2
        WHERE t.id = $1
        FOR NO KEY UPDATE OF t",
    sqlite: "SELECT t.id, t.title, t.status
        FROM task AS t JOIN meeting AS m ON m.id = t.meeting_id AND m.workspace_id = $2
        WHERE t.id = $1",
};

const UPDATE: Sql = Sql::same(
    "UPDATE task SET status = 'completed', completed_at = $2, updated_at = $2 WHERE id = $1",
);

pub(super) async fn answer(database: &Connection, id: i32) -> Outcome<Json> {
    let mut tx = database.begin().await?;
    let tasks = tx
        .rows(&TASK, &[Value::Int(id), Value::Int(WORKSPACE)])
        .await?;
    let task = tasks.first().ok_or("there is no such task")?;
    let mut json = Json::with_capacity(1 << 10);
    json.raw("{\"data\":{\"taskComplete\":{\"task\":");
    if !["todo", "in_progress"].contains(&task.text(2)) {
        json.raw("null,\"userErrors\":[{\"code\":\"INVALID_STATE\",\"message\":");
        json.text("The task is completed or cancelled.");
        json.raw(",\"path\":[\"id\"]}]}}}");
        return Ok(json);
    }
    let values = [Value::Int(id), Value::Time(Utc::now().naive_utc())];
    tx.rows(&UPDATE, &values).await?;
    tx.commit().await?;
    json.raw("{\"id\":");
    json.id("Task", id);
    json.raw(",\"title\":");
    json.text(task.text(1));
    json.raw(",\"status\":\"COMPLETED\"},\"userErrors\":[]}}}");
    Ok(json)
}
