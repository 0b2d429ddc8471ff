//! The cost of a list is that of the workspace's own rows, or of the page, whatever other workspaces
//! hold: for a small workspace and a large one among many others.

mod data;
mod orders;
mod steps;

use libtest_mimic::Failed;
use sea_orm::{DatabaseConnection, DbBackend};
use serde_json::{Value, json};

use self::{
    data::{Size, Tenant},
    orders::{FilterKind, List, lists},
};
use super::{explain_everything, plan_of, read_too_much, rows_read, sqlite_plan};
use crate::{
    support::{
        Outcome,
        database::TestDatabase,
        seed,
        server::{Answer, Server},
        suite::Suite,
    },
    twins,
};

/// Adds the cases of this module.
pub fn list(suite: &mut Suite) {
    suite.on_both_databases(indexed_orders);
    suite.on_both_databases(own_rows);
}

const SIZE: Size = Size {
    meetings: 10_000,
    small_every: 400,
    others: 400,
};

/// The rows that a statement may read for each row of the workspace, in each of its tables.
const READ_PER_OWN_ROW: u32 = 4;

/// A page that a client turns first.
const PAGE: u32 = 10;

/// The orders and filters that have an index, as the schema says, forward and backward, at the ends
/// of lists and within them.
async fn indexed_orders(database: &TestDatabase) -> Outcome {
    let mut scene = Scene::start(database).await?;
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
                        let value = middle(of);
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
fn middle(filter: &str) -> Value {
    match filter {
        "IntFilter" => json!(SIZE.meetings / 2),
        "DateFilter" => json!("2027-05-01"),
        "DateTimeFilter" => json!("2026-01-04T12:00:00Z"),
        _ => panic!("{filter} needs a value here"),
    }
}

/// Statements that no index serves read the workspace's own rows, and no others.
async fn own_rows(database: &TestDatabase) -> Outcome {
    let mut scene = Scene::start(database).await?;
    let schema = twins::schema_of_this_build()?;
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
        let claim = "mutation {
            analyticsClaim(input: {first: 5}) { claims { analytics { id } } }
        }";
        let limit = Limit::Rows(rows(tenant, &["analytics"]));
        scene.ask(tenant, claim, json!({}), limit).await?;
    }
    scene.judge().await
}

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
        &["tasks", "meetings"],
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
fn rows(tenant: Tenant, tables: &[&str]) -> u32 {
    let of_table = |table: &&str| match *table {
        "tasks" | "markers" | "segments" => 3,
        _ => 1,
    };
    let meetings = SIZE.meetings_of(tenant);
    tables.iter().map(of_table).sum::<u32>() * meetings
}

/// What the statements of a request may read.
#[derive(Clone, Copy)]
enum Limit {
    /// Little more than the page.
    Page,
    /// So many rows, which are those of the workspace.
    Rows(u32),
}

/// A request that was answered.
struct Asked {
    what: String,
    limit: Limit,
}

/// A server on the rows of many workspaces, and what it was asked.
struct Scene<'a> {
    server: Server,
    connection: &'a DatabaseConnection,
    /// The tokens of the small and the large workspace.
    tokens: [String; 2],
    asked: Vec<Asked>,
    /// The answers to them.
    answers: Vec<Answer>,
}

impl<'a> Scene<'a> {
    async fn start(database: &'a TestDatabase) -> Result<Self, Failed> {
        let connection = database.connection();
        SIZE.fill(connection, &seed::password_hash()).await?;
        if database.backend() == DbBackend::Postgres {
            explain_everything(connection).await?;
        }
        let server = Server::start_for_large_documents(database)?;
        let tokens = [
            server.sign_in(&SIZE.username(Tenant::Small)).await?,
            server.sign_in(&SIZE.username(Tenant::Large)).await?,
        ];
        Ok(Self {
            server,
            connection,
            tokens,
            asked: Vec::new(),
            answers: Vec::new(),
        })
    }

    /// Reads pages of a list in an order, in both directions and from both ends.
    async fn turn(
        &mut self,
        tenant: Tenant,
        list: &List,
        order: Option<&str>,
        filter: Value,
    ) -> Outcome {
        let directions: &[&str] = if order.is_some() {
            &["ASC", "DESC"]
        } else {
            &[""]
        };
        let far = (rows(tenant, &[&list.field]) / 3).min(100);
        for direction in directions {
            for (size, cursor, end) in [
                ("first", "after", "endCursor"),
                ("last", "before", "startCursor"),
            ] {
                let mut variables = json!({"where": filter});
                if let Some(order) = order {
                    variables["orderBy"] = json!([{"field": order, "direction": direction}]);
                }
                for page in [PAGE, far, PAGE] {
                    variables[size] = page.into();
                    let document = list.document();
                    let data = self
                        .ask(tenant, &document, variables.clone(), Limit::Page)
                        .await?;
                    variables[cursor] = data["list"]["pageInfo"][end].clone();
                    if variables[cursor].is_null() {
                        break;
                    }
                }
            }
        }
        Ok(())
    }

    async fn ask(
        &mut self,
        tenant: Tenant,
        document: &str,
        variables: Value,
        limit: Limit,
    ) -> Result<Value, Failed> {
        let token = &self.tokens[tenant as usize];
        let what = format!("{tenant:?}: {document} {variables}");
        let answer = self.server.ask_as(token, document, variables).await?;
        let data = answer
            .data()
            .map_err(|error| format!("{what}: {}", error.message().unwrap_or_default()))?;
        let data = data.clone();
        self.asked.push(Asked { what, limit });
        self.answers.push(answer);
        Ok(data)
    }

    /// Fails if a statement has read more than it may.
    async fn judge(self) -> Outcome {
        let is_postgres = self.connection.get_database_backend() == DbBackend::Postgres;
        let mut complaints = Vec::new();
        if is_postgres {
            let lines = self.server.lines_of_all(&self.answers, "plan:")?;
            for (asked, lines) in self.asked.iter().zip(lines) {
                let plans: Vec<Value> = lines.iter().filter_map(plan_of).collect();
                assert!(!plans.is_empty(), "{} has no plan", asked.what);
                for plan in &plans {
                    if let Some(complaint) = asked.limit.complaint(plan) {
                        complaints.push(format!("{}\n{complaint}", asked.what));
                    }
                }
            }
        } else {
            let statements = self.server.statements_of_all(&self.answers)?;
            for (asked, statements) in self.asked.iter().zip(statements) {
                for statement in statements {
                    let plan = sqlite_plan(self.connection, &statement).await?;
                    let is_page = matches!(asked.limit, Limit::Page);
                    if let Some(step) = steps::foreign_or_sorted(&plan, is_page) {
                        let what = &asked.what;
                        complaints.push(format!("{what}\n{step}\n{statement}\n{plan:#?}"));
                    }
                }
            }
        }
        let of = self.asked.len();
        let wrong = complaints.len();
        if complaints.is_empty() {
            return Ok(());
        }
        Err(format!("{wrong} of {of} requests:\n{}", complaints.join("\n\n")).into())
    }
}

impl Limit {
    /// What a plan of PostgreSQL read, if it is too much.
    fn complaint(self, plan: &Value) -> Option<String> {
        let Self::Rows(own) = self else {
            return read_too_much(plan);
        };
        let read = rows_read(&plan["Plan"]);
        let allowed = f64::from(own * READ_PER_OWN_ROW) + super::ALWAYS_ALLOWED;
        (read > allowed).then(|| format!("{read} rows are read, and {allowed} allowed: {plan:#}"))
    }
}

impl List {
    /// A query for a page.
    fn document(&self) -> String {
        let Self { field, of, .. } = self;
        format!(
            "query (
                $first: Int, $last: Int, $after: String, $before: String,
                $where: {of}Where, $orderBy: [{of}Order!]
            ) {{
                list: {field}(
                    first: $first, last: $last, after: $after, before: $before,
                    where: $where, orderBy: $orderBy
                ) {{ nodes {{ id }} pageInfo {{ startCursor endCursor }} }}
            }}"
        )
    }
}
