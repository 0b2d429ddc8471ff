//! The telemetry of the server: log, metrics and traces.

use std::{
    collections::BTreeSet,
    process::Command,
    sync::{Arc, Mutex},
    time::{Duration, Instant},
};

use libtest_mimic::Failed;
use reqwest::StatusCode;
use sea_orm::DbBackend;
use serde_json::{Value, json};
use tokio::{
    io::{AsyncRead, AsyncReadExt, AsyncWrite, AsyncWriteExt},
    net::TcpListener,
};

use crate::support::{
    Outcome,
    database::TestDatabase,
    identity::Identity,
    lines::assert_same_lines,
    seed::{PASSWORD, Seed},
    server::{Server, TOKEN_SECRET},
    suite::Suite,
};

/// Adds the cases of this module.
pub fn list(suite: &mut Suite) {
    suite.on_both_databases(one_line_a_request);
    suite.on_both_databases(nothing_secret);
    suite.on_both_databases(slow_statements);
    suite.on_both_databases(every_line_has_its_id);
    suite.on_both_databases(quiet_log);
    suite.on_both_databases(counts);
    suite.on_both_databases(few_labels);
    suite.on_both_databases(metrics_apart);
    suite.on_both_databases(dashboard);
    suite.on_both_databases(traces);
    suite.on_both_databases(traces_over_tls);
    suite.on_both_databases(no_collector);
    suite.on_both_databases(silent_collector);
}

const DASHBOARD: &str = include_str!("../docs/dashboards/mina.json");

async fn start(database: &TestDatabase, flags: &[&str]) -> Result<(Server, String), Failed> {
    let seed = Seed(database.connection());
    let workspace = seed.workspace("acme").await?;
    let user = seed.user(workspace.id, "ada").await?;
    let meeting = seed.meeting(&user, "Planning").await?;
    seed.task(&meeting, "Write the plan").await?;
    let server = Server::start_with(database, flags)?;
    let token = server.sign_in("ada").await?;
    Ok((server, token))
}

async fn metrics(server: &Server) -> Result<String, Failed> {
    let response = reqwest::get(server.url("/metrics")).await?;
    assert_eq!(response.status(), StatusCode::OK);
    let content_type = response.headers()["content-type"].to_str()?;
    assert!(content_type.starts_with("text/plain"), "{content_type}");
    Ok(response.text().await?)
}

/// The value of a series, which is its name with all of its labels in order.
fn value(metrics: &str, series: &str) -> Option<f64> {
    let rest = metrics.lines().find_map(|line| line.strip_prefix(series))?;
    rest.trim().parse().ok()
}

/// Each GraphQL request leaves one line, which says who did what, and how it went.
async fn one_line_a_request(database: &TestDatabase) -> Outcome {
    let (server, token) = start(database, &[]).await?;
    let document = "query Plans { meetings { nodes { title tasks { nodes { title } } } } }";
    let good = server.ask_as(&token, document, json!({})).await?;
    let invalid = server.ask("{ nothing }").await?;
    let rejected = server.ask_as("not a token", document, json!({})).await?;
    let partial = server
        .ask("query Both { __typename workspace { id } }")
        .await?;
    for (answer, expected) in [
        (
            &good,
            json!({"operation": "Plans", "kind": "query", "viewer": 1, "outcome": "ok",
                   "status": 200, "cost": 8, "statements": 2, "rows": 2}),
        ),
        (
            &invalid,
            json!({"kind": "none", "outcome": "invalid", "status": 200, "statements": 0}),
        ),
        (
            &rejected,
            json!({"kind": "none", "outcome": "refused", "status": 401, "statements": 0}),
        ),
        (
            &partial,
            json!({"operation": "Both", "outcome": "partial_errors", "status": 200}),
        ),
    ] {
        server.statements(answer)?;
        let lines = server.log_lines_with(answer.id());
        let lines: Vec<Value> = lines
            .iter()
            .map(|line| serde_json::from_str(line))
            .collect::<Result<_, _>>()?;
        let mut answered = lines.iter().filter(|line| line["message"] == "answered");
        let (Some(line), None) = (answered.next(), answered.next()) else {
            return Err(format!("not one line for {expected}: {lines:#?}").into());
        };
        assert_eq!(line["level"], "INFO");
        assert!(line["duration_ms"].as_f64() > Some(0.0), "{line}");
        for (key, value) in expected.as_object().ok_or("no object")? {
            assert_eq!(&line[key], value, "{key} of {line}");
        }
    }
    Ok(())
}

/// No document, no variable, no password and no token is in the log.
async fn nothing_secret(database: &TestDatabase) -> Outcome {
    let flags = ["--slow-statement", "0s"];
    let (server, token) = start(database, &flags).await?;
    let document = "query Q($text: String!) {
        search(text: $text) { totalCount } meetings(where: {title: {eq: \"canary-literal\"}}) {
            totalCount } }";
    let variables = json!({"text": "canary-variable"});
    let answer = server.ask_as(&token, document, variables).await?;
    answer.data()?;
    server.statements(&answer)?;
    // The tests have statements logged at debug, with their texts but never their values.
    for secret in [
        PASSWORD,
        &token,
        "canary-variable",
        "canary-literal",
        "$text",
    ] {
        let lines = server.log_lines_with(secret);
        assert!(lines.is_empty(), "{secret} is in the log: {lines:#?}");
    }
    Ok(())
}

/// A slow statement is logged with the operation that it ran for, and without its values.
async fn slow_statements(database: &TestDatabase) -> Outcome {
    let (server, token) = start(database, &["--slow-statement", "0s"]).await?;
    let document = "query Slowly { meetings { nodes { title } } }";
    let answer = server.ask_as(&token, document, json!({})).await?;
    answer.data()?;
    server.statements(&answer)?;
    let lines = server.log_lines_with("slow statement");
    let of_request: Vec<Value> = lines
        .iter()
        .filter_map(|line| serde_json::from_str(line).ok())
        .filter(|line: &Value| line["operation"] == "Slowly")
        .collect();
    let [line] = &of_request[..] else {
        return Err(format!("not one slow statement: {lines:#?}").into());
    };
    assert_eq!(line["level"], "WARN");
    assert_eq!(line["span"]["request_id"], answer.id());
    let statement = line["statement"].as_str().ok_or("no statement")?;
    assert!(statement.contains(r#"FROM "meeting""#), "{statement}");
    Ok(())
}

/// As it is usually logged, each line names its request, whatever ran before on the same thread.
async fn every_line_has_its_id(database: &TestDatabase) -> Outcome {
    let (server, token) = start(database, &["--log", "info"]).await?;
    for number in 0..50 {
        let document = format!("query Number{number} {{ meetings {{ nodes {{ title }} }} }}");
        let answer = server.ask_as(&token, &document, json!({})).await?;
        let name = format!("\"Number{number}\"");
        let line: Value = serde_json::from_str(&server.log_line_with(&name)?)?;
        assert_eq!(line["span"]["request_id"], answer.id(), "{line}");
    }
    Ok(())
}

/// If only warnings are logged, they still name their request.
async fn quiet_log(database: &TestDatabase) -> Outcome {
    // The line with the server's address is no warning.
    let flags = [
        "--log",
        "warn,mina::commands=info",
        "--slow-statement",
        "0s",
    ];
    let (server, token) = start(database, &flags).await?;
    let document = "query Quietly { meetings { nodes { title } } }";
    let answer = server.ask_as(&token, document, json!({})).await?;
    answer.data()?;
    let line: Value = serde_json::from_str(&server.log_line_with("Quietly")?)?;
    assert_eq!(line["message"], "slow statement");
    assert_eq!(line["span"]["request_id"], answer.id());
    assert!(server.log_lines_with("answered").is_empty());
    Ok(())
}

/// Counters count.
async fn counts(database: &TestDatabase) -> Outcome {
    let (server, token) = start(database, &["--rate-limit-viewer", "40"]).await?;
    let before = metrics(&server).await?;
    let document = "query Counted { meetings { nodes { title tasks { nodes { id } } } } }";
    for _ in 0..3 {
        let answer = server.ask_as(&token, document, json!({})).await?;
        answer.data()?;
    }
    let after = metrics(&server).await?;
    let requests = r#"mina_requests_total{operation="Counted",kind="query",outcome="ok"}"#;
    assert_eq!(value(&before, requests), None);
    assert_eq!(value(&after, requests), Some(3.0));
    let grown = |series| Some(value(&after, series)? - value(&before, series).unwrap_or(0.0));
    assert_eq!(grown("mina_document_cache_misses_total"), Some(1.0));
    assert_eq!(grown("mina_document_cache_hits_total"), Some(2.0));
    assert_eq!(grown("mina_document_cache_documents"), Some(1.0));
    assert_eq!(grown("mina_sql_rows_total"), Some(6.0));
    // Two for each request, and one that looks up the viewer. On PostgreSQL, that is done only once,
    // because the first statement of later requests says whether the viewer has changed. Those of the
    // journal's reader are counted apart.
    let statements = r#"mina_sql_statements_total{source="requests"}"#;
    let look_ups = if database.backend() == DbBackend::Postgres {
        1.0
    } else {
        3.0
    };
    assert_eq!(grown(statements), Some(6.0 + look_ups));
    assert_eq!(grown("mina_request_cost_points_count"), Some(3.0));
    assert_eq!(grown("mina_loader_batch_keys_count"), Some(6.0));
    let duration = r#"mina_request_duration_seconds_count{kind="query"}"#;
    assert_eq!(grown(duration), Some(3.0));
    let limited = r#"mina_rate_limited_total{by="viewer"}"#;
    assert_eq!(value(&after, limited), Some(0.0));
    while server.ask_as(&token, document, json!({})).await?.status == StatusCode::OK {}
    assert_eq!(value(&metrics(&server).await?, limited), Some(1.0));
    Ok(())
}

/// Clients choose the names of operations, and cannot make more than so many series of them.
async fn few_labels(database: &TestDatabase) -> Outcome {
    let server = Server::start(database)?;
    for number in 0..150 {
        server
            .ask(&format!("query Name{number} {{ __typename }}"))
            .await?;
    }
    let metrics = metrics(&server).await?;
    let names = metrics
        .lines()
        .filter(|line| line.starts_with("mina_requests_total{"));
    assert_eq!(names.count(), 101);
    let other = r#"mina_requests_total{operation="other",kind="query",outcome="ok"}"#;
    assert_eq!(value(&metrics, other), Some(50.0));
    Ok(())
}

/// Metrics can have a listener of their own, and are at no other place then.
async fn metrics_apart(database: &TestDatabase) -> Outcome {
    let server = Server::start_with(database, &["--metrics-listen", "127.0.0.1:0"])?;
    let line: Value = serde_json::from_str(&server.log_line_with("metrics_address")?)?;
    let port = line["metrics_address"].as_str().ok_or("no address")?;
    let beside = reqwest::get(server.url("/metrics")).await?;
    assert_eq!(beside.status(), StatusCode::NOT_FOUND);
    let apart = reqwest::get(format!("http://{port}/metrics")).await?;
    assert!(apart.text().await?.contains("mina_build_info"));
    for health in ["live", "ready"] {
        let response = reqwest::get(format!("http://{port}/health/{health}")).await?;
        assert_eq!(response.status(), StatusCode::OK, "{health}");
    }
    let api = reqwest::get(format!("http://{port}/graphql")).await?;
    assert_eq!(api.status(), StatusCode::NOT_FOUND);

    let second = Command::new(env!("CARGO_BIN_EXE_mina"))
        .args(["serve", "--listen", "127.0.0.1:0"])
        .args(["--database-url", database.url(), "--metrics-listen", port])
        .env_clear()
        .env("MINA_TOKEN_SECRET", TOKEN_SECRET)
        .current_dir(env!("CARGO_TARGET_TMPDIR"))
        .output()?;
    assert!(!second.status.success());
    let message = String::from_utf8(second.stderr)?;
    assert!(message.contains("is in use"), "{message}");
    assert!(message.contains("with --metrics-listen"), "{message}");
    Ok(())
}

/// The dashboard shows every metric there is, and none that is not there.
async fn dashboard(database: &TestDatabase) -> Outcome {
    let (server, token) = start(database, &[]).await?;
    let document = "{ meetings { nodes { title tasks { nodes { title } } } } }";
    server.read(&token, document).await?;
    let mut measured = BTreeSet::new();
    let metrics = metrics(&server).await?;
    for line in metrics.lines() {
        if let Some(described) = line.strip_prefix("# TYPE ") {
            let (name, kind) = described.split_once(' ').ok_or("no type")?;
            assert!(metrics.contains(&format!("# HELP {name} ")), "{name}");
            let suffix = if kind == "histogram" { "_bucket" } else { "" };
            measured.insert(format!("{name}{suffix}"));
        }
    }
    let dashboard: Value = serde_json::from_str(DASHBOARD)?;
    let mut shown = BTreeSet::new();
    for panel in dashboard["panels"].as_array().ok_or("no panels")? {
        for target in panel["targets"].as_array().into_iter().flatten() {
            let expression = target["expr"]
                .as_str()
                .ok_or("a target without expression")?;
            let words = expression.split(|it: char| !it.is_ascii_alphanumeric() && it != '_');
            shown.extend(
                words
                    .filter(|word| word.starts_with("mina_"))
                    .map(str::to_owned),
            );
        }
    }
    assert_same_lines(
        "the metrics of the dashboard",
        &measured.into_iter().collect::<Vec<_>>(),
        &shown.into_iter().collect::<Vec<_>>(),
    )
}

/// A request, its operation and its statements are spans of the trace that the client has begun.
async fn traces(database: &TestDatabase) -> Outcome {
    let collector = TcpListener::bind("127.0.0.1:0").await?;
    let endpoint = format!("http://{}", collector.local_addr()?);
    let received = Arc::<Mutex<Vec<u8>>>::default();
    tokio::spawn(collect(collector, Arc::clone(&received)));
    let (server, token) = start(database, &["--otlp-endpoint", &endpoint]).await?;
    let trace = "4bf92f3577b34da6a3ce929d0e0e4736";
    let parent = "00f067aa0ba902b7";
    let response = reqwest::Client::new()
        .post(server.url("/graphql"))
        .header("traceparent", format!("00-{trace}-{parent}-01"))
        .bearer_auth(&token)
        .json(&json!({"query": "query Traced($t: String!) {
            meetings(where: {title: {eq: $t}}) { nodes { id } } }",
            "variables": {"t": "canary-variable"}}))
        .send()
        .await?;
    assert_eq!(response.status(), StatusCode::OK);
    server.signal("TERM")?;
    assert!(server.ended().await?.success());
    let spans = received.lock().unwrap().clone();
    let has = |bytes: &[u8]| spans.windows(bytes.len()).any(|window| window == bytes);
    for text in [
        "service.name",
        "mina",
        "POST",
        "Traced",
        "graphql.operation.name",
        "db.system",
    ] {
        assert!(has(text.as_bytes()), "no span has {text}");
    }
    assert!(has(br#"FROM "meeting""#), "no span has the statement");
    assert!(!has(b"canary-variable"), "a span has a value");
    assert!(has(&bytes(parent)?), "no span has the parent of the client");
    let id = bytes(trace)?;
    let of_trace = spans
        .windows(id.len())
        .filter(|window| *window == id)
        .count();
    assert!(of_trace >= 3, "{of_trace} spans go on with the trace");
    Ok(())
}

/// The bytes of a hexadecimal id.
fn bytes(id: &str) -> Result<Vec<u8>, Failed> {
    (0..id.len())
        .step_by(2)
        .map(|at| Ok(u8::from_str_radix(&id[at..at + 2], 16)?))
        .collect()
}

/// A collector that is not there holds up nothing, and the log says so.
async fn no_collector(database: &TestDatabase) -> Outcome {
    let nobody = TcpListener::bind("127.0.0.1:0").await?.local_addr()?;
    let endpoint = format!("http://{nobody}");
    let (server, token) = start(database, &["--otlp-endpoint", &endpoint]).await?;
    server.read(&token, "{ viewer { username } }").await?;
    server.signal("TERM")?;
    assert!(server.ended().await?.success());
    server.log_line_with("traces do not reach the collector")?;
    Ok(())
}

/// A collector that takes spans and never answers delays the end by two seconds, and not for as
/// long as the exporter would wait for it, which is ten.
async fn silent_collector(database: &TestDatabase) -> Outcome {
    let collector = TcpListener::bind("127.0.0.1:0").await?;
    let endpoint = format!("http://{}", collector.local_addr()?);
    let (server, token) = start(database, &["--otlp-endpoint", &endpoint]).await?;
    server.read(&token, "{ viewer { username } }").await?;
    let stopped_at = Instant::now();
    server.signal("TERM")?;
    assert!(server.ended().await?.success());
    let elapsed = stopped_at.elapsed();
    assert!(elapsed < Duration::from_secs(8), "{elapsed:?}");
    server.log_line_with("the last spans could not be sent")?;
    Ok(())
}

/// A collector whose certificate is signed by the authority in the settings, and by nobody else.
async fn traces_over_tls(database: &TestDatabase) -> Outcome {
    let identity = Identity::make()?;
    let other = Identity::make()?;
    let acceptor = identity.acceptor()?;
    let collector = TcpListener::bind("127.0.0.1:0").await?;
    let endpoint = format!("https://localhost:{}", collector.local_addr()?.port());
    let received = Arc::<Mutex<Vec<u8>>>::default();
    tokio::spawn({
        let received = Arc::clone(&received);
        async move {
            while let Ok((stream, _)) = collector.accept().await {
                if let Ok(stream) = acceptor.accept(stream).await {
                    tokio::spawn(take(stream, Arc::clone(&received)));
                }
            }
        }
    });
    let endpoint = ["--otlp-endpoint", &endpoint];
    let flags = [&endpoint[..], &["--otlp-ca-file", &identity.certificate]].concat();
    let (server, token) = start(database, &flags).await?;
    server
        .read(&token, "query Secretly { meetings { totalCount } }")
        .await?;
    server.signal("TERM")?;
    assert!(server.ended().await?.success());
    let has = |text: &str| {
        let spans = received.lock().unwrap();
        let bytes = text.as_bytes();
        spans.windows(bytes.len()).any(|window| window == bytes)
    };
    assert!(has("Secretly"), "no span has arrived");

    for ca_file in [&["--otlp-ca-file", &other.certificate][..], &[]] {
        let flags = [&endpoint[..], ca_file].concat();
        let server = Server::start_with(database, &flags)?;
        server
            .read(&token, "query Nowhere { meetings { totalCount } }")
            .await?;
        server.signal("TERM")?;
        assert!(server.ended().await?.success());
        server.log_line_with("traces do not reach the collector")?;
    }
    assert!(!has("Nowhere"), "a span went to whoever has no certificate");

    let flags = [&endpoint[..], &["--otlp-ca-file", "missing.pem"]].concat();
    let server = Server::start_with(database, &flags)?;
    server.log_line_with("cannot read otlp_ca_file missing.pem")?;
    Ok(())
}

/// Takes whatever is sent to a collector, and thanks for it.
async fn collect(listener: TcpListener, received: Arc<Mutex<Vec<u8>>>) {
    while let Ok((stream, _)) = listener.accept().await {
        tokio::spawn(take(stream, Arc::clone(&received)));
    }
}

/// Takes what is sent over one connection.
async fn take(mut stream: impl AsyncRead + AsyncWrite + Unpin, received: Arc<Mutex<Vec<u8>>>) {
    let mut request = Vec::new();
    while let Ok(1..) = stream.read_buf(&mut request).await {
        if is_whole(&request) {
            received.lock().unwrap().append(&mut request);
            let thanks = b"HTTP/1.1 200 OK\r\ncontent-length: 0\r\n\r\n";
            let _ = stream.write_all(thanks).await;
        }
    }
}

/// Whether a request has come with all of its body.
fn is_whole(request: &[u8]) -> bool {
    let text = String::from_utf8_lossy(request).to_lowercase();
    let Some((head, _)) = text.split_once("\r\n\r\n") else {
        return false;
    };
    let length = head
        .lines()
        .find_map(|line| line.strip_prefix("content-length: ")?.trim().parse().ok())
        .unwrap_or(0);
    let end = request.windows(4).position(|window| window == b"\r\n\r\n");
    end.is_some_and(|end| request.len() >= end + 4 + length)
}
