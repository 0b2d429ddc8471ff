//! Python on the same database: the program whose tables were adopted goes on writing.

use std::{
    env,
    path::{Path, PathBuf},
    process::{Command, Output},
    time::Duration,
};

use libtest_mimic::Failed;
use serde_json::json;
use tokio::time::{sleep, timeout};

use super::{apply, load, migrated};
use crate::support::{Outcome, database::TestDatabase, server::Server};

/// The interpreter to use in place of `python3`, such as one of a virtual environment with SQLAlchemy.
const PYTHON: &str = "MINA_TEST_PYTHON";

fn python() -> Command {
    Command::new(env::var_os(PYTHON).unwrap_or_else(|| "python3".into()))
}

/// Whether Python can import a module.
fn has_module(name: &str) -> bool {
    let output = python().args(["-c", &format!("import {name}")]).output();
    output.is_ok_and(|output| output.status.success())
}

fn folder() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../../tests/adoption")
}

fn assert_success(output: &Output) -> Outcome {
    if output.status.success() {
        Ok(())
    } else {
        Err(String::from_utf8_lossy(&output.stderr).into_owned().into())
    }
}

/// The fixtures are what SQLAlchemy stores. Where it is not installed, nothing is checked.
pub async fn fixtures_are_current() -> Outcome {
    if !has_module("sqlalchemy, bcrypt") {
        eprintln!("there is no SQLAlchemy: set {PYTHON} to a Python that has it");
        return Ok(());
    }
    let mut command = python();
    command.env("PYTHONDONTWRITEBYTECODE", "1");
    assert_success(
        &command
            .arg(folder().join("build.py"))
            .arg("check")
            .output()?,
    )
}

/// What the other program does while Mina serves, as `sqlite3` of Python and SQLAlchemy do it.
const WRITES: &str = r#"
import sqlite3, sys, time
connection = sqlite3.connect(sys.argv[1], timeout=30)
for number in range(30):
    at = f"2026-05-05 10:00:{number:02}.{'000000' if number % 2 else '500000'}"
    with connection:
        connection.execute(
            "INSERT INTO meeting (title, status, workspace_id, organizer_id, created_at) VALUES (?, 'DRAFT', 1, 1, ?)",
            (f"From Python {number}", at))
        meeting = connection.execute("SELECT max(id) FROM meeting").fetchone()[0]
        connection.execute(
            "INSERT INTO task (title, status, meeting_id, created_by_id, created_at) VALUES (?, 'todo', ?, 1, ?)",
            ("Task", meeting, at))
        connection.execute(
            "INSERT INTO segment (session_id, text, start_ms, created_at) VALUES (1, ?, ?, ?)",
            (f"From Python {number}", 10000 + number, at))
    with connection:
        connection.execute("UPDATE task SET status = 'completed', completed_at = ? WHERE meeting_id = ?", (at, meeting))
    if number % 10 == 9:
        with connection:
            connection.execute("DELETE FROM task WHERE meeting_id = ?", (meeting,))
            connection.execute("DELETE FROM meeting WHERE id = ?", (meeting,))
rows = connection.execute("SELECT created_at FROM meeting WHERE title LIKE 'From Python%'").fetchall()
assert len(rows) == 27, rows
"#;

/// Python writes while Mina serves: neither fails, and everything that Python wrote is shown.
pub async fn python_writes(database: &TestDatabase) -> Outcome {
    if !has_module("sqlite3") {
        eprintln!("there is no Python");
        return Ok(());
    }
    load(database, "documented").await?;
    migrated(database, &apply(database, &[]))?;
    let server = Server::start(database)?;
    let token = server.sign_in("ada").await?;
    let path = database.url().trim_start_matches("sqlite://").to_owned();
    let writer = std::thread::spawn(move || python().args(["-c", WRITES, &path]).output());
    let mut created = 0;
    let writing = async {
        while !writer.is_finished() {
            let create = "mutation { meetingCreate(input: { title: \"From Mina\" }) {
                meeting { id } userErrors { message } } }";
            let answer = server.ask_as(&token, create, json!({})).await?;
            answer.data()?;
            created += 1;
            sleep(Duration::from_millis(20)).await;
        }
        Ok::<_, Failed>(())
    };
    timeout(Duration::from_mins(1), writing).await??;
    assert_success(&writer.join().map_err(|_| "the thread panicked")??)?;
    let document = "query ($after: String) { meetings(
            first: 7, after: $after, orderBy: { field: CREATED_AT }
            where: { title: { startsWith: \"From\" } }) {
        nodes { title tasks { nodes { status } } } pageInfo { endCursor hasNextPage } } }";
    let mut after = json!(null);
    let (mut of_python, mut of_mina) = (0, 0);
    loop {
        let answer = server
            .ask_as(&token, document, json!({"after": after}))
            .await?;
        let page = answer.data()?["meetings"].clone();
        for node in page["nodes"].as_array().ok_or("no list")? {
            if node["title"] == "From Mina" {
                of_mina += 1;
            } else {
                of_python += 1;
                assert_eq!(node["tasks"]["nodes"], json!([{"status": "COMPLETED"}]));
            }
        }
        if page["pageInfo"]["hasNextPage"] == false {
            break;
        }
        after = page["pageInfo"]["endCursor"].clone();
    }
    assert_eq!((of_python, of_mina), (27, created));
    let segments = "{ sessions { nodes { segments(first: 100) { totalCount } } } }";
    let data = server.read(&token, segments).await?;
    let total = data["sessions"]["nodes"].as_array().ok_or("no list")?;
    assert!(
        total.contains(&json!({"segments": {"totalCount": 33}})),
        "{total:?}"
    );
    assert!(migrated(database, &["check"])?.contains("task: 30 checked, none wrong"));
    Ok(())
}
