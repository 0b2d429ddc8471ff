//! Databases of another program are adopted, and then work as those of Mina do.
//!
//! `build.py` builds these databases with SQLAlchemy. The fixtures beside it are the same as SQL, so
//! that most cases need no Python.

mod adopted;
mod beside;
mod migrated;
mod odd;
mod report;
mod rolling;
mod structure;
mod teams;

use std::{
    env,
    path::Path,
    process::{Command, Output},
};

use libtest_mimic::Failed;
use migration::{Migrator, MigratorTrait};
use sea_orm::{ConnectionTrait, DbBackend, Statement};

use crate::{
    support::{Outcome, database::TestDatabase, suite::Suite},
    twins::OTHER_BINARY_VARIABLE,
};

/// Adds the cases of this module.
pub fn list(suite: &mut Suite) {
    suite.without_database(beside::fixtures_are_current);
    suite.on_both_databases(report::own_database);
    suite.on_both_databases(report::documented);
    suite.on_both_databases(report::plurals);
    suite.on_both_databases(report::other_names);
    suite.on_both_databases(report::odd);
    suite.on_both_databases(report::blocked);
    suite.on_both_databases(report::keys_to_another_table);
    suite.on_database(DbBackend::Sqlite, report::looks_change_nothing);
    suite.on_both_databases(adopted::documented);
    suite.on_both_databases(adopted::plurals);
    suite.on_both_databases(adopted::old);
    suite.on_both_databases(adopted::deletions);
    suite.on_both_databases(adopted::rebuilt);
    suite.on_both_databases(adopted::not_reverted);
    suite.on_both_databases(structure::orphans);
    suite.on_both_databases(structure::without_parents);
    suite.on_both_databases(structure::taken_names);
    suite.on_both_databases(structure::needed_names);
    suite.on_database(DbBackend::Postgres, structure::native_types);
    suite.on_both_databases(structure::ids);
    suite.on_both_databases(structure::uuid_ids);
    suite.on_database(DbBackend::Postgres, structure::other_schema);
    suite.on_both_databases(structure::rebuild_keeps);
    suite.on_both_databases(teams::native);
    suite.on_both_databases(teams::soft);
    suite.on_both_databases(teams::soft_rebuilt);
    suite.on_both_databases(teams::named);
    suite.on_both_databases(teams::quoted);
    suite.on_both_databases(teams::unkept);
    suite.on_both_databases(odd::pages);
    suite.on_both_databases(odd::values);
    suite.on_both_databases(odd::mutations);
    suite.on_both_databases(odd::sign_ins);
    suite.on_both_databases(odd::fixed_case);
    suite.on_database(DbBackend::Sqlite, beside::python_writes);
    suite.on_both_databases(migrated::at_once);
    suite.on_both_databases(migrated::revoked_tokens);
    suite.on_both_databases(migrated::newer_schema);
    suite.on_both_databases(migrated::killed);
    suite.on_both_databases(migrated::beside_a_writer);
    suite.on_both_databases(migrated::locked);
    suite.on_both_databases(migrated::lost_positions);
    suite.with_both_databases(
        env::var_os(OTHER_BINARY_VARIABLE).is_none(),
        rolling::upgrade,
    );
}

/// Runs `mina migrate` on a database.
fn migrate(database: &TestDatabase, arguments: &[&str]) -> Result<Output, Failed> {
    Ok(Command::new(env!("CARGO_BIN_EXE_mina"))
        .arg("migrate")
        .args(arguments)
        .args(["--database-url", database.url()])
        .env_clear()
        .current_dir(env!("CARGO_TARGET_TMPDIR"))
        .output()?)
}

/// The output of `mina migrate`, which has to succeed.
fn migrated(database: &TestDatabase, arguments: &[&str]) -> Result<String, Failed> {
    let output = migrate(database, arguments)?;
    if output.status.success() {
        Ok(String::from_utf8(output.stdout)?)
    } else {
        Err(format!("{arguments:?}: {output:#?}").into())
    }
}

/// The output and the errors of `mina migrate`, which has to fail.
fn rejected(database: &TestDatabase, arguments: &[&str]) -> Result<String, Failed> {
    let output = migrate(database, arguments)?;
    let texts = [output.stdout, output.stderr].map(String::from_utf8);
    let [out, errors] = texts;
    let text = format!("{}{}", out?, errors?);
    if output.status.success() {
        Err(format!("{arguments:?} succeeds: {text}").into())
    } else {
        Ok(text)
    }
}

/// Replaces the tables of a database by those of a variant.
async fn load(database: &TestDatabase, variant: &str) -> Outcome {
    empty(database).await?;
    let dialect = match database.backend() {
        DbBackend::Postgres => "postgresql",
        _ => "sqlite",
    };
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../tests/adoption");
    let script = std::fs::read_to_string(folder.join(format!("{variant}.{dialect}.sql")))?;
    let connection = database.connection();
    for statement in script.split(";\n").filter(|it| !it.trim().is_empty()) {
        connection.execute_unprepared(statement).await?;
    }
    Ok(())
}

/// Takes away all tables.
async fn empty(database: &TestDatabase) -> Outcome {
    let connection = database.connection();
    Migrator::down(connection, None).await?;
    connection
        .execute_unprepared("DROP TABLE seaql_migrations")
        .await?;
    Ok(())
}

/// The options that a variant needs on this database.
fn apply<'a>(database: &TestDatabase, options: &[&'a str]) -> Vec<&'a str> {
    let mut arguments = vec!["adopt", "--apply"];
    if database.backend() == DbBackend::Sqlite {
        arguments.extend(["--fix", "timestamps"]);
    }
    arguments.extend(options);
    arguments
}

/// A number from the first row of a statement.
async fn number(database: &TestDatabase, sql: &str) -> Result<i64, Failed> {
    let statement = Statement::from_string(database.backend(), sql);
    let row = database.connection().query_one_raw(statement).await?;
    let row = row.ok_or("no row")?;
    let long = row.try_get_by_index::<i64>(0);
    Ok(long.or_else(|_| row.try_get_by_index::<i32>(0).map(i64::from))?)
}
