//! Attacks a server while somebody else works, and judges whether that user notices.
//!
//! Each attack runs against a fresh server, from one account, from ten or from nobody, with a number
//! of requests always in flight. Meanwhile a victim in another workspace sends light requests. The
//! table says how they were answered, and the benchmark fails if any attack has taken the server
//! from the victim.
//!
//! `cargo bench -p mina --bench fairness -- --database postgres markers`

mod attacks;
mod client;
mod data;
mod report;
mod samples;
mod slot;
mod trial;
mod victim;

#[path = "../common/process.rs"]
mod process;
#[path = "../common/server.rs"]
mod server;
#[path = "../common/socket.rs"]
mod socket;

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
#[path = "../../../../tests/support/seed.rs"]
#[expect(
    dead_code,
    clippy::unwrap_used,
    reason = "the tests use the rest of it"
)]
mod seed;

use std::{path::PathBuf, process::ExitCode, sync::Arc, time::Duration};

use clap::{Parser, ValueEnum};
use libtest_mimic::Failed;
use sea_orm::DbBackend;
use tokio::runtime::{self, Runtime};

use self::{
    attacks::{ATTACKS, Attack, Origin},
    data::Data,
    database::{TestDatabase, TestDatabases},
    postgres::Source,
    report::{HEAD, Row},
    trial::Trials,
};

/// Open files of the attack with the most connections, with some to spare.
const FILES: usize = 4096;

/// Attack a server while somebody else works
#[derive(Parser)]
#[expect(
    clippy::struct_excessive_bools,
    reason = "they are flags of a command line"
)]
struct Options {
    /// Only attacks whose name contains this text
    #[arg(default_value = "")]
    filter: String,

    /// How many requests are in flight
    #[arg(long, value_delimiter = ',')]
    concurrency: Vec<usize>,

    /// Only attacks from here
    #[arg(long, value_enum, value_delimiter = ',')]
    from: Vec<Origin>,

    /// How long each attack lasts, in seconds
    #[arg(long, default_value_t = 5.0)]
    seconds: f64,

    /// Each attack once, and for 1.5 seconds
    #[arg(long)]
    short: bool,

    /// Raises the limits of latencies by this factor, for a build that is not optimized
    #[arg(long, default_value_t = 1.0)]
    tolerance: f64,

    /// Succeed whatever the attacks did
    #[arg(long)]
    report_only: bool,

    /// List the attacks
    #[arg(long)]
    list: bool,

    /// The database; for PostgreSQL the server in `MINA_TEST_POSTGRES_URL`, or else a temporary
    /// cluster
    #[arg(long, value_enum, default_value_t = Backend::Sqlite)]
    database: Backend,

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

impl Options {
    /// The attacks to make.
    fn plan(&self) -> Vec<(&'static Attack, Origin, usize)> {
        let mut plan = Vec::new();
        for attack in ATTACKS {
            if !attack.name.contains(&self.filter) {
                continue;
            }
            for &origin in attack.origins {
                if !self.from.is_empty() && !self.from.contains(&origin) {
                    continue;
                }
                for &concurrency in attack.concurrency {
                    let alone = origin == Origin::Accounts && concurrency == 1;
                    let only_one = attack.concurrency.len() == 1;
                    let wanted = only_one
                        || self.concurrency.is_empty()
                        || self.concurrency.contains(&concurrency);
                    if wanted && !alone {
                        plan.push((attack, origin, concurrency));
                    }
                }
            }
        }
        if self.short {
            plan.retain(|(attack, origin, concurrency)| {
                *origin == attack.origins[0]
                    && (*concurrency == 16 || attack.concurrency.len() == 1)
            });
        }
        plan
    }
}

fn main() -> ExitCode {
    // The feature that the exporter of traces needs makes every client of reqwest ask for it.
    let _ = tokio_rustls::rustls::crypto::ring::default_provider().install_default();
    let options = Options::parse();
    if options.list {
        for attack in ATTACKS {
            println!("{:24} {}", attack.name, attack.about);
        }
        return ExitCode::SUCCESS;
    }
    match start(&options) {
        Ok(rows) => conclude(&rows, options.report_only),
        Err(error) => {
            let message = error.message().unwrap_or("failed without a message");
            eprintln!("{message}");
            ExitCode::FAILURE
        }
    }
}

/// Prints the table, and names the rows that fail.
fn conclude(rows: &[Row], report_only: bool) -> ExitCode {
    println!("{HEAD}");
    for row in rows {
        println!("{row}");
    }
    let failed: Vec<&Row> = rows.iter().filter(|row| !row.faults().is_empty()).collect();
    println!();
    for row in &failed {
        println!("UNFAIR {}: {}", row.name(), row.faults().join("; "));
    }
    println!("{} of {} attacks are unfair", failed.len(), rows.len());
    if failed.is_empty() || report_only {
        ExitCode::SUCCESS
    } else {
        ExitCode::FAILURE
    }
}

fn start(options: &Options) -> Result<Vec<Row>, Failed> {
    let files = process::open_files()?;
    if files < FILES {
        return Err(format!(
            "the limit of {files} open files is too low; set it with `ulimit -n {FILES}`"
        )
        .into());
    }
    let one_thread = || -> std::io::Result<Runtime> {
        runtime::Builder::new_multi_thread()
            .worker_threads(1)
            .enable_all()
            .build()
    };
    let victims = one_thread()?;
    one_thread()?.block_on(async {
        let (backend, postgres) = match options.database {
            Backend::Sqlite => (DbBackend::Sqlite, None),
            Backend::Postgres => (DbBackend::Postgres, Source::find()),
        };
        let databases = TestDatabases::new(postgres);
        // The binary migrates by itself, so that an older one can be judged, too.
        let database = databases.create_with(backend, &options.server).await?;
        let rows = attack(options, &database, &victims).await;
        database.delete().await?;
        databases.close().await?;
        rows
    })
}

async fn attack(
    options: &Options,
    database: &TestDatabase,
    victims: &Runtime,
) -> Result<Vec<Row>, Failed> {
    data::write(database.connection()).await?;
    let data = {
        // The stored hashes have this cost.
        let flags = ["--bcrypt-cost", "4"];
        let (_server, address) = Trials::serve(&options.server, database.url(), &flags)?;
        Data::sign_in(database.connection().clone(), address).await?
    };
    let (idle, seconds) = if options.short {
        (0.5, 1.5)
    } else {
        (1.5, options.seconds)
    };
    let trials = Trials {
        binary: &options.server,
        url: database.url(),
        data: Arc::new(data),
        idle: Duration::from_secs_f64(idle),
        time: Duration::from_secs_f64(seconds),
        tolerance: options.tolerance,
        victims: victims.handle().clone(),
    };
    let mut rows = Vec::new();
    for (attack, origin, concurrency) in options.plan() {
        let mut row = trials.run(attack, origin, concurrency).await?;
        eprintln!("{row}\n{}", row.errors());
        if row.only_delayed() {
            // The reason may be another program that was busy on the same machine just then.
            row = trials.run(attack, origin, concurrency).await?;
            eprintln!("{row}\n{}", row.errors());
        }
        rows.push(row);
    }
    Ok(rows)
}
