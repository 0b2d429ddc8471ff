//! Query plans: with many rows in the tables, no statement reads much more than it returns.
//!
//! PostgreSQL reports how it ran the very statements of the server, by `auto_explain`, which comes
//! with it and which a superuser may switch on. SQLite only says what it intends to do.

mod meetings;
mod postgres;
mod settings;
mod tenants;

use std::collections::BTreeSet;

use libtest_mimic::Failed;
use sea_orm::{DatabaseConnection, DbBackend, DbErr, FromQueryResult, Statement};
use serde_json::Value;

pub use self::postgres::rows_read;
use self::postgres::{explain_everything, plan_of};
use crate::support::{
    database::TestDatabase,
    server::{Answer, Server},
    suite::Suite,
};

/// Adds the cases of this module.
pub fn list(suite: &mut Suite) {
    meetings::list(suite);
    tenants::list(suite);
    suite.on_database(DbBackend::Postgres, settings::hold_without_set);
}

/// The number of rows that a statement may read for each row that it returns.
const MOST_READ_PER_ROW: f64 = 10.0;

/// A statement that returns next to nothing may still read this many rows.
const ALWAYS_ALLOWED: f64 = 20.0;

/// A server on tables of some size, and what its database says of its statements.
pub struct Explainer<'a> {
    pub server: Server,
    /// The token of a user of the large workspace.
    pub token: String,
    /// The database of the server.
    pub connection: &'a DatabaseConnection,
}

impl<'a> Explainer<'a> {
    /// Fills the database, and starts the server.
    ///
    /// # Errors
    ///
    /// Fails if the database does, or the server does not start.
    pub async fn start(database: &'a TestDatabase) -> Result<Self, Failed> {
        let connection = database.connection();
        meetings::fill(connection).await?;
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
        let answer = self.ask(document, &variables).await?;
        let statements = self.server.statements(&answer)?;
        let mut complaints = Vec::new();
        if self.connection.get_database_backend() == DbBackend::Postgres {
            let plans = self.plans(&answer)?;
            // The user of the token may be looked up, too.
            assert!(plans.len() >= statements.len(), "plans are missing");
            complaints.extend(plans.iter().filter_map(read_too_much));
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

    /// The plans that PostgreSQL has reported of the statements of one request. The server's own work
    /// in between, such as reading the journal, is not among them.
    ///
    /// # Errors
    ///
    /// Fails if the log does not show the request.
    pub fn plans(&self, answer: &Answer) -> Result<Vec<Value>, Failed> {
        let lines = self
            .server
            .lines_of_all(std::slice::from_ref(answer), "plan:")?;
        Ok(lines.iter().flatten().filter_map(plan_of).collect())
    }
}

/// The rows read by a plan of PostgreSQL, if they are far more than the statement returned.
fn read_too_much(plan: &Value) -> Option<String> {
    let root = &plan["Plan"];
    let returned = root["Actual Rows"].as_f64()? * MOST_READ_PER_ROW;
    let read = rows_read(root);
    (read > returned.max(ALWAYS_ALLOWED)).then(|| format!("{read} rows are read: {plan:#}"))
}

/// A line of `EXPLAIN QUERY PLAN`.
#[derive(Debug, FromQueryResult)]
struct Step {
    id: i32,
    parent: i32,
    detail: String,
}

/// What SQLite intends to do.
async fn sqlite_plan(connection: &DatabaseConnection, statement: &str) -> Result<Vec<Step>, DbErr> {
    let explain = format!("EXPLAIN QUERY PLAN {statement}");
    Step::find_by_statement(Statement::from_string(DbBackend::Sqlite, explain))
        .all(connection)
        .await
}

/// The steps of a SQLite plan other than seeking in an index: walking a whole table, or sorting all
/// rows of a list to give the first.
async fn scans_or_sorts(
    connection: &DatabaseConnection,
    statement: &str,
) -> Result<Option<String>, DbErr> {
    let steps = sqlite_plan(connection, statement).await?;
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
