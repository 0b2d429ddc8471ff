//! 50 tasks of a user with their dependencies, three deep. As each level is one task at most, all
//! of them are joined into one statement.

use super::{Connection, Json, Row, Sql, Value, WORKSPACE, write_tasks_of_user};
use crate::Outcome;

/// The workspace of a meeting is compared as a value, so that PostgreSQL looks up one meeting at a
/// time. It would rather read all meetings of the workspace for a join.
const TASKS: Sql = Sql::same(
    "SELECT t.id, t.title, t.status, a.id, a.title, a.status, b.id, b.title, b.status,
        c.id, c.title, c.status
    FROM (
        SELECT task.id, title, status, depends_on_task_id
        FROM task
        WHERE assigned_to_id = $1
            AND (SELECT workspace_id FROM meeting WHERE meeting.id = task.meeting_id) = $2
            AND EXISTS (SELECT 1 FROM \"user\" AS u WHERE u.id = $1 AND u.workspace_id = $2)
        ORDER BY task.id
        LIMIT 50
    ) AS t
    LEFT JOIN task AS a ON a.id = t.depends_on_task_id
        AND (SELECT workspace_id FROM meeting WHERE meeting.id = a.meeting_id) = $2
    LEFT JOIN task AS b ON b.id = a.depends_on_task_id
        AND (SELECT workspace_id FROM meeting WHERE meeting.id = b.meeting_id) = $2
    LEFT JOIN task AS c ON c.id = b.depends_on_task_id
        AND (SELECT workspace_id FROM meeting WHERE meeting.id = c.meeting_id) = $2
    ORDER BY t.id",
);

/// The column of the id of the last level.
const LAST: usize = 9;

pub(super) async fn answer(database: &Connection, user_id: i32) -> Outcome<Json> {
    let values = [Value::Int(user_id), Value::Int(WORKSPACE)];
    let tasks = database.rows(&TASKS, &values).await?;
    write_tasks_of_user(database, user_id, &tasks, |json, row| {
        write_task(json, row, 0);
    })
    .await
}

/// Writes the task whose id is in a column, and below it those that it depends on.
fn write_task(json: &mut Json, row: &Row, column: usize) {
    json.optional(row.optional_int(column), |json, id| {
        json.raw("{\"id\":");
        json.id("Task", id);
        json.raw(",\"title\":");
        json.text(row.text(column + 1));
        json.raw(",\"status\":");
        json.name(row.text(column + 2));
        if column < LAST {
            json.raw(",\"dependsOn\":");
            write_task(json, row, column + 3);
        }
        json.raw("}");
    });
}
