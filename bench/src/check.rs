//! Comparing the answers of the servers, before anything is measured.

use base64::{Engine, engine::general_purpose::URL_SAFE_NO_PAD};
use serde_json::Value;

use crate::{
    Outcome,
    database::Database,
    options::Options,
    query::{Effect, Query},
    server::{Kind, Launcher},
};

/// How many requests of each query are compared.
const REQUESTS: usize = 10;

/// Checks that all servers answer alike, and without errors.
///
/// # Errors
///
/// Fails with the first difference.
pub async fn answers(
    database: &Database,
    launcher: &Launcher,
    options: &Options,
    queries: &[Query],
) -> Outcome {
    eprintln!("Comparing the answers");
    let servers = options.servers();
    let writes = queries.iter().filter(|query| query.effect != Effect::Reads);
    let reads = queries.iter().filter(|query| query.effect == Effect::Reads);
    compare(
        &servers,
        &reads.collect::<Vec<_>>(),
        launcher,
        &database.url(),
    )?;
    for query in writes {
        // Each server needs the same data, so that new rows get the same ids.
        let mut expected = None;
        for kind in &servers {
            if query.is_answered_by(*kind) {
                let answers = ask(*kind, query, launcher, &database.copy().await?)?;
                same(
                    query,
                    *kind,
                    &answers,
                    expected.get_or_insert(answers.clone()),
                )?;
            }
        }
    }
    Ok(())
}

fn compare(servers: &[Kind], queries: &[&Query], launcher: &Launcher, url: &str) -> Outcome {
    for query in queries {
        let mut expected = None;
        for kind in servers {
            let answers = ask(*kind, query, launcher, url)?;
            same(
                query,
                *kind,
                &answers,
                expected.get_or_insert(answers.clone()),
            )?;
        }
    }
    Ok(())
}

/// The answers of a server to the first requests of a query.
fn ask(kind: Kind, query: &Query, launcher: &Launcher, url: &str) -> Outcome<Vec<Value>> {
    let server = launcher.start(kind, url)?;
    let bodies = query.bodies.iter().take(REQUESTS);
    bodies
        .map(|body| {
            let mut answer = server.send(body)?;
            answer
                .as_object_mut()
                .and_then(|answer| answer.remove("extensions"));
            decode_ids(&mut answer);
            Ok(answer)
        })
        .collect()
}

fn same(query: &Query, kind: Kind, answers: &[Value], expected: &[Value]) -> Outcome {
    let name = (query.name, kind.name());
    for (answer, expected) in answers.iter().zip(expected) {
        let is_empty = answer["data"]
            .as_object()
            .is_none_or(|data| data.values().any(Value::is_null));
        if is_empty || answer.get("errors").is_some() {
            return Err(format!("{name:?}: no answer: {answer}").into());
        }
        if answer != expected {
            return Err(format!("{name:?}: the answers differ:\n{answer}\n{expected}").into());
        }
    }
    Ok(())
}

/// Replaces global ids by what they say, as one of the servers cannot encode them.
fn decode_ids(value: &mut Value) {
    match value {
        Value::Object(fields) => {
            for (name, value) in fields {
                if name == "id"
                    && let Some(bytes) = value
                        .as_str()
                        .and_then(|id| URL_SAFE_NO_PAD.decode(id).ok())
                    && let Ok(text) = String::from_utf8(bytes)
                {
                    *value = text.into();
                } else {
                    decode_ids(value);
                }
            }
        }
        Value::Array(values) => values.iter_mut().for_each(decode_ids),
        _ => {}
    }
}
