//! Clients that read no answers, over every protocol.

use std::time::Duration;

use axum::body::Body;
use entity::session;
use futures_util::future::{join, join_all};
use hyper::{
    Request, Response,
    body::Incoming,
    client::conn::http2::{Builder, SendRequest},
};
use hyper_util::rt::{TokioExecutor, TokioIo};
use libtest_mimic::Failed;
use sea_orm::ConnectionTrait;
use serde_json::{Value, json};
use tokio::{
    net::TcpStream,
    time::{sleep, timeout},
};

use crate::support::{
    Outcome,
    client::World,
    database::TestDatabase,
    seed::{Seed, global_id},
    server::Server,
    socket::Socket,
    suite::Suite,
};

/// The most memory that the server may have used.
const MAX_MEMORY_KIB: u64 = 1024 * 1024;

/// How many answers each account leaves unread over each protocol.
const UNREAD: usize = 6;

/// The greedy accounts, some of them in one workspace.
const WORKSPACES: [(&str, &[&str]); 3] = [
    ("acme", &["a1", "a2", "a3", "a4"]),
    ("globex", &["g1", "g2"]),
    ("initech", &["i1", "i2"]),
];

/// Adds the cases of this module.
pub fn list(suite: &mut Suite) {
    suite.on_both_databases(unread);
    suite.on_both_databases(copies);
}

/// Each workspace has a meeting with a long description, six tasks, and a session with a segment.
/// Returns the greedy accounts with the sessions of their workspaces.
async fn seed(
    database: &TestDatabase,
    world: &World,
) -> Result<Vec<(&'static str, session::Model)>, Failed> {
    let connection = database.connection();
    let seed = Seed(connection);
    let mut accounts = Vec::new();
    for (name, users) in WORKSPACES {
        let workspace = match name {
            "acme" => world.acme.clone(),
            _ => seed.workspace(name).await?,
        };
        let organizer = seed
            .user(workspace.id, &format!("{name}-organizer"))
            .await?;
        let meeting = seed.meeting(&organizer, "Long").await?;
        for number in 0..6 {
            seed.task(&meeting, &format!("Task {number}")).await?;
        }
        let session = seed.session(&organizer).await?;
        seed.link(&meeting, &session).await?;
        seed.segment(&session, 0, "text").await?;
        for user in users {
            seed.user(workspace.id, user).await?;
            accounts.push((*user, session.clone()));
        }
    }
    let other = seed.workspace("umbrella").await?;
    seed.user(other.id, "other").await?;
    let long = format!("UPDATE meeting SET description = '{}'", "x".repeat(4 << 20));
    connection.execute_unprepared(&long).await?;
    Ok(accounts)
}

/// A connection whose streams take hardly anything without being read.
async fn connect(server: &Server) -> Result<SendRequest<Body>, Failed> {
    let io = TokioIo::new(TcpStream::connect(server.address()).await?);
    let mut client = Builder::new(TokioExecutor::new());
    client.initial_stream_window_size(16);
    let (sender, connection) = client.handshake(io).await?;
    tokio::spawn(connection);
    Ok(sender)
}

/// The head of an answer. Its body is not read as long as the response lives.
async fn head(
    sender: &mut SendRequest<Body>,
    token: &str,
    path: &str,
    body: &Value,
) -> Result<Response<Incoming>, Failed> {
    let request = Request::post(format!("http://mina{path}"))
        .header("content-type", "application/json")
        .header("authorization", format!("Bearer {token}"))
        .body(Body::from(body.to_string()))?;
    Ok(sender.send_request(request).await?)
}

/// What one account does not read.
struct Greed {
    _connection: SendRequest<Body>,
    _answers: Vec<Response<Incoming>>,
    _sockets: Vec<Socket>,
}

/// Asks for long answers over HTTP/2, as event streams and over WebSocket, and reads none.
async fn ask(server: &Server, token: &str, session: &session::Model) -> Result<Greed, Failed> {
    let query = "{ tasks(first: 6) { nodes { meeting { description } } } }";
    let query = json!({"query": query});
    let subscription = json!({
        "query": "subscription ($session: ID!) {
            sessionTranscript(sessionId: $session, after: 0) { segment { session { meeting {
                a: description b: description c: description d: description e: description
            } } } }
        }",
        "variables": {"session": global_id("Session", session.id)},
    });
    let mut connection = connect(server).await?;
    let mut answers = Vec::new();
    for _ in 0..UNREAD {
        for (path, body) in [
            ("/graphql", &query),
            ("/graphql/stream", &query),
            ("/graphql/stream", &subscription),
        ] {
            answers.push(head(&mut connection, token, path, body).await?);
        }
    }
    let mut sockets = Vec::new();
    for body in [&query, &subscription] {
        for _ in 0..UNREAD {
            let mut socket = Socket::begin(server, Some(token)).await?;
            let message = json!({"id": "1", "type": "subscribe", "payload": body});
            socket.send(&message).await?;
            sockets.push(socket);
        }
    }
    Ok(Greed {
        _connection: connection,
        _answers: answers,
        _sockets: sockets,
    })
}

/// Whoever does not read takes no more memory than there is for answers, and others are answered.
async fn unread(database: &TestDatabase) -> Outcome {
    let world = World::start(database).await?;
    let accounts = seed(database, &world).await?;
    // All of them have the same address here.
    let flags = ["--max-requests-in-flight", "0", "--rate-limit-address", "0"];
    let server = Server::start_with(database, &flags)?;
    let mut tokens = Vec::new();
    for (name, _) in &accounts {
        tokens.push(server.sign_in(name).await?);
    }
    let (colleague, other) = (server.sign_in("max").await?, server.sign_in("other").await?);
    let asking = accounts.iter().zip(&tokens);
    let asking = asking.map(|((_, session), token)| ask(&server, token, session));
    let light = async {
        for _ in 0..50 {
            let name = server.read(&other, "{ viewer { username } }").await?;
            assert_eq!(name["viewer"]["username"], "other");
        }
        Ok::<_, Failed>(())
    };
    let (greedy, light) = join(join_all(asking), light).await;
    light?;
    let greedy = greedy.into_iter().collect::<Result<Vec<_>, _>>()?;
    for token in [&colleague, &other] {
        for _ in 0..10 {
            let name = server.read(token, "{ viewer { username } }").await?;
            assert!(name["viewer"]["username"].is_string());
        }
    }
    // They hold what they are not sent, and no more than there is.
    let held = answer_bytes(&server).await?;
    assert!((32 << 20..192 << 20).contains(&held), "{held} bytes");
    let used = server.most_memory_kib()?;
    assert!(used < MAX_MEMORY_KIB, "{used} KiB");
    let errors = server.log_lines_with("internal error");
    assert!(errors.is_empty(), "{errors:?}");
    drop(greedy);
    let released = async {
        // What was rendered last is kept for subscribers who come a little later.
        while answer_bytes(&server).await? > 20 << 20 {}
        Ok::<_, Failed>(())
    };
    timeout(Duration::from_secs(30), released).await?
}

/// A long event is not copied for each subscriber.
async fn copies(database: &TestDatabase) -> Outcome {
    const SUBSCRIBERS: usize = 60;
    let world = World::start(database).await?;
    let accounts = seed(database, &world).await?;
    let (name, session) = &accounts[0];
    let flags = ["--rate-limit-viewer", "0", "--rate-limit-address", "0"];
    let server = Server::start_with(database, &flags)?;
    let token = server.sign_in(name).await?;
    // What is stored is rendered for each subscriber alone, so they begin after it.
    let query = "subscription ($session: ID!) { sessionTranscript(sessionId: $session, after: 1) {
        segment { session { meeting { a: description b: description c: description } } }
    } }";
    let variables = json!({"session": global_id("Session", session.id)});
    let mut sockets = Vec::new();
    for _ in 0..SUBSCRIBERS {
        let mut socket = Socket::begin(&server, Some(&token)).await?;
        let following = socket.follow(&server, "1", query, variables.clone());
        following.await?;
        sockets.push(socket);
    }
    let request = reqwest::Client::new().post(server.url("/graphql/stream"));
    let body = json!({"query": query, "variables": variables});
    let mut reader = request.bearer_auth(&token).json(&body).send().await?;
    let seed = Seed(database.connection());
    seed.segment(session, 1, "new").await?;
    let mut received = 0;
    while received < 12 << 20 {
        let chunk = timeout(Duration::from_secs(20), reader.chunk()).await??;
        received += chunk.ok_or("the stream has ended")?.len();
    }
    // The others have it on its way by then, and do not read it.
    sleep(Duration::from_secs(1)).await;
    let used = server.most_memory_kib()?;
    assert!(used < MAX_MEMORY_KIB / 2, "{used} KiB");
    Ok(())
}

/// The bytes that answers take.
async fn answer_bytes(server: &Server) -> Result<usize, Failed> {
    let metrics = server.metrics().await?;
    let mut lines = metrics.lines();
    let bytes = lines.find_map(|line| line.strip_prefix("mina_answer_bytes "));
    Ok(bytes.ok_or("they are not counted")?.parse()?)
}
