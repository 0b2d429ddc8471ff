//! 50 open tasks of a user by due date, each with its meeting.

use super::{Connection, Json, Sql, Value, WORKSPACE, write_tasks_of_user};
use crate::Outcome;

/// The workspace of the meeting is a condition before and after the limit: see `dependencies`.
const TASKS: Sql = Sql::same(
    "SELECT t.id, t.title, t.status, t.priority, t.due_date, m.id, m.title
    FROM (
        SELECT task.id, title, status, priority, due_date, meeting_id
        FROM task
        WHERE assigned_to_id = $1 AND status = 'todo'
            AND (SELECT workspace_id FROM meeting WHERE meeting.id = task.meeting_id) = $2
            AND EXISTS (SELECT 1 FROM \"user\" AS u WHERE u.id = $1 AND u.workspace_id = $2)
        ORDER BY due_date, task.id
        LIMIT 50
    ) AS t
    JOIN meeting AS m ON m.id = t.meeting_id AND m.workspace_id = $2
    ORDER BY t.due_date, t.id",
);

pub(super) async fn answer(database: &Connection, user_id: i32) -> Outcome<Json> {
    let values = [Value::Int(user_id), Value::Int(WORKSPACE)];
    let tasks = database.rows(&TASKS, &values).await?;
    write_tasks_of_user(database, user_id, &tasks, |json, row| {
        json.raw("{\"id\":");
        json.id("Task", row.int(0));
        json.raw(",\"title\":");
        json.text(row.text(1));
        json.raw(",\"status\":");
        json.name(row.text(2));
        json.raw(",\"priority\":");
        json.name(row.text(3));
        json.raw(",\"dueDate\":");
        row.write_date(4, json);
        json.raw(",\"meeting\":{\"id\":");
        json.id("Meeting", row.int(5));
        json.raw(",\"title\":");
        json.text(row.text(6));
        json.raw("}}");
    })
    .await
}
