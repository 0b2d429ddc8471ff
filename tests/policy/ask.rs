//! Asks the server about many actions at once, each under an alias of its own.

use std::collections::BTreeSet;

use libtest_mimic::Failed;
use serde_json::{Map, Value};

use crate::support::server::Server;

use super::{
    action::{Action, Reply},
    scene::Rows,
};

/// The number of actions in one document.
const BATCH: usize = 50;

/// An action and its object.
pub type Question<'a> = (&'a Action, &'a Rows);

/// The API's predictions about an action.
pub struct Prediction {
    /// The values of the fields that predict it.
    pub abilities: Vec<Value>,
    /// The states in `allowedTransitions`.
    pub transitions: BTreeSet<String>,
}

impl Reply {
    /// The answer in words.
    pub fn words(self) -> String {
        match self {
            Self::Done | Self::Nothing => "done".to_owned(),
            Self::Error(code) => format!("the error {code}"),
            Self::Problem(code) => format!("the problem {code}"),
        }
    }
}

/// Asks for the predictions of each action, and the transitions of each object of this type.
///
/// # Errors
///
/// Fails if there is an error in the answer, or the viewer cannot see an object.
pub async fn predict(
    server: &Server,
    token: &str,
    questions: &[Question<'_>],
    with_transitions: Option<&str>,
) -> Result<Vec<Prediction>, Failed> {
    let mut all = Vec::with_capacity(questions.len());
    for batch in questions.chunks(BATCH) {
        let mut fields = Vec::new();
        for (index, (action, rows)) in batch.iter().enumerate() {
            for (number, ability) in action.predicted_by.iter().enumerate() {
                let (type_name, field) = ability.split_once('.').ok_or("an ability has a type")?;
                let id = rows.id(type_name);
                fields.push(format!(
                    r#"a{index}_{number}: node(id: "{id}") {{ ... on {type_name} {{ value: {field} }} }}"#
                ));
            }
            if let Some(type_name) = with_transitions {
                let id = rows.id(type_name);
                fields.push(format!(
                    r#"t{index}: node(id: "{id}") {{ ... on {type_name} {{ value: allowedTransitions }} }}"#
                ));
            }
        }
        // Some actions are predicted by no field, and an operation needs one.
        let document = format!("{{ __typename {} }}", fields.join(" "));
        let data = server.read(token, &document).await?;
        for (index, (action, _)) in batch.iter().enumerate() {
            let numbers = 0..action.predicted_by.len();
            let abilities =
                numbers.map(|number| data[format!("a{index}_{number}")]["value"].clone());
            let transitions = &data[format!("t{index}")]["value"];
            let transitions = transitions.as_array().into_iter().flatten();
            all.push(Prediction {
                abilities: abilities.collect(),
                transitions: transitions
                    .filter_map(|name| Some(name.as_str()?.to_owned()))
                    .collect(),
            });
        }
    }
    Ok(all)
}

/// Runs each mutation, and returns the replies in the words of [`Reply`].
///
/// # Errors
///
/// Fails if a document was rejected as a whole.
pub async fn mutate(
    server: &Server,
    token: Option<&str>,
    questions: &[Question<'_>],
) -> Result<Vec<String>, Failed> {
    let mut replies = Vec::with_capacity(questions.len());
    for batch in questions.chunks(BATCH) {
        let (mut parameters, mut fields, mut variables) = (Vec::new(), Vec::new(), Map::new());
        for (index, (action, rows)) in batch.iter().enumerate() {
            let mutation = action.mutation;
            let input = (action.input)(rows);
            if input.is_null() {
                fields.push(format!("m{index}: {mutation} {{ userErrors {{ code }} }}"));
                continue;
            }
            let mut type_name = mutation.to_owned();
            type_name[..1].make_ascii_uppercase();
            parameters.push(format!("$m{index}: {type_name}Input!"));
            fields.push(format!(
                "m{index}: {mutation}(input: $m{index}) {{ userErrors {{ code }} }}"
            ));
            variables.insert(format!("m{index}"), input);
        }
        let parameters = match parameters.as_slice() {
            [] => String::new(),
            some => format!("({})", some.join(", ")),
        };
        let document = format!("mutation {parameters} {{ {} }}", fields.join(" "));
        let variables = Value::Object(variables);
        let answer = match token {
            Some(token) => server.ask_as(token, &document, variables).await?,
            None => server.ask_with(&document, variables).await?,
        };
        if answer.body["data"].is_null() {
            return Err(format!("rejected as a whole: {document}\n{answer:#?}").into());
        }
        for index in 0..batch.len() {
            replies.push(reply(&answer.body, &format!("m{index}")));
        }
    }
    Ok(replies)
}

/// The reply under an alias.
fn reply(body: &Value, alias: &str) -> String {
    let errors = body["errors"].as_array().into_iter().flatten();
    let codes: Vec<&Value> = errors
        .filter(|error| error["path"][0] == alias)
        .map(|error| &error["extensions"]["code"])
        .collect();
    let problems = body["data"][alias]["userErrors"].as_array();
    let problems = problems.map(|problems| {
        let codes = problems.iter().map(|problem| &problem["code"]);
        codes.collect::<Vec<_>>()
    });
    match (codes.as_slice(), problems.as_deref()) {
        ([], Some([])) => "done".to_owned(),
        ([Value::String(code)], None) => format!("the error {code}"),
        ([], Some([Value::String(code)])) => format!("the problem {code}"),
        other => format!("the answer {other:?}"),
    }
}
