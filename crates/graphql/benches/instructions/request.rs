//! Requests to an engine with the demo data in a SQLite file.

use std::{
    error::Error,
    fs,
    io::{self, ErrorKind},
    sync::Arc,
    time::Duration,
};

use chrono::{NaiveDate, Utc};
use migration::{Migrator, MigratorTrait};
use mina_graphql::{
    AnswerMemory, Bounds, Call, Caller, Connect, Cost, Data, Database, DocumentRules, Engine,
    Limits, LocalBus, Manifest, Outage, Passwords, PoolOptions, Quota, Reader, Rules, Tokens,
    Usage, Viewer, Writer,
};
use sea_orm::{
    SqlxSqliteConnector,
    sqlx::sqlite::{SqliteConnectOptions, SqlitePoolOptions},
};
use tokio::runtime::{self, Runtime};

/// The file of the database.
const DATABASE: &str = concat!(env!("CARGO_TARGET_TMPDIR"), "/instructions.db");

/// One object with a related one.
pub const MEETING: &str = "query($id: ID! = \"TWVldGluZzox\") {
    meeting(id: $id) { id title description status scheduledStart organizer { id username email } }
}";

/// A page of objects with a related one each.
pub const LIST: &str = "{
    meetings(first: 50, orderBy: {field: CREATED_AT, direction: DESC}) {
        nodes { id title status scheduledStart createdAt organizer { id username } }
    }
}";

/// Pages of lists in a page.
pub const GRAPH: &str = "{
    meetings(first: 50, orderBy: {field: CREATED_AT, direction: DESC}) {
        nodes {
            id title status scheduledStart createdAt
            organizer { id username }
            workspace { id name }
            tasks(first: 5) { nodes { id title status priority dueDate assignedTo { id username } } }
            participants(first: 5) { nodes { id role status user { id username } } }
            analytics { id analysisStatus meetingEffectivenessScore }
        }
    }
}";

/// A page in another order than that of ids.
pub const TASKS: &str = "{
    viewer { username }
    tasks(first: 50, orderBy: {field: DUE_DATE}) {
        nodes { id title status priority dueDate isBlocked meeting { id title } }
        pageInfo { hasNextPage endCursor }
        totalCount
    }
}";

/// Many rows of few columns.
pub const TRANSCRIPT: &str = "{
    sessions(first: 10) {
        nodes {
            id externalId status
            segments(first: 100) { nodes { id startMs endMs speaker text confidence } }
        }
    }
}";

/// A filter through relations.
pub const CONDITION: &str = "{
    tasks(
        first: 20
        where: {meeting: {organizer: {role: {eq: ADMIN}}, title: {contains: \"plan\"}}, status: {in: [TODO, IN_PROGRESS]}}
    ) { nodes { id title } }
}";

/// A document with fragments, variables, directives and aliases.
pub const DOCUMENT: &str = "
query Page($first: Int! = 20, $after: String, $where: MeetingWhere, $tasks: Boolean! = true) {
    viewer { ...Person workspace { id name } }
    page: meetings(first: $first, after: $after, where: $where) {
        edges { cursor node { ...Card tasks(first: 5) @include(if: $tasks) { nodes { ...Task } } } }
        pageInfo { hasNextPage endCursor }
    }
    live: meetings(first: 3, where: {status: {eq: LIVE}}) { nodes { ...Card } }
}
fragment Person on User { id username email role }
fragment Card on Meeting { id title status scheduledStart organizer { ...Person } }
fragment Task on Task { id title status dueDate assignedTo { ...Person } dependsOn { id title } }";

/// An engine, and someone who is signed in.
pub struct Prepared {
    runtime: Runtime,
    engine: Engine,
    viewer: Viewer,
    document: &'static str,
}

/// An engine that has not seen a document yet.
pub struct Unchecked(Prepared);

impl Prepared {
    /// Executes the query.
    pub fn execute(self) -> Self {
        self.runtime.block_on(self.answer());
        self
    }

    async fn answer(&self) {
        let operation = self
            .engine
            .operation(call(self.document))
            .expect("the document is valid");
        let caller = Caller {
            viewer: Some(self.viewer.clone()),
            ..Caller::default()
        };
        let party = caller.party();
        let usage = Usage::of(None, party, self.engine.answer_memory().meter(party));
        let response = self.engine.execute(operation, caller, &usage).await;
        assert!(response.errors.is_empty(), "{:?}", response.errors);
        assert!(
            matches!(response.data, Data::Written { .. }),
            "a plan was not used"
        );
    }
}

impl Unchecked {
    /// Checks the document.
    pub fn check(self) -> Self {
        self.0
            .engine
            .operation(call(self.0.document))
            .expect("the document is valid");
        self
    }
}

/// An engine whose caches know the document: a second request is what nearly all requests are.
pub fn prepared(document: &'static str) -> Prepared {
    let prepared = start(document).expect("the engine starts");
    prepared.runtime.block_on(async {
        for _ in 0..3 {
            prepared.answer().await;
        }
    });
    prepared
}

/// An engine that has checked another document.
pub fn unchecked(document: &'static str) -> Unchecked {
    let prepared = start(document).expect("the engine starts");
    prepared
        .engine
        .operation(call("{ __typename }"))
        .expect("the document is valid");
    Unchecked(prepared)
}

/// With the one thread that is counted.
fn runtime() -> io::Result<Runtime> {
    runtime::Builder::new_current_thread().enable_all().build()
}

fn call(document: &str) -> Call {
    Call {
        query: Some(document.to_owned()),
        ..Call::default()
    }
}

fn start(document: &'static str) -> Result<Prepared, Box<dyn Error>> {
    let runtime = runtime()?;
    let (engine, viewer) = runtime.block_on(engine())?;
    Ok(Prepared {
        runtime,
        engine,
        viewer,
        document,
    })
}

async fn engine() -> Result<(Engine, Viewer), Box<dyn Error>> {
    let options = options();
    let pool = |total| PoolOptions {
        connect: Connect::Sqlite(options.clone()),
        bounds: Bounds::new(total, 10),
        acquire_timeout: Duration::from_mins(1),
        statement_limit: None,
        slow_statement: Duration::from_hours(1),
        outage: Outage::default(),
        file: None,
    };
    let database = Database {
        // One connection, so that it does not depend on chance which statement has to be prepared.
        reader: Reader::new(pool(1))?,
        writer: Writer::new(pool(1))?,
        outage: Outage::default(),
    };
    let tokens = Tokens::new(&[7; 32], &[], Duration::from_hours(1), Utc::now);
    let engine = Engine::new(
        database,
        Arc::new(LocalBus::default()),
        tokens,
        Passwords::new(demo::BCRYPT_COST, 1),
        rules(),
    )?;
    let viewer = sign_in(&engine).await?;
    Ok((engine, viewer))
}

/// The database.
fn options() -> SqliteConnectOptions {
    SqliteConnectOptions::new()
        .filename(DATABASE)
        .foreign_keys(true)
}

/// Makes the database, of the demo as of a day in the past, so that what is live and what is over
/// stays the same.
pub fn make_database() {
    let runtime = runtime().expect("the runtime starts");
    runtime.block_on(fill()).expect("the database is made");
}

async fn fill() -> Result<(), Box<dyn Error>> {
    match fs::remove_file(DATABASE) {
        Err(error) if error.kind() != ErrorKind::NotFound => return Err(error.into()),
        _ => {}
    }
    let pool = SqlitePoolOptions::new()
        .max_connections(1)
        .connect_with(options().create_if_missing(true))
        .await?;
    let connection = SqlxSqliteConnector::from_sqlx_sqlite_pool(pool);
    Migrator::up(&connection, None).await?;
    let today = NaiveDate::from_ymd_opt(2026, 6, 1).unwrap_or_default();
    demo::fill(&connection, demo::now(today), |_, _| ()).await?;
    connection.close().await?;
    Ok(())
}

/// Signs in the admin of the first workspace.
async fn sign_in(engine: &Engine) -> Result<Viewer, Box<dyn Error>> {
    let document = format!(
        "mutation {{ signIn(input: {{login: \"ada\", password: \"{}\"}}) {{ token }} }}",
        demo::PASSWORD
    );
    let operation = engine
        .operation(call(&document))
        .map_err(|response| format!("{:?}", response.errors))?;
    let caller = Caller::default();
    let party = caller.party();
    let usage = Usage::of(None, party, engine.answer_memory().meter(party));
    let response = engine.execute(operation, caller, &usage).await;
    let Data::Value(data) = response.data else {
        return Err("the answer of a mutation is a value".into());
    };
    let data = data.into_json()?;
    let token = data["signIn"]["token"]
        .as_str()
        .ok_or("there is no token")?;
    let claims = engine.claims(token)?;
    Ok(engine.authenticate(&claims).await?)
}

/// No limits.
fn rules() -> Rules {
    let unlimited = Cost {
        tokens: 10_000,
        selections: 10_000,
        depth: 100,
        aliases: 1_000,
        directives: 1_000,
        fields: u64::MAX,
        rows: u64::MAX,
        statements: u64::MAX,
        scans: u64::MAX,
        hashes: u64::MAX,
        stored: u64::MAX,
        bytes: u64::MAX,
    };
    Rules {
        documents: DocumentRules {
            limits: Limits(unlimited),
            cache_size: 100,
            introspection: true,
            trusted: Manifest::new(),
            trusted_only: false,
        },
        query_plans: true,
        timeout: Duration::from_mins(10),
        answer_memory: AnswerMemory::new(32 << 20, 256 << 20),
        quota: Quota::default(),
    }
}
