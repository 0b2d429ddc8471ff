//! What a request costs says what it makes the server and the database do: the rows that PostgreSQL
//! reads, the processor time of both, and the bytes of the answer stay below what its points allow.
//!
//! `MINA_TEST_SEEDS=100..200` runs other random operations, as for `twins::`.

mod attacks;
mod work;

use std::time::Duration;

use arbitrary::Unstructured;
use generator::{AnyLeaves, Generator, Kind, Style};
use libtest_mimic::Failed;
use sea_orm::{ConnectionTrait, DbBackend};
use serde_json::{Value, json};

use self::work::Processors;
use crate::{
    plans::{Explainer, rows_read},
    support::{Outcome, database::TestDatabase, seed::Seed, server::Answer, suite::Suite},
    twins,
};

/// Adds the cases of this module.
pub fn list(suite: &mut Suite) {
    suite.on_both_databases(attacks_are_paid_for);
    suite.on_both_databases(random_operations_are_paid_for);
}

/// How many random operations are executed. Those over the limits are not counted.
const OPERATIONS: u64 = 100;
/// How many operations are made for that.
const MOST_OPERATIONS: usize = 1000;
/// The bytes from which one operation is made.
const OPERATION_BYTES: usize = 6000;

/// The rows that a point allows. The longest table has 110,000 rows. A scan, which is 20 points, may
/// read all of them and look up two more rows for each.
const ROWS_PER_POINT: f64 = 15_000.0;
/// The rows that each request may read, whatever its price.
const ROWS_FOR_FREE: f64 = 30_000.0;

/// The processor time that a point allows, in a build that is not optimized and while PostgreSQL
/// measures each step of its plans.
const PROCESSOR_PER_POINT: Duration = Duration::from_millis(50);
/// The processor time that each request may take, whatever its price.
const PROCESSOR_FOR_FREE: Duration = Duration::from_secs(4);

/// The bytes that a point allows in the answer.
const BYTES_PER_POINT: usize = 256 * 1024;
/// The bytes that each answer may have, whatever its price.
const BYTES_FOR_FREE: usize = 1024 * 1024;

/// The bytes of the longest description, which is as long as the API lets it be.
const DESCRIPTION_BYTES: usize = 64 * 1024;
/// The number of markers of one user, in addition to those of the other tests.
const MARKERS: u32 = 100_000;

/// Requests that were found to do far more than they pay for. Each is either rejected, or pays.
async fn attacks_are_paid_for(database: &TestDatabase) -> Outcome {
    let scale = Scale::start(database).await?;
    let mut wrong = Vec::new();
    for attack in attacks::all() {
        let token = if attack.by_outsider {
            &scale.outsider
        } else {
            &scale.explainer.token
        };
        let weighed = scale.weigh(token, &attack.document, &json!({})).await?;
        let is_as_expected = if attack.is_executed {
            weighed.points.is_some()
        } else {
            weighed.points.is_none() && weighed.is_too_costly
        };
        if !is_as_expected {
            let expected = if attack.is_executed { "" } else { "not " };
            wrong.push(format!("{} should {expected}be executed", attack.name));
        }
        if let Some(complaint) = weighed.complaint() {
            wrong.push(format!("{}: {complaint}", attack.name));
        }
    }
    none(&wrong)
}

/// Random queries within the limits.
async fn random_operations_are_paid_for(database: &TestDatabase) -> Outcome {
    let scale = Scale::start(database).await?;
    let schema = twins::schema_of_this_build()?;
    let generator = Generator {
        schema: &schema,
        leaves: &AnyLeaves,
        style: Style::VALID,
        always: &[],
    };
    let mut wrong = Vec::new();
    let mut executed = 0;
    let seeds = twins::seeds()?;
    let steps = (0..).flat_map(|step| seeds.clone().map(move |seed| (seed, step)));
    for (seed, step) in steps.take(MOST_OPERATIONS) {
        let bytes = twins::random_bytes(seed, step, OPERATION_BYTES);
        let operation = generator.operation(&mut Unstructured::new(&bytes), Kind::Query)?;
        let variables = serde_json::to_value(&operation.variables)?;
        let token = &scale.explainer.token;
        let weighed = scale.weigh(token, &operation.document, &variables).await?;
        if let Some(complaint) = weighed.complaint() {
            let document = &operation.document;
            wrong.push(format!("seed {seed}, step {step}: {complaint}: {document}"));
        }
        executed += u64::from(weighed.points.is_some());
        if executed == OPERATIONS {
            return none(&wrong);
        }
    }
    Err(format!("only {executed} of {MOST_OPERATIONS} operations are within the limits").into())
}

fn none(wrong: &[String]) -> Outcome {
    if wrong.is_empty() {
        Ok(())
    } else {
        Err(format!("These do more than they pay for:\n{}", wrong.join("\n")).into())
    }
}

/// A server on a large workspace and an empty one.
struct Scale<'a> {
    explainer: Explainer<'a>,
    /// The token of a user of the empty workspace.
    outsider: String,
    is_postgres: bool,
}

/// What a request did.
struct Weighed {
    /// The points, if the request was within the limits.
    points: Option<u32>,
    /// The rows that were read, if the database says so.
    rows: f64,
    /// The processor time of the server and of the database.
    time: Duration,
    /// The bytes of the answer.
    bytes: usize,
    /// Whether it was rejected because of its cost.
    is_too_costly: bool,
}

impl<'a> Scale<'a> {
    async fn start(database: &'a TestDatabase) -> Result<Self, Failed> {
        let explainer = Explainer::start(database).await?;
        let connection = database.connection();
        let seed = Seed(connection);
        connection
            .execute_unprepared(&format!(
                "INSERT INTO marker (id, session_id, user_id, type, content, timestamp, created_at)
                 SELECT 100000 + i, external_id, 1, 'decision', 'Words', i, created_at FROM (
                    WITH RECURSIVE counted (i) AS (
                        SELECT 1 UNION ALL SELECT i + 1 FROM counted WHERE i < {MARKERS}
                    )
                    SELECT i FROM counted
                 ) AS counted JOIN session ON session.id = 1 + i % 1000"
            ))
            .await?;
        let description = "x".repeat(DESCRIPTION_BYTES);
        connection
            .execute_unprepared(&format!(
                "UPDATE meeting SET description = '{description}' WHERE id > 4995"
            ))
            .await?;
        let empty = seed.workspace("empty").await?;
        if database.backend() == DbBackend::Postgres {
            // The rows were inserted with IDs, so the sequence does not know them.
            let advance = r#"SELECT setval(pg_get_serial_sequence('"user"', 'id'), 100000)"#;
            database.connection().execute_unprepared(advance).await?;
        }
        seed.user(empty.id, "outsider").await?;
        let outsider = explainer.server.sign_in("outsider").await?;
        Ok(Self {
            explainer,
            outsider,
            is_postgres: database.backend() == DbBackend::Postgres,
        })
    }

    async fn weigh(
        &self,
        token: &str,
        document: &str,
        variables: &Value,
    ) -> Result<Weighed, Failed> {
        let body = json!({"query": document, "variables": variables, "extensions": {"cost": true}});
        let processors = Processors {
            server: &self.explainer.server,
            connection: self.explainer.connection,
        };
        let before = processors.used().await?;
        let answer: Answer = self
            .explainer
            .server
            .post_as(token, body.to_string())
            .await?;
        let time = processors.used().await?.since(&before);
        let points = answer.body["extensions"]["cost"]["points"].as_u64();
        let mut rows = 0.0;
        if self.is_postgres && points.is_some() {
            let plans = self.explainer.plans(&answer)?;
            assert!(!plans.is_empty(), "the log does not show the plans");
            rows = plans.iter().map(|plan| rows_read(&plan["Plan"])).sum();
        }
        Ok(Weighed {
            points: points.map(u32::try_from).transpose()?,
            rows,
            time,
            bytes: answer.body.to_string().len(),
            is_too_costly: answer.assert_error("COST_LIMIT_EXCEEDED", "").is_ok(),
        })
    }
}

impl Weighed {
    /// How much more was done than the points allow.
    fn complaint(&self) -> Option<String> {
        let Self {
            points,
            rows,
            time,
            bytes,
            ..
        } = self;
        let points = (*points)?;
        let rows_allowed = ROWS_FOR_FREE + f64::from(points) * ROWS_PER_POINT;
        let time_allowed = PROCESSOR_FOR_FREE + PROCESSOR_PER_POINT * points;
        let bytes_allowed = BYTES_FOR_FREE + BYTES_PER_POINT * points as usize;
        let does_more = *rows > rows_allowed || *time > time_allowed || *bytes > bytes_allowed;
        does_more.then(|| {
            format!(
                "{points} points allow {rows_allowed} rows, {time_allowed:?} and {bytes_allowed} \
                 bytes, and it needed {rows} rows, {time:?} and {bytes} bytes"
            )
        })
    }
}
