//! Query plans: with many rows in the tables, no statement reads much more than it returns.
//!
//! PostgreSQL reports how it ran the very statements of the server, by `auto_explain`, which comes
//! with it and which a superuser may switch on. SQLite only says what it intends to do.

use std::collections::BTreeSet;

use libtest_mimic::Failed;
use sea_orm::{ConnectionTrait, DatabaseConnection, DbBackend, DbErr, FromQueryResult, Statement};
use serde_json::{Value, json};

use crate::support::{
    Outcome,
    database::TestDatabase,
    seed::Seed,
    server::{Answer, Server},
    suite::Suite,
};

/// Adds the cases of this module.
pub fn list(suite: &mut Suite) {
    suite.on_both_databases(meeting_graph);
    suite.on_both_databases(pages);
}

/// The number of rows that a statement may read for each row that it returns.
const MOST_READ_PER_ROW: f64 = 10.0;

/// A statement that returns next to nothing may still read this many rows.
const ALWAYS_ALLOWED: f64 = 20.0;

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

/// A server on tables of some size, and what its database says of its statements.
pub struct Explainer<'a> {
    pub server: Server,
    /// The token of a user of the large workspace.
    pub token: String,
    connection: &'a DatabaseConnection,
}

impl<'a> Explainer<'a> {
    /// Fills the database, and starts the server.
    ///
    /// # Errors
    ///
    /// Fails if the database does, or the server does not start.
    pub async fn start(database: &'a TestDatabase) -> Result<Self, Failed> {
        let connection = database.connection();
        fill(connection).await?;
        if database.backend() == DbBackend::Postgres {
            explain_everything(connection).await?;
        }
        let server = Server::start(database)?;
        let token = server.sign_in("ada").await?;
        Ok(Self {
            server,
            token,
            connection,
        })
    }

    /// Turns to a page, counted from one, and fails if a statement of it reads too much.
    async fn check(&self, document: &str, variables: &Value, page: u32) -> Result<Value, Failed> {
        let mut variables = variables.clone();
        for _ in 1..page {
            let answer = self.ask(document, &variables).await?;
            let data = answer.data()?;
            let list = data.get("list").unwrap_or(&data["session"]["list"]);
            let cursor = &list["pageInfo"]["endCursor"];
            assert!(cursor.is_string(), "the list ends before page {page}");
            variables["after"] = cursor.clone();
        }
        let known = self.plans().len();
        let answer = self.ask(document, &variables).await?;
        let statements = self.server.statements(&answer)?;
        let mut complaints = Vec::new();
        if self.connection.get_database_backend() == DbBackend::Postgres {
            let plans = self.plans();
            // The user of the token is looked up, too.
            assert!(plans.len() > known + statements.len(), "plans are missing");
            complaints.extend(plans[known..].iter().filter_map(read_too_much));
        } else {
            for statement in &statements {
                complaints.extend(scans_or_sorts(self.connection, statement).await?);
            }
        }
        if complaints.is_empty() {
            Ok(answer.data()?.clone())
        } else {
            let complaints = complaints.join("\n\n");
            Err(format!("page {page} with {variables}:\n{complaints}").into())
        }
    }

    async fn ask(&self, document: &str, variables: &Value) -> Result<Answer, Failed> {
        self.server
            .ask_as(&self.token, document, variables.clone())
            .await
    }

    /// The plans that PostgreSQL has reported so far.
    fn plans(&self) -> Vec<Value> {
        self.plans_after(0)
    }

    /// The plans that PostgreSQL has reported after so many others.
    pub fn plans_after(&self, known: usize) -> Vec<Value> {
        self.server
            .log_lines_with("Query Text")
            .iter()
            .skip(known)
            .filter_map(|line| {
                let line: Value = serde_json::from_str(line).ok()?;
                let (_, plan) = line["message"].as_str()?.split_once("plan:")?;
                serde_json::from_str(plan).ok()
            })
            .collect()
    }
}

/// Makes PostgreSQL send the plan of each statement, with what it did, as a warning to the server,
/// which logs it.
async fn explain_everything(connection: &DatabaseConnection) -> Result<(), DbErr> {
    for setting in [
        "session_preload_libraries = 'auto_explain'",
        "auto_explain.log_min_duration = 0",
        "auto_explain.log_analyze = on",
        "auto_explain.log_format = 'json'",
        "auto_explain.log_level = 'warning'",
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

/// The rows read by a plan of PostgreSQL, if they are far more than the statement returned.
fn read_too_much(plan: &Value) -> Option<String> {
    let root = &plan["Plan"];
    let returned = root["Actual Rows"].as_f64()? * MOST_READ_PER_ROW;
    let read = rows_read(root);
    (read > returned.max(ALWAYS_ALLOWED)).then(|| format!("{read} rows are read: {plan:#}"))
}

/// The rows that the scans of tables in a plan looked at.
pub fn rows_read(node: &Value) -> f64 {
    let number = |name: &str| node[name].as_f64().unwrap_or_default();
    let own = if node["Relation Name"].is_string() {
        let removed = number("Rows Removed by Filter") + number("Rows Removed by Index Recheck");
        (number("Actual Rows") + removed) * number("Actual Loops")
    } else {
        0.0
    };
    let below = node["Plans"].as_array().into_iter().flatten();
    own + below.map(rows_read).sum::<f64>()
}

/// A line of `EXPLAIN QUERY PLAN`.
#[derive(FromQueryResult)]
struct Step {
    id: i32,
    parent: i32,
    detail: String,
}

/// The steps of a SQLite plan other than seeking in an index: walking a whole table, or sorting all
/// rows of a list to give the first.
async fn scans_or_sorts(
    connection: &DatabaseConnection,
    statement: &str,
) -> Result<Option<String>, DbErr> {
    let explain = format!("EXPLAIN QUERY PLAN {statement}");
    let steps = Step::find_by_statement(Statement::from_string(DbBackend::Sqlite, explain))
        .all(connection)
        .await?;
    let is_bad = steps.iter().any(|step| {
        let siblings = || steps.iter().filter(|other| other.parent == step.parent);
        // Subqueries are as short as their limit.
        let subqueries: BTreeSet<&str> = siblings()
            .filter_map(|other| other.detail.strip_prefix("CO-ROUTINE "))
            .collect();
        let of_table = |verb: &str, detail: &str| {
            detail
                .strip_prefix(verb)
                .and_then(|rest| rest.split(' ').next())
                .is_some_and(|name| !subqueries.contains(name))
        };
        let detail = step.detail.as_str();
        if detail.starts_with("SCAN ") {
            // Without a sort, a list in the order of the ids is walked only until its page is full.
            let is_sorted = siblings().any(|other| other.detail.starts_with("USE TEMP B-TREE"));
            let is_cut = step.parent != 0;
            return of_table("SCAN ", detail)
                && !detail.contains("VIRTUAL TABLE")
                && (is_sorted || !is_cut);
        }
        // The outermost sort is that of the pages, which are cut by then.
        detail.starts_with("USE TEMP B-TREE")
            && step.parent != 0
            && siblings().any(|other| of_table("SEARCH ", &other.detail))
    });
    let lines: Vec<String> = steps
        .iter()
        .map(|step| format!("{} < {}: {}", step.parent, step.id, step.detail))
        .collect();
    Ok(is_bad.then(|| format!("{statement}\n{}", lines.join("\n"))))
}

/// The external id of a session.
fn session_id(id: u32) -> String {
    format!("00000000-0000-4000-8000-{id:012}")
}

/// Fills the tables. The newest fifty meetings have far more tasks than the others, the first
/// session a long transcript and many markers, and fifty more sessions a thousand segments each.
#[expect(
    clippy::too_many_lines,
    reason = "it is one statement a table, and they are read together"
)]
async fn fill(connection: &DatabaseConnection) -> Result<(), DbErr> {
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
