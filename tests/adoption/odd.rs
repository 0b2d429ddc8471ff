//! Values that the data contract does not allow take nothing else with them.

use std::collections::HashSet;

use libtest_mimic::Failed;
use serde_json::{Value, json};

use super::{apply, load, migrated, number};
use crate::support::{
    Outcome,
    client::Client,
    database::TestDatabase,
    seed::{PASSWORD, global_id},
    server::Server,
};

/// Pages over the times of another program neither lose nor repeat a row, and filters find them.
pub async fn pages(database: &TestDatabase) -> Outcome {
    load(database, "odd").await?;
    migrated(database, &apply(database, &[]))?;
    let servers = both_ways(database)?;
    for server in &servers {
        let token = server.sign_in("ada").await?;
        for order in ["CREATED_AT", "UPDATED_AT", "STATUS", "TITLE"] {
            for direction in ["ASC", "DESC"] {
                for size in [1, 2, 5] {
                    let titles = walk(server, &token, order, direction, size).await?;
                    let context = format!("{order} {direction} {size}: {titles:?}");
                    assert_eq!(titles.len(), 12, "{context}");
                    let distinct: HashSet<_> = titles.iter().collect();
                    assert_eq!(distinct.len(), 12, "{context}");
                }
            }
        }
        let data = server
            .read(
                &token,
                "{ meetings(first: 100) { nodes { title createdAt } } }",
            )
            .await?;
        let nodes = data["meetings"]["nodes"].as_array().ok_or("no list")?;
        for node in nodes {
            // The one without a time is shown with the start of 1970, and found by it.
            let document = format!(
                r"{{ meetings(where: {{ createdAt: {{ eq: {} }} }}) {{ nodes {{ title }} }} }}",
                node["createdAt"]
            );
            let found = server.read(&token, &document).await?;
            let found = found["meetings"]["nodes"].as_array().ok_or("no list")?;
            let title = json!({"title": node["title"]});
            assert!(found.contains(&title), "{node}: {found:?}");
        }
    }
    Ok(())
}

/// The servers with and without query plans.
pub fn both_ways(database: &TestDatabase) -> Result<[Server; 2], Failed> {
    Ok([
        Server::start(database)?,
        Server::start_with(database, &["--query-plans", "off"])?,
    ])
}

pub async fn walk(
    server: &Server,
    token: &str,
    order: &str,
    direction: &str,
    size: usize,
) -> Result<Vec<String>, Failed> {
    let mut titles = Vec::new();
    let mut after = Value::Null;
    // A cursor that stands still would never end.
    for _ in 0..20 {
        let document = format!(
            "query ($after: String) {{
                meetings(first: {size}, after: $after, orderBy: {{ field: {order}, direction: {direction} }}) {{
                    nodes {{ title }} pageInfo {{ endCursor hasNextPage }} }} }}"
        );
        let answer = server
            .ask_as(token, &document, json!({"after": after}))
            .await?;
        let page = answer.data()?["meetings"].clone();
        for node in page["nodes"].as_array().ok_or("no list")? {
            titles.push(node["title"].as_str().ok_or("no title")?.to_owned());
        }
        if page["pageInfo"]["hasNextPage"] == false {
            break;
        }
        after = page["pageInfo"]["endCursor"].clone();
    }
    Ok(titles)
}

/// Each odd value is null, its default, or what it means, and its row is there.
pub async fn values(database: &TestDatabase) -> Outcome {
    load(database, "odd").await?;
    migrated(database, &apply(database, &[]))?;
    let servers = both_ways(database)?;
    let document = "{
        workspace { settings }
        users { nodes { username role isActive viewerCanUpdateRole } }
        meetings(first: 100, orderBy: { field: CREATED_AT }) {
            nodes { title status scheduledStart viewerCanStart
                tasks { nodes { title status dueDate viewerCanStart } }
                participants { nodes { role status } }
                analytics { keyTopics topics { topic share atMs } actionItems { title } }
                session { segments { nodes { text kind confidence startMs viewerCanCorrect } }
                    markers { nodes { type content viewerCanDelete } } } } }
    }";
    let document = document.replace(" viewerCanUpdateRole", "");
    let mut answers = Vec::new();
    for server in &servers {
        let token = server.sign_in("ada").await?;
        answers.push(server.read(&token, &document).await?);
        let plain = document
            .replace(" viewerCanStart", "")
            .replace(" viewerCanCorrect", "")
            .replace(" viewerCanDelete", "");
        server.read(&token, &plain).await?;
    }
    assert_eq!(answers[0], answers[1]);
    let data = &answers[0];
    assert_eq!(data["workspace"]["settings"], json!({}));
    let meetings = data["meetings"]["nodes"].as_array().ok_or("no list")?;
    let of = |title: &str| meetings.iter().find(|it| it["title"] == title);
    for (title, status) in [
        ("Meeting 2", "LIVE"),
        ("Meeting 3", "DRAFT"),
        ("Meeting 4", "DRAFT"),
        ("Meeting 5", "DRAFT"),
    ] {
        let meeting = of(title).ok_or(title)?;
        assert_eq!(meeting["status"], status, "{title}");
    }
    assert_eq!(
        of("Meeting 6").ok_or("no meeting")?["scheduledStart"],
        Value::Null
    );
    let first = of("Meeting 1").ok_or("no meeting")?;
    let tasks: Vec<&Value> = first["tasks"]["nodes"]
        .as_array()
        .into_iter()
        .flatten()
        .collect();
    let statuses: HashSet<&str> = tasks
        .iter()
        .filter_map(|it| it["status"].as_str())
        .collect();
    assert_eq!(statuses, HashSet::from(["TODO", "IN_PROGRESS"]));
    assert_eq!(tasks.len(), 3);
    assert_eq!(
        first["participants"]["nodes"],
        json!([{"role": "PARTICIPANT", "status": "INVITED"}])
    );
    let session = &first["session"];
    assert_eq!(session["markers"]["nodes"][0]["type"], "QUESTION");
    let segments = session["segments"]["nodes"].as_array().ok_or("no list")?;
    assert_eq!(segments.len(), 3);
    for segment in segments {
        assert_eq!(segment["kind"], "FINAL");
    }
    let confidences: Vec<&Value> = segments.iter().map(|it| &it["confidence"]).collect();
    assert_eq!(
        confidences.iter().filter(|it| it.is_null()).count(),
        2,
        "{segments:?}"
    );
    for server in &servers {
        assert!(server.log_lines_with("internal error").is_empty());
    }
    Ok(())
}

/// Rows with odd values can be changed, and the values stay until they are given new ones.
pub async fn mutations(database: &TestDatabase) -> Outcome {
    load(database, "odd").await?;
    migrated(database, &apply(database, &[]))?;
    let server = Server::start(database)?;
    let token = server.sign_in("ada").await?;
    let ada = Client {
        server: &server,
        token,
    };
    let id = |name, number| global_id(name, number);
    for (mutation, input) in [
        (
            "meetingUpdate",
            json!({"id": id("Meeting", 6), "title": "Six"}),
        ),
        (
            "meetingUpdate",
            json!({"id": id("Meeting", 3), "title": "Three"}),
        ),
        ("taskUpdate", json!({"id": id("Task", 1), "title": "One"})),
        ("taskUpdate", json!({"id": id("Task", 2), "title": "Two"})),
        ("analyticsRequest", json!({"meetingId": id("Meeting", 1)})),
        (
            "markerUpdate",
            json!({"id": id("Marker", 1), "content": "Ask Bob."}),
        ),
        (
            "segmentCorrect",
            json!({"id": id("Segment", 1), "text": "One."}),
        ),
    ] {
        ada.run(mutation, input, "__typename").await?;
    }
    let kept = "SELECT count(*) FROM task WHERE id = 2 AND status = 'done' AND title = 'Two'";
    assert_eq!(number(database, kept).await?, 1);
    let kept = "SELECT count(*) FROM meeting WHERE id = 6 AND scheduled_start = 'infinity'";
    assert_eq!(number(database, kept).await?, 1);
    // A new state replaces the odd one.
    for (mutation, input) in [
        ("taskComplete", json!({"id": id("Task", 2)})),
        ("meetingComplete", json!({"id": id("Meeting", 2)})),
        ("meetingStart", json!({"id": id("Meeting", 3)})),
        ("meetingDelete", json!({"id": id("Meeting", 1)})),
    ] {
        ada.run(mutation, input, "__typename").await?;
    }
    let known =
        "SELECT count(*) FROM meeting WHERE id IN (2, 3) AND status IN ('completed', 'live')";
    assert_eq!(number(database, known).await?, 2);
    Ok(())
}

/// Users with odd roles, names and addresses sign in, with the least rights.
pub async fn sign_ins(database: &TestDatabase) -> Outcome {
    load(database, "odd").await?;
    migrated(database, &apply(database, &[]))?;
    let server = Server::start(database)?;
    let viewer = "{ viewer { username role } }";
    for (login, username, role) in [
        ("ada", "ada", "ADMIN"),
        ("grace", "grace", "ORGANIZER"),
        ("Grace@Example.org", "grace", "ORGANIZER"),
        (" lin", " lin", "MEMBER"),
        ("lin@example.org", " lin", "MEMBER"),
        ("mary", "mary", "ADMIN"),
        ("Mary@example.org", "mary", "ADMIN"),
        (" ada ", "ada", "ADMIN"),
    ] {
        let token = server.sign_in(login).await?;
        let data = server.read(&token, viewer).await?;
        let expected = json!({"viewer": {"username": username, "role": role}});
        assert_eq!(data, expected, "{login}");
    }
    // The other address is that of another user, who is not active.
    let document = "mutation ($input: SignInInput!) {
        signIn(input: $input) { token userErrors { code } } }";
    let other = json!({"input": {"login": "mary@example.org", "password": PASSWORD}});
    let answer = server.ask_with(document, other.clone()).await?;
    assert_eq!(answer.data()?["signIn"]["token"], Value::Null);
    let activate = r#"UPDATE "user" SET is_active = TRUE WHERE username = 'mary2'"#;
    sea_orm::ConnectionTrait::execute_unprepared(database.connection(), activate).await?;
    let answer = server.ask_with(document, other).await?;
    let token = answer.data()?["signIn"]["token"]
        .as_str()
        .ok_or("no token")?;
    let data = server.read(token, viewer).await?;
    assert_eq!(
        data,
        json!({"viewer": {"username": "mary2", "role": "MEMBER"}})
    );
    // Who has no known role may not do what an admin may.
    let lin = server.sign_in(" lin").await?;
    let create = "mutation { meetingCreate(input: { title: \"x\" }) { meeting { id } } }";
    let answer = server.ask_as(&lin, create, json!({})).await?;
    answer.assert_error("FORBIDDEN", "")?;
    Ok(())
}

/// `--fix enum-case` lets filters find what was in another letter case, and touches nothing else.
pub async fn fixed_case(database: &TestDatabase) -> Outcome {
    load(database, "odd").await?;
    migrated(database, &apply(database, &["--fix", "enum-case"]))?;
    let text = migrated(database, &["adopt"])?;
    assert!(!text.contains("letter case: shown as"), "{text}");
    let archived = "SELECT count(*) FROM meeting WHERE status = 'archived'";
    assert_eq!(number(database, archived).await?, 1);
    let server = Server::start(database)?;
    let token = server.sign_in("ada").await?;
    let live = "{ meetings(where: { status: { eq: LIVE } }) { nodes { title } } }";
    let data = server.read(&token, live).await?;
    assert_eq!(
        data,
        json!({"meetings": {"nodes": [{"title": "Meeting 2"}]}})
    );
    Ok(())
}
