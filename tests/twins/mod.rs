//! Two servers with the same rows get the same random operations, and must answer byte for byte
//! alike: one on SQLite and one on PostgreSQL, one that executes queries by plans and one that does
//! not, or two releases on the same kind of database.
//!
//! What two servers cannot have in common is listed in `label.rs`, and `serials.rs` makes the ids
//! of new rows equal. A failure names its seed and its step. `MINA_TEST_SEEDS=17` runs that seed
//! alone, `MINA_TEST_SEEDS=100..200` a range of others, and `MINA_TEST_STEPS` says how many
//! operations each has. The seeds of two releases are run if `MINA_TEST_OTHER_BINARY` is the path
//! of another `mina`.

mod answer;
mod label;
mod operations;
mod pair;
mod pool;
mod serials;
mod world;

use std::{env, ops::Range, path::Path, process::Command};

use generator::Schema;
use libtest_mimic::Failed;
use sea_orm::DbBackend;

pub use self::pair::random_bytes;
use self::pair::{Pair, Side};
use crate::support::{
    Outcome,
    database::TestDatabases,
    server::{HIGH_LIMITS, Server},
    suite::Suite,
};

/// The environment variable with the seeds to run: one, or a range.
const SEEDS_VARIABLE: &str = "MINA_TEST_SEEDS";
/// The environment variable with the number of operations of each seed.
const STEPS_VARIABLE: &str = "MINA_TEST_STEPS";
/// The environment variable with the path of another release.
pub const OTHER_BINARY_VARIABLE: &str = "MINA_TEST_OTHER_BINARY";

/// The seeds that run with all other cases.
const SEEDS: Range<u64> = 0..6;
/// The operations of each, unless the environment says otherwise.
const STEPS: u64 = 60;

/// Adds the cases of this module.
pub fn list(suite: &mut Suite) {
    suite.with_both_databases(false, sqlite_and_postgres);
    suite.with_both_databases(false, differences_are_found);
    suite.with_each_kind_of_database(with_and_without_plans);
    suite.with_both_databases(env::var_os(OTHER_BINARY_VARIABLE).is_none(), two_releases);
}

/// A server on SQLite and one on PostgreSQL.
async fn sqlite_and_postgres(databases: &TestDatabases) -> Outcome {
    let schema = schema(Path::new(env!("CARGO_BIN_EXE_mina")))?;
    for seed in seeds()? {
        let sides = sqlite_and_postgres_sides(databases).await?;
        compare(seed, &schema, sides).await?;
    }
    Ok(())
}

async fn sqlite_and_postgres_sides(databases: &TestDatabases) -> Result<[Side; 2], Failed> {
    let side = async |backend| {
        let database = databases.create(backend).await?;
        let server = Server::start_with(&database, &HIGH_LIMITS)?;
        Ok::<_, Failed>(Side::new(database, server))
    };
    Ok([
        side(DbBackend::Sqlite).await?,
        side(DbBackend::Postgres).await?,
    ])
}

/// A server that executes queries by plans, and one that leaves everything to async-graphql.
async fn with_and_without_plans(databases: &TestDatabases, backend: DbBackend) -> Outcome {
    let schema = schema(Path::new(env!("CARGO_BIN_EXE_mina")))?;
    for seed in seeds()? {
        let side = async |plans| {
            let database = databases.create(backend).await?;
            let flags = [&HIGH_LIMITS[..], &["--query-plans", plans]].concat();
            let server = Server::start_with(&database, &flags)?;
            Ok::<_, Failed>(Side::new(database, server))
        };
        compare(seed, &schema, [side("on").await?, side("off").await?]).await?;
    }
    Ok(())
}

/// A difference of a microsecond, or of one letter's case, is found.
async fn differences_are_found(databases: &TestDatabases) -> Outcome {
    let changes = [
        "UPDATE meeting SET created_at = '2026-05-04 09:30:00.000001' \
         WHERE created_at = '2026-05-04 09:30:00'",
        "UPDATE task SET title = upper(title) WHERE title <> upper(title)",
        "DELETE FROM marker WHERE id = 7",
    ];
    let schema = schema(Path::new(env!("CARGO_BIN_EXE_mina")))?;
    for (change, seed) in changes.into_iter().zip(0..) {
        let mut pair = Pair::new(seed, sqlite_and_postgres_sides(databases).await?).await?;
        pair.change_second(change).await?;
        let mut is_found = false;
        for step in 1..=STEPS {
            if let Err(failure) = operations::step(&mut pair, &schema, seed, step).await {
                let message = failure.message().unwrap_or_default();
                assert!(message.contains("the servers differ"), "{message}");
                is_found = true;
                break;
            }
        }
        assert!(is_found, "nobody noticed {change}");
        pair.delete().await?;
    }
    Ok(())
}

/// Another release and this one, on each kind of database. The operations follow the schema of the
/// other release, which is expected to be the older one.
async fn two_releases(databases: &TestDatabases) -> Outcome {
    let other = env::var_os(OTHER_BINARY_VARIABLE).ok_or("there is no other release")?;
    let binaries = [Path::new(&other), Path::new(env!("CARGO_BIN_EXE_mina"))];
    let schema = schema(binaries[0])?;
    for seed in seeds()? {
        for backend in [DbBackend::Sqlite, DbBackend::Postgres] {
            let side = async |binary: &Path| {
                let database = databases.create_with(backend, binary).await?;
                let server = Server::start_binary(binary, &database, &HIGH_LIMITS)?;
                Ok::<_, Failed>(Side::new(database, server))
            };
            let sides = [side(binaries[0]).await?, side(binaries[1]).await?];
            compare(seed, &schema, sides).await?;
        }
    }
    Ok(())
}

async fn compare(seed: u64, schema: &Schema, sides: [Side; 2]) -> Outcome {
    if env::var_os(SEEDS_VARIABLE).is_some() {
        // A long run shows how far it is.
        eprintln!("seed {seed}");
    }
    let mut pair = Pair::new(seed, sides).await?;
    for step in 1..=steps().parse()? {
        operations::step(&mut pair, schema, seed, step).await?;
    }
    pair.compare_rows().await?;
    pair.delete().await
}

/// The number of operations of each seed.
fn steps() -> String {
    env::var(STEPS_VARIABLE).unwrap_or_else(|_| STEPS.to_string())
}

/// The seeds to run.
///
/// # Errors
///
/// Fails if the environment variable is neither a number nor a range.
pub fn seeds() -> Result<Range<u64>, Failed> {
    let Ok(text) = env::var(SEEDS_VARIABLE) else {
        return Ok(SEEDS);
    };
    if let Some((first, end)) = text.split_once("..") {
        return Ok(first.parse()?..end.parse()?);
    }
    let seed: u64 = text.parse()?;
    Ok(seed..seed + 1)
}

/// The schema of this build.
///
/// # Errors
///
/// Fails if the binary does.
pub fn schema_of_this_build() -> Result<Schema, Failed> {
    schema(Path::new(env!("CARGO_BIN_EXE_mina")))
}

/// The schema of a binary.
fn schema(binary: &Path) -> Result<Schema, Failed> {
    let output = Command::new(binary).arg("schema").env_clear().output()?;
    if !output.status.success() {
        return Err(format!("{} has no schema: {output:?}", binary.display()).into());
    }
    Ok(Schema::parse(&String::from_utf8(output.stdout)?)?)
}
