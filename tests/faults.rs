//! What happens when the database is away, slow or full.

use std::{
    path::PathBuf,
    sync::{
        Arc,
        atomic::{AtomicBool, Ordering},
    },
    time::{Duration, Instant},
};

use futures_util::future::{join, try_join_all};
use libtest_mimic::Failed;
use reqwest::{StatusCode, Url};
use sea_orm::{ConnectionTrait, DbBackend, EntityTrait, PaginatorTrait, TransactionTrait};
use serde_json::{Value, json};
use tokio::{
    io::copy_bidirectional,
    net::{TcpListener, TcpStream, UnixStream},
    sync::watch,
    time::{sleep, timeout},
};

use crate::support::{
    Outcome,
    client::World,
    database::TestDatabase,
    seed::{Seed, global_id},
    server::{Answer, Server},
    suite::Suite,
};

/// Adds the cases of this module.
pub fn list(suite: &mut Suite) {
    let (sqlite, postgres) = (DbBackend::Sqlite, DbBackend::Postgres);
    suite.on_database(postgres, "faults::lost_and_found", lost_and_found);
    suite.on_database(postgres, "faults::connections_ended", connections_ended);
    suite.on_database(postgres, "faults::no_connection_free", no_connection_free);
    suite.on_database(sqlite, "faults::locked_file", locked_file);
    suite.on_database(sqlite, "faults::no_room", no_room);
    suite.on_both_databases("faults::too_slow", too_slow);
}

/// How long anything may take here that is not broken.
const PATIENCE: Duration = Duration::from_secs(20);

const CREATE: &str = "mutation ($input: MeetingCreateInput!) {
    meetingCreate(input: $input) { meeting { title } userErrors { code } }
}";

async fn create(server: &Server, token: &str, title: &str) -> Result<Answer, Failed> {
    let input = json!({"input": {"title": title, "idempotencyKey": title}});
    server.ask_as(token, CREATE, input).await
}

/// Whether an answer is right, or else says that the database is away, and that it can be tried
/// again.
fn is_served(answer: &Answer) -> Result<bool, Failed> {
    if answer.status == StatusCode::OK && answer.body["errors"].is_null() {
        return Ok(true);
    }
    let codes: Vec<&Value> = answer.body["errors"]
        .as_array()
        .into_iter()
        .flatten()
        .map(|error| &error["extensions"]["code"])
        .collect();
    if !codes.is_empty() && codes.iter().all(|code| **code == "UNAVAILABLE") {
        Ok(false)
    } else {
        Err(format!("neither right nor UNAVAILABLE: {answer:#?}").into())
    }
}

/// Stands between the server and PostgreSQL, and can cut everything.
struct Proxy {
    url: String,
    is_up: watch::Sender<bool>,
}

impl Proxy {
    async fn start(database: &TestDatabase) -> Result<Self, Failed> {
        let mut url: Url = database.url().parse()?;
        let host = url.query_pairs().find(|(name, _)| name == "host");
        let target = if let Some((_, directory)) = host {
            Target::Socket(PathBuf::from(&*directory).join(".s.PGSQL.5432"))
        } else {
            let host = url.host_str().unwrap_or("localhost");
            Target::Address(format!("{host}:{}", url.port().unwrap_or(5432)))
        };
        let address = TcpListener::bind("127.0.0.1:0").await?.local_addr()?;
        url.set_query(None);
        url.set_host(Some("127.0.0.1"))?;
        url.set_port(Some(address.port())).map_err(|()| "no port")?;
        let (is_up, state) = watch::channel(true);
        tokio::spawn(forward(address.port(), target, state));
        Ok(Self {
            url: url.to_string(),
            is_up,
        })
    }
}

#[derive(Clone)]
enum Target {
    Socket(PathBuf),
    Address(String),
}

/// Forwards connections while it is up. While it is down there is nobody to connect to.
async fn forward(port: u16, target: Target, mut state: watch::Receiver<bool>) {
    loop {
        if state.wait_for(|is_up| *is_up).await.is_err() {
            return;
        }
        let Ok(listener) = TcpListener::bind(("127.0.0.1", port)).await else {
            sleep(Duration::from_millis(5)).await;
            continue;
        };
        loop {
            let accepted = tokio::select! {
                accepted = listener.accept() => accepted,
                _ = state.wait_for(|is_up| !is_up) => break,
            };
            let Ok((mut client, _)) = accepted else {
                continue;
            };
            let (target, mut state) = (target.clone(), state.clone());
            tokio::spawn(async move {
                tokio::select! {
                    () = connect(&mut client, target) => {}
                    _ = state.wait_for(|is_up| !is_up) => {}
                }
            });
        }
    }
}

async fn connect(client: &mut TcpStream, target: Target) {
    // Whoever is cut off sees it by itself.
    match target {
        Target::Socket(path) => {
            if let Ok(mut server) = UnixStream::connect(path).await {
                let _ = copy_bidirectional(client, &mut server).await;
            }
        }
        Target::Address(address) => {
            if let Ok(mut server) = TcpStream::connect(address).await {
                let _ = copy_bidirectional(client, &mut server).await;
            }
        }
    }
}

/// What clients have seen.
#[derive(Default)]
struct Seen {
    created: Vec<String>,
    unavailable: usize,
    slowest: Duration,
}

/// Reads and writes until it is told to end.
async fn load(
    server: &Server,
    token: &str,
    name: usize,
    ends: Arc<AtomicBool>,
) -> Result<Seen, Failed> {
    let mut seen = Seen::default();
    for number in 0.. {
        if ends.load(Ordering::Relaxed) {
            break;
        }
        let title = format!("{name}-{number}");
        let began = Instant::now();
        if is_served(&create(server, token, &title).await?)? {
            seen.created.push(title);
        } else {
            seen.unavailable += 1;
        }
        let read = "{ meetings(first: 5) { nodes { title organizer { username } } } }";
        let answer = server.ask_as(token, read, json!({})).await?;
        seen.unavailable += usize::from(!is_served(&answer)?);
        seen.slowest = seen.slowest.max(began.elapsed());
    }
    Ok(seen)
}

/// Lets clients read and write while `disturb` disturbs; then everything that was acknowledged is
/// there, once, and the server serves again.
async fn under_load(
    database: &TestDatabase,
    server: &Server,
    disturb: impl AsyncFnOnce() -> Outcome,
) -> Result<Seen, Failed> {
    let ends = Arc::new(AtomicBool::new(false));
    let token = server.sign_in("ada").await?;
    let clients = (0..4).map(|name| load(server, &token, name, Arc::clone(&ends)));
    let disturbed = async {
        let outcome = disturb().await;
        ends.store(true, Ordering::Relaxed);
        outcome
    };
    let (seen, disturbed) = join(try_join_all(clients), disturbed).await;
    disturbed?;
    let mut all = Seen::default();
    for seen in seen? {
        all.created.extend(seen.created);
        all.unavailable += seen.unavailable;
        all.slowest = all.slowest.max(seen.slowest);
    }
    let meetings = entity::meeting::Entity::find()
        .all(database.connection())
        .await?;
    for title in &all.created {
        let count = meetings.iter().filter(|it| it.title == *title).count();
        assert_eq!(count, 1, "{title} was acknowledged");
    }
    assert!(is_served(&create(server, &token, "after all").await?)?);
    Ok(all)
}

async fn readiness(server: &Server) -> Result<StatusCode, Failed> {
    Ok(reqwest::get(server.url("/health/ready")).await?.status())
}

/// PostgreSQL goes away and comes back: what cannot be served is told so within a bounded time, and
/// the server recovers by itself.
async fn lost_and_found(database: &TestDatabase) -> Outcome {
    let world = World::start(database).await?;
    drop(world.server);
    let proxy = Proxy::start(database).await?;
    // Beside the proxy, which runs on this very thread.
    let url = proxy.url.clone();
    let start = move || Server::start_at(&url, &["--database-acquire-timeout", "500ms"]);
    let server = tokio::task::spawn_blocking(start).await??;
    let seen = under_load(database, &server, async || {
        sleep(Duration::from_millis(300)).await;
        assert_eq!(readiness(&server).await?, StatusCode::OK);
        for _ in 0..2 {
            proxy.is_up.send_replace(false);
            sleep(Duration::from_secs(1)).await;
            assert_eq!(readiness(&server).await?, StatusCode::SERVICE_UNAVAILABLE);
            proxy.is_up.send_replace(true);
            let back = async {
                while readiness(&server).await? != StatusCode::OK {
                    sleep(Duration::from_millis(20)).await;
                }
                Ok::<_, Failed>(())
            };
            timeout(PATIENCE, back).await??;
            sleep(Duration::from_millis(300)).await;
        }
        Ok(())
    })
    .await?;
    assert!(seen.unavailable > 0, "nobody has noticed");
    assert!(!seen.created.is_empty());
    assert!(seen.slowest < PATIENCE, "{:?}", seen.slowest);
    Ok(())
}

/// All connections are ended by the administrator while they are used: who only reads notices
/// nothing.
async fn connections_ended(database: &TestDatabase) -> Outcome {
    let world = World::start(database).await?;
    let seen = under_load(database, &world.server, async || {
        for _ in 0..10 {
            sleep(Duration::from_millis(50)).await;
            let statement = "SELECT pg_terminate_backend(pid) FROM pg_stat_activity
                WHERE datname = current_database() AND application_name = 'mina'";
            database.connection().execute_unprepared(statement).await?;
        }
        Ok(())
    })
    .await?;
    assert!(!seen.created.is_empty());
    let token = world.server.sign_in("ada").await?;
    for _ in 0..20 {
        let statement = "SELECT pg_terminate_backend(pid) FROM pg_stat_activity
            WHERE datname = current_database() AND application_name = 'mina'";
        database.connection().execute_unprepared(statement).await?;
        world
            .server
            .read(&token, "{ meetings { totalCount } }")
            .await?;
    }
    Ok(())
}

/// Who finds no connection free within the time that is set is told so.
async fn no_connection_free(database: &TestDatabase) -> Outcome {
    let world = World::start(database).await?;
    let seed = Seed(database.connection());
    let meeting = seed.meeting(&world.admin, "Planning").await?;
    let flags = [
        "--database-pool-size",
        "1",
        "--database-acquire-timeout",
        "300ms",
    ];
    let server = Server::start_with(database, &flags)?;
    let token = server.sign_in("ada").await?;
    let held = database.connection().begin().await?;
    let lock = format!(
        "SELECT id FROM meeting WHERE id = {} FOR UPDATE",
        meeting.id
    );
    held.execute_unprepared(&lock).await?;
    let document = "mutation ($input: MeetingUpdateInput!) {
        meetingUpdate(input: $input) { meeting { title } userErrors { code } } }";
    let input = json!({"input": {"id": global_id("Meeting", meeting.id), "title": "Later"}});
    let waiting = server.ask_as(&token, document, input);
    let refused = async {
        sleep(Duration::from_millis(200)).await;
        let refused = server.ask("{ __typename meetings { totalCount } }").await?;
        refused.assert_error("UNAUTHENTICATED", "Sign in")?;
        let refused = server
            .ask_as(&token, "{ viewer { id } }", json!({}))
            .await?;
        assert_eq!(refused.status, StatusCode::SERVICE_UNAVAILABLE);
        refused.assert_error("UNAVAILABLE", "Try again")?;
        held.commit().await?;
        Ok::<_, Failed>(())
    };
    let (waiting, refused) = join(waiting, refused).await;
    refused?;
    let title = waiting?.data()?["meetingUpdate"]["meeting"]["title"].clone();
    assert_eq!(title, "Later");
    server.read(&token, "{ viewer { id } }").await?;
    Ok(())
}

/// Another program keeps SQLite from writing: whoever wants to write is told so, whoever reads
/// notices nothing.
async fn locked_file(database: &TestDatabase) -> Outcome {
    let world = World::start(database).await?;
    let token = world.server.sign_in("ada").await?;
    let held = database.connection().begin().await?;
    held.execute_unprepared("UPDATE workspace SET name = 'Held'")
        .await?;
    let refused = create(&world.server, &token, "Not now").await?;
    assert!(!is_served(&refused)?);
    refused.assert_error("UNAVAILABLE", "busy")?;
    assert!(refused.body["data"]["meetingCreate"].is_null());
    world
        .server
        .read(&token, "{ meetings { totalCount } }")
        .await?;
    held.rollback().await?;
    assert!(is_served(&create(&world.server, &token, "Now").await?)?);
    let meetings = entity::meeting::Entity::find();
    assert_eq!(meetings.count(database.connection()).await?, 1);
    Ok(())
}

/// SQLite has no room left: what does not fit leaves nothing, and what is there can be read.
async fn no_room(database: &TestDatabase) -> Outcome {
    drop(World::start(database).await?);
    let server = Server::start_with_small_files(database, 1024)?;
    let token = server.sign_in("ada").await?;
    let mut created = 0;
    let refused = loop {
        let text = "x".repeat(5000);
        let input = json!({"input": {"title": format!("{created}"), "description": text}});
        let answer = server.ask_as(&token, CREATE, input).await?;
        if !is_served(&answer)? {
            break answer;
        }
        created += 1;
        assert!(created < 2000, "there is no end of room");
    };
    refused.assert_error("UNAVAILABLE", "no room")?;
    assert!(created > 0);
    let data = server.read(&token, "{ meetings { totalCount } }").await?;
    assert_eq!(data["meetings"]["totalCount"], created);
    let again = create(&server, &token, "Small").await?;
    let _ = is_served(&again)?;
    Ok(())
}

/// A statement that takes too long ends the request, and is stopped.
async fn too_slow(database: &TestDatabase) -> Outcome {
    let seed = Seed(database.connection());
    let workspace = seed.workspace("acme").await?;
    let user = seed.user(workspace.id, "ada").await?;
    let meeting = seed.meeting(&user, "Planning").await?;
    let series = "WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < 6000)";
    let tasks = format!(
        "INSERT INTO task (title, meeting_id, created_by_id, status, priority)
         {series} SELECT 'task ' || i, {}, {}, 'todo', 'medium' FROM n",
        meeting.id, user.id
    );
    database.connection().execute_unprepared(&tasks).await?;
    let flags = [
        "--request-timeout",
        "700ms",
        "--database-pool-size",
        "1",
        "--database-acquire-timeout",
        "5s",
    ];
    let server = Server::start_with(database, &flags)?;
    let token = server.sign_in("ada").await?;
    // For each task, all of its meeting's are looked through.
    let slow = "{ tasks(where: {meeting: {tasks: {some: {title: {contains: \"nowhere\"}}}}}) {
        totalCount } }";
    let answer = server.ask_as(&token, slow, json!({})).await?;
    assert_eq!(answer.status, StatusCode::GATEWAY_TIMEOUT, "{answer:?}");
    answer.assert_error("TIMEOUT", "Ask for less at once")?;
    // The one connection is free again as soon as the statement has been stopped.
    let began = Instant::now();
    let next = server.ask_as(&token, "{ meetings { totalCount } }", json!({}));
    let next = next.await?;
    if next.status != StatusCode::OK {
        server.read(&token, "{ meetings { totalCount } }").await?;
    }
    assert!(
        began.elapsed() < Duration::from_secs(3),
        "{:?}",
        began.elapsed()
    );
    if database.backend() == DbBackend::Postgres {
        let running = "SELECT pid FROM pg_stat_activity
            WHERE datname = current_database() AND application_name = 'mina'
            AND state = 'active'";
        let running = database
            .connection()
            .query_all_raw(sea_orm::Statement::from_string(
                DbBackend::Postgres,
                running,
            ));
        assert_eq!(running.await?.len(), 0);
    }
    Ok(())
}
