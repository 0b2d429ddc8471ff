//! SQL that builds its own JSON: one statement for each query, whose only value is the answer.
//!
//! SQLite has no base64, so there the ids are `Meeting:1` and not encoded. That makes it a little
//! faster than it would be otherwise.

use super::{
    WORKSPACE,
    connection::{Connection, Sql, Value},
    request::Request,
};
use crate::Outcome;

/// The statement of each database from the file with this name.
macro_rules! sql {
    ($name:literal) => {
        Sql {
            postgres: include_str!(concat!("postgres/", $name, ".sql")),
            sqlite: include_str!(concat!("sqlite/", $name, ".sql")),
        }
    };
}

/// The JSON that answers a request.
pub async fn answer(database: &Connection, request: &Request<'_>) -> Outcome<Vec<u8>> {
    let (sql, has_id) = match request.operation_name {
        "List" => (sql!("list"), false),
        "Graph" => (sql!("graph"), false),
        "Transcript" => (sql!("transcript"), true),
        "Tasks" => (sql!("tasks"), true),
        "Meeting" => (sql!("meeting"), true),
        "Dependencies" => (sql!("dependencies"), true),
        name => return Err(format!("there is no operation {name}").into()),
    };
    let workspace = Value::Int(WORKSPACE);
    let rows = if has_id {
        let id = Value::Int(request.variables.id()?);
        database.rows(&sql, &[workspace, id]).await?
    } else {
        database.rows(&sql, &[workspace]).await?
    };
    let row = rows.first().ok_or("there is no answer")?;
    Ok(row.text(0).as_bytes().to_vec())
}
