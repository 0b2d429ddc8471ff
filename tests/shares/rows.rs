//! The memory of very many rows.

use futures_util::future::join_all;
use sea_orm::{ConnectionTrait, Statement};
use serde_json::{Value, json};

use super::answers::MAX_MEMORY_KIB;
use crate::support::{
    Outcome,
    client::World,
    database::TestDatabase,
    seed::{Seed, global_id, moment},
    server::Server,
    suite::Suite,
};

/// Adds the cases of this module.
pub fn list(suite: &mut Suite) {
    suite.on_both_databases(many_rows);
}

/// How many of the worst requests are sent at once.
const AT_ONCE: usize = 50;

/// How many lists a request can have, each of a hundred meetings with a hundred tasks.
const LISTS: usize = 4;

/// How many lists a request has, and which fields of tasks: few or many columns, code behind them,
/// cursors, lists that are counted, and objects that are waited for.
const QUERIES: [(usize, &str); 7] = [
    (LISTS, "nodes { __typename }"),
    (
        LISTS,
        "nodes { databaseId status priority completedAt dueDate updatedAt createdAt title }",
    ),
    (
        LISTS,
        "nodes { viewerCanStart viewerCanUpdate viewerCanAssign viewerCanCancel id }
         edges { node { allowedTransitions } }",
    ),
    (LISTS, "nodes { isBlocked }"),
    (LISTS, "edges { cursor }"),
    (LISTS, "nodes { dependents(first: 1) { totalCount } }"),
    (
        1,
        "nodes { meeting { id } assignedTo { id } dependsOn { id } }",
    ),
];

/// The same for what is read after a mutation, which is not planned.
const AFTER_MUTATIONS: [(usize, &str); 3] = [QUERIES[0], QUERIES[2], QUERIES[6]];

/// As many meetings and tasks as one request may read, in the workspace of a user.
async fn fill(database: &TestDatabase, workspace_id: i32, user_id: i32) -> Outcome {
    let connection = database.connection();
    let numbers = |count: usize| {
        format!("WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < {count})")
    };
    let meetings = format!(
        "INSERT INTO meeting (title, workspace_id, organizer_id, created_at, updated_at)
         {} SELECT 'Many', $1, $2, $3, $3 FROM n",
        numbers(LISTS * 100)
    );
    let tasks = format!(
        "INSERT INTO task (title, description, status, priority, meeting_id, assigned_to_id,
                           created_by_id, completed_at, created_at, updated_at)
         {} SELECT 'Many', 'x', 'todo', 'medium', id, $2, $2, $3, $3, $3
            FROM meeting, n WHERE workspace_id = $1",
        numbers(100)
    );
    for sql in [meetings, tasks] {
        let values = [workspace_id.into(), user_id.into(), moment().into()];
        let backend = connection.get_database_backend();
        let statement = Statement::from_sql_and_values(backend, sql, values);
        connection.execute_raw(statement).await?;
    }
    let depend = "UPDATE task SET depends_on_task_id = id - 1 WHERE id % 100 <> 1";
    connection.execute_unprepared(depend).await?;
    Ok(())
}

/// Lists of a hundred meetings each, with fields of their tasks.
fn lists(count: usize, first: i64, fields: &str) -> String {
    let list = |number: usize| {
        let first = first + i64::try_from(number * 100).unwrap();
        format!(
            "a{number}: meetings(
                first: 100, where: {{ databaseId: {{ gte: {first} }} }}, orderBy: {{ field: ID }}
            ) {{ nodes {{ tasks(first: 100) {{ {fields} }} }} }}"
        )
    };
    (0..count).map(list).collect::<Vec<_>>().join(" ")
}

/// However many rows users of two workspaces read at once, in queries and after mutations, memory
/// stays bounded and the server lives.
async fn many_rows(database: &TestDatabase) -> Outcome {
    let world = World::start(database).await?;
    let seed = Seed(database.connection());
    let globex = seed.workspace("globex").await?;
    let gail = seed.user(globex.id, "gail").await?;
    let flags = ["--rate-limit-viewer", "0", "--rate-limit-address", "0"];
    let server = Server::start_with(database, &flags)?;
    let mut users = Vec::new();
    for (workspace, user) in [(&world.acme, &world.admin), (&globex, &gail)] {
        fill(database, workspace.id, user.id).await?;
        let token = server.sign_in(&user.username).await?;
        let document = "{ meetings(first: 1, orderBy: { field: ID }) { nodes { databaseId } } }";
        let first = server.read(&token, document).await?;
        let first = first["meetings"]["nodes"][0]["databaseId"].as_i64();
        let id = global_id("Workspace", workspace.id);
        users.push((token, first.ok_or("no meeting")?, id));
    }
    let queries = QUERIES.map(|it| (false, it));
    // The mutation is rejected for its input, and the answer reads on nevertheless.
    let mutations = AFTER_MUTATIONS.map(|it| (true, it));
    for (is_mutation, (count, fields)) in queries.into_iter().chain(mutations) {
        let requests = (0..AT_ONCE).map(|number| {
            let (token, first, id) = &users[number % users.len()];
            let mut document = format!("{{ {} }}", lists(count, *first, fields));
            if is_mutation {
                document = format!(
                    r#"mutation {{ workspaceUpdate(input: {{ id: "{id}", name: "" }}) {{
                        query {document} }} }}"#
                );
            }
            server.exchange(Some(token), json!({"query": document}).to_string())
        });
        for reply in join_all(requests).await {
            let status = reply?.status.as_u16();
            assert!([200, 503, 504].contains(&status), "{fields}: {status}");
        }
        let (token, ..) = &users[0];
        let name = server.read(token, "{ viewer { username } }").await?;
        assert_eq!(name["viewer"]["username"], Value::from("ada"));
        server.until_metric("mina_answer_bytes", 0).await?;
        let used = server.most_memory_kib()?;
        assert!(used < MAX_MEMORY_KIB / 2, "{fields}: {used} KiB");
    }
    Ok(())
}
