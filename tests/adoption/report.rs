//! What `mina migrate adopt` reports. Without `--apply` it changes nothing.

use std::fs;

use sea_orm::{ConnectionTrait, DbBackend};
use serde_json::{Value, json};

use super::{load, migrate, migrated, rejected};
use crate::support::{Outcome, database::TestDatabase, server::Server};

/// A database of Mina has no difference.
pub async fn own_database(database: &TestDatabase) -> Outcome {
    let text = migrated(database, &["adopt"])?;
    assert_eq!(text, "the database is as the data contract says\n");
    let json: Value = serde_json::from_str(&migrated(database, &["adopt", "--json"])?)?;
    assert_eq!(json, json!({"differences": []}));
    Ok(())
}

/// What differs although the models follow the document.
pub async fn documented(database: &TestDatabase) -> Outcome {
    load(database, "documented").await?;
    if database.backend() == DbBackend::Postgres {
        let text = migrated(database, &["adopt"])?;
        assert!(
            text.contains("workspace.settings: is `json` in place of `jsonb`"),
            "{text}"
        );
        assert!(
            text.contains("task.meeting_id: has ON DELETE NO ACTION in place of CASCADE"),
            "{text}"
        );
        assert!(!text.contains("AUTOINCREMENT"), "{text}");
        return Ok(());
    }
    let text = rejected(database, &["adopt"])?;
    for expected in [
        "These differences block adoption:\n  workspace.created_at: 1 row (id 1): written otherwise",
        "meeting.created_at: 8 rows (id 1, 3, 4, 6, 7, …): written otherwise",
        "[--fix timestamps]",
        "task: has no AUTOINCREMENT",
        "task.meeting_id: has ON DELETE NO ACTION in place of CASCADE",
    ] {
        assert!(text.contains(expected), "{expected}: {text}");
    }
    // The option says what would be left.
    let text = migrated(database, &["adopt", "--fix", "timestamps", "--rebuild"])?;
    assert!(!text.contains("written otherwise"), "{text}");
    assert!(!text.contains("AUTOINCREMENT"), "{text}");
    Ok(())
}

/// Plural names are not guessed.
pub async fn plurals(database: &TestDatabase) -> Outcome {
    load(database, "plurals").await?;
    let text = rejected(database, &["adopt"])?;
    let expected = "users: is called `user` in the contract [--rename-tables]";
    assert!(text.contains(expected), "{text}");
    let text = rejected(database, &["adopt", "--map", "users=user"])?;
    assert!(text.contains("users: is renamed to `user`"), "{text}");
    assert!(text.contains("tasks: is called `task`"), "{text}");
    Ok(())
}

/// Names outside of the contract are reported, and can be mapped.
pub async fn other_names(database: &TestDatabase) -> Outcome {
    load(database, "documented").await?;
    let connection = database.connection();
    for sql in [
        "ALTER TABLE task RENAME COLUMN created_by_id TO owner",
        "ALTER TABLE marker RENAME TO bookmark",
    ] {
        connection.execute_unprepared(sql).await?;
    }
    let fix: &[&str] = match database.backend() {
        DbBackend::Sqlite => &["--fix", "timestamps"],
        _ => &[],
    };
    let text = rejected(database, &[&["adopt"], fix].concat())?;
    for expected in [
        "task.created_by_id: is missing, and the contract requires a value in each row",
        "task.owner: is not in the contract, and requires a value that Mina does not know",
        "marker: is missing",
        "bookmark: is not in the contract, and is left alone",
    ] {
        assert!(text.contains(expected), "{expected}: {text}");
    }
    let map = [
        "adopt",
        "--map",
        "task.owner=created_by_id",
        "--map",
        "bookmark=marker",
    ];
    let text = migrated(database, &[&map[..], fix].concat())?;
    assert!(
        text.contains("task.owner: is renamed to `created_by_id`"),
        "{text}"
    );
    let unknown = rejected(database, &["adopt", "--map", "nobody=user"])?;
    assert!(
        unknown.contains("nobody: is mapped, but the database does not have it"),
        "{unknown}"
    );
    Ok(())
}

/// Each odd value is reported with its rows.
pub async fn odd(database: &TestDatabase) -> Outcome {
    load(database, "odd").await?;
    let fix: &[&str] = match database.backend() {
        DbBackend::Sqlite => &["--fix", "timestamps"],
        _ => &[],
    };
    let text = migrated(database, &[&["adopt"], fix].concat())?;
    let mut expected = vec![
        "user.role: 1 row (id 4): in another letter case",
        "user.role: 2 rows (id 3, 5): value that the contract does not know, shown as member",
        "user: 2 rows (id 4, 5): email address that differs from another one in letter case",
        "meeting.status: 1 row (id 2): in another letter case",
        "meeting.status: 2 rows (id 3, 4): value that the contract does not know, shown as draft",
        "task.status: 1 row (id 2): value that the contract does not know, shown as todo",
        "marker.type: 1 row (id 1): value that the contract does not know, shown as question",
        "segment.confidence: 2 rows (id 1, 3): unreadable, shown as null",
        "meeting.scheduled_start: 1 row (id 6): unreadable, shown as null",
        "task.due_date: 1 row (id 1): unreadable, shown as null",
    ];
    if database.backend() == DbBackend::Sqlite {
        expected.extend([
            "segment.start_ms: 1 row (id 2): unreadable, shown as null",
            "analytics.key_topics: 1 row (id 1): unreadable, shown as null",
            "user.is_active: 1 row (id 5): unreadable, shown as false",
        ]);
    }
    for expected in expected {
        assert!(text.contains(expected), "{expected}: {text}");
    }
    let json: Value =
        serde_json::from_str(&migrated(database, &[&["adopt", "--json"], fix].concat())?)?;
    let differences = json["differences"].as_array().ok_or("no list")?;
    let role = differences
        .iter()
        .find(|it| it["table"] == "user" && it["column"] == "role" && it["rows"] == 2);
    let role = role.ok_or("the role is missing")?;
    assert_eq!(role["level"], "notes");
    assert_eq!(role["ids"], json!([3, 5]));
    Ok(())
}

/// What Mina could not work with blocks adoption, and nothing is changed.
pub async fn blocked(database: &TestDatabase) -> Outcome {
    load(database, "documented").await?;
    let connection = database.connection();
    connection
        .execute_unprepared("ALTER TABLE task ADD COLUMN labels varchar(20) NOT NULL DEFAULT ''")
        .await?;
    let bytes = match database.backend() {
        DbBackend::Sqlite => "blob",
        _ => "bytea",
    };
    // In one call, because another connection of the pool might still know the former columns.
    let alter = format!(
        "ALTER TABLE meeting DROP COLUMN title;
        ALTER TABLE segment RENAME COLUMN speaker TO voice;
        ALTER TABLE segment ADD COLUMN speaker {bytes}"
    );
    connection.execute_unprepared(&alter).await?;
    let fix: &[&str] = match database.backend() {
        DbBackend::Sqlite => &["--fix", "timestamps"],
        _ => &[],
    };
    let text = rejected(database, &[&["adopt", "--apply"], fix].concat())?;
    for expected in [
        "meeting.title: is missing, and the contract requires",
        "segment.speaker: is `b",
        "task.labels: is not in the contract, and is left alone",
        "2 differences block adoption",
        "hint: ",
    ] {
        assert!(text.contains(expected), "{expected}: {text}");
    }
    let text = migrated(database, &["status"])?;
    assert!(text.contains("tables that mina did not create"), "{text}");
    Ok(())
}

/// A key that leads to another table blocks the adoption: its rows would belong to others.
pub async fn keys_to_another_table(database: &TestDatabase) -> Outcome {
    load(database, "documented").await?;
    let rename = r#"ALTER TABLE "user" RENAME TO people"#;
    database.connection().execute_unprepared(rename).await?;
    for options in [&["adopt"][..], &["adopt", "--apply", "--rebuild"]] {
        let text = rejected(database, options)?;
        for expected in [
            "meeting.organizer_id: refers to `people` and not to `user`",
            "--map people=user",
        ] {
            assert!(text.contains(expected), "{expected}: {text}");
        }
    }
    let text = migrated(database, &["status"])?;
    assert!(text.contains("tables that mina did not create"), "{text}");
    Ok(())
}

/// Commands that only look, or that refuse, leave the file of another program as it is.
pub async fn looks_change_nothing(database: &TestDatabase) -> Outcome {
    load(database, "plurals").await?;
    let path = database.url().trim_start_matches("sqlite://");
    let before = fs::read(path)?;
    let folder = std::path::Path::new(path).parent().ok_or("no folder")?;
    for arguments in [
        &["status"][..],
        &["up"],
        &["adopt"],
        &["adopt", "--apply"],
        &["check"],
    ] {
        let output = migrate(database, arguments)?;
        if *arguments == ["up"] {
            let text = String::from_utf8(output.stderr)?;
            assert!(
                text.contains("tables that mina did not create: alembic_version, analytics"),
                "{text}"
            );
            assert!(text.contains("mina migrate adopt"), "{text}");
        }
        assert_eq!(fs::read(path)?, before, "{arguments:?}");
    }
    let Err(_) = Server::start(database) else {
        return Err("the server starts on the database of another program".into());
    };
    assert_eq!(fs::read(path)?, before, "serve");
    assert_eq!(fs::read_dir(folder)?.count(), 1);
    // Also if no table has a name of the data contract.
    let rename = "ALTER TABLE analytics RENAME TO analyses";
    database.connection().execute_unprepared(rename).await?;
    let text = rejected(database, &["up"])?;
    assert!(
        text.contains("did not create: alembic_version, analyses"),
        "{text}"
    );
    Ok(())
}
