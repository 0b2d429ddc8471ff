//! Measures the throughput of live subscriptions.
//!
//! It starts the server on a database of its own, lets subscribers follow the transcripts of some
//! sessions while segments are appended to them, and reports the latency of the events and the
//! resources that the server used. It fails unless every event reached each subscriber exactly once.
//!
//! `cargo bench -p mina --bench live -- --subscribers 5000 --sessions 1 --rate 10 --seconds 20`

mod api;
mod report;
mod subscriber;
mod writer;

#[path = "../../../../tests/support/database.rs"]
#[expect(dead_code, reason = "the tests use the rest of it")]
mod database;
#[path = "../../../../tests/support/postgres.rs"]
#[expect(
    dead_code,
    clippy::unwrap_used,
    reason = "the tests use the rest of it"
)]
mod postgres;
#[path = "../common/process.rs"]
#[expect(dead_code, reason = "the other benchmark uses the rest of it")]
mod process;
#[path = "../common/server.rs"]
mod server;
#[path = "../common/socket.rs"]
mod socket;

use std::{
    path::PathBuf,
    process::ExitCode,
    sync::{Arc, atomic::AtomicU64},
    time::{Duration, Instant},
};

use clap::{Parser, ValueEnum};
use futures_util::{StreamExt, TryStreamExt, future::try_join_all, stream};
use libtest_mimic::Failed;
use sea_orm::DbBackend;
use tokio::{runtime, task::JoinSet};

use self::{
    api::Api,
    database::{TestDatabase, TestDatabases},
    postgres::Source,
    process::Process,
    report::{Measured, Report},
    server::Server,
    subscriber::{Received, Subscriber},
    writer::Pace,
};

/// How long the last events may take to arrive.
const LAST_EVENTS_TIMEOUT: Duration = Duration::from_mins(1);

/// How many connections are opened at once. With more, a busy server would not read their
/// `connection_init` in time.
const OPENED_AT_ONCE: usize = 64;

/// Open files beside those of the subscribers.
const OTHER_FILES: usize = 400;

/// Connections to the server beside those of the subscribers.
const OTHER_CONNECTIONS: usize = 1000;

/// Measure the throughput of live subscriptions
#[derive(Parser)]
struct Options {
    /// The number of subscribers, each on a WebSocket of its own
    #[arg(long, default_value_t = 5000)]
    subscribers: usize,

    /// The number of transcripts that they follow, evenly distributed
    #[arg(long, default_value_t = 1)]
    sessions: usize,

    /// How many segments are appended per second, to all sessions together
    #[arg(long, default_value_t = 10.0)]
    rate: f64,

    /// How many segments are appended per call
    #[arg(long, default_value_t = 1)]
    batch: u32,

    /// How long segments are appended, in seconds
    #[arg(long, default_value_t = 20)]
    seconds: u32,

    /// The database; for PostgreSQL the server in `MINA_TEST_POSTGRES_URL`, or else a temporary
    /// cluster
    #[arg(long, value_enum, default_value_t = Backend::Sqlite)]
    database: Backend,

    /// The number of threads for the subscribers and the writers
    #[arg(long, default_value_t = 2)]
    threads: usize,

    /// The server binary, if not the one that was just built
    #[arg(long, default_value = env!("CARGO_BIN_EXE_mina"))]
    server: PathBuf,

    /// Passed by cargo to every benchmark
    #[arg(long, hide = true)]
    bench: bool,
}

#[derive(Clone, Copy, ValueEnum)]
enum Backend {
    Sqlite,
    Postgres,
}

/// When each segment was sent, by the number of its session and its own number.
pub struct Timeline {
    began: Instant,
    sent: Vec<Box<[AtomicU64]>>,
}

impl Timeline {
    fn new(sessions: usize, segments: u32) -> Self {
        let row = || (0..segments).map(|_| AtomicU64::new(0)).collect();
        Self {
            began: Instant::now(),
            sent: (0..sessions).map(|_| row()).collect(),
        }
    }

    /// The time, in microseconds since the start.
    fn now(&self) -> u64 {
        u64::try_from(self.began.elapsed().as_micros()).unwrap_or(u64::MAX)
    }
}

fn main() -> ExitCode {
    // The feature that the exporter of traces needs makes every client of reqwest ask for it.
    let _ = tokio_rustls::rustls::crypto::ring::default_provider().install_default();
    let options = Options::parse();
    match start(&options) {
        Ok(report) => {
            print!("{report}");
            if report.faults.is_empty() {
                ExitCode::SUCCESS
            } else {
                ExitCode::FAILURE
            }
        }
        Err(error) => {
            let message = error.message().unwrap_or("failed without a message");
            eprintln!("{message}");
            ExitCode::FAILURE
        }
    }
}

fn start(options: &Options) -> Result<Report, Failed> {
    let files = process::open_files()?;
    let needed = options.subscribers + OTHER_FILES;
    if files < needed {
        return Err(format!(
            "the limit of {files} open files is too low; set it with `ulimit -n {needed}`"
        )
        .into());
    }
    let runtime = runtime::Builder::new_multi_thread()
        .worker_threads(options.threads)
        .enable_all()
        .build()?;
    runtime.block_on(async {
        let (backend, postgres) = match options.database {
            Backend::Sqlite => (DbBackend::Sqlite, None),
            Backend::Postgres => (DbBackend::Postgres, Source::find()),
        };
        let databases = TestDatabases::new(postgres);
        let database = databases.create(backend).await?;
        let report = measure(options, &database).await;
        database.delete().await?;
        databases.close().await?;
        report
    })
}

async fn measure(options: &Options, database: &TestDatabase) -> Result<Report, Failed> {
    let connections = (options.subscribers + OTHER_CONNECTIONS).to_string();
    let flags = [
        ["--listen", "127.0.0.1:0"],
        ["--bcrypt-cost", "4"],
        ["--max-connections", &connections],
        // All clients share one machine and one user, so rate limits are off.
        ["--rate-limit-viewer", "0"],
        ["--rate-limit-address", "0"],
        ["--max-requests-in-flight", "1000"],
    ];
    let server = Server::start(&options.server, database.url(), flags.as_flattened(), None)?;
    let api = Api::sign_up(server.address()).await?;
    let sessions = try_join_all((0..options.sessions).map(|_| api.record())).await?;
    let pace = Pace::new(
        options.rate,
        options.sessions,
        options.batch,
        options.seconds,
    );
    let timeline = Arc::new(Timeline::new(options.sessions, pace.segments()));

    let rss_before = server.process().rss()?;
    let opening = Instant::now();
    let subscribers: Vec<Subscriber> = stream::iter(0..options.subscribers)
        .map(|number| Subscriber::open(&api, number, &sessions))
        .buffer_unordered(OPENED_AT_ONCE)
        .try_collect()
        .await?;
    let opened_in = opening.elapsed();
    let rss_idle = server.process().rss()?;

    let (server_cpu, client_cpu) = (server.process().cpu()?, Process::own().cpu()?);
    let deadline =
        Instant::now() + Duration::from_secs(options.seconds.into()) + LAST_EVENTS_TIMEOUT;
    let mut following = JoinSet::new();
    for subscriber in subscribers {
        following.spawn(subscriber.follow(Arc::clone(&timeline), deadline));
    }
    let (began, began_at) = (Instant::now(), timeline.now());
    let writing = sessions.iter().enumerate();
    let writing = writing.map(|(row, id)| writer::write(&api, id, row, &timeline, &pace));
    try_join_all(writing).await?;
    let wrote_in = began.elapsed();
    let received: Vec<Received> = following.join_all().await;

    let measured = Measured {
        subscribers: options.subscribers,
        appended: u64::from(pace.segments()) * options.sessions as u64,
        began_at,
        opened_in,
        wrote_in,
        rss: [rss_before, rss_idle, server.process().rss()?],
        server_cpu: server.process().cpu()?.saturating_sub(server_cpu),
        client_cpu: Process::own().cpu()?.saturating_sub(client_cpu),
    };
    Ok(Report::new(measured, received))
}
