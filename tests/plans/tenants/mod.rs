//! The cost of a list is that of the workspace's own rows, or of the page, whatever other workspaces
//! hold: for a small workspace and a large one among many others.

mod data;
mod journal;
mod orders;
mod scene;
mod steps;

use serde_json::{Value, json};

use self::{
    data::{Size, Tenant},
    orders::{FilterKind, lists},
    scene::{Limit, PAGE, Scene},
};
use crate::{
    support::{Outcome, database::TestDatabase, suite::Suite},
    twins,
};

/// Adds the cases of this module.
pub fn list(suite: &mut Suite) {
    suite.on_both_databases(indexed_orders_among_many);
    suite.on_both_databases(indexed_orders_among_few);
    suite.on_both_databases(own_rows_among_many);
    suite.on_both_databases(own_rows_among_few);
    suite.on_both_databases(journal::windows);
}

const MANY: Size = Size {
    meetings: 10_000,
    small_every: 400,
    others: 400,
};

/// With few workspaces, PostgreSQL expects each to have a good part of all rows.
const FEW: Size = Size {
    meetings: 6_000,
    small_every: 300,
    others: 2,
};

async fn indexed_orders_among_many(database: &TestDatabase) -> Outcome {
    indexed_orders(MANY, database).await
}

async fn indexed_orders_among_few(database: &TestDatabase) -> Outcome {
    indexed_orders(FEW, database).await
}

async fn own_rows_among_many(database: &TestDatabase) -> Outcome {
    own_rows(MANY, database).await
}

async fn own_rows_among_few(database: &TestDatabase) -> Outcome {
    own_rows(FEW, database).await
}

/// The orders and filters that have an index, as the schema says, forward and backward, at the ends
/// of lists and within them.
async fn indexed_orders(size: Size, database: &TestDatabase) -> Outcome {
    let mut scene = Scene::start(size, database).await?;
    let schema = twins::schema_of_this_build()?;
    for tenant in [Tenant::Small, Tenant::Large] {
        for list in lists(&schema) {
            scene.turn(tenant, &list, None, json!({})).await?;
            for order in list.orders.iter().filter(|order| order.is_indexed) {
                scene
                    .turn(tenant, &list, Some(&order.name), json!({}))
                    .await?;
            }
            for filter in &list.filters {
                let filters: Vec<Value> = match &filter.kind {
                    FilterKind::Equality(values) => {
                        let equal = |value| json!({ &filter.field: {"eq": value} });
                        values.iter().map(equal).collect()
                    }
                    FilterKind::Range(of) => {
                        let value = middle(size, of);
                        let beyond = |operator: &str| json!({ &filter.field: {operator: value} });
                        vec![beyond("lt"), beyond("gte")]
                    }
                };
                for filtered in filters {
                    scene
                        .turn(tenant, &list, Some(&filter.order), filtered)
                        .await?;
                }
            }
        }
    }
    scene.judge().await
}

/// A value in the middle of those that rows have, for a type of filters.
fn middle(size: Size, filter: &str) -> Value {
    match filter {
        "IntFilter" => json!(size.meetings / 2),
        "DateFilter" => json!("2027-05-01"),
        "DateTimeFilter" => json!("2026-01-04T12:00:00Z"),
        _ => panic!("{filter} needs a value here"),
    }
}

/// Statements that no index serves read the workspace's own rows, and no others.
async fn own_rows(size: Size, database: &TestDatabase) -> Outcome {
    let mut scene = Scene::start(size, database).await?;
    let schema = twins::schema_of_this_build()?;
    let rows = |tenant, tables: &[&str]| rows(size, tenant, tables);
    for tenant in [Tenant::Small, Tenant::Large] {
        for list in lists(&schema) {
            for order in list.orders.iter().filter(|order| !order.is_indexed) {
                for end in ["first", "last"] {
                    let variables = json!({end: PAGE, "orderBy": {"field": order.name}});
                    let limit = Limit::Rows(rows(tenant, &[&list.field]));
                    scene
                        .ask(tenant, &list.document(), variables, limit)
                        .await?;
                }
            }
            let limit = Limit::Rows(rows(tenant, &[&list.field]));
            let count = format!("{{ list: {} {{ totalCount }} }}", list.field);
            scene.ask(tenant, &count, json!({}), limit).await?;
        }
        for (field, filter, tables) in FILTERS {
            let limit = || Limit::Rows(rows(tenant, tables));
            for selection in ["nodes { id }", "totalCount"] {
                let document =
                    format!("{{ list: {field}(first: 10, where: {filter}) {{ {selection} }} }}");
                scene.ask(tenant, &document, json!({}), limit()).await?;
            }
        }
        for (text, selection) in [
            ("no such", "nodes { __typename }"),
            ("no such", "totalCount"),
            ("words", "totalCount"),
        ] {
            let document = format!(r#"{{ list: search(text: "{text}") {{ {selection} }} }}"#);
            let tables = [
                "meetings", "tasks", "markers", "segments", "sessions", "users",
            ];
            let limit = Limit::Rows(rows(tenant, &tables));
            scene.ask(tenant, &document, json!({}), limit).await?;
        }
        for (document, tables) in NESTED {
            let limit = match tables {
                [] => Limit::Page,
                tables => Limit::Rows(rows(tenant, tables)),
            };
            scene.ask(tenant, document, json!({}), limit).await?;
        }
        let claim = "mutation {
            analyticsClaim(input: {first: 5}) { claims { analytics { id } } }
        }";
        let limit = Limit::Rows(rows(tenant, &["analytics"]));
        scene.ask(tenant, claim, json!({}), limit).await?;
    }
    scene.judge().await
}

/// Nested lists, also of users who have worked for other workspaces, and the tables whose rows they
/// may need. Without tables, an index has the order of the list.
const NESTED: &[(&str, &[&str])] = &[
    (
        "{ viewer { createdTasks(first: 10) { nodes { id } } } }",
        &[],
    ),
    (
        "{ viewer { createdTasks(last: 10) { nodes { id } } } }",
        &[],
    ),
    (
        "{ viewer { assignedTasks(first: 10) { nodes { id } } } }",
        &[],
    ),
    ("{ viewer { markers(first: 10) { nodes { id } } } }", &[]),
    (
        "{ viewer { participations(first: 10) { nodes { id } } } }",
        &[],
    ),
    (
        "{ viewer { participations(last: 10) { nodes { id } } } }",
        &[],
    ),
    (
        "{ viewer { participations(orderBy: {field: STATUS}) { nodes { id } totalCount } } }",
        &["participants", "users"],
    ),
    (
        "{ viewer { organizedMeetings(first: 10) { nodes { id } } } }",
        &[],
    ),
    (
        "{ viewer { createdTasks(orderBy: {field: TITLE}) { nodes { id } totalCount } } }",
        &["tasks", "users"],
    ),
    (
        "{ viewer { assignedTasks(orderBy: {field: DUE_DATE}) { nodes { id } totalCount } } }",
        &["tasks", "users"],
    ),
    (
        "{ viewer { markers(orderBy: {field: TYPE}) { nodes { id } totalCount } } }",
        &["markers", "users"],
    ),
    (
        "{ viewer { organizedMeetings(orderBy: {field: TITLE}) { nodes { id } totalCount } } }",
        &["meetings", "users"],
    ),
    (
        "{ users(first: 5) { nodes { createdTasks(first: 5) { nodes { id } totalCount } } } }",
        &["tasks", "users"],
    ),
    (
        "{ meetings(first: 5) { nodes { tasks(first: 5, orderBy: {field: TITLE}) {
            nodes { id } totalCount } } } }",
        &["tasks", "meetings"],
    ),
    (
        "{ sessions(first: 5) { nodes { markers(first: 5, orderBy: {field: TYPE}) {
            nodes { id } totalCount } segments(first: 5) { nodes { id } totalCount } } } }",
        &["markers", "sessions", "segments"],
    ),
];

/// Filters through relations, and the tables whose rows they may need.
const FILTERS: &[(&str, &str, &[&str])] = &[
    (
        "users",
        "{organizedMeetings: {none: {}}}",
        &["users", "meetings"],
    ),
    (
        "users",
        r#"{assignedTasks: {some: {title: {contains: "no such"}}}}"#,
        &["users", "tasks"],
    ),
    (
        "users",
        "{sessions: {every: {status: {eq: PENDING}}}}",
        &["users", "sessions"],
    ),
    ("users", "{createdTasks: {none: {}}}", &["users", "tasks"]),
    (
        "users",
        "{participations: {some: {status: {eq: DECLINED}}}}",
        &["users", "participants"],
    ),
    (
        "users",
        r#"{markers: {some: {content: {contains: "no such"}}}}"#,
        &["users", "markers"],
    ),
    (
        "sessions",
        r#"{externalId: {in: ["00000000-0000-4000-8000-000000000300"]}}"#,
        &["users"],
    ),
    (
        "tasks",
        "{meeting: {organizer: {sessions: {some: {segments: {none: {}}}}}}}",
        &["tasks", "meetings", "users", "sessions", "segments"],
    ),
    (
        "meetings",
        "{tasks: {none: {status: {eq: COMPLETED}}}}",
        &["meetings", "tasks"],
    ),
    (
        "meetings",
        "{analytics: {analysisStatus: {eq: ERROR}}}",
        &["meetings", "analytics"],
    ),
    (
        "meetings",
        "{session: {segments: {some: {startMs: {lt: 0}}}}}",
        &["meetings", "sessions", "segments"],
    ),
    (
        "tasks",
        r#"{meeting: {participants: {some: {user: {username: {eq: "nobody"}}}}}}"#,
        &["tasks", "meetings", "participants", "users"],
    ),
    (
        "tasks",
        r#"{meeting: {organizer: {sessions: {some: {segments: {some: {text: {eq: "no"}}}}}}}}"#,
        &["tasks", "meetings", "users", "sessions", "segments"],
    ),
    (
        "tasks",
        "{meeting: {workspace: {meetings: {some: {tasks: {none: {}}}}}}}",
        &["tasks", "meetings", "meetings", "tasks"],
    ),
    (
        "sessions",
        r#"{segments: {some: {text: {contains: "no such"}}}}"#,
        &["sessions", "segments"],
    ),
    (
        "sessions",
        "{meeting: {status: {eq: CANCELLED}}}",
        &["sessions", "meetings"],
    ),
    (
        "markers",
        r#"{session: {meeting: {organizer: {username: {eq: "nobody"}}}}}"#,
        &["markers", "sessions", "meetings", "users"],
    ),
    (
        "analytics",
        "{meeting: {tasks: {some: {dueDate: {lt: \"2000-01-01\"}}}}}",
        &["analytics", "meetings", "tasks"],
    ),
];

/// The rows that a workspace has in these tables.
fn rows(size: Size, tenant: Tenant, tables: &[&str]) -> u32 {
    let of_table = |table: &&str| match *table {
        "tasks" | "markers" | "segments" => 3,
        _ => 1,
    };
    let meetings = size.meetings_of(tenant);
    tables.iter().map(of_table).sum::<u32>() * meetings
}
