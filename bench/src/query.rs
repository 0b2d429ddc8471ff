//! The requests that are sent.

use serde_json::{Value, json};

use crate::{
    Outcome,
    data::{RECORDING, SECOND_EVERY, Size, TABLES, TASKS, global_id},
    database::{self, Database},
    server::Kind,
};

/// How many objects a query is sent for, at most, one at random in each request.
const MANY: usize = 500;

/// What one query sends.
pub struct Query {
    pub name: &'static str,
    /// What it asks for.
    pub title: &'static str,
    /// The bodies of requests. One of them is sent at random.
    pub bodies: Vec<String>,
    pub effect: Effect,
}

/// What a query does to the data.
#[derive(Clone, Copy, PartialEq, Eq)]
pub enum Effect {
    Reads,
    /// It can be sent as often as one likes.
    Adds,
    /// A request has an effect only once, so there can be only so many. The few that are sent again
    /// are rejected.
    Changes {
        requests: usize,
    },
}

impl Query {
    fn new(
        name: &'static str,
        title: &'static str,
        document: &str,
        variables: impl IntoIterator<Item = Value>,
    ) -> Self {
        // The name of the operation is the second word.
        let word = document.split_whitespace().nth(1).unwrap_or_default();
        let operation = word.split('(').next();
        let bodies = variables.into_iter().map(|variables| {
            json!({"query": document, "operationName": operation, "variables": variables})
                .to_string()
        });
        Self {
            name,
            title,
            bodies: bodies.collect(),
            effect: Effect::Reads,
        }
    }

    fn with_effect(self, effect: Effect) -> Self {
        Self { effect, ..self }
    }

    /// The URL of the data for a server: of a copy of its own if the query writes.
    pub async fn database_url(&self, database: &Database) -> Outcome<String> {
        match self.effect {
            Effect::Reads => Ok(database.url()),
            Effect::Adds | Effect::Changes { .. } => database.copy().await,
        }
    }

    /// Whether a server knows the query. A single statement cannot be a transaction with checks.
    pub fn is_answered_by(&self, server: Kind) -> bool {
        self.effect == Effect::Reads || server != Kind::Aggregate
    }
}

/// The queries whose names begin with one of some words, or all if there are none.
pub fn all(size: Size, words: &[String]) -> Outcome<Vec<Query>> {
    let mut queries = reads(size);
    queries.extend(writes(size));
    for word in words {
        if !queries.iter().any(|query| query.name.starts_with(word)) {
            let names: Vec<_> = queries.iter().map(|query| query.name).collect();
            return Err(format!("no query begins with {word}: {}", names.join(", ")).into());
        }
    }
    let is_asked = |name: &str| words.iter().any(|word| name.starts_with(word));
    queries.retain(|query| words.is_empty() || is_asked(query.name));
    Ok(queries)
}

fn reads(size: Size) -> Vec<Query> {
    let of = |type_name, ids| {
        let ids = first_workspace(ids).take(MANY);
        ids.map(move |id| json!({"id": global_id(type_name, id)}))
    };
    vec![
        Query::new(
            "list",
            "the 50 newest meetings with their organizers",
            include_str!("../queries/list.graphql"),
            [json!({})],
        ),
        Query::new(
            "graph",
            "the same with workspace, 10 tasks with assignees, 10 participants with users, analytics",
            include_str!("../queries/graph.graphql"),
            [json!({})],
        ),
        Query::new(
            "transcript",
            "1,000 segments of a session",
            include_str!("../queries/transcript.graphql"),
            of("Session", size.sessions),
        ),
        Query::new(
            "tasks",
            "50 open tasks of a user by due date with their meetings",
            include_str!("../queries/tasks.graphql"),
            of("User", size.users),
        ),
        Query::new(
            "meeting",
            "one meeting with its organizer",
            include_str!("../queries/meeting.graphql"),
            of("Meeting", size.meetings),
        ),
        Query::new(
            "dependencies",
            "50 tasks of a user with their dependencies three deep",
            include_str!("../queries/dependencies.graphql"),
            of("User", size.users),
        ),
    ]
}

fn writes(size: Size) -> Vec<Query> {
    let append = |name, title, segments| {
        let sessions = size.sessions + 1..=size.sessions + RECORDING;
        let variables = sessions.map(|id| json!({"input": append_input(id, segments)}));
        let document = include_str!("../queries/append.graphql");
        Query::new(name, title, document, variables).with_effect(Effect::Adds)
    };
    let open = open_tasks(size);
    // A request is sent again with a chance of one in twenty, on average over the window.
    let requests = open.len() / 10;
    let open = open.into_iter();
    vec![
        append("append-1", "`segmentsAppend` of 1", 1),
        append("append-20", "`segmentsAppend` of 20", 20),
        append("append-1000", "`segmentsAppend` of 1,000", 1000),
        Query::new(
            "complete",
            "`taskComplete`",
            include_str!("../queries/complete.graphql"),
            open.map(|id| json!({"id": global_id("Task", id)})),
        )
        .with_effect(Effect::Changes { requests }),
    ]
}

/// The ids of the rows of the first workspace.
fn first_workspace(ids: i32) -> impl Iterator<Item = i32> {
    (1..=ids).filter(|id| id % SECOND_EVERY != 0)
}

fn append_input(session_id: i32, segments: i32) -> Value {
    let segments = (0..segments).map(|place| {
        json!({
            "startMs": place * 3000,
            "endMs": place * 3000 + 2500,
            "speaker": format!("Speaker {}", place % 8),
            "text": "we should follow up on the roadmap before the next review of the budget",
        })
    });
    json!({
        "sessionId": global_id("Session", session_id),
        "segments": segments.collect::<Vec<_>>(),
    })
}

/// The ids of the tasks of the first workspace that can be completed.
fn open_tasks(size: Size) -> Vec<i32> {
    let mut ids = Vec::new();
    for table in TABLES.iter().filter(|table| table.name == "task") {
        let rows = database::chunks(table, size).flatten();
        // The fourth column is the status.
        let are_open = rows.map(|cells| cells[3].as_deref() == Some("todo"));
        let numbered = (1..).zip(are_open);
        ids.extend(numbered.filter_map(|(id, is_open)| is_open.then_some(id)));
    }
    ids.retain(|id| (1 + (id - 1) / TASKS) % SECOND_EVERY != 0);
    ids
}
