//! The list of cases, and how one is run.

use std::{
    any::type_name,
    env,
    panic::{AssertUnwindSafe, resume_unwind},
    path::PathBuf,
    process::{Command, ExitCode, Stdio},
    sync::Arc,
};

use futures_util::FutureExt;
use libtest_mimic::{Arguments, Failed, Trial};
use sea_orm::DbBackend;
use tokio::runtime::{Builder, Runtime};

use super::{
    Outcome,
    clock::FakeClock,
    database::{TestDatabase, TestDatabases},
    pooler::Pooler,
    postgres::{OwnServer, Source, URL_VARIABLE},
};

/// The environment variable that makes a missing PostgreSQL an error.
const REQUIRE_VARIABLE: &str = "MINA_TEST_REQUIRE_POSTGRES";

/// The cases of a test run.
pub struct Suite {
    databases: Arc<TestDatabases>,
    cases: Vec<Trial>,
}

impl Suite {
    /// A suite without cases.
    ///
    /// # Errors
    ///
    /// Fails with a message for the user if PostgreSQL is required but cannot be had.
    pub fn new() -> Result<Self, String> {
        let postgres = Source::find();
        if postgres.is_none() {
            let missing = format!(
                "There is no PostgreSQL: no `initdb` on PATH or in /usr/lib/postgresql/*/bin, \
                 and {URL_VARIABLE} is not set."
            );
            if is_set_to("CI", "true") || is_set_to(REQUIRE_VARIABLE, "1") {
                return Err(format!(
                    "{missing} It is required because of CI=true or {REQUIRE_VARIABLE}=1."
                ));
            }
            eprintln!("{missing} Its cases are ignored.");
        }
        Ok(Self {
            databases: Arc::new(TestDatabases::new(postgres)),
            cases: Vec::new(),
        })
    }

    /// Adds `case`, to be run once on SQLite and once on PostgreSQL.
    pub fn on_both_databases<C>(&mut self, case: C)
    where
        C: AsyncFn(&TestDatabase) -> Outcome + Copy + Send + 'static,
    {
        self.on_both_databases_as(path::<C>(), case);
    }

    /// Adds a case that is not a function, and so has no name of its own.
    pub fn on_both_databases_as<C>(&mut self, name: &str, case: C)
    where
        C: AsyncFn(&TestDatabase) -> Outcome + Copy + Send + 'static,
    {
        for backend in [DbBackend::Sqlite, DbBackend::Postgres] {
            self.add(backend, name, case);
        }
    }

    /// Adds `case`, which tests something that only one of the databases has.
    pub fn on_database<C>(&mut self, backend: DbBackend, case: C)
    where
        C: AsyncFn(&TestDatabase) -> Outcome + Copy + Send + 'static,
    {
        self.add(backend, path::<C>(), case);
    }

    fn add<C>(&mut self, backend: DbBackend, name: &str, case: C)
    where
        C: AsyncFn(&TestDatabase) -> Outcome + Copy + Send + 'static,
    {
        let databases = Arc::clone(&self.databases);
        let is_ignored = backend == DbBackend::Postgres && !databases.have_postgres();
        let trial = Trial::test(format!("{}::{name}", prefix(backend)), move || {
            runtime()?.block_on(run_on_fresh_database(&databases, backend, case))
        });
        self.cases.push(trial.with_ignored_flag(is_ignored));
    }

    /// Adds `case`, to be run on SQLite where strace may trace a process. Elsewhere it is ignored,
    /// except in CI.
    pub fn on_sqlite_with_strace<C>(&mut self, case: C)
    where
        C: AsyncFn(&TestDatabase) -> Outcome + Copy + Send + 'static,
    {
        let traced = Command::new("strace")
            .args(["-qq", "-o", "/dev/null", "true"])
            .stderr(Stdio::null())
            .status();
        let may_trace = traced.is_ok_and(|status| status.success());
        self.on_database(DbBackend::Sqlite, case);
        if !may_trace
            && !is_set_to("CI", "true")
            && let Some(trial) = self.cases.pop()
        {
            self.cases.push(trial.with_ignored_flag(true));
        }
    }

    /// Adds `case`, to be run on a PostgreSQL server of its own, which it can stop. Where there is
    /// only a server that others use too, it is ignored.
    pub fn on_own_postgres<C>(&mut self, case: C)
    where
        C: AsyncFn(&TestDatabase, &OwnServer) -> Outcome + Copy + Send + 'static,
    {
        let binaries = Source::find_binaries();
        let is_ignored = binaries.is_none();
        let name = format!("{}::{}", prefix(DbBackend::Postgres), path::<C>());
        let trial = Trial::test(name, move || {
            runtime()?.block_on(async {
                let binaries = binaries.ok_or("there is no initdb")?;
                let server = OwnServer::start(&binaries)?;
                let database = TestDatabase::on(&server).await?;
                // The server goes with all that is in it.
                case(&database, &server).await
            })
        });
        self.cases.push(trial.with_ignored_flag(is_ignored));
    }

    /// Adds `case`, to be run on PostgreSQL behind a pooler in transaction mode. Where PgBouncer is
    /// not installed, it is ignored, except in CI.
    pub fn through_pooler<C>(&mut self, case: C)
    where
        C: AsyncFn(&TestDatabase, &Pooler) -> Outcome + Copy + Send + 'static,
    {
        let program = Pooler::find();
        let is_missing = program.is_none() && !is_set_to("CI", "true");
        let is_ignored = is_missing || !self.databases.have_postgres();
        let databases = Arc::clone(&self.databases);
        let name = format!("{}::{}", prefix(DbBackend::Postgres), path::<C>());
        let trial = Trial::test(name, move || {
            runtime()?.block_on(run_on_fresh_database(
                &databases,
                DbBackend::Postgres,
                async |database: &TestDatabase| {
                    let program = program.clone().ok_or("there is no pgbouncer")?;
                    case(database, &Pooler::start(program, database)?).await
                },
            ))
        });
        self.cases.push(trial.with_ignored_flag(is_ignored));
    }

    /// Ignores the case that was added last where a program is missing, except in CI.
    pub fn last_needs(&mut self, is_installed: bool) {
        if let Some(trial) = self.cases.pop() {
            let is_ignored = !is_installed && !is_set_to("CI", "true");
            let is_ignored = is_ignored || trial.has_ignored_flag();
            self.cases.push(trial.with_ignored_flag(is_ignored));
        }
    }

    /// Adds `case`, which sets clocks, to be run once on SQLite and once on PostgreSQL. Where
    /// libfaketime is not installed, it is ignored, except in CI.
    pub fn with_fake_clock<C>(&mut self, case: C)
    where
        C: AsyncFn(&TestDatabase) -> Outcome + Copy + Send + 'static,
    {
        for backend in [DbBackend::Sqlite, DbBackend::Postgres] {
            self.on_database(backend, case);
            self.last_needs(FakeClock::find().is_some());
        }
    }

    /// Adds `case`, which needs pgBackRest and the binaries of PostgreSQL. Where one of them is not
    /// installed, it is ignored, except in CI.
    pub fn with_pgbackrest<C>(&mut self, case: C)
    where
        C: AsyncFn(PathBuf) -> Outcome + Send + 'static,
    {
        let binaries = Source::find_binaries();
        let path_variable = env::var_os("PATH").unwrap_or_default();
        let is_installed = env::split_paths(&path_variable)
            .any(|directory| directory.join("pgbackrest").is_file());
        let has_all = is_installed && binaries.is_some();
        let is_ignored = !has_all && !is_set_to("CI", "true");
        let name = format!("{}::{}", prefix(DbBackend::Postgres), path::<C>());
        let trial = Trial::test(name, move || {
            runtime()?.block_on(async { case(binaries.ok_or("there is no initdb")?).await })
        });
        self.cases.push(trial.with_ignored_flag(is_ignored));
    }

    /// Adds `case`, which makes databases of one kind itself, to be run once for each kind.
    pub fn with_each_kind_of_database<C>(&mut self, case: C)
    where
        C: AsyncFn(&TestDatabases, DbBackend) -> Outcome + Copy + Send + 'static,
    {
        for backend in [DbBackend::Sqlite, DbBackend::Postgres] {
            let databases = Arc::clone(&self.databases);
            let is_ignored = backend == DbBackend::Postgres && !databases.have_postgres();
            let name = format!("{}::{}", prefix(backend), path::<C>());
            let trial = Trial::test(name, move || runtime()?.block_on(case(&databases, backend)));
            self.cases.push(trial.with_ignored_flag(is_ignored));
        }
    }

    /// Adds `case`, which makes databases of both kinds itself. Where there is no PostgreSQL, or if
    /// the case says so, it is ignored.
    pub fn with_both_databases<C>(&mut self, is_ignored: bool, case: C)
    where
        C: AsyncFn(&TestDatabases) -> Outcome + Send + 'static,
    {
        let databases = Arc::clone(&self.databases);
        let is_ignored = is_ignored || !databases.have_postgres();
        let trial = Trial::test(path::<C>(), move || runtime()?.block_on(case(&databases)));
        self.cases.push(trial.with_ignored_flag(is_ignored));
    }

    /// Adds `case`, to be run once.
    pub fn without_database<C>(&mut self, case: C)
    where
        C: AsyncFn() -> Outcome + Send + 'static,
    {
        self.without_database_as(path::<C>(), case);
    }

    /// Adds a case that is not a function, to be run once.
    pub fn without_database_as<C>(&mut self, name: &str, case: C)
    where
        C: AsyncFn() -> Outcome + Send + 'static,
    {
        let trial = Trial::test(name, move || runtime()?.block_on(case()));
        self.cases.push(trial);
    }

    /// The names of the cases, without those of the databases.
    pub fn names(&self) -> Vec<String> {
        let prefixes = [DbBackend::Sqlite, DbBackend::Postgres].map(prefix);
        let names = self
            .cases
            .iter()
            .map(|case| match case.name().split_once("::") {
                Some((first, rest)) if prefixes.contains(&first) => rest,
                _ => case.name(),
            });
        names.map(str::to_owned).collect()
    }

    /// Runs the cases that `arguments` select, then removes what they shared.
    pub fn run(self, arguments: &Arguments) -> ExitCode {
        let conclusion = libtest_mimic::run(arguments, self.cases);
        match close(self.databases) {
            Ok(()) => conclusion.exit_code(),
            Err(error) => {
                eprintln!("The test databases could not be removed: {error:?}");
                ExitCode::FAILURE
            }
        }
    }
}

/// The path of a function in this crate, such as `telemetry::counts`.
fn path<F>() -> &'static str {
    let path = type_name::<F>();
    path.split_once("::").map_or(path, |(_crate, path)| path)
}

fn is_set_to(variable: &str, value: &str) -> bool {
    env::var(variable).is_ok_and(|actual| actual == value)
}

fn prefix(backend: DbBackend) -> &'static str {
    match backend {
        DbBackend::Postgres => "postgres",
        _ => "sqlite",
    }
}

/// A runtime of its own for each case: a task that one leaves behind ends with it.
fn runtime() -> Result<Runtime, Failed> {
    Ok(Builder::new_current_thread().enable_all().build()?)
}

async fn run_on_fresh_database<C>(databases: &TestDatabases, backend: DbBackend, case: C) -> Outcome
where
    C: AsyncFn(&TestDatabase) -> Outcome,
{
    let database = databases.create(backend).await?;
    let outcome = AssertUnwindSafe(case(&database)).catch_unwind().await;
    let deleted = database.delete().await;
    // A failure of the case matters more than a failure of cleaning up.
    outcome.unwrap_or_else(|panic| resume_unwind(panic))?;
    deleted
}

fn close(databases: Arc<TestDatabases>) -> Outcome {
    match Arc::into_inner(databases) {
        Some(databases) => Ok(runtime()?.block_on(databases.close())?),
        None => Err("a case still uses them".into()),
    }
}
