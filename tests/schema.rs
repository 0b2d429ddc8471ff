//! The schema as a manual: current, described, without noise.

use std::process::Command;

use serde_json::Value;

use crate::support::{Outcome, database::TestDatabase, server::Server};

/// `schema.graphql` is what the server serves.
pub async fn is_current() -> Outcome {
    let output = Command::new(env!("CARGO_BIN_EXE_mina"))
        .args([
            "schema",
            "--check",
            concat!(env!("CARGO_MANIFEST_DIR"), "/../../schema.graphql"),
        ])
        .output()?;
    assert!(
        output.status.success(),
        "{} Run `cargo run -- schema --write schema.graphql`.",
        String::from_utf8_lossy(&output.stderr)
    );
    Ok(())
}

const INTROSPECTION: &str = "{ __schema { types {
    name kind description specifiedByURL
    fields(includeDeprecated: true) { name description type { ...T } args { name description type { ...T } } }
    inputFields { name description type { ...T } }
    enumValues(includeDeprecated: true) { name description }
} } }
fragment T on __Type { kind name ofType { kind name ofType { kind name ofType { kind name } } } }";

/// Everything has a description; scalars say what specifies them; lists and their items are
/// non-null, but for the items of `nodes(ids:)`, where null stands for what is not there.
pub async fn is_described(database: &TestDatabase) -> Outcome {
    let server = Server::start(database)?;
    let answer = server.ask(INTROSPECTION).await?;
    let mut wrong = Vec::new();
    let mut seen = 0;
    let mut describe = |path: String, thing: &Value| {
        seen += 1;
        if thing["description"].as_str().is_none_or(str::is_empty) {
            wrong.push(format!("{path} has no description"));
        }
    };
    let mut noisy = Vec::new();
    for declared in each(&answer.data()?["__schema"]["types"]) {
        let name = text(&declared["name"]);
        if name.starts_with("__") {
            continue;
        }
        if ["Boolean", "Float", "ID", "Int", "String"].contains(&name) {
            continue;
        }
        describe(name.to_owned(), declared);
        if declared["kind"] == "SCALAR" && declared["specifiedByURL"].is_null() {
            noisy.push(format!("{name} has no specification"));
        }
        for member in ["fields", "inputFields", "enumValues"] {
            for part in each(&declared[member]) {
                let path = format!("{name}.{}", text(&part["name"]));
                describe(path.clone(), part);
                for argument in each(&part["args"]) {
                    describe(format!("{path}({}:)", text(&argument["name"])), argument);
                }
                if member == "fields" && path != "Query.nodes" && !is_plain(&part["type"]) {
                    noisy.push(format!("{path} is a list with null in it"));
                }
            }
        }
    }
    assert!(seen > 500, "only {seen} things were seen");
    wrong.append(&mut noisy);
    assert!(wrong.is_empty(), "{wrong:#?}");
    Ok(())
}

/// Whether a type is no list, or a non-null list of non-null items.
fn is_plain(of: &Value) -> bool {
    match text(&of["kind"]) {
        "LIST" => false,
        "NON_NULL" if of["ofType"]["kind"] == "LIST" => {
            of["ofType"]["ofType"]["kind"] == "NON_NULL"
        }
        _ => true,
    }
}

fn each(list: &Value) -> impl Iterator<Item = &Value> {
    list.as_array().into_iter().flatten()
}

fn text(value: &Value) -> &str {
    value.as_str().unwrap_or_default()
}
