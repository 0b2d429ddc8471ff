//! The lists of one large workspace, below an object and at the root.

use sea_orm::{ConnectionTrait, DatabaseConnection, DbBackend, DbErr};
use serde_json::json;

use super::Explainer;
use crate::support::{Outcome, database::TestDatabase, seed::Seed, suite::Suite};

/// Adds the cases of this module.
pub fn list(suite: &mut Suite) {
    suite.on_both_databases(meeting_graph);
    suite.on_both_databases(pages);
}

/// The query of a client that reads a list.
const MEETINGS: &str = "query ($after: String, $where: MeetingWhere, $orderBy: [MeetingOrder!]) {
    list: meetings(first: 50, after: $after, where: $where, orderBy: $orderBy) {
        nodes { title }
        pageInfo { endCursor }
    }
}";

const MEETING_GRAPH: &str = "{
    meetings(first: 50) {
        nodes {
            title
            organizer { username }
            workspace { name }
            tasks(first: 10) { nodes { title assignedTo { username } } }
            participants(first: 10) { nodes { role user { username } } }
            analytics { analysisStatus }
        }
    }
}";

const TRANSCRIPT: &str = "query ($session: UUID!, $after: String) {
    session(externalId: $session) {
        list: segments(first: 500, after: $after) { nodes { text } pageInfo { endCursor } }
    }
}";

const MARKERS: &str = "query ($session: UUID!, $after: String, $orderBy: [MarkerOrder!]) {
    session(externalId: $session) {
        list: markers(first: 50, after: $after, orderBy: $orderBy) {
            nodes { content }
            pageInfo { endCursor }
        }
    }
}";

const TASKS: &str = "query ($after: String) {
    list: tasks(first: 50, after: $after) { nodes { title } pageInfo { endCursor } }
}";

/// Fifty parents with a thousand children each.
const MANY_CHILDREN: &str = "{
    sessions(first: 50) { nodes { segments(first: 10) { nodes { text } } } }
}";

/// The first page of the whole graph: meetings with five relations, two of which lead on.
async fn meeting_graph(database: &TestDatabase) -> Outcome {
    let explainer = Explainer::start(database).await?;
    let answer = explainer.check(MEETING_GRAPH, &json!({}), 1).await?;
    let nodes = &answer["meetings"]["nodes"];
    assert!(nodes[49].is_object());
    assert!(nodes[0]["tasks"]["nodes"][9].is_object());
    assert!(nodes[0]["tasks"]["nodes"][0]["assignedTo"].is_object());
    assert!(nodes[0]["participants"]["nodes"][0]["user"].is_object());
    assert!(nodes[0]["analytics"].is_object());
    Ok(())
}

/// First and deep pages of the lists that clients turn most.
async fn pages(database: &TestDatabase) -> Outcome {
    let explainer = Explainer::start(database).await?;
    let by = |field: &str, direction: &str| json!([{"field": field, "direction": direction}]);
    let session = json!({"session": session_id(1)});
    let markers_by_time = json!({"session": session_id(1), "orderBy": by("TIMESTAMP", "ASC")});
    let newest = json!({"orderBy": by("CREATED_AT", "DESC")});
    let calendar = json!({"orderBy": by("SCHEDULED_START", "ASC")});
    let calendar_backward = json!({"orderBy": by("SCHEDULED_START", "DESC")});
    let live = json!({
        "where": {"status": {"eq": "LIVE"}},
        "orderBy": by("CREATED_AT", "DESC"),
    });
    // Half of the few drafts have no status.
    let drafts = json!({
        "where": {"status": {"eq": "DRAFT"}},
        "orderBy": by("CREATED_AT", "DESC"),
    });
    let oldest = json!({
        "where": {"createdAt": {"lt": "2026-01-02T00:00:00Z"}},
        "orderBy": by("CREATED_AT", "DESC"),
    });
    for (document, variables, pages) in [
        (MEETINGS, &json!({}), &[1, 50][..]),
        (MEETINGS, &newest, &[1, 2, 50]),
        // The last of these are among the meetings without a start.
        (MEETINGS, &calendar, &[1, 30, 75]),
        (MEETINGS, &calendar_backward, &[1, 50]),
        (MEETINGS, &live, &[1, 5]),
        (MEETINGS, &drafts, &[1]),
        (MEETINGS, &oldest, &[1, 3]),
        (TASKS, &json!({}), &[1, 3]),
        (TRANSCRIPT, &session, &[1, 35]),
        (MARKERS, &session, &[1, 10]),
        (MARKERS, &markers_by_time, &[1, 10]),
        (MANY_CHILDREN, &json!({}), &[1]),
    ] {
        for page in pages {
            explainer.check(document, variables, *page).await?;
        }
    }
    Ok(())
}

/// The external id of a session.
fn session_id(id: u32) -> String {
    format!("00000000-0000-4000-8000-{id:012}")
}

/// Fills the tables. The newest fifty meetings have far more tasks than the others, the first
/// session a long transcript and many markers, and fifty more sessions a thousand segments each.
///
/// # Errors
///
/// Fails if the database rejects a statement.
#[expect(
    clippy::too_many_lines,
    reason = "it is one statement a table, and they are read together"
)]
pub async fn fill(connection: &DatabaseConnection) -> Result<(), DbErr> {
    let seed = Seed(connection);
    let workspace = seed.workspace("acme").await?;
    seed.workspace("evil").await?;
    let ada = seed.user(workspace.id, "ada").await?;
    assert_eq!(
        (workspace.id, ada.id),
        (1, 1),
        "the rows below refer to them"
    );

    let is_postgres = connection.get_database_backend() == DbBackend::Postgres;
    // A minute after the other, in the form in which the database holds moments.
    let moment = |minutes: &str| {
        if is_postgres {
            format!("timestamp '2026-01-01' + ({minutes}) * interval '1 minute'")
        } else {
            format!("strftime('%Y-%m-%d %H:%M:%S', '2026-01-01', ({minutes}) || ' minutes')")
        }
    };
    let made = moment("i");
    let start = moment("(i * 13) % 5000");
    let session = |id: &str| {
        let digits = format!("substr('00000000000' || ({id}), -12)");
        if is_postgres {
            let digits = format!("lpad(({id})::text, 12, '0')");
            return format!("'00000000-0000-4000-8000-' || {digits}");
        }
        format!("'00000000-0000-4000-8000-' || {digits}")
    };
    let external_id = session("i");
    let marked_session = session("CASE WHEN i % 4 = 0 THEN 1 + i % 1000 ELSE 1 END");
    for (count, insert) in [
        (
            2_000,
            format!(
                r#""user" (id, username, email, workspace_id, created_at)
                   SELECT i + 1, 'user' || i, 'user' || i, CASE WHEN i > 1500 THEN 2 ELSE 1 END,
                          {made}"#
            ),
        ),
        (
            1_000,
            format!(
                "session (id, external_id, user_id, created_at) SELECT i, {external_id}, 1, {made}"
            ),
        ),
        (
            5_000,
            format!(
                "meeting (id, title, status, workspace_id, organizer_id, scheduled_start,
                          created_at, updated_at)
                 SELECT i, 'Meeting ' || i,
                        CASE WHEN i % 10 = 0 THEN 'live' WHEN i % 1000 = 1 THEN 'draft'
                             WHEN i % 1000 = 501 THEN NULL ELSE 'completed' END,
                        CASE WHEN i <= 1000 THEN 2 ELSE 1 END, 1 + i % 100,
                        CASE WHEN i % 2 = 0 THEN {start} END, {made}, {made}"
            ),
        ),
        (
            50_000,
            format!(
                "task (id, title, meeting_id, created_by_id, assigned_to_id, created_at,
                       updated_at)
                 SELECT i, 'Task ' || i,
                        CASE WHEN i % 5 < 2 THEN 4951 + (i / 5) % 50 ELSE 1 + i % 4950 END,
                        1 + i % 100, 1 + i % 100, {made}, {made}"
            ),
        ),
        (
            50_000,
            format!(
                "participant (id, meeting_id, user_id, created_at)
                 SELECT i, 1 + i % 5000, 1 + (i % 5000 + i / 5000 * 7) % 1000, {made}"
            ),
        ),
        (
            5_000,
            format!("analytics (id, meeting_id, created_at) SELECT i, i, {made}"),
        ),
        (
            70_000,
            format!(
                "segment (id, session_id, text, start_ms, end_ms, created_at)
                 SELECT i, CASE WHEN i <= 20000 THEN 1 ELSE 951 + i % 50 END, 'Words',
                        i * 1500, i * 1500 + 1400, {made}"
            ),
        ),
        (
            10_000,
            format!(
                "marker (id, session_id, user_id, type, content, timestamp, created_at)
                 SELECT i, {marked_session}, 1 + i % 100, 'decision', 'Words', i % 5000 * 100,
                        {made}"
            ),
        ),
    ] {
        connection
            .execute_unprepared(&format!(
                "INSERT INTO {insert} FROM (
                    WITH RECURSIVE counted (i) AS (
                        SELECT 1 UNION ALL SELECT i + 1 FROM counted WHERE i < {count}
                    )
                    SELECT i FROM counted
                 ) AS counted"
            ))
            .await?;
    }
    if is_postgres {
        connection.execute_unprepared("ANALYZE").await?;
    }
    Ok(())
}
