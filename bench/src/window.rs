//! One window of measurement.

use std::time::{Duration, Instant};

use crate::{
    Outcome,
    database::Database,
    load::{self, Length, Load},
    options::Options,
    process::{self, Machine},
    query::{Effect, Query},
    server::{Kind, Launcher, Server},
};

/// How long a server is warmed up.
const WARM_UP: Duration = Duration::from_secs(1);

/// What was measured in a window.
pub struct Sample {
    pub load: Load,
    pub server_cpu: Duration,
    /// None if the database is part of the server.
    pub database_cpu: Option<Duration>,
    /// In MiB.
    pub peak_memory: f64,
    pub statements: u64,
    /// How much of the machine others used, in percent.
    pub others: f64,
    /// How many windows were thrown away before this one.
    pub thrown_away: usize,
}

/// Measures a server in a window in which others used little of the machine. If there is no such
/// window, the quietest one counts, and the table shows how much others used.
///
/// # Errors
///
/// Fails if a request is not answered.
pub async fn quiet(
    database: &Database,
    launcher: &Launcher,
    options: &Options,
    query: &Query,
    kind: Kind,
) -> Outcome<Sample> {
    let mut quietest: Option<Sample> = None;
    for thrown_away in 0..=options.retries {
        let server = launcher.start(kind, &query.database_url(database).await?)?;
        let sample = measure(database, &server, options, query)?;
        let (name, server) = (query.name, kind.name());
        let rate = f64_of(sample.load.requests) / sample.load.seconds;
        let others = sample.others;
        eprintln!(
            "{name}, {server}: {rate:.0} requests/s; others used {others:.1} % of the machine"
        );
        if quietest.as_ref().is_none_or(|best| others < best.others) {
            quietest = Some(sample);
        }
        if let Some(best) = &mut quietest {
            best.thrown_away = thrown_away;
        }
        if others <= options.max_others {
            break;
        }
    }
    quietest.ok_or_else(|| "no window was measured".into())
}

fn measure(
    database: &Database,
    server: &Server,
    options: &Options,
    query: &Query,
) -> Outcome<Sample> {
    let bodies = load::write_bodies(query)?;
    let send = |length| {
        let (oha, connections) = (&options.oha, options.connections);
        load::send(oha, connections, server, bodies.path(), length)
    };
    let (warm_up, length) = match query.effect {
        Effect::Reads | Effect::Adds => {
            let window = Duration::from_secs(options.seconds.into());
            (Length::Time(WARM_UP), Length::Time(window))
        }
        Effect::Changes { requests } => {
            (Length::Requests(requests / 10), Length::Requests(requests))
        }
    };
    send(warm_up)?;
    let before = Used::now(database, server)?;
    let load = send(length)?;
    let after = Used::now(database, server)?;
    let machine = after.machine.saturating_sub(before.machine);
    let ours = after.ours().saturating_sub(before.ours());
    let processors = f64::from(Machine::now()?.processors);
    let available = (after.at - before.at).as_secs_f64() * processors;
    Ok(Sample {
        load,
        server_cpu: after.server.saturating_sub(before.server),
        database_cpu: after
            .database
            .zip(before.database)
            .map(|(after, before)| after.saturating_sub(before)),
        peak_memory: server.peak_memory()?,
        statements: after.statements - before.statements,
        others: machine.saturating_sub(ours).as_secs_f64() / available * 100.0,
        thrown_away: 0,
    })
}

/// What everything has used up to a moment.
struct Used {
    at: Instant,
    machine: Duration,
    server: Duration,
    database: Option<Duration>,
    /// This program and the load generator.
    driver: Duration,
    statements: u64,
}

impl Used {
    fn now(database: &Database, server: &Server) -> Outcome<Self> {
        Ok(Self {
            statements: server.statements()?,
            at: Instant::now(),
            machine: Machine::now()?.busy,
            server: server.cpu()?,
            database: database.cpu()?,
            driver: process::own_cpu()?,
        })
    }

    fn ours(&self) -> Duration {
        self.server + self.database.unwrap_or_default() + self.driver
    }
}

#[expect(
    clippy::cast_precision_loss,
    reason = "nobody sends that many requests"
)]
pub fn f64_of(number: u64) -> f64 {
    number as f64
}
