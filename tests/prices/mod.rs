//! What a request costs says what it makes the database do: the rows that PostgreSQL reads, and the
//! time that a request takes, stay below what its points allow.
//!
//! `MINA_TEST_SEEDS=100..200` runs other random operations, as for `twins::`.

mod attacks;

use std::time::{Duration, Instant};

use arbitrary::Unstructured;
use generator::{AnyLeaves, Generator, Kind, Style};
use libtest_mimic::Failed;
use sea_orm::{ConnectionTrait, DbBackend};
use serde_json::{Value, json};

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

/// The random operations of each seed.
const OPERATIONS: u64 = 10;
/// The bytes from which one operation is made.
const OPERATION_BYTES: usize = 6000;

/// The rows that a point allows. The longest table has less than 100,000 rows. A scan, which is 20
/// points, may read all of them and look up two more rows for each.
const ROWS_PER_POINT: f64 = 15_000.0;
/// The rows that each request may read, whatever its price.
const ROWS_FOR_FREE: f64 = 30_000.0;

/// The time that a point allows. It is many times what is measured, because the machine may be busy.
const TIME_PER_POINT: Duration = Duration::from_millis(50);
/// The time that each request may take, whatever its price.
const TIME_FOR_FREE: Duration = Duration::from_secs(4);

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
    for seed in twins::seeds()? {
        for step in 0..OPERATIONS {
            let bytes = twins::random_bytes(seed, step, OPERATION_BYTES);
            let operation = generator.operation(&mut Unstructured::new(&bytes), Kind::Query)?;
            let variables = serde_json::to_value(&operation.variables)?;
            let token = &scale.explainer.token;
            let weighed = scale.weigh(token, &operation.document, &variables).await?;
            executed += u64::from(weighed.points.is_some());
            if let Some(complaint) = weighed.complaint() {
                let document = &operation.document;
                wrong.push(format!("seed {seed}, step {step}: {complaint}: {document}"));
            }
        }
    }
    assert!(executed > 0, "all operations are over the limits");
    none(&wrong)
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
    time: Duration,
}

impl<'a> Scale<'a> {
    async fn start(database: &'a TestDatabase) -> Result<Self, Failed> {
        let explainer = Explainer::start(database).await?;
        let seed = Seed(database.connection());
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
        let known = self.explainer.plans_after(0).len();
        let begin = Instant::now();
        let answer: Answer = self
            .explainer
            .server
            .post_as(token, body.to_string())
            .await?;
        let time = begin.elapsed();
        let points = answer.body["extensions"]["cost"]["points"].as_u64();
        let mut rows = 0.0;
        if self.is_postgres && points.is_some() {
            // The log then shows the request with its plans.
            self.explainer.server.statements(&answer)?;
            let plans = self.explainer.plans_after(known);
            rows = plans.iter().map(|plan| rows_read(&plan["Plan"])).sum();
        }
        Ok(Weighed {
            points: points.map(u32::try_from).transpose()?,
            rows,
            time,
        })
    }
}

impl Weighed {
    /// How much more was done than the points allow.
    fn complaint(&self) -> Option<String> {
        let Self { points, rows, time } = self;
        let points = (*points)?;
        let rows_allowed = ROWS_FOR_FREE + f64::from(points) * ROWS_PER_POINT;
        let time_allowed = TIME_FOR_FREE + TIME_PER_POINT * points;
        (*rows > rows_allowed || *time > time_allowed).then(|| {
            format!("{points} points allow {rows_allowed} rows and {time_allowed:?}, and {rows} rows were read in {time:?}")
        })
    }
}
