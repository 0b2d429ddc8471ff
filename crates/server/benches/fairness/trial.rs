//! One attack against a fresh server.

use std::{
    net::SocketAddr,
    path::Path,
    sync::{Arc, atomic::Ordering},
    time::{Duration, Instant},
};

use libtest_mimic::Failed;
use sea_orm::{ConnectionTrait, DatabaseConnection, DbBackend};
use tokio::{
    runtime::Handle,
    task::JoinSet,
    time::{interval, sleep},
};

use super::{
    attacks::{Attack, Origin},
    data::{ATTACKERS, Data},
    process::Process,
    report::Row,
    samples::Ended,
    server::Server,
    slot::{Slot, Tally, pause},
    victim::Victim,
};

/// The address space of the server in KiB. One that wants more ends, before the machine suffers.
const ADDRESS_SPACE: u64 = 6 << 20;

/// How long after an attack the victim is observed.
const RECOVERY: Duration = Duration::from_secs(15);

/// So many light answers in a row mean that everything is normal again.
const NORMAL: usize = 5;

/// How long another program's transaction may take.
const TRANSACTION: Duration = Duration::from_mins(2);

/// What all attacks have in common.
pub struct Trials<'a> {
    /// The server binary.
    pub binary: &'a Path,
    /// The URL of the database.
    pub url: &'a str,
    /// The accounts and rows.
    pub data: Arc<Data>,
    /// How long the victim is watched before an attack.
    pub idle: Duration,
    /// How long an attack lasts.
    pub time: Duration,
    /// The factor by which the limits of latencies are raised.
    pub tolerance: f64,
    /// The thread of the victim, which no attacker delays.
    pub victims: Handle,
}

impl Trials<'_> {
    /// Starts a server, and returns the address to connect to.
    ///
    /// # Errors
    ///
    /// Fails if it does not begin to listen.
    pub fn serve(binary: &Path, url: &str, flags: &[&str]) -> Result<(Server, SocketAddr), Failed> {
        // One line with the address, and errors.
        let log = "error,mina::commands::serve=info";
        let all = [&["--listen", "0.0.0.0:0", "--log", log], flags].concat();
        let server = Server::start(binary, url, &all, Some(ADDRESS_SPACE))?;
        let mut address: SocketAddr = server.address().parse()?;
        address.set_ip([127, 0, 0, 1].into());
        Ok((server, address))
    }

    /// Makes one attack.
    ///
    /// # Errors
    ///
    /// Fails if the server does not start, or the victim cannot begin.
    pub async fn run(
        &self,
        attack: &'static Attack,
        origin: Origin,
        concurrency: usize,
    ) -> Result<Row, Failed> {
        let (server, address) = Self::serve(self.binary, self.url, attack.flags)?;
        let process = server.process();
        let starting = Victim::start(address, Arc::clone(&self.data));
        let victim = self.victims.spawn(starting).await??;
        let idle = self
            .victims
            .spawn(Arc::clone(&victim).watch(self.idle))
            .await?;

        let (cpu, clients_cpu) = (process.cpu()?, Process::own().cpu()?);
        let tally = Arc::new(Tally::default());
        let mut slots = JoinSet::new();
        for number in 0..concurrency {
            let attacker = match origin {
                Origin::Account | Origin::Database => Some(0),
                Origin::Accounts => Some(number % ATTACKERS),
                Origin::Anonymous => None,
            };
            slots.spawn(keep(
                attack,
                Slot {
                    number,
                    of: concurrency,
                    attacker,
                    server: address,
                    data: Arc::clone(&self.data),
                    tally: Arc::clone(&tally),
                },
            ));
        }
        if origin == Origin::Database {
            committed(&tally).await?;
        }
        let mut watching = self.victims.spawn(Arc::clone(&victim).watch(self.time));
        let mut peak = 0;
        let mut ended = None;
        let mut sampling = interval(Duration::from_millis(50));
        let began = Instant::now();
        let during = loop {
            tokio::select! {
                during = &mut watching => break during?,
                _ = sampling.tick() => {
                    peak = process.peak_rss().unwrap_or(peak);
                    // The victim may wait longer for its last answers, but not because of requests
                    // that are sent meanwhile.
                    if ended.is_none() && began.elapsed() >= self.time {
                        slots.abort_all();
                        ended = Some(Instant::now());
                    }
                }
            }
        };
        slots.shutdown().await;
        let ended = ended.unwrap_or_else(Instant::now);
        let (server_cpu, own_cpu) = (process.cpu().unwrap_or(cpu), Process::own().cpu()?);
        let row = Row {
            attack,
            origin,
            concurrency,
            recovery: self.recovery(&victim, &process, ended).await?,
            peak: process.peak_rss().unwrap_or(peak),
            rss: process.rss().ok(),
            cpu: server_cpu.saturating_sub(cpu),
            clients_cpu: own_cpu.saturating_sub(clients_cpu),
            idle,
            during,
            error: tally.first_error(),
            tolerance: self.tolerance,
            tally,
        };
        drop(server);
        end_statements(&self.data.connection).await?;
        Ok(row)
    }

    /// How long after the end of the attack light queries are answered again.
    async fn recovery(
        &self,
        victim: &Arc<Victim>,
        process: &Process,
        ended: Instant,
    ) -> Result<Option<Duration>, Failed> {
        let mut first = None;
        let mut answers = 0;
        while ended.elapsed() < RECOVERY && process.rss().is_ok() {
            let victim = Arc::clone(victim);
            let asked = Instant::now();
            let light = Duration::from_millis(25);
            match self
                .victims
                .spawn(async move { victim.query(true).await })
                .await?
            {
                Ended::Answered(latency) if latency <= light => {
                    first.get_or_insert(asked);
                    answers += 1;
                    if answers == NORMAL {
                        let since = first.unwrap_or(asked);
                        return Ok(Some(since.saturating_duration_since(ended)));
                    }
                }
                _ => {
                    first = None;
                    answers = 0;
                }
            }
            sleep(Duration::from_millis(20)).await;
        }
        Ok(None)
    }
}

/// Keeps one request of an attack in flight.
async fn keep(attack: &'static Attack, slot: Slot) {
    loop {
        if let Err(error) = (attack.run)(slot.clone()).await {
            slot.tally.broken.fetch_add(1, Ordering::Relaxed);
            let message = error.message().unwrap_or_default().to_owned();
            slot.tally.note(|| message);
            let _ = pause().await;
        }
    }
}

/// Waits until the transaction of another program has committed.
async fn committed(tally: &Tally) -> Result<(), Failed> {
    let began = Instant::now();
    while tally.answered.load(Ordering::Relaxed) == 0 {
        if began.elapsed() > TRANSACTION {
            return Err("the transaction does not commit".into());
        }
        sleep(Duration::from_millis(10)).await;
    }
    Ok(())
}

/// PostgreSQL goes on with the statements of a server that has ended, and the next server would
/// suffer from them.
async fn end_statements(connection: &DatabaseConnection) -> Result<(), Failed> {
    if connection.get_database_backend() == DbBackend::Postgres {
        let sql = "SELECT pg_terminate_backend(pid) FROM pg_stat_activity
            WHERE datname = current_database() AND state = 'active' AND pid <> pg_backend_pid()";
        connection.execute_unprepared(sql).await?;
    }
    Ok(())
}
