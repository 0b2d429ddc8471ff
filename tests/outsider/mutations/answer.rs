//! What the answer of a mutation says: whether it was done, and if not, why not.

use serde_json::{Value, json};

use super::{super::persona::Answer, input::Mutation};

/// Why something was not done.
#[derive(Debug, PartialEq, Eq)]
pub struct Rejection {
    /// The code.
    pub code: String,
    /// Which part of the input it is about, as a JSON pointer. None where the whole
    /// mutation failed.
    pub pointer: Option<String>,
}

/// Why a mutation was not done, or not to all that the input names.
pub fn rejections(mutation: &Mutation<'_>, answer: &Answer) -> Vec<Rejection> {
    let errors = answer.body["errors"].as_array().into_iter().flatten();
    let errors = errors.map(|error| Rejection {
        code: text(&error["extensions"]["code"]),
        pointer: None,
    });
    let problems = &answer.body["data"][mutation.name]["userErrors"];
    let problems = problems.as_array().into_iter().flatten();
    let problems = problems.map(|problem| {
        let path = problem["path"].as_array().into_iter().flatten();
        let path: Vec<String> = path.map(text).collect();
        Rejection {
            code: text(&problem["code"]),
            pointer: Some(format!("/{}", path.join("/"))),
        }
    });
    errors.chain(problems).collect()
}

/// Whether something was done: the answer has whatever it can have beside problems.
pub fn has_outcome(mutation: &Mutation<'_>, answer: &Answer) -> bool {
    let payload = answer.body["data"][mutation.name].as_object();
    payload.is_some_and(|payload| {
        payload
            .iter()
            .filter(|(name, _)| *name != "userErrors")
            .all(|(_, value)| !value.is_null() && *value != json!([]))
    })
}

/// An answer with everything masked that differs each time. In messages these ids are called by
/// other names.
pub fn masked<'a>(
    answer: &Answer,
    names: impl IntoIterator<Item = (&'a String, &'a str)>,
) -> String {
    let mut body = answer.body.clone();
    mask(&mut body);
    // An id can begin another one, so it is taken with what is around it.
    let names = names.into_iter();
    names.fold(body.to_string(), |text, (id, name)| {
        text.replace(&format!("`{id}`"), &format!("`{name}`"))
    })
}

fn mask(value: &mut Value) {
    match value {
        Value::Array(items) => items.iter_mut().for_each(mask),
        Value::Object(object) => {
            for (name, value) in object {
                if is_fresh(name) && !value.is_null() {
                    *value = "masked".into();
                } else {
                    mask(value);
                }
            }
        }
        _ => {}
    }
}

/// Whether a field differs between two answers to the same although nothing else does: what rows of
/// one's own are called, cursors to them, times, tokens.
fn is_fresh(field: &str) -> bool {
    let field = field.to_lowercase();
    let ends = ["id", "at", "cursor", "token", "username", "email"];
    ends.iter().any(|end| field.ends_with(end))
}

fn text(value: &Value) -> String {
    value.as_str().unwrap_or_default().to_owned()
}
