//! PgBouncer in transaction mode: everything works through it, and nothing is left on the sessions
//! that it lends to others.

use std::{process::Command, time::Duration};

use entity::meeting;
use futures_util::future::{join_all, try_join_all};
use libtest_mimic::Failed;
use sea_orm::{
    ConnectionTrait, DatabaseConnection, DbBackend, EntityTrait, PaginatorTrait, Statement,
    sqlx::{ConnectOptions, Connection, Executor, PgConnection, Row, postgres::PgConnectOptions},
};
use serde_json::json;
use tokio::time::timeout;

use crate::support::{
    Outcome,
    client::{Client, World},
    database::TestDatabase,
    endless::{ENDLESS, make_markers_endless},
    pooler::Pooler,
    seed::Seed,
    server::Server,
    socket::Socket,
    suite::Suite,
};

/// Adds the cases of this module.
pub fn list(suite: &mut Suite) {
    suite.through_pooler(queries_and_mutations);
    suite.through_pooler(changes_by_other_nodes);
    suite.through_pooler(settings_of_transactions);
    suite.through_pooler(clients_that_leave);
    suite.through_pooler(migrations_are_rejected);
}

/// Far more than the pooler has sessions.
const CLIENTS: usize = 12;

/// How many meetings each client creates.
const MEETINGS: usize = 8;

/// Two nodes, whose requests share three sessions.
async fn queries_and_mutations(database: &TestDatabase, pooler: &Pooler) -> Outcome {
    let world = World::start(database).await?;
    let nodes = [
        Server::start_at(pooler.url(), &[])?,
        Server::start_at(pooler.url(), &[])?,
    ];
    let token = nodes[0].sign_in("ada").await?;
    let works = (0..CLIENTS).map(async |number| {
        let clients = nodes.each_ref().map(|server| Client {
            server,
            token: token.clone(),
        });
        for round in 0..MEETINGS {
            let title = format!("{number} {round}");
            let [writer, reader] = [&clients[round % 2], &clients[(round + 1) % 2]];
            let input = json!({"title": title, "idempotencyKey": title});
            let id = writer.make("meetingCreate", input, "meeting").await?;
            let task = json!({"meetingId": id, "title": title});
            writer.make("taskCreate", task, "task").await?;
            // A transaction that is rolled back.
            let problems = writer
                .problems("meetingCreate", json!({"title": ""}))
                .await?;
            assert_eq!(problems, ["BLANK title"]);
            let fields = "Meeting { title tasks { totalCount nodes { title } } }";
            let read = reader.node(&id, fields).await?;
            let tasks = json!({"totalCount": 1, "nodes": [{"title": title}]});
            assert_eq!(read, json!({"title": title, "tasks": tasks}));
        }
        Ok::<_, Failed>(())
    });
    try_join_all(works).await?;
    let written = meeting::Entity::find().count(database.connection()).await?;
    assert_eq!(written, (CLIENTS * MEETINGS) as u64);
    assert_nothing_left(pooler).await?;
    drop(world);
    Ok(())
}

/// A node notices the changes that another one makes, also one that is not behind the pooler.
async fn changes_by_other_nodes(database: &TestDatabase, pooler: &Pooler) -> Outcome {
    let world = World::start(database).await?;
    let behind = [
        Server::start_at(pooler.url(), &[])?,
        Server::start_at(pooler.url(), &[])?,
    ];
    let token = behind[0].sign_in("ada").await?;
    let nodes = [&behind[0], &behind[1], &world.server];
    let mut sockets = Vec::new();
    for server in nodes {
        let mut socket = Socket::begin(server, Some(&token)).await?;
        let document = "subscription { meetingChanged { meeting { title } } }";
        socket.follow(server, "1", document, json!({})).await?;
        sockets.push(socket);
    }
    for (number, server) in nodes.into_iter().enumerate() {
        let client = Client {
            server,
            token: token.clone(),
        };
        let title = format!("Meeting {number}");
        client
            .make("meetingCreate", json!({"title": title}), "meeting")
            .await?;
        for socket in &mut sockets {
            let expected = json!({"meetingChanged": {"meeting": {"title": title}}});
            assert_eq!(socket.event("1").await?, expected);
        }
    }
    assert_nothing_left(pooler).await
}

/// Stores the settings of whoever creates a meeting.
const RECORD: &str = "CREATE TABLE seen (name text, setting text);
    CREATE FUNCTION record_settings() RETURNS trigger LANGUAGE plpgsql AS $$
    BEGIN
        INSERT INTO seen SELECT name, current_setting(name) FROM pg_settings;
        RETURN NULL;
    END $$;
    CREATE TRIGGER record AFTER INSERT ON meeting FOR EACH STATEMENT
        EXECUTE FUNCTION record_settings()";

/// Each transaction has the settings of the server, although the role and the database have none.
async fn settings_of_transactions(database: &TestDatabase, pooler: &Pooler) -> Outcome {
    let seed = Seed(database.connection());
    let acme = seed.workspace("acme").await?;
    seed.user(acme.id, "ada").await?;
    for sql in [r#"UPDATE "user" SET role = 'admin'"#, RECORD] {
        database.connection().execute_unprepared(sql).await?;
    }
    let server = Server::start_at(pooler.url(), &[])?;
    let client = Client {
        server: &server,
        token: server.sign_in("ada").await?,
    };
    client
        .make("meetingCreate", json!({"title": "A"}), "meeting")
        .await?;
    for (name, expected) in [
        ("plan_cache_mode", "force_generic_plan"),
        ("jit", "off"),
        ("enable_bitmapscan", "off"),
        ("enable_seqscan", "off"),
        ("statement_timeout", "30s"),
        ("lock_timeout", "1s"),
        ("idle_in_transaction_session_timeout", "30s"),
    ] {
        let sql = format!("SELECT setting FROM seen WHERE name = '{name}'");
        assert_eq!(text(database.connection(), sql).await?, expected, "{name}");
    }
    let said = server.log_lines_with("connected through a pooler");
    assert_eq!(said.len(), 1, "{said:#?}");
    assert_nothing_left(pooler).await
}

/// Clients that go away while the statements of others run on the same sessions: their own end, and
/// nothing else does.
async fn clients_that_leave(database: &TestDatabase, pooler: &Pooler) -> Outcome {
    const LEAVERS: u64 = 40;
    let world = World::start(database).await?;
    let seed = Seed(database.connection());
    let session = seed.session(&world.admin).await?;
    seed.marker(&session, &world.admin, "a").await?;
    let server = Server::start_at(pooler.url(), &[])?;
    let token = server.sign_in("ada").await?;
    make_markers_endless(database.connection()).await?;
    let leaving = async {
        for number in 0..LEAVERS {
            let endless = server.ask_as(&token, ENDLESS, json!({}));
            let _ = timeout(Duration::from_millis(5 + number), endless).await;
        }
        Ok(())
    };
    let client = Client {
        server: &server,
        token: token.clone(),
    };
    let staying = (0..CLIENTS).map(async |number| {
        for round in 0..MEETINGS {
            let title = format!("{number} {round}");
            let input = json!({"title": title});
            client.make("meetingCreate", input, "meeting").await?;
            client.read("{ meetings { totalCount } }").await?;
        }
        Ok::<_, Failed>(())
    });
    let (left, stayed) = futures_util::future::join(leaving, join_all(staying)).await;
    left.and(stayed.into_iter().collect::<Outcome>())?;
    let running = "SELECT count(*)::text AS setting FROM pg_stat_activity
        WHERE datname = current_database() AND state <> 'idle' AND query LIKE '%marker%'
            AND pid <> pg_backend_pid()";
    let ended = async {
        while text(database.connection(), running.to_owned()).await? != "0" {}
        Ok::<_, Failed>(())
    };
    timeout(Duration::from_secs(5), ended).await??;
    assert_nothing_left(pooler).await
}

/// A command that changes tables says that it needs PostgreSQL itself.
async fn migrations_are_rejected(_: &TestDatabase, pooler: &Pooler) -> Outcome {
    for command in ["up", "status", "check"] {
        let output = Command::new(env!("CARGO_BIN_EXE_mina"))
            .args(["migrate", command, "--database-url", pooler.url()])
            .env_clear()
            .output()?;
        let said = String::from_utf8_lossy(&output.stderr);
        assert!(!output.status.success(), "{said}");
        assert!(said.contains("is a connection pooler"), "{said}");
        assert!(said.contains("the address of PostgreSQL itself"), "{said}");
    }
    Ok(())
}

async fn text(connection: &DatabaseConnection, sql: String) -> Result<String, Failed> {
    let statement = Statement::from_string(DbBackend::Postgres, sql);
    let row = connection.query_one_raw(statement).await?;
    Ok(row.ok_or("no row")?.try_get("", "setting")?)
}

/// What a client would meet on a session: settings of others, statements and channels.
const LEFT: &str = "SELECT name || ' = ' || setting AS found FROM pg_settings
        WHERE name IN ('jit', 'plan_cache_mode', 'enable_seqscan', 'enable_bitmapscan',
            'lock_timeout', 'statement_timeout', 'idle_in_transaction_session_timeout')
            AND setting <> reset_val
    UNION ALL SELECT 'prepared: ' || statement FROM pg_prepared_statements
    UNION ALL SELECT 'listens to ' || channel FROM pg_listening_channels() AS channel";

/// Looks at several sessions of the pooler at once.
async fn assert_nothing_left(pooler: &Pooler) -> Outcome {
    let options: PgConnectOptions = pooler.url().parse()?;
    let options = options.extra_float_digits(None);
    let mut connections: Vec<PgConnection> = Vec::new();
    for _ in 0..2 {
        let mut connection = options.connect().await?;
        connection.execute("BEGIN").await?;
        let mut found = Vec::new();
        for row in connection.fetch_all(LEFT).await? {
            found.push(row.try_get::<String, _>("found")?);
        }
        assert_eq!(found, Vec::<String>::new());
        connections.push(connection);
    }
    for connection in connections {
        connection.close().await?;
    }
    Ok(())
}
