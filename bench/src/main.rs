//! Compares the speed of Mina with that of two servers with SQL written by hand, on PostgreSQL and
//! on SQLite. `just bench --help` says how.
//!
//! The benchmark needs Linux, PostgreSQL's binaries, and the load generator oha
//! (`cargo install --locked oha`). It creates the data, and starts each server by itself, on a
//! database of its own.
//!
//! # What is measured
//! In a window, one server answers one query on all connections at once. The servers take turns,
//! in another order in each round, each in a new process that is warmed up first. A window counts
//! only if hardly anything else ran on the machine in that time: the figures of a busy machine
//! mean nothing, not even as ratios. If no window is quiet, the quietest counts, and the table shows
//! how much others used. Figures of different runs cannot be compared either.
//!
//! All servers get the same requests, and must give the same answers, which is checked before
//! anything is measured. The load generator runs on the same machine, and its work is not counted.
//!
//! Mina is started with its defaults, but without limits on rates and costs. It logs each request,
//! and answers half as many requests of one user at once as it has places; it may reject requests
//! that wait for a second. `--mina-flags` changes that. The other servers have no log, no limits and
//! no sign-in: see [`by_hand`].
//!
//! A query that writes gets a new copy of the data for each window. Commits do not wait for the
//! disk on PostgreSQL (`fsync=off`), and on SQLite as in Mina (`synchronous=normal`).

mod by_hand;
mod callgrind;
mod check;
mod data;
mod database;
mod load;
mod options;
mod process;
mod query;
mod report;
mod server;
mod window;

use std::process::ExitCode;

use clap::{Parser, Subcommand};
use mimalloc::MiMalloc;
use tokio::runtime;

use self::{
    data::Size,
    database::{Backend, Database},
    options::Options,
    query::Query,
    report::Report,
    server::{Kind, Launcher},
};

#[global_allocator]
static ALLOCATOR: MiMalloc = MiMalloc;

/// The result of something that ends the benchmark if it fails.
type Outcome<T = ()> = Result<T, Box<dyn std::error::Error + Send + Sync>>;

#[derive(Parser)]
#[command(about = options::ABOUT, after_help = options::EXAMPLES)]
#[command(args_conflicts_with_subcommands = true, subcommand_negates_reqs = true)]
struct CommandLine {
    #[command(subcommand)]
    command: Option<Command>,

    #[command(flatten)]
    options: Options,
}

#[derive(Subcommand)]
#[command(disable_help_subcommand = true)]
enum Command {
    /// Run one of the servers written by hand, as the benchmark does
    #[command(hide = true)]
    Serve(by_hand::Settings),
}

fn main() -> ExitCode {
    let command_line = CommandLine::parse();
    let result = match &command_line.command {
        Some(Command::Serve(settings)) => {
            let runtime = runtime::Builder::new_multi_thread().enable_all().build();
            runtime.map_or_else(
                |error| Err(error.into()),
                |runtime| runtime.block_on(by_hand::serve(settings)),
            )
        }
        None => {
            let runtime = runtime::Builder::new_current_thread().enable_all().build();
            runtime.map_or_else(
                |error| Err(error.into()),
                |runtime| runtime.block_on(run(&command_line.options)),
            )
        }
    };
    match result {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("{error}");
            ExitCode::FAILURE
        }
    }
}

async fn run(options: &Options) -> Outcome {
    let launcher = Launcher::new(options)?;
    if options.callgrind.is_none() {
        load::check_is_installed(&options.oha)?;
    }
    let size = Size::new(options.seed, options.scale);
    let queries = query::all(size, &options.queries)?;
    let mut reports = Vec::new();
    for backend in options.backends() {
        let report = compare(options, backend, &launcher, size, &queries).await?;
        if !options.json && options.callgrind.is_none() {
            println!("{report}");
        }
        reports.push(report);
    }
    if options.json && options.callgrind.is_none() {
        println!("{}", serde_json::to_string_pretty(&reports)?);
    }
    Ok(())
}

/// Measures all servers on one database.
async fn compare(
    options: &Options,
    backend: Backend,
    launcher: &Launcher,
    size: Size,
    queries: &[Query],
) -> Outcome<Report> {
    eprintln!("Writing the data");
    let database = Database::create(backend, launcher.mina(), size).await?;
    check::answers(&database, launcher, options, queries).await?;
    let mut report = Report::new(&database, size, options);
    if let Some(folder) = &options.callgrind {
        callgrind::count(&database, launcher, options, queries, folder).await?;
        return Ok(report);
    }
    for query in queries {
        for round in 0..options.rounds {
            for server in turns(options, round) {
                if query.is_answered_by(server) {
                    let sample = window::quiet(&database, launcher, options, query, server).await?;
                    report.add(query, server, sample);
                }
            }
        }
    }
    Ok(report)
}

/// The servers in the order of a round, so that none always follows the same one.
fn turns(options: &Options, round: usize) -> impl Iterator<Item = Kind> {
    let servers = options.servers();
    let count = servers.len();
    (0..count).map(move |turn| servers[(turn + round) % count])
}
