//! The journal of changes, and the positions of segments, from which subscriptions read.

use mina_graphql::counted;
use sea_orm::{DatabaseConnection, DbErr, FromQueryResult};

use super::{
    database::{or_failed, row},
    report::Verdict,
};

/// Updating a segment gives it a position, by a trigger.
const NUMBER: &str = "run `UPDATE segment SET text = text WHERE id NOT IN \
    (SELECT segment_id FROM mina_segment_position)`, which gives them positions";

/// The next position of a session must be after all that it has.
const RAISE: &str = "run `UPDATE mina_transcript SET position = (SELECT max(position) FROM \
    mina_segment_position WHERE session_id = mina_transcript.session_id) WHERE EXISTS (SELECT 1 FROM \
    mina_segment_position AS higher WHERE higher.session_id = mina_transcript.session_id AND \
    higher.position > mina_transcript.position)`";

/// Whether every segment is in its transcript, and new ones get positions that are free.
pub async fn check(database: &DatabaseConnection) -> Vec<Verdict> {
    or_failed(try_check(database).await)
}

#[derive(FromQueryResult)]
struct Count {
    count: i64,
}

async fn count(database: &DatabaseConnection, sql: &str) -> Result<u64, DbErr> {
    let Count { count } = row(database, sql).await?;
    Ok(count.unsigned_abs())
}

async fn try_check(database: &DatabaseConnection) -> Result<Vec<Verdict>, DbErr> {
    // What is being uploaded gets its positions at the end.
    let without = count(
        database,
        "SELECT count(*) AS count FROM segment
        WHERE NOT EXISTS (SELECT 1 FROM mina_segment_position WHERE segment_id = segment.id)
            AND EXISTS (SELECT 1 FROM session WHERE session.id = segment.session_id)
            AND NOT EXISTS (
                SELECT 1 FROM mina_upload WHERE mina_upload.session_id = segment.session_id)",
    )
    .await?;
    let behind = count(
        database,
        "SELECT count(*) AS count FROM (
            SELECT session_id, max(position) AS position FROM mina_segment_position
            GROUP BY session_id
        ) AS used
        LEFT JOIN mina_transcript ON mina_transcript.session_id = used.session_id
        WHERE coalesce(mina_transcript.position, 0) < used.position",
    )
    .await?;
    let mut verdicts = Vec::new();
    if without > 0 {
        let message = format!("{} without a position", counted(without, "segment"));
        verdicts.push(Verdict::failure(message, NUMBER));
    }
    if behind > 0 {
        let message = format!("{} behind its own segments", counted(behind, "transcript"));
        verdicts.push(Verdict::failure(message, RAISE));
    }
    if verdicts.is_empty() {
        let entries = count(database, "SELECT count(*) AS count FROM mina_change").await?;
        let entries = match entries {
            1 => "1 entry".to_owned(),
            _ => format!("{entries} entries"),
        };
        verdicts.push(Verdict::ok(format!(
            "{entries}; every segment has its position"
        )));
    }
    Ok(verdicts)
}
