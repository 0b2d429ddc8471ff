//! Two servers with the same rows, which get the same requests.

use std::fmt::Write;

use arbitrary::Unstructured;
use async_graphql_value::{ConstValue, indexmap::IndexMap};
use chrono::Utc;
use libtest_mimic::Failed;
use rand::{Rng, SeedableRng, rngs::StdRng};
use sea_orm::ConnectionTrait;
use serde_json::{Value, json};
use tokio::try_join;

use super::{
    answer::are_alike,
    label::Labels,
    pool::Pool,
    serials,
    world::{self, PEOPLE, World},
};
use crate::support::{
    Outcome,
    database::TestDatabase,
    seed::PASSWORD,
    server::{Exchange, Server},
};

/// The bytes from which a world is made.
const WORLD_BYTES: usize = 1 << 16;

/// One of the two servers.
pub struct Side {
    pub server: Server,
    pub database: TestDatabase,
    labels: Labels,
    /// The tokens of the users, in the order of [`PEOPLE`].
    tokens: Vec<Option<String>>,
}

/// Both, and what is known of both.
pub struct Pair {
    sides: [Side; 2],
    pub pool: Pool,
    seed: u64,
    step: usize,
}

/// What is sent, with placeholders for the values that the sides call by different names.
pub struct Request<'a> {
    /// The index of the user, or none for somebody who is not signed in.
    pub person: Option<usize>,
    pub document: &'a str,
    pub variables: &'a IndexMap<String, ConstValue>,
}

/// Random bytes of a seed. Those of its steps do not depend on each other.
pub fn random_bytes(seed: u64, step: u64, count: usize) -> Vec<u8> {
    let mut bytes = vec![0; count];
    StdRng::seed_from_u64(seed.wrapping_mul(1_000_003).wrapping_add(step)).fill_bytes(&mut bytes);
    bytes
}

impl Side {
    /// A server on a database that has no rows yet.
    pub fn new(database: TestDatabase, server: Server) -> Self {
        Self {
            server,
            database,
            labels: Labels::default(),
            tokens: vec![None; PEOPLE.len()],
        }
    }

    async fn exchange(&mut self, person: Option<usize>, body: String) -> Result<Exchange, Failed> {
        let token = person.and_then(|person| self.tokens[person].as_deref());
        self.labels.sending(&body);
        let began = Utc::now();
        let exchange = self.server.exchange(token, body).await?;
        self.labels.step(began);
        Ok(exchange)
    }

    /// Everything of the response that has to be alike.
    fn comparable(&mut self, exchange: &Exchange) -> String {
        let mut text = format!("{}\n", exchange.status);
        for header in [&exchange.content_type, &exchange.retry_after] {
            let _ = writeln!(text, "{header:?}");
        }
        text + "\n" + &self.labels.replace(&exchange.body)
    }
}

impl Pair {
    /// Fills both databases with the same rows.
    ///
    /// # Errors
    ///
    /// If a database or a server fails.
    pub async fn new(seed: u64, sides: [Side; 2]) -> Result<Self, Failed> {
        let bytes = random_bytes(seed, 0, WORLD_BYTES);
        let world = World::new(&mut Unstructured::new(&bytes))?;
        for side in &sides {
            world.insert(side.database.connection()).await?;
        }
        let pool = Pool::new(&world);
        let mut pair = Self {
            sides,
            pool,
            seed,
            step: 0,
        };
        for person in 0..PEOPLE.len() {
            pair.sign_in(person).await?;
        }
        Ok(pair)
    }

    /// Signs a user in on both sides, if both let them.
    async fn sign_in(&mut self, person: usize) -> Outcome {
        let body = json!({
            "query": "mutation ($login: String!, $password: String!) {
                signIn(input: {login: $login, password: $password}) { token }
            }",
            "variables": {"login": PEOPLE[person].0, "password": PASSWORD},
        });
        for side in &mut self.sides {
            let exchange = side.exchange(None, body.to_string()).await?;
            let answer: Value = serde_json::from_str(&exchange.body)?;
            let token = answer["data"]["signIn"]["token"].as_str();
            side.tokens[person] = token.map(str::to_owned);
        }
        Ok(())
    }

    /// Sends a request to both, and returns the answer of the first.
    ///
    /// # Errors
    ///
    /// If the answers differ, or if one says that the server is at fault.
    pub async fn send(&mut self, request: Request<'_>) -> Result<Value, Failed> {
        self.step += 1;
        let variables = request.variables.iter().map(|(name, value)| {
            let value = value.clone().into_json().unwrap_or_default();
            (name.clone(), value)
        });
        let body = json!({
            "query": request.document,
            "variables": variables.collect::<serde_json::Map<_, _>>(),
            "extensions": {"cost": true},
        });
        let body = body.to_string();
        let bodies = [0, 1].map(|side| self.pool.filled(&body, side));
        let [to_left, to_right] = bodies.clone();
        let [left, right] = &mut self.sides;
        let (of_left, of_right) = try_join!(
            left.exchange(request.person, to_left),
            right.exchange(request.person, to_right)
        )?;
        let comparable = [left.comparable(&of_left), right.comparable(&of_right)];
        let at_fault = [&of_left, &of_right].into_iter().any(is_at_fault);
        if at_fault || !are_alike(&comparable[0], &comparable[1]) {
            return Err(self.failure(&request, &bodies, &comparable));
        }
        let of_left: Value = serde_json::from_str(&of_left.body)?;
        let of_right: Value = serde_json::from_str(&of_right.body)?;
        self.pool.learn(&of_left, &of_right);
        if of_left["errors"][0]["extensions"]["code"] == "UNAUTHENTICATED"
            && let Some(person) = request.person
        {
            self.sign_in(person).await?;
        }
        if request.document.starts_with("mutation") {
            let [left, right] = &self.sides;
            serials::align(left.database.connection(), right.database.connection()).await?;
        }
        Ok(of_left)
    }

    /// Changes rows of the second database only.
    ///
    /// # Errors
    ///
    /// If the database rejects the statement, or if it changes nothing.
    pub async fn change_second(&mut self, sql: &str) -> Outcome {
        let database = self.sides[1].database.connection();
        let changed = database.execute_unprepared(sql).await?;
        if changed.rows_affected() == 0 {
            return Err(format!("there is nothing to change: {sql}").into());
        }
        Ok(())
    }

    /// Compares the rows of both databases.
    ///
    /// # Errors
    ///
    /// If one row differs.
    pub async fn compare_rows(&mut self) -> Outcome {
        let [left, right] = &mut self.sides;
        let of_left = world::rows(left.database.connection()).await?;
        let of_right = world::rows(right.database.connection()).await?;
        if of_left.len() != of_right.len() {
            let counts = (of_left.len(), of_right.len());
            return Err(format!("with seed {}: the rows differ: {counts:?}", self.seed).into());
        }
        for (of_left, of_right) in of_left.iter().zip(&of_right) {
            let of_left = left.labels.replace(of_left);
            let of_right = right.labels.replace(of_right);
            if of_left != of_right {
                let seed = self.seed;
                return Err(
                    format!("with seed {seed}: the rows differ:\n{of_left}\n{of_right}").into(),
                );
            }
        }
        Ok(())
    }

    /// Removes both databases.
    ///
    /// # Errors
    ///
    /// If one cannot be removed.
    pub async fn delete(self) -> Outcome {
        for side in self.sides {
            drop(side.server);
            side.database.delete().await?;
        }
        Ok(())
    }

    fn failure(&self, request: &Request<'_>, bodies: &[String], answers: &[String]) -> Failed {
        let common = answers[0]
            .chars()
            .zip(answers[1].chars())
            .take_while(|(left, right)| left == right)
            .count();
        let around = |text: &str| {
            let from = common.saturating_sub(200);
            text.chars().skip(from).take(600).collect::<String>()
        };
        let who = request.person.map(|person| PEOPLE[person].0);
        let mut text = format!(
            "with seed {}, request {}: the servers differ. To repeat: {}={} {}={}\nAsked by \
             {who:?}:\n{}\n",
            self.seed,
            self.step,
            super::SEEDS_VARIABLE,
            self.seed,
            super::STEPS_VARIABLE,
            super::steps(),
            request.document,
        );
        for (name, index) in [("first", 0), ("second", 1)] {
            let _ = write!(
                text,
                "\nThe {name}, which got {}\n... {} ...\n",
                bodies[index],
                around(&answers[index])
            );
            let log = self.sides[index].server.log_lines_with("\"ERROR\"");
            for line in log.iter().rev().take(3) {
                let _ = writeln!(text, "{line}");
            }
        }
        text.into()
    }
}

/// Whether the server is at fault, or too busy for a comparison.
fn is_at_fault(exchange: &Exchange) -> bool {
    let codes = ["INTERNAL", "UNAVAILABLE", "TIMEOUT", "RATE_LIMITED"];
    exchange.status.is_server_error()
        || codes
            .iter()
            .any(|code| exchange.body.contains(&format!("\"code\":\"{code}\"")))
}
