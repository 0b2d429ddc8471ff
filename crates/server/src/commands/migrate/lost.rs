//! What is lost when a migration is reverted.

use sea_orm::{ConnectionTrait, DatabaseConnection, DbErr, Statement};

use crate::database::contract::TABLES;

/// The migrations of the server's own tables: the table, and what its rows are.
const LOST: [(&str, &str, &str); 10] = [
    (
        "m20260101_000011_create_bookkeeping",
        "mina_idempotency_key",
        "idempotency keys: a retry of their mutations creates the object again",
    ),
    (
        "m20260101_000011_create_bookkeeping",
        "mina_segment_key",
        "keys of segments: segments that are sent again are stored again",
    ),
    (
        "m20260101_000011_create_bookkeeping",
        "mina_analysis_lease",
        "leases: workers cannot hand in these analyses",
    ),
    (
        "m20260101_000011_create_bookkeeping",
        "mina_token_generation",
        "users whose tokens were revoked: applying the migration again revokes the tokens of all users",
    ),
    (
        "m20260101_000011_create_bookkeeping",
        "mina_marker_task",
        "links from markers to their tasks: such a marker can become a task again",
    ),
    (
        "m20260101_000012_create_journal",
        "mina_segment_position",
        "positions of segments: subscribers to transcripts have to begin again",
    ),
    (
        "m20260101_000027_create_speakers",
        "mina_speaker",
        "speakers that are known as users",
    ),
    (
        "m20260101_000028_create_retention",
        "mina_retention",
        "limits for how long transcripts are kept: without them, they are kept for ever",
    ),
    (
        "m20260101_000029_create_upload",
        "mina_upload",
        "uploads that have not ended: they have to begin again",
    ),
    (
        "m20260101_000030_note_deletions",
        "mina_segment_deletion",
        "deletions of segments that subscribers have not heard of",
    ),
];

/// The lines that say so, for a migration that is about to be reverted.
///
/// # Errors
/// If the database fails.
pub async fn with(database: &DatabaseConnection, migration: &str) -> Result<String, DbErr> {
    let contract = TABLES.iter().filter(|it| it.step == migration);
    let contract = contract.map(|it| (it.name, format!("rows of `{}`", it.name)));
    let own = LOST.iter().filter(|(step, _, _)| *step == migration);
    let own = own.map(|(_, table, meaning)| (*table, (*meaning).to_owned()));
    let mut lines = Vec::new();
    for (table, meaning) in contract.chain(own) {
        let sql = format!(r#"SELECT count(*) AS lost FROM "{table}""#);
        let statement = Statement::from_string(database.get_database_backend(), sql);
        let row = database.query_one_raw(statement).await?;
        let lost: i64 = row.map_or(Ok(0), |row| row.try_get("", "lost"))?;
        if lost > 0 {
            lines.push(format!("\n  {lost} {meaning}"));
        }
    }
    Ok(lines.concat())
}
