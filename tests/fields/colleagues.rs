//! Colleagues read the same values, except in fields that are declared with `@perViewer`.
//! Subscribers share rendered events because of that.

use std::collections::{BTreeMap, BTreeSet};

use libtest_mimic::Failed;
use serde_json::{Value, json};

use super::scene::Scene;
use crate::{
    outsider::{
        none,
        operands::{Operands, list as literals, quoted},
        selection::{Depth, select},
    },
    support::{Outcome, database::TestDatabase, suite::Suite},
};

/// Adds the case of this module.
pub fn list(suite: &mut Suite) {
    suite.on_both_databases(read_alike);
}

/// Fields that are declared and never differ here, because everybody in a workspace may do it. They
/// declare it like all fields that depend on a permission.
const FOR_EVERYBODY: &[&str] = &[
    "Marker.viewerCanConvertToTask",
    "Meeting.viewerCanCreateTask",
    "Session.viewerCanMark",
    "Workspace.viewerCanCreateSession",
];

/// Fields with values that differ, as `Type.field`, each with one of the differences.
type Differences = BTreeMap<String, String>;

/// Two users of a workspace read the same value in every field without `@perViewer`, and in every
/// other field, some two of them read different values.
async fn read_alike(database: &TestDatabase) -> Outcome {
    let scene = Scene::start(database).await?;
    let mut documents = rows(&scene);
    documents.extend(roots(&scene)?);
    let mut differences = Differences::new();
    let mut visited = BTreeSet::new();
    for document in &documents {
        let mut received = Vec::new();
        for (name, token) in &scene.people {
            let answer = scene.server.ask_as(token, document, json!({})).await?;
            received.push((*name, answer.data()?.clone()));
        }
        let (first, others) = received.split_first().ok_or("nobody asks")?;
        add_visited(&first.1, &mut visited);
        for other in others {
            let names = format!("{} and {}", first.0, other.0);
            compare([&first.1, &other.1], &names, &mut differences);
        }
    }

    let undeclared = differences.iter().filter(|(field, _)| {
        let declared = field
            .split_once('.')
            .map(|(of, field)| scene.declarations.of(of, field));
        !declared.is_some_and(|declared| declared.is_per_viewer)
    });
    let undeclared: Vec<String> = undeclared
        .map(|(field, difference)| format!("{field}: {difference}"))
        .collect();
    none(
        "Colleagues read something else in fields without @perViewer",
        &undeclared,
    )?;
    let declared = scene.declarations.which(|declared| declared.is_per_viewer);
    let declared = declared.iter().map(|(of, field)| format!("{of}.{field}"));
    let same = declared.filter(|field| {
        let is_exception = FOR_EVERYBODY.contains(&field.as_str());
        differences.contains_key(field) == is_exception
    });
    none(
        "Colleagues read the same in fields with @perViewer, or not where that is an exception",
        &same.collect::<Vec<_>>(),
    )?;
    let read = scene.schema.reachable(&scene.schema.query);
    let fields = scene.schema.fields(|of| read.contains(of));
    let missed = fields.filter(|field| !visited.contains(field));
    none("No value was read of", &missed.collect::<Vec<_>>())
}

/// Each type of rows with all its fields, for all rows of the type.
fn rows(scene: &Scene) -> Vec<String> {
    let types = scene.schema.nodes();
    let documents = types.map(|row| {
        let ids = scene.rows.global_ids(row);
        let ids: Vec<String> = ids.iter().map(|id| quoted(id)).collect();
        let fields = scene.schema.get(row).fields().iter();
        let fields = fields.map(|field| {
            let selection = select(&scene.schema, field.of.base(), Depth::Identity);
            format!("{} {selection}", field.name)
        });
        format!(
            "{{ __typename nodes(ids: {}) {{ __typename ... on {row} {{ {} }} }} }}",
            literals(&ids),
            fields.collect::<Vec<_>>().join(" ")
        )
    });
    documents.collect()
}

/// Each field of the root.
fn roots(scene: &Scene) -> Result<Vec<String>, Failed> {
    let rows = scene.some_rows();
    let operands = Operands::learn(&scene.schema, &rows, &[]);
    let mut documents = Vec::new();
    for field in scene.schema.get(&scene.schema.query).fields() {
        for arguments in scene.arguments(&operands, &scene.schema.query, field)? {
            let selection = select(&scene.schema, field.of.base(), Depth::Identity);
            documents.push(format!(
                "{{ __typename {}{arguments} {selection} }}",
                field.name
            ));
        }
    }
    Ok(documents)
}

/// Adds the fields in which two answers to one document differ. Where a field leads to another
/// object, or to more of them, the difference is the field's, and not that of the objects.
fn compare(data: [&Value; 2], names: &str, differences: &mut Differences) {
    let [Value::Object(left), Value::Object(right)] = data else {
        return;
    };
    let Some(type_name) = left.get("__typename").and_then(Value::as_str) else {
        return;
    };
    for (key, value) in left {
        let values = [value, right.get(key).unwrap_or(&Value::Null)];
        if is_same_place(values) {
            for (left, right) in objects(values[0]).into_iter().zip(objects(values[1])) {
                compare([left, right], names, differences);
            }
        } else {
            let [left, right] = values.map(shortened);
            let difference = format!("{names} read {left} and {right}");
            differences
                .entry(format!("{type_name}.{key}"))
                .or_insert(difference);
        }
    }
}

/// Whether two values of a field are equal, or the same objects, whatever those have. An object
/// without a type is a scalar.
fn is_same_place([left, right]: [&Value; 2]) -> bool {
    match (left, right) {
        (Value::Object(object), Value::Object(_)) if object.contains_key("__typename") => {
            ["__typename", "id"]
                .iter()
                .all(|key| left.get(*key) == right.get(*key))
        }
        (Value::Array(left), Value::Array(right)) => {
            left.len() == right.len()
                && left
                    .iter()
                    .zip(right)
                    .all(|(left, right)| is_same_place([left, right]))
        }
        _ => left == right,
    }
}

/// The objects in the value of a field.
fn objects(value: &Value) -> Vec<&Value> {
    match value {
        Value::Array(items) => items.iter().flat_map(objects).collect(),
        Value::Object(_) => vec![value],
        _ => Vec::new(),
    }
}

fn add_visited(data: &Value, visited: &mut BTreeSet<String>) {
    for object in objects(data) {
        let type_name = object["__typename"].as_str().unwrap_or_default();
        for (key, value) in object.as_object().into_iter().flatten() {
            visited.insert(format!("{type_name}.{key}"));
            add_visited(value, visited);
        }
    }
}

/// The beginning of a value.
fn shortened(value: &Value) -> String {
    let text = value.to_string();
    text.chars().take(80).collect()
}
