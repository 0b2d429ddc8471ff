//! Rows by hand: as few plain statements as possible, with only the columns that are needed. The
//! values are read from the rows of the driver, and written once into one buffer.

mod append;
mod complete;
mod dependencies;
mod graph;
mod list;
mod meeting;
mod tasks;
mod transcript;

use super::{
    WORKSPACE,
    connection::{Connection, Row, Sql, Value},
    json::Json,
    request::Request,
};
use crate::Outcome;

/// The JSON that answers a request.
pub async fn answer(database: &Connection, request: &Request<'_>) -> Outcome<Vec<u8>> {
    let variables = &request.variables;
    let json = match request.operation_name {
        "List" => list::answer(database).await?,
        "Graph" => graph::answer(database).await?,
        "Transcript" => transcript::answer(database, variables.id()?).await?,
        "Tasks" => tasks::answer(database, variables.id()?).await?,
        "Meeting" => meeting::answer(database, variables.id()?).await?,
        "Dependencies" => dependencies::answer(database, variables.id()?).await?,
        "Append" => {
            let input = variables.input.as_ref().ok_or("there is no input")?;
            append::answer(database, input).await?
        }
        "Complete" => complete::answer(database, variables.id()?).await?,
        name => return Err(format!("there is no operation {name}").into()),
    };
    Ok(json.0)
}

/// Writes `id` and `username` of a user, from two columns that begin at an index.
fn write_user(json: &mut Json, row: &Row, index: usize) {
    json.raw("{\"id\":");
    json.id("User", row.int(index));
    json.raw(",\"username\":");
    json.text(row.text(index + 1));
    json.raw("}");
}

/// Whether there is a user with this id in the workspace.
async fn has_user(database: &Connection, id: i32) -> Outcome<bool> {
    const USER: Sql = Sql::same("SELECT id FROM \"user\" WHERE id = $1 AND workspace_id = $2");
    let values = [Value::Int(id), Value::Int(WORKSPACE)];
    Ok(!database.rows(&USER, &values).await?.is_empty())
}

/// Writes the list of tasks of a user, or null for a user who does not exist. Only if there are no
/// tasks, it takes a second statement to know.
async fn write_tasks_of_user(
    database: &Connection,
    user_id: i32,
    rows: &[Row],
    write: impl FnMut(&mut Json, &Row),
) -> Outcome<Json> {
    let mut json = Json::with_capacity(1 << 14);
    if rows.is_empty() && !has_user(database, user_id).await? {
        json.raw("{\"data\":{\"user\":null}}");
        return Ok(json);
    }
    json.raw("{\"data\":{\"user\":{\"assignedTasks\":{\"nodes\":");
    json.list(rows, write);
    json.raw("}}}}");
    Ok(json)
}
