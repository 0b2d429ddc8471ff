//! Databases as teams have them, with more than the document says: adopted, read, paged and written.

use sea_orm::{ConnectionTrait, DbBackend};
use serde_json::json;

use super::{
    adopted::{disconnect, everything_works},
    apply, load, migrated, number,
    odd::{both_ways, walk},
    rejected,
    structure::assert_refused,
};
use crate::support::{Outcome, database::TestDatabase, server::Server};

/// Adopts a variant, and uses it.
async fn adopt(database: &TestDatabase, options: &[&str]) -> Outcome {
    disconnect(database).await?;
    migrated(database, &apply(database, options))?;
    assert!(migrated(database, &["check"])?.contains("task: 3 checked, none wrong"));
    assert_pages(database).await?;
    everything_works(database).await
}

/// Pages in each order, with and without query plans, neither lose nor repeat a row.
async fn assert_pages(database: &TestDatabase) -> Outcome {
    for server in both_ways(database)? {
        let token = server.sign_in("ada").await?;
        for order in [
            "CREATED_AT",
            "UPDATED_AT",
            "SCHEDULED_START",
            "STATUS",
            "TITLE",
        ] {
            for direction in ["ASC", "DESC"] {
                let mut titles = walk(&server, &token, order, direction, 5).await?;
                titles.sort();
                titles.dedup();
                assert_eq!(titles.len(), 12, "{order} {direction}");
            }
        }
        let filtered = "{ meetings(where: {status: {eq: DRAFT}}) { totalCount }
            tasks(where: {status: {eq: TODO}, priority: {in: [MEDIUM]}}) { totalCount } }";
        let data = server.read(&token, filtered).await?;
        let expected = json!({"meetings": {"totalCount": 12}, "tasks": {"totalCount": 3}});
        assert_eq!(data, expected);
    }
    Ok(())
}

/// Enums, 64-bit ids, UUIDs, decimals and times with time zones.
pub async fn native(database: &TestDatabase) -> Outcome {
    load(database, "native").await?;
    let text = rejected(database, &apply(database, &[]))?;
    let (expected, options): (_, &[_]) = match database.backend() {
        DbBackend::Postgres => (
            "meeting.status: is the enum `meeting_status`, but the contract says `varchar(20)` \
             [--fix types]",
            &["--fix", "types", "--fix", "ids", "--fix", "enum-case"],
        ),
        _ => (
            "task.id: is not `INTEGER PRIMARY KEY`, so SQLite does not number new rows [--rebuild]",
            &["--rebuild", "--fix", "enum-case"],
        ),
    };
    assert!(text.contains(expected), "{text}");
    adopt(database, options).await
}

/// Columns, tables and a view that only the application knows.
pub async fn soft(database: &TestDatabase) -> Outcome {
    load(database, "soft").await?;
    adopt(database, &[]).await?;
    // `taskDelete` and `meetingDelete` have deleted the tasks, and their comments with them.
    assert_eq!(number(database, "SELECT count(*) FROM comment").await?, 0);
    let view = "SELECT count(*) FROM open_task";
    let open = number(database, view).await?;
    let insert = "INSERT INTO task (title, meeting_id, created_by_id) VALUES ('Open', 2, 1)";
    database.connection().execute_unprepared(insert).await?;
    assert_eq!(number(database, view).await?, open + 1);
    Ok(())
}

/// The same after the tables were rebuilt.
pub async fn soft_rebuilt(database: &TestDatabase) -> Outcome {
    load(database, "soft").await?;
    adopt(database, &["--rebuild"]).await?;
    for refused in [
        "INSERT INTO task (title, meeting_id, created_by_id) VALUES ('', 2, 1)",
        "INSERT INTO task (title, meeting_id, created_by_id, status) VALUES ('x', 2, 1, 'open')",
        "INSERT INTO comment (task_id, body) VALUES (999, 'x')",
    ] {
        assert_refused(database, refused).await;
    }
    Ok(())
}

/// Indexes with names that Mina needs.
pub async fn named(database: &TestDatabase) -> Outcome {
    load(database, "named").await?;
    let text = rejected(database, &apply(database, &[]))?;
    assert!(text.contains("3 differences block adoption"), "{text}");
    adopt(database, &["--fix", "index-names"]).await
}

/// Names that have to be quoted.
pub async fn quoted(database: &TestDatabase) -> Outcome {
    load(database, "quoted").await?;
    let mut options = vec!["--map", "Meetings=meeting", "--map", "ToDo=task"];
    // SQLite does not distinguish letter case.
    if database.backend() == DbBackend::Postgres {
        options.extend(["--map", "User=user"]);
    }
    options.push("--rebuild");
    adopt(database, &options).await
}

/// Rows whose parents are gone.
pub async fn unkept(database: &TestDatabase) -> Outcome {
    load(database, "unkept").await?;
    migrated(database, &apply(database, &[]))?;
    for server in both_ways(database)? {
        let token = server.sign_in("ada").await?;
        let data = server
            .read(
                &token,
                "{ tasks { nodes { title assignedTo { username } createdBy { username } } }
                   meetings(first: 100) { nodes { participants { nodes { user { username } } } } } }",
            )
            .await?;
        assert!(!data.to_string().contains("Lost"), "{data}");
        assert_eq!(data["tasks"]["nodes"][0]["assignedTo"], json!(null));
    }
    let server = Server::start(database)?;
    let token = server.sign_in("ada").await?;
    let create = "mutation { meetingCreate(input: {title: \"New\"}) { meeting { title } } }";
    server.read(&token, create).await?;
    assert!(migrated(database, &["check"])?.contains("none wrong"));
    Ok(())
}
