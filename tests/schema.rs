//! The promises of the schema to clients that generate types from it and to people who read it in
//! the playground.

use std::{collections::BTreeSet, process::Command};

use libtest_mimic::Failed;
use serde_json::Value;

use crate::support::{
    Outcome, database::TestDatabase, lines::assert_same_lines, server::Server, suite::Suite,
};

/// Adds the cases of this module.
pub fn list(suite: &mut Suite) {
    suite.without_database(file_is_current);
    suite.on_both_databases(everything_is_described);
    suite.on_both_databases(lists_are_not_null);
    suite.on_both_databases(every_type_is_used);
    suite.on_both_databases(scalars_are_specified);
}

/// All that is said of the types, as introspection says it.
const TYPES: &str = "{
    __schema {
        queryType { name }
        mutationType { name }
        subscriptionType { name }
        types {
            kind name description specifiedByURL
            fields(includeDeprecated: true) {
                name description type { ...reference }
                args { name description type { ...reference } }
            }
            inputFields { name description type { ...reference } }
            enumValues(includeDeprecated: true) { name description }
            interfaces { name }
            possibleTypes { name }
        }
        directives { name description args { name description type { ...reference } } }
    }
}
fragment reference on __Type {
    kind name ofType { kind name ofType { kind name ofType { kind name } } }
}";

/// The types that every server has.
const STANDARD_SCALARS: [&str; 5] = ["Boolean", "Float", "ID", "Int", "String"];

/// The file in the repository is what the binary prints.
async fn file_is_current() -> Outcome {
    let output = Command::new(env!("CARGO_BIN_EXE_mina"))
        .args(["schema", "--check"])
        .arg(concat!(env!("CARGO_MANIFEST_DIR"), "/../../schema.graphql"))
        .output()?;
    if output.status.success() {
        Ok(())
    } else {
        Err(String::from_utf8_lossy(&output.stderr).into_owned().into())
    }
}

/// The descriptions are the manual that the playground shows: nothing is without one.
async fn everything_is_described(database: &TestDatabase) -> Outcome {
    let schema = introspect(database).await?;
    let mut bare = Vec::new();
    let mut check = |path: String, item: &Value| {
        let description = item["description"].as_str().unwrap_or_default();
        if description.trim().is_empty() {
            bare.push(path);
        }
    };
    for of_type in own_types(&schema) {
        let name = of_type["name"].as_str().unwrap();
        check(name.to_owned(), of_type);
        for members in ["fields", "inputFields", "enumValues"] {
            for member in items(&of_type[members]) {
                let path = format!("{name}.{}", member["name"].as_str().unwrap());
                for argument in items(&member["args"]) {
                    check(
                        format!("{path}({}:)", argument["name"].as_str().unwrap()),
                        argument,
                    );
                }
                check(path, member);
            }
        }
    }
    assert_same_lines("What has no description", &[], &bare)
}

/// Lists and their items are there, also when empty. Only `nodes` has items that may be null: it
/// answers for each id, also for one that leads to nothing.
async fn lists_are_not_null(database: &TestDatabase) -> Outcome {
    let schema = introspect(database).await?;
    let mut nullable = Vec::new();
    for of_type in own_types(&schema) {
        for field in items(&of_type["fields"]) {
            let written = written(&field["type"]);
            if written.starts_with('[') && !written.ends_with("!]!") {
                let (name, field) = (&of_type["name"], &field["name"]);
                nullable.push(format!(
                    "{}.{}: {written}",
                    name.as_str().unwrap(),
                    field.as_str().unwrap()
                ));
            }
        }
    }
    // The findings of an analysis are null if there are none yet, or if they have another form.
    let expected = [
        "Analytics.topics: [KeyTopic!]",
        "Analytics.actionItems: [ActionItem!]",
        "Analytics.decisions: [Decision!]",
        "Query.nodes: [Node]",
    ]
    .map(str::to_owned);
    assert_same_lines("Lists that are nullable", &expected, &nullable)
}

/// Every type can be reached from `Query` or `Mutation`: none is left over.
async fn every_type_is_used(database: &TestDatabase) -> Outcome {
    let schema = introspect(database).await?;
    let mut reached = BTreeSet::new();
    let mut ahead: Vec<&str> = ["queryType", "mutationType", "subscriptionType"]
        .iter()
        .filter_map(|root| schema[root]["name"].as_str())
        .collect();
    while let Some(name) = ahead.pop() {
        if !reached.insert(name) {
            continue;
        }
        let of_type = items(&schema["types"])
            .iter()
            .find(|of_type| of_type["name"] == name)
            .ok_or_else(|| format!("{name} is used and not there"))?;
        for field in items(&of_type["fields"]) {
            ahead.push(base(&field["type"]));
            ahead.extend(items(&field["args"]).iter().map(|each| base(&each["type"])));
        }
        for field in items(&of_type["inputFields"]) {
            ahead.push(base(&field["type"]));
        }
        for others in ["interfaces", "possibleTypes"] {
            ahead.extend(items(&of_type[others]).iter().map(base));
        }
    }
    let unused: Vec<String> = own_types(&schema)
        .filter_map(|of_type| of_type["name"].as_str())
        .filter(|name| !reached.contains(name))
        .map(str::to_owned)
        .collect();
    assert_same_lines("What nothing leads to", &[], &unused)
}

/// Type generators learn from `@specifiedBy` what a custom scalar holds.
async fn scalars_are_specified(database: &TestDatabase) -> Outcome {
    let schema = introspect(database).await?;
    let scalars: Vec<String> = own_types(&schema)
        .filter(|of_type| of_type["kind"] == "SCALAR")
        .map(|of_type| {
            let [name, url] =
                ["name", "specifiedByURL"].map(|key| of_type[key].as_str().unwrap_or("nothing"));
            format!("{name} by {url}")
        })
        .collect();
    assert_same_lines(
        "The scalars",
        &[
            "Date by https://www.rfc-editor.org/rfc/rfc3339#section-5.6",
            "DateTime by https://www.rfc-editor.org/rfc/rfc3339",
            "JSON by https://www.rfc-editor.org/rfc/rfc8259",
            "UUID by https://www.rfc-editor.org/rfc/rfc9562",
        ]
        .map(str::to_owned),
        &scalars,
    )
}

/// `__schema`, which is for everybody: tools ask for it before anybody has signed in.
async fn introspect(database: &TestDatabase) -> Result<Value, Failed> {
    let answer = Server::start(database)?.ask(TYPES).await?;
    Ok(answer.data()?["__schema"].clone())
}

/// The types that are ours, in the order of their names.
fn own_types(schema: &Value) -> impl Iterator<Item = &Value> {
    let mut types: Vec<&Value> = items(&schema["types"])
        .iter()
        .filter(|of_type| {
            let name = of_type["name"].as_str().unwrap_or_default();
            !name.starts_with("__") && !STANDARD_SCALARS.contains(&name)
        })
        .collect();
    types.sort_unstable_by_key(|of_type| of_type["name"].as_str());
    types.into_iter()
}

/// The items of a list; none where there is no list.
fn items(list: &Value) -> &[Value] {
    list.as_array().map_or(&[], Vec::as_slice)
}

/// The name of a type without its lists and exclamation marks.
fn base(reference: &Value) -> &str {
    match reference.get("ofType") {
        Some(inner) if inner.is_object() => base(inner),
        _ => reference["name"].as_str().unwrap_or_default(),
    }
}

/// A type as the schema definition language writes it.
fn written(reference: &Value) -> String {
    match reference["kind"].as_str() {
        Some("NON_NULL") => format!("{}!", written(&reference["ofType"])),
        Some("LIST") => format!("[{}]", written(&reference["ofType"])),
        _ => reference["name"].as_str().unwrap_or_default().to_owned(),
    }
}
