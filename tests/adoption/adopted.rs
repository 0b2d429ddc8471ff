//! What works on adopted databases.

use sea_orm::{ConnectionTrait, DbBackend};
use serde_json::{Value, json};

use super::{apply, load, migrated, number, rejected};
use crate::support::{
    Outcome, client::Client, database::TestDatabase, seed::global_id, server::Server,
};

/// Everything can be read and written.
pub async fn documented(database: &TestDatabase) -> Outcome {
    load(database, "documented").await?;
    let alembic = "SELECT count(*) FROM alembic_version WHERE version_num = '3f2a9c1d7b64'";
    migrated(database, &apply(database, &[]))?;
    assert_eq!(number(database, alembic).await?, 1);
    everything_works(database).await?;
    assert_eq!(number(database, alembic).await?, 1);
    assert!(migrated(database, &["check"])?.contains("task: 1 checked, none wrong"));
    // Nothing is left to add.
    let text = migrated(database, &["adopt"])?;
    assert!(!text.contains("`--apply` adds"), "{text}");
    assert!(migrated(database, &["up"])?.contains("nothing to apply"));
    Ok(())
}

/// Tables with plural names are renamed when that is asked for.
pub async fn plurals(database: &TestDatabase) -> Outcome {
    load(database, "plurals").await?;
    disconnect(database).await?;
    migrated(database, &apply(database, &["--rename-tables"]))?;
    everything_works(database).await
}

/// Missing columns and tables are added. The rows that are there do not pretend to be of now.
pub async fn old(database: &TestDatabase) -> Outcome {
    load(database, "old").await?;
    let text = migrated(database, &apply(database, &[]))?;
    for expected in [
        "marker: is missing",
        "task.priority: is missing",
        "meeting.updated_at: is missing",
        "task: has no index on (meeting_id, status)",
    ] {
        assert!(text.contains(expected), "{expected}: {text}");
    }
    let now = "SELECT count(*) FROM meeting WHERE updated_at IS NOT NULL";
    assert_eq!(number(database, now).await?, 0);
    everything_works(database).await
}

/// The other connections of a case, which would be another program's.
pub async fn disconnect(database: &TestDatabase) -> Outcome {
    if database.backend() == DbBackend::Postgres {
        // One statement for all, its own connection included, so it fails.
        let all = "SELECT pg_terminate_backend(pid) FROM pg_stat_activity
            WHERE datname = current_database() ORDER BY pid = pg_backend_pid()";
        let _ = database.connection().execute_unprepared(all).await;
    }
    Ok(())
}

/// Reads each type with all its relations, and runs a mutation of each kind.
pub async fn everything_works(database: &TestDatabase) -> Outcome {
    let server = Server::start(database)?;
    let token = server.sign_in("ada").await?;
    let ada = Client {
        server: &server,
        token,
    };
    server.sign_in("Grace@Example.org").await?;
    let graph = "{
        workspace { name settings createdAt }
        users { nodes { username email role isActive createdAt } }
        meetings(first: 100) { totalCount nodes {
            title status createdAt updatedAt scheduledStart
            session { status startedAt language vadEnabled
                segments { nodes { text confidence startMs kind createdAt } }
                markers { nodes { type content timestamp } } }
            tasks { nodes { title status priority dueDate createdAt dependsOn { title } } }
            participants { nodes { role status createdAt user { username } } }
            analytics { analysisStatus keyTopics topics { topic } meetingEffectivenessScore } } }
    }";
    let before = ada.read(graph).await?;
    assert_eq!(before["meetings"]["totalCount"], 12, "{before:#}");

    let meeting = ada
        .make("meetingCreate", json!({"title": "New"}), "meeting")
        .await?;
    ada.run(
        "meetingUpdate",
        json!({"id": meeting, "title": "Newer"}),
        "__typename",
    )
    .await?;
    let task = json!({"meetingId": meeting, "title": "New"});
    let task = ada.make("taskCreate", task, "task").await?;
    ada.run("taskComplete", json!({"id": task}), "__typename")
        .await?;
    ada.run("meetingStart", json!({"id": meeting}), "__typename")
        .await?;
    ada.run("meetingComplete", json!({"id": meeting}), "__typename")
        .await?;
    let segments = json!({
        "sessionId": global_id("Session", 1),
        "segments": [{"key": "one", "text": "More.", "startMs": 9000, "endMs": 9900}]
    });
    ada.run("segmentsAppend", segments, "__typename").await?;
    let settings = json!({"id": global_id("Workspace", 1), "settings": {"theme": "light"}});
    ada.run("workspaceUpdate", settings, "__typename").await?;
    let old = global_id("Meeting", 1);
    ada.run("analyticsRequest", json!({"meetingId": old}), "__typename")
        .await?;
    let invitations = json!([{"userId": global_id("User", 2)}]);
    let invited = json!({"meetingId": global_id("Meeting", 2), "invitations": invitations});
    ada.run("participantsInvite", invited, "__typename").await?;
    ada.run(
        "taskDelete",
        json!({"id": global_id("Task", 1)}),
        "deletedId",
    )
    .await?;
    ada.run("meetingDelete", json!({"id": old}), "deletedId")
        .await?;
    let after = ada.read(graph).await?;
    assert_eq!(after["meetings"]["totalCount"], 12, "{after:#}");
    Ok(())
}

/// Rows without `ON DELETE` take with them what belongs to them.
pub async fn deletions(database: &TestDatabase) -> Outcome {
    load(database, "documented").await?;
    migrated(database, &apply(database, &[]))?;
    let server = Server::start(database)?;
    let token = server.sign_in("ada").await?;
    let ada = Client {
        server: &server,
        token,
    };
    // A task of another meeting depends on one of this meeting.
    let elsewhere = "INSERT INTO task (title, meeting_id, created_by_id, depends_on_task_id)
        VALUES ('Elsewhere', 2, 1, 3)";
    database.connection().execute_unprepared(elsewhere).await?;
    ada.run(
        "taskDelete",
        json!({"id": global_id("Task", 2)}),
        "deletedId",
    )
    .await?;
    let dependent = "SELECT count(*) FROM task WHERE id = 3 AND depends_on_task_id IS NULL";
    assert_eq!(number(database, dependent).await?, 1);
    ada.run(
        "meetingDelete",
        json!({"id": global_id("Meeting", 1)}),
        "deletedId",
    )
    .await?;
    for table in ["participant", "analytics"] {
        let left = format!("SELECT count(*) FROM {table}");
        assert_eq!(number(database, &left).await?, 0, "{table}");
    }
    let tasks = ada
        .read("{ tasks { nodes { title dependsOn { title } } } }")
        .await?;
    let left = json!([{"title": "Elsewhere", "dependsOn": null}]);
    assert_eq!(tasks["tasks"]["nodes"], left);
    // Each deletion is in the journal once.
    let journaled =
        "SELECT count(*) FROM mina_change WHERE action = 'deleted' AND subject <> 'User'";
    assert_eq!(number(database, journaled).await?, 6);
    Ok(())
}

/// After `--rebuild`, the database deletes what belongs to a row, and gives no id again.
pub async fn rebuilt(database: &TestDatabase) -> Outcome {
    load(database, "documented").await?;
    let connection = database.connection();
    for sql in [
        "ALTER TABLE task ADD COLUMN labels varchar(20) DEFAULT 'none'",
        "CREATE INDEX ix_task_labels ON task (labels)",
    ] {
        connection.execute_unprepared(sql).await?;
    }
    let rows = row_texts(database).await?;
    // Before it is adopted, after that, and again.
    migrated(database, &["adopt", "--rebuild", "--fix", "timestamps"])?;
    for options in [&[][..], &["--rebuild"], &["--rebuild"]] {
        disconnect(database).await?;
        migrated(database, &apply(database, options))?;
        if options.is_empty() {
            continue;
        }
        let text = migrated(database, &["adopt"])?;
        for gone in ["AUTOINCREMENT", "ON DELETE", "blocks"] {
            assert!(!text.contains(gone), "{text}");
        }
        assert!(migrated(database, &["check"])?.contains("triggers: "));
        assert_eq!(row_texts(database).await?, rows);
    }
    let labels = "SELECT count(*) FROM task WHERE labels = 'none'";
    assert_eq!(number(database, labels).await?, 3);
    let highest = "SELECT max(id) FROM task";
    let before = number(database, highest).await?;
    let delete = "DELETE FROM task WHERE id = (SELECT max(id) FROM task)";
    connection.execute_unprepared(delete).await?;
    let insert = "INSERT INTO task (title, meeting_id, created_by_id) VALUES ('New', 1, 1)";
    connection.execute_unprepared(insert).await?;
    assert_eq!(number(database, highest).await?, before + 1);
    connection
        .execute_unprepared("DELETE FROM meeting WHERE id = 1")
        .await?;
    assert_eq!(number(database, "SELECT count(*) FROM task").await?, 0);
    everything_but_the_deleted(database).await
}

async fn everything_but_the_deleted(database: &TestDatabase) -> Outcome {
    let server = Server::start(database)?;
    let token = server.sign_in("ada").await?;
    let data = server.read(&token, "{ meetings { totalCount } }").await?;
    assert_eq!(data, json!({"meetings": {"totalCount": 11}}));
    Ok(())
}

/// Some columns of some rows as text.
async fn row_texts(database: &TestDatabase) -> Result<Vec<Value>, libtest_mimic::Failed> {
    let sql = "SELECT CAST(id AS varchar(20)) || ' ' || title || ' ' || status || ' '
        || CAST(meeting_id AS varchar(20)) || ' ' || CAST(due_date AS varchar(30)) AS line
        FROM task ORDER BY id";
    let statement = sea_orm::Statement::from_string(database.backend(), sql);
    let rows = database.connection().query_all_raw(statement).await?;
    let lines = rows.iter().map(|row| row.try_get::<String>("", "line"));
    Ok(lines
        .map(|line| line.map(Value::from))
        .collect::<Result<_, _>>()?)
}

/// The tables of the other program are not dropped when migrations are reverted.
pub async fn not_reverted(database: &TestDatabase) -> Outcome {
    load(database, "documented").await?;
    migrated(database, &apply(database, &[]))?;
    let text = rejected(database, &["down", "--steps", "100", "--delete-data"])?;
    let expected = "m20260101_000009_create_marker was not applied by mina";
    assert!(text.contains(expected), "{text}");
    for table in ["meeting", "marker", "alembic_version"] {
        let rows = number(database, &format!("SELECT count(*) FROM {table}")).await?;
        assert!(rows > 0, "{table}");
    }
    migrated(database, &["up"])?;
    everything_works(database).await
}
