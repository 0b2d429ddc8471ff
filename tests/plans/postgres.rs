//! What PostgreSQL says of the statements of a server.

use sea_orm::{ConnectionTrait, DatabaseConnection, DbErr};
use serde_json::Value;

/// The plan in a line of the log, if there is one.
pub fn plan_of(line: &Value) -> Option<Value> {
    let (_, plan) = line["message"].as_str()?.split_once("plan:")?;
    serde_json::from_str(plan).ok()
}

/// Makes PostgreSQL send the plan of each statement, with what it did, as a warning to the server,
/// which logs it.
///
/// # Errors
///
/// Fails if the connection is not one of a superuser.
pub async fn explain_everything(connection: &DatabaseConnection) -> Result<(), DbErr> {
    for setting in [
        "session_preload_libraries = 'auto_explain'",
        "auto_explain.log_min_duration = 0",
        "auto_explain.log_analyze = on",
        "auto_explain.log_settings = on",
        "auto_explain.log_format = 'json'",
        "auto_explain.log_level = 'warning'",
        // One process does all of a statement, so that what it does is known.
        "max_parallel_workers_per_gather = 0",
    ] {
        connection
            .execute_unprepared(&format!(
                "DO $$ BEGIN
                    EXECUTE format('ALTER DATABASE %I SET ', current_database())
                        || $setting${setting}$setting$;
                END $$"
            ))
            .await?;
    }
    Ok(())
}

/// The most rows that the scans of tables in a plan can have looked at. A look-up that finds nothing
/// counts as a row.
///
/// PostgreSQL gives the average of all loops of a step and, before version 18, rounds it.
pub fn rows_read(node: &Value) -> f64 {
    let number = |name: &str| node[name].as_f64().unwrap_or_default();
    let own = if node["Relation Name"].is_string() {
        let removed = number("Rows Removed by Filter") + number("Rows Removed by Index Recheck");
        let loops = number("Actual Loops");
        let rounded = if loops > 1.0 { 0.5 } else { 0.0 };
        (number("Actual Rows") + removed + rounded).max(1.0) * loops
    } else {
        0.0
    };
    let below = node["Plans"].as_array().into_iter().flatten();
    own + below.map(rows_read).sum::<f64>()
}
