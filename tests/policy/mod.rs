//! Permissions and state machines: the actions that each role may perform in each state.
//!
//! The table of permissions is written here a second time, independently of the server's code.
//! Every action is tried by every role, in every relationship to the object, in every state of it,
//! and three things are compared: what `viewerCan…` and `allowedTransitions` predict, what the
//! mutation replies, and what the whole database holds afterwards. So no prediction is wrong, and a
//! rejected mutation leaves no trace.

mod action;
mod analyses;
mod ask;
mod matrix;
mod meetings;
mod people;
pub mod scene;
mod sessions;
mod snapshot;
mod tasks;

use std::collections::BTreeSet;

use serde_json::Value;

use crate::support::{
    Outcome, database::TestDatabase, lines::assert_same_lines, server::Server, suite::Suite,
};

use matrix::Matrix;

/// Adds the cases of this module.
pub fn list(suite: &mut Suite) {
    for (name, matrix) in MATRICES {
        suite.on_both_databases_as(&format!("policy::{name}"), async move |database| {
            matrix.check(database).await
        });
    }
    suite.on_both_databases(leaves_nothing_out);
}

/// The matrices of all types.
const MATRICES: &[(&str, &Matrix)] = &[
    ("meetings", &meetings::MEETINGS),
    (
        "meetings_with_a_session",
        &meetings::MEETINGS_WITH_A_SESSION,
    ),
    (
        "meetings_with_an_ended_session",
        &meetings::MEETINGS_WITH_AN_ENDED_SESSION,
    ),
    ("participants", &meetings::PARTICIPANTS),
    ("tasks", &tasks::TASKS),
    ("sessions", &sessions::SESSIONS),
    ("markers", &sessions::MARKERS),
    ("analyses", &analyses::ANALYSES),
    ("queue", &analyses::QUEUE),
    ("users", &people::USERS),
    ("workspaces", &people::WORKSPACES),
];

/// The mutations that anonymous requests may use. No policy applies to them.
const PUBLIC: &[&str] = &["signIn", "signUp"];

/// The states of the types, as far as actions depend on them.
const STATES: [(&str, &[&str]); 6] = [
    ("AnalysisStatus", analyses::STATUSES),
    ("MarkerType", sessions::MARKER_TYPES),
    ("MeetingStatus", meetings::STATUSES),
    ("ParticipantStatus", meetings::PARTICIPANT_STATUSES),
    ("SessionStatus", sessions::STATUSES),
    ("TaskStatus", tasks::STATUSES),
];

/// Every mutation, every field that predicts one and every state of the schema has a matrix, so
/// that no new one is forgotten.
async fn leaves_nothing_out(database: &TestDatabase) -> Outcome {
    let server = Server::start_for_large_documents(database)?;
    let answer = server
        .ask(
            "{ __schema {
                mutationType { fields(includeDeprecated: true) { name } }
                types {
                    name
                    fields(includeDeprecated: true) { name }
                    enumValues(includeDeprecated: true) { name }
                }
            } }",
        )
        .await?;
    let schema = &answer.data()?["__schema"];

    let actions = || MATRICES.iter().flat_map(|(_, matrix)| matrix.actions);
    let tried = actions()
        .map(|action| action.mutation)
        .chain(PUBLIC.iter().copied());
    assert_same_lines(
        "The list of mutations",
        &sorted(names(&schema["mutationType"]["fields"])),
        &sorted(tried.map(str::to_owned)),
    )?;

    let types = schema["types"].as_array().ok_or("no types")?;
    let predicting = types.iter().flat_map(|of| {
        let name = of["name"].as_str().unwrap_or_default();
        names(&of["fields"])
            .filter(|field| field.starts_with("viewerCan") || field == "allowedTransitions")
            .map(move |field| format!("{name}.{field}"))
    });
    let abilities = actions().flat_map(|action| action.predicted_by);
    let transitions = MATRICES.iter().filter_map(|(_, matrix)| {
        let has_them = matrix.transitions.is_some();
        has_them.then(|| format!("{}.allowedTransitions", matrix.type_name))
    });
    let tried = abilities.map(|ability| (*ability).to_owned());
    assert_same_lines(
        "The list of fields that predict",
        &sorted(predicting),
        &sorted(tried.chain(transitions)),
    )?;

    for (name, states) in STATES {
        let of_schema = types.iter().filter(|of| of["name"] == name);
        let of_schema = of_schema.flat_map(|of| names(&of["enumValues"]));
        assert_same_lines(
            &format!("The list of {name}"),
            &sorted(of_schema),
            &sorted(states.iter().map(|state| state.to_uppercase())),
        )?;
    }
    Ok(())
}

fn names(list: &Value) -> impl Iterator<Item = String> {
    let list = list.as_array().into_iter().flatten();
    list.filter_map(|of| Some(of["name"].as_str()?.to_owned()))
}

/// In alphabetical order, each once.
fn sorted(lines: impl Iterator<Item = String>) -> Vec<String> {
    lines.collect::<BTreeSet<_>>().into_iter().collect()
}
