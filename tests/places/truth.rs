//! What the places should be, computed from scratch.

use sea_orm::{ConnectionTrait, DatabaseConnection, DbErr, Statement};

use crate::support::{Outcome, lines::assert_same_lines};

const EPOCH: &str = "'1970-01-01 00:00:00'";

/// The table, its parents as joins, its workspace, and its copied columns.
type Rule = (
    &'static str,
    &'static str,
    &'static str,
    &'static [(&'static str, Option<&'static str>)],
);

/// The rules are written in another way than those of the triggers, so that no mistake is in both.
const RULES: [Rule; 5] = [
    (
        "session",
        r#"LEFT JOIN "user" AS owner ON owner.id = session.user_id
           LEFT JOIN meeting ON meeting.session_id = session.external_id"#,
        "CASE WHEN owner.workspace_id IS NULL THEN meeting.workspace_id
              ELSE owner.workspace_id END",
        &[
            ("status", Some("'pending'")),
            ("started_at", None),
            ("created_at", Some(EPOCH)),
        ],
    ),
    (
        "task",
        "LEFT JOIN meeting ON meeting.id = task.meeting_id",
        "meeting.workspace_id",
        &[
            ("due_date", None),
            ("created_at", Some(EPOCH)),
            ("created_by_id", None),
            ("assigned_to_id", None),
        ],
    ),
    (
        "analytics",
        "LEFT JOIN meeting ON meeting.id = analytics.meeting_id",
        "meeting.workspace_id",
        &[
            ("analysis_status", Some("'pending'")),
            ("created_at", Some(EPOCH)),
        ],
    ),
    (
        "marker",
        r#"LEFT JOIN session ON session.external_id = marker.session_id
           LEFT JOIN "user" AS owner ON owner.id = session.user_id
           LEFT JOIN meeting ON meeting.session_id = session.external_id"#,
        "CASE WHEN owner.workspace_id IS NULL THEN meeting.workspace_id
              ELSE owner.workspace_id END",
        &[("created_at", Some(EPOCH)), ("user_id", None)],
    ),
    (
        "participant",
        "LEFT JOIN meeting ON meeting.id = participant.meeting_id",
        "meeting.workspace_id",
        &[("user_id", None)],
    ),
];

/// Fails unless every row has the place that it should have, and every place a row.
pub async fn assert_places(connection: &DatabaseConnection, when: &str) -> Outcome {
    let mut expected = Vec::new();
    let mut actual = Vec::new();
    for rule in RULES {
        expected.extend(lines(connection, &correct(rule)).await?);
        actual.extend(places_in(connection, rule).await?);
    }
    assert_same_lines(&format!("Places {when}"), &expected, &actual)
}

/// The places that one table has, as lines such as `task 3 in 1: …`.
pub async fn places(connection: &DatabaseConnection, table: &str) -> Result<Vec<String>, DbErr> {
    match RULES.into_iter().find(|rule| rule.0 == table) {
        Some(rule) => places_in(connection, rule).await,
        None => Ok(Vec::new()),
    }
}

async fn places_in(connection: &DatabaseConnection, rule: Rule) -> Result<Vec<String>, DbErr> {
    let (table, _, _, copies) = rule;
    let columns: Vec<String> = copies
        .iter()
        .map(|(column, _)| format!("place.{column}"))
        .collect();
    let line = line(table, "place.id", "place.workspace_id", &columns);
    let sql = format!("SELECT {line} AS line FROM mina_{table}_place AS place ORDER BY place.id");
    lines(connection, &sql).await
}

fn correct((table, joins, workspace, copies): Rule) -> String {
    let columns: Vec<String> = copies
        .iter()
        .map(|(column, default)| match default {
            Some(default) => format!("coalesce({table}.{column}, {default})"),
            None => format!("{table}.{column}"),
        })
        .collect();
    let line = line(table, &format!("{table}.id"), workspace, &columns);
    format!("SELECT {line} AS line FROM {table} {joins} ORDER BY {table}.id")
}

fn line(table: &str, id: &str, workspace: &str, columns: &[String]) -> String {
    let text = |value: &str| format!("coalesce(CAST({value} AS text), 'nothing')");
    let columns: Vec<String> = columns.iter().map(|column| text(column)).collect();
    format!(
        "'{table} ' || {id} || ' in ' || {} || ': ' || {}",
        text(workspace),
        columns.join(" || ', ' || ")
    )
}

async fn lines(connection: &DatabaseConnection, sql: &str) -> Result<Vec<String>, DbErr> {
    let statement = Statement::from_string(connection.get_database_backend(), sql);
    let rows = connection.query_all_raw(statement).await?;
    rows.iter().map(|row| row.try_get("", "line")).collect()
}
