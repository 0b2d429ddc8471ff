//! A server on the rows of many workspaces, and what its statements may read.

use libtest_mimic::Failed;
use sea_orm::{DatabaseConnection, DbBackend};
use serde_json::{Value, json};

use super::{
    super::{ALWAYS_ALLOWED, explain_everything, plan_of, read_too_much, rows_read, sqlite_plan},
    data::{Size, Tenant},
    orders::List,
    rows,
    steps::{foreign_or_sorted, steps_of_all},
};
use crate::support::{
    Outcome,
    database::TestDatabase,
    seed,
    server::{Answer, HIGH_LIMITS, Server},
};

/// The rows that a statement may read for each row of the workspace, in each of its tables.
const READ_PER_OWN_ROW: u32 = 4;

/// The steps of its virtual machine that SQLite may run for each row that may be read.
const STEPS_PER_ROW: u32 = 30;

/// SQLite says how many steps it has run whenever there are so many more.
const COUNTED_STEPS: u32 = 10_000;

/// A page that a client turns first.
pub const PAGE: u32 = 10;

/// What the statements of a request may read.
#[derive(Clone, Copy)]
pub enum Limit {
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
pub struct Scene<'a> {
    size: Size,
    pub server: Server,
    pub connection: &'a DatabaseConnection,
    /// The tokens of the small and the large workspace.
    pub tokens: [String; 2],
    asked: Vec<Asked>,
    /// The answers to them.
    answers: Vec<Answer>,
}

impl<'a> Scene<'a> {
    /// Fills the database, and starts the server.
    ///
    /// # Errors
    ///
    /// Fails if the database does, or the server does not start.
    pub async fn start(size: Size, database: &'a TestDatabase) -> Result<Self, Failed> {
        let connection = database.connection();
        size.fill(connection, &seed::password_hash()).await?;
        if database.backend() == DbBackend::Postgres {
            explain_everything(connection).await?;
        }
        let mut flags = HIGH_LIMITS.to_vec();
        flags.extend([
            "--log",
            "info,sqlx=debug,mina=debug,mina_graphql::database=trace",
        ]);
        let server = Server::start_with(database, &flags)?;
        let tokens = [
            server.sign_in(&size.username(Tenant::Small)).await?,
            server.sign_in(&size.username(Tenant::Large)).await?,
        ];
        Ok(Self {
            size,
            server,
            connection,
            tokens,
            asked: Vec::new(),
            answers: Vec::new(),
        })
    }

    /// Reads pages of a list in an order, in both directions and from both ends.
    ///
    /// # Errors
    ///
    /// Fails if a page has no data.
    pub async fn turn(
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
        let far = (rows(self.size, tenant, &[&list.field]) / 3).min(100);
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

    /// Asks, as a user of the workspace.
    ///
    /// # Errors
    ///
    /// Fails if the answer has no data.
    pub async fn ask(
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
    ///
    /// # Errors
    ///
    /// Fails with those that have.
    pub async fn judge(self) -> Outcome {
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
            let steps = steps_of_all(&self.server, &self.answers);
            for ((asked, statements), calls) in self.asked.iter().zip(statements).zip(steps) {
                // What the server does meanwhile counts, too.
                let allowed = 2 + asked.limit.steps() / COUNTED_STEPS;
                if calls > allowed {
                    complaints.push(format!(
                        "{}\n{calls} times {COUNTED_STEPS} steps, and {allowed} allowed: \
                         {statements:#?}",
                        asked.what
                    ));
                }
                for statement in statements {
                    let plan = sqlite_plan(self.connection, &statement).await?;
                    let is_page = matches!(asked.limit, Limit::Page);
                    if let Some(step) = foreign_or_sorted(&plan, is_page) {
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
    /// The steps that the virtual machine of SQLite may run.
    fn steps(self) -> u32 {
        match self {
            Self::Page => 0,
            Self::Rows(own) => own * READ_PER_OWN_ROW * STEPS_PER_ROW,
        }
    }

    /// What a plan of PostgreSQL read, if it is too much.
    fn complaint(self, plan: &Value) -> Option<String> {
        let Self::Rows(own) = self else {
            return read_too_much(plan);
        };
        let read = rows_read(&plan["Plan"]);
        let allowed = f64::from(own * READ_PER_OWN_ROW) + ALWAYS_ALLOWED;
        (read > allowed).then(|| format!("{read} rows are read, and {allowed} allowed: {plan:#}"))
    }
}

impl List {
    /// A query for a page.
    pub fn document(&self) -> String {
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
