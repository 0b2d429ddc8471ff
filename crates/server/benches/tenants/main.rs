//! Measures lists of a small workspace and of a large one among many others, at any scale.
//!
//! `cargo bench -p mina --bench tenants -- --scale 0.1 --database postgres`

#[path = "../../../../tests/support/clock.rs"]
#[expect(dead_code, reason = "the tests use the rest of it")]
mod clock;
#[path = "../../../../tests/plans/tenants/data.rs"]
mod data;
#[path = "../../../../tests/support/database.rs"]
#[expect(dead_code, reason = "the tests use the rest of it")]
mod database;
#[path = "../../../../tests/plans/postgres.rs"]
mod plans;
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
#[path = "../../../../tests/support/server.rs"]
#[expect(
    dead_code,
    clippy::unwrap_used,
    reason = "the tests use the rest of it"
)]
mod server;

use std::{process::ExitCode, time::Instant};

use clap::{Parser, ValueEnum};
use libtest_mimic::Failed;
use sea_orm::DbBackend;
use serde_json::json;
use tokio::runtime;

use self::{
    data::{Size, Tenant},
    database::{TestDatabase, TestDatabases},
    postgres::Source,
    server::Server,
};

type Outcome = Result<(), Failed>;

/// The queries, which each read one list. DEEP stands for the cursor of a row in the middle of it.
const QUERIES: [&str; 26] = [
    "meetings(first: 25) { nodes { id } }",
    "meetings(first: 25, after: DEEP) { nodes { id } }",
    "tasks(first: 25) { nodes { id } }",
    "tasks(last: 25) { nodes { id } }",
    "tasks(first: 25, after: DEEP) { nodes { id } }",
    "tasks(last: 25, before: DEEP) { nodes { id } }",
    "tasks(first: 25, orderBy: {field: DUE_DATE}) { nodes { id } }",
    "tasks(first: 25, after: DEEP, orderBy: {field: DUE_DATE}) { nodes { id } }",
    "tasks(first: 25, orderBy: {field: TITLE}) { nodes { id } }",
    "tasks { totalCount }",
    "analytics(first: 25) { nodes { id } }",
    "analytics(first: 25, after: DEEP) { nodes { id } }",
    "sessions(first: 25) { nodes { id } }",
    "sessions(first: 25, after: DEEP) { nodes { id } }",
    "sessions(first: 25, orderBy: {field: CREATED_AT}) { nodes { id } }",
    "markers(first: 25) { nodes { id } }",
    "markers(first: 25, after: DEEP) { nodes { id } }",
    "markers(first: 25, orderBy: {field: TYPE}) { nodes { id } }",
    "markers { totalCount }",
    r#"search(text: "no such") { nodes { __typename } }"#,
    "users(where: {organizedMeetings: {none: {}}}) { totalCount }",
    "viewer { createdTasks(first: 25) { nodes { id } totalCount } }",
    "viewer { markers(first: 25) { nodes { id } totalCount } }",
    "viewer { participations(first: 25) { nodes { id } totalCount } }",
    "users(where: {createdTasks: {none: {}}}) { totalCount }",
    "tasks(where: {meeting: {organizer: {sessions: {some: {segments: {none: {}}}}}}}) { nodes { id } }",
];

/// What stands for a cursor in a query.
const DEEP: &str = "DEEP";

/// How many pages are turned at most to find a cursor.
const MOST_PAGES: u32 = 100;

/// How often each query is asked. The median counts.
const TIMES: usize = 7;

const TENANTS: [Tenant; 2] = [Tenant::Small, Tenant::Large];

/// Measure lists of a small workspace and a large one among many others
#[derive(Parser)]
struct Options {
    /// The size of the data: 1 is 2,002 workspaces with 300,000 meetings, and 900,000 tasks, markers
    /// and segments each
    #[arg(long, default_value_t = 0.1)]
    scale: f64,

    /// The number of other workspaces, which share the rest of the data
    #[arg(long, default_value_t = 2000)]
    others: u32,

    /// The database; for PostgreSQL the server in `MINA_TEST_POSTGRES_URL`, or else a temporary
    /// cluster
    #[arg(long, value_enum, default_value_t = Backend::Sqlite)]
    database: Backend,

    /// Passed by cargo to every benchmark
    #[arg(long, hide = true)]
    bench: bool,
}

#[derive(Clone, Copy, ValueEnum)]
enum Backend {
    Sqlite,
    Postgres,
}

fn main() -> ExitCode {
    // The feature that the exporter of traces needs makes every client of reqwest ask for it.
    let _ = tokio_rustls::rustls::crypto::ring::default_provider().install_default();
    match start(&Options::parse()) {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("{}", error.message().unwrap_or("failed without a message"));
            ExitCode::FAILURE
        }
    }
}

fn start(options: &Options) -> Outcome {
    let runtime = runtime::Builder::new_current_thread()
        .enable_all()
        .build()?;
    runtime.block_on(async {
        let (backend, postgres) = match options.database {
            Backend::Sqlite => (DbBackend::Sqlite, None),
            Backend::Postgres => (DbBackend::Postgres, Source::find()),
        };
        let databases = TestDatabases::new(postgres);
        let database = databases.create(backend).await?;
        let measured = measure(size(options), &database).await;
        database.delete().await?;
        databases.close().await?;
        measured
    })
}

#[expect(
    clippy::cast_possible_truncation,
    clippy::cast_sign_loss,
    reason = "the scale is small and positive"
)]
fn size(options: &Options) -> Size {
    Size {
        meetings: (300_000.0 * options.scale) as u32,
        small_every: 2000,
        others: options.others,
    }
}

async fn measure(size: Size, database: &TestDatabase) -> Outcome {
    eprintln!("writing {size:?}");
    size.fill(database.connection(), &seed::password_hash())
        .await?;
    let times = times(size, database).await?;
    let rows = match database.backend() {
        DbBackend::Postgres => rows_read(size, database).await?,
        _ => Vec::new(),
    };
    println!("| list | small, ms | large, ms | small, rows read | large, rows read |");
    println!("| --- | ---: | ---: | ---: | ---: |");
    for (index, query) in QUERIES.iter().enumerate() {
        let [small, large] = times[index];
        let [few, many] = rows
            .get(index)
            .map_or_else(Default::default, |rows| rows.map(|rows| rows.to_string()));
        println!("| `{query}` | {small:.1} | {large:.1} | {few} | {many} |");
    }
    Ok(())
}

/// The document of a query, with the cursor that it needs.
async fn document(
    query: &str,
    size: Size,
    tenant: Tenant,
    token: &str,
    server: &Server,
) -> Result<String, Failed> {
    const PAGE: u32 = 100;
    let Some((list, _)) = query.split_once('(').filter(|_| query.contains(DEEP)) else {
        return Ok(format!("{{ {query} }}"));
    };
    let order = query.split_once("orderBy: ").map(|(_, order)| order);
    let order = order
        .and_then(|order| order.split_once(')'))
        .map(|(order, _)| order);
    let order = order.map_or_else(String::new, |order| format!(", orderBy: {order}"));
    let mut after = "null".to_owned();
    // Lists of tasks and markers are longer, so this is not beyond the end of any.
    for _ in 0..(size.meetings_of(tenant) / PAGE / 2).clamp(1, MOST_PAGES) {
        let page = format!(
            "{{ {list}(first: {PAGE}, after: {after}{order}) {{ pageInfo {{ endCursor }} }} }}"
        );
        let answer = server.ask_as(token, &page, json!({})).await?;
        after = answer.data()?[list]["pageInfo"]["endCursor"].to_string();
    }
    Ok(format!("{{ {} }}", query.replace(DEEP, &after)))
}

/// The tokens of the two workspaces.
async fn sign_in(size: Size, server: &Server) -> Result<[String; 2], Failed> {
    let [small, large] = TENANTS.map(|tenant| size.username(tenant));
    Ok([server.sign_in(&small).await?, server.sign_in(&large).await?])
}

/// The median milliseconds of each query, for the small and the large workspace.
async fn times(size: Size, database: &TestDatabase) -> Result<Vec<[f64; 2]>, Failed> {
    let server = Server::start_for_large_documents(database)?;
    let tokens = sign_in(size, &server).await?;
    let mut medians = Vec::new();
    for query in QUERIES {
        let mut of_query = [0.0; 2];
        for (median, (token, tenant)) in of_query.iter_mut().zip(tokens.iter().zip(TENANTS)) {
            let document = document(query, size, tenant, token, &server).await?;
            let mut times = Vec::new();
            for _ in 0..TIMES {
                let began = Instant::now();
                let answer = server.ask_as(token, &document, json!({})).await?;
                answer.data()?;
                times.push(began.elapsed().as_secs_f64() * 1000.0);
            }
            times.sort_by(f64::total_cmp);
            *median = times[TIMES / 2];
        }
        medians.push(of_query);
    }
    Ok(medians)
}

/// The rows that PostgreSQL reads for each query.
async fn rows_read(size: Size, database: &TestDatabase) -> Result<Vec<[f64; 2]>, Failed> {
    plans::explain_everything(database.connection()).await?;
    let server = Server::start_for_large_documents(database)?;
    let tokens = sign_in(size, &server).await?;
    let mut answers = Vec::new();
    for query in QUERIES {
        for (token, tenant) in tokens.iter().zip(TENANTS) {
            let document = document(query, size, tenant, token, &server).await?;
            answers.push(server.ask_as(token, &document, json!({})).await?);
        }
    }
    let lines = server.lines_of_all(&answers, "plan:")?;
    let read = |lines: &Vec<serde_json::Value>| {
        let plans = lines.iter().filter_map(plans::plan_of);
        plans.map(|plan| plans::rows_read(&plan["Plan"])).sum()
    };
    let rows: Vec<f64> = lines.iter().map(read).collect();
    Ok(rows.chunks_exact(2).map(|two| [two[0], two[1]]).collect())
}
