//! A rolling upgrade: a node of the last release goes on while the schema becomes that of this one.

use std::{env, path::Path};

use libtest_mimic::Failed;
use migration::{Migrator, MigratorTrait};
use sea_orm::DbBackend;
use serde_json::{Value, json};

use super::migrated;
use crate::{
    support::{
        Outcome,
        database::{TestDatabase, TestDatabases},
        seed::Seed,
        server::Server,
    },
    twins::OTHER_BINARY_VARIABLE,
};

/// A node of the last release reads and writes on the schema of this release, and a node of this
/// release beside it sees the same. On SQLite, which has one node, it comes after it.
pub async fn upgrade(databases: &TestDatabases) -> Outcome {
    let last = env::var_os(OTHER_BINARY_VARIABLE).ok_or("there is no other release")?;
    let last = Path::new(&last);
    for backend in [DbBackend::Sqlite, DbBackend::Postgres] {
        let database = databases.create_with(backend, last).await?;
        let applied = Migrator::get_applied_migrations(database.connection()).await?;
        let is_older = applied.len() < Migrator::migrations().len();
        let seed = Seed(database.connection());
        let workspace = seed.workspace("acme").await?;
        seed.user(workspace.id, "ada").await?;

        let old = Server::start_binary(last, &database, &[])?;
        let token = old.sign_in("ada").await?;
        work(&old, &token, "before").await?;
        migrated(&database, &["up"])?;
        work(&old, &token, "during").await?;
        if backend == DbBackend::Sqlite {
            old.kill()?;
        }
        let new = Server::start(&database)?;
        // The token of the old node is valid on the new one.
        work(&new, &token, "after").await?;
        let found = titles(&new, &token).await?;
        assert_eq!(found, ["after", "before", "during"]);
        if backend == DbBackend::Postgres {
            assert_eq!(titles(&old, &token).await?, found);
            old.kill()?;
        }
        migrated(&database, &["check"])?;
        if is_older {
            assert_does_not_start(last, &database)?;
        }
        drop(new);
        database.delete().await?;
    }
    Ok(())
}

/// Writes in each of the tables that a meeting needs, and reads it back.
async fn work(server: &Server, token: &str, title: &str) -> Outcome {
    let mutate = async |document: &str, input: Value| {
        let answer = server
            .ask_as(token, document, json!({"input": input}))
            .await?;
        let payload = answer.data()?.as_object().and_then(|it| it.values().next());
        let payload = payload.cloned().unwrap_or_default();
        assert_eq!(payload["userErrors"], json!([]), "{document}");
        Ok::<_, Failed>(payload)
    };
    let meeting = mutate(
        "mutation ($input: MeetingCreateInput!) {
            meetingCreate(input: $input) { meeting { id } userErrors { message } }
        }",
        json!({"title": title}),
    );
    let meeting = meeting.await?["meeting"]["id"].clone();
    let task = mutate(
        "mutation ($input: TaskCreateInput!) {
            taskCreate(input: $input) { task { id } userErrors { message } }
        }",
        json!({"meetingId": meeting, "title": title}),
    );
    let task = task.await?["task"]["id"].clone();
    let session = mutate(
        "mutation ($input: SessionCreateInput!) {
            sessionCreate(input: $input) { session { id } userErrors { message } }
        }",
        json!({"meetingId": meeting}),
    );
    let session = session.await?["session"]["id"].clone();
    mutate(
        "mutation ($input: SessionStartInput!) {
            sessionStart(input: $input) { userErrors { message } }
        }",
        json!({"id": session}),
    )
    .await?;
    mutate(
        "mutation ($input: SegmentsAppendInput!) {
            segmentsAppend(input: $input) { userErrors { message } }
        }",
        json!({"sessionId": session, "segments": [{"text": title, "startMs": 0, "endMs": 900}]}),
    )
    .await?;
    let document = format!(
        "{{
            node(id: {task}) {{ ... on Task {{ title meeting {{ title }} }} }}
            session(by: {{id: {session}}}) {{ segments(first: 2) {{ nodes {{ text }} }} }}
        }}"
    );
    let read = server.read(token, &document).await?;
    let expected = json!({
        "node": {"title": title, "meeting": {"title": title}},
        "session": {"segments": {"nodes": [{"text": title}]}},
    });
    assert_eq!(read, expected);
    Ok(())
}

async fn titles(server: &Server, token: &str) -> Result<Vec<String>, Failed> {
    let read = server
        .read(token, "{ meetings { nodes { title } } }")
        .await?;
    let nodes = read["meetings"]["nodes"].as_array().into_iter().flatten();
    let mut titles: Vec<String> = nodes
        .filter_map(|node| node["title"].as_str().map(str::to_owned))
        .collect();
    titles.sort();
    Ok(titles)
}

/// A node of the last release does not start on the new schema, and names what it does not know.
fn assert_does_not_start(last: &Path, database: &TestDatabase) -> Outcome {
    let Err(failure) = Server::start_binary(last, database, &[]) else {
        return Err("the last release starts on the new schema".into());
    };
    let newest = Migrator::migrations();
    let newest = newest.last().ok_or("there are no migrations")?;
    let message = failure.message().unwrap_or_default();
    assert!(message.contains(newest.name()), "{message}");
    Ok(())
}
