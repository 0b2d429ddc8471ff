//! The memory of answers.

use futures_util::future::join_all;
use sea_orm::{ConnectionTrait, DbBackend, Statement};
use serde_json::{Value, json};

use crate::support::{
    Outcome, client::World, database::TestDatabase, seed::Seed, server::Server, suite::Suite,
};

/// The most memory that the server may have used.
pub const MAX_MEMORY_KIB: u64 = 1024 * 1024;

/// How many of the worst requests are sent at once.
const AT_ONCE: usize = 50;

/// Adds the cases of this module.
pub fn list(suite: &mut Suite) {
    suite.on_both_databases(memory);
    suite.on_both_databases(limit);
    suite.on_both_databases(several);
    suite.on_both_databases(unselected);
}

/// A description as another program may have stored it.
const LONG: usize = 4 * 1024 * 1024;

/// Acme has a meeting with a very long description and a hundred tasks, and settings with very many
/// numbers.
async fn seed(database: &TestDatabase, world: &World) -> Outcome {
    let connection = database.connection();
    let seed = Seed(connection);
    let meeting = seed.meeting(&world.organizer, "Long").await?;
    for number in 0..100 {
        seed.task(&meeting, &format!("Task {number}")).await?;
    }
    let backend = connection.get_database_backend();
    let execute = async |sql: &str, value: String| {
        let statement = Statement::from_sql_and_values(backend, sql, [value.into()]);
        connection.execute_raw(statement).await
    };
    execute("UPDATE meeting SET description = $1", "x".repeat(LONG)).await?;
    let settings = if backend == DbBackend::Postgres {
        "UPDATE workspace SET settings = $1::jsonb"
    } else {
        "UPDATE workspace SET settings = $1"
    };
    let numbers = json!({"numbers": vec![1; 20_000]}).to_string();
    execute(settings, numbers).await?;
    Ok(())
}

/// A list of tasks under fifteen aliases, each with what `selection` says.
fn fifteen_times(selection: &str) -> String {
    let list = |alias| format!("a{alias}: tasks(first: 100) {{ nodes {{ {selection} }} }}");
    let lists: Vec<_> = (0..15).map(list).collect();
    format!("{{ {} }}", lists.join(" "))
}

/// Whatever is selected within the limits of cost, memory stays bounded and the server lives.
async fn memory(database: &TestDatabase) -> Outcome {
    let world = World::start(database).await?;
    seed(database, &world).await?;
    // As many requests at once as usual, which most other cases do not limit.
    let server = Server::start_with(database, &["--max-requests-in-flight", "0"])?;
    let token = server.sign_in("ada").await?;
    for selection in [
        "meeting { description }",
        "meeting { workspace { settings } }",
        "title",
    ] {
        let body = json!({"query": fifteen_times(selection)}).to_string();
        let replies = (0..AT_ONCE).map(|_| server.exchange(Some(&token), body.clone()));
        for reply in join_all(replies).await {
            let status = reply?.status.as_u16();
            assert!([200, 503].contains(&status), "{selection}: {status}");
        }
        let name = server.read(&token, "{ viewer { username } }").await?;
        assert_eq!(name["viewer"]["username"], "ada");
        server.until_metric("mina_answer_bytes", 0).await?;
        let used = server.most_memory_kib()?;
        assert!(used < MAX_MEMORY_KIB, "{selection}: {used} KiB");
    }
    Ok(())
}

/// An answer that is too long is a clear error, and the connection lives.
async fn limit(database: &TestDatabase) -> Outcome {
    let world = World::start(database).await?;
    seed(database, &world).await?;
    let server = Server::start(database)?;
    let token = server.sign_in("ada").await?;
    let too_long = fifteen_times("meeting { description }");
    let answer = server.ask_as(&token, &too_long, Value::Null).await?;
    answer.assert_error("COST_LIMIT_EXCEEDED", "more than 33554432 bytes")?;
    assert_eq!(answer.body["errors"].as_array().unwrap().len(), 1);
    assert_eq!(answer.body.get("data"), Some(&Value::Null));
    let fits = "{ meetings { nodes { description } } }";
    let read = server.read(&token, fits).await?;
    let description = read["meetings"]["nodes"][0]["description"].as_str();
    assert_eq!(description.unwrap().len(), LONG);

    // The mutation is carried out, although its answer is too long.
    let document = "mutation { taskCreate(input: {title: \"New\", meetingId: $meeting}) {
        query { LISTS } } }";
    let id = server.read(&token, "{ meetings { nodes { id } } }").await?;
    let id = id["meetings"]["nodes"][0]["id"].to_string();
    let lists = fifteen_times("meeting { description }");
    let document = document
        .replace("$meeting", &id)
        .replace("{ LISTS }", &lists);
    let answer = server.ask_as(&token, &document, Value::Null).await?;
    answer.assert_error("COST_LIMIT_EXCEEDED", "The mutation was executed")?;
    let created = "{ tasks(where: {title: {eq: \"New\"}}) { totalCount } }";
    let read = server.read(&token, created).await?;
    assert_eq!(read["tasks"]["totalCount"], 1);
    assert!(server.log_lines_with("internal error").is_empty());
    Ok(())
}

/// If the answer of several mutations is too long, all of them are carried out nevertheless, and the
/// error says which have changed something.
async fn several(database: &TestDatabase) -> Outcome {
    let world = World::start(database).await?;
    seed(database, &world).await?;
    let server = Server::start_with(database, &["--max-aliases", "20"])?;
    let token = server.sign_in("ada").await?;
    let id = server.read(&token, "{ meetings { nodes { id } } }").await?;
    let id = &id["meetings"]["nodes"][0]["id"];
    let lists = fifteen_times("meeting { description }");
    let document = "mutation ($first: TaskCreateInput!, $second: TaskCreateInput!) {
        a: taskCreate(input: $first) { query { LISTS } }
        b: taskCreate(input: $second) { task { meeting { description } } }
        c: taskCreate(input: $first) { task { meeting { description } } }
    }";
    let document = document.replace("{ LISTS }", &lists);
    let variables = json!({
        "first": {"title": "New", "meetingId": id},
        "second": {"title": "", "meetingId": id},
    });
    let answer = server.ask_as(&token, &document, variables).await?;
    answer.assert_error(
        "COST_LIMIT_EXCEEDED",
        "only `a`, `c` changed something, and `b` did not",
    )?;
    let created = "{ tasks(where: {title: {eq: \"New\"}}) { totalCount } }";
    let read = server.read(&token, created).await?;
    assert_eq!(read["tasks"]["totalCount"], 2);
    // What failed for want of memory is nobody's fault.
    assert!(server.log_lines_with("internal error").is_empty());
    Ok(())
}

/// Long columns are read only where they are selected.
async fn unselected(database: &TestDatabase) -> Outcome {
    let world = World::start(database).await?;
    let server = &world.server;
    let token = server.sign_in("ada").await?;
    Seed(database.connection())
        .meeting(&world.organizer, "Long")
        .await?;
    let statements = async |document| {
        let answer = server.ask_as(&token, document, Value::Null).await?;
        answer.data()?;
        Ok::<_, libtest_mimic::Failed>(server.statements(&answer)?.concat())
    };
    let without = statements("{ meetings { nodes { title workspace { name } } } }").await?;
    // Code needs whole rows.
    let whole =
        statements("{ meetings { nodes { viewerCanUpdate workspace { viewerCanUpdate } } } }")
            .await?;
    for column in ["description", "settings"] {
        assert!(!without.contains(column), "{without}");
        let left_out = format!("NULL AS \"{column}\"");
        assert!(whole.contains(&left_out), "{whole}");
    }
    let with = statements(
        "{ meetings { nodes { ...M } } }
         fragment M on Meeting { description workspace { settings } }",
    )
    .await?;
    assert!(!with.contains("NULL AS"), "{with}");
    Ok(())
}
