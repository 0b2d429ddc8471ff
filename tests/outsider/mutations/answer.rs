//! The response of a mutation: whether it succeeded, and if not, why not.

use serde_json::{Value, json};

use super::{super::persona::Answer, input::Mutation};

/// A reason why something was rejected.
#[derive(Debug, PartialEq, Eq)]
pub struct Rejection {
    /// The code.
    pub code: String,
    /// The part of the input that was rejected, as a JSON pointer. None if the whole mutation
    /// failed.
    pub pointer: Option<String>,
}

/// The reasons why a mutation was rejected, for all or for some of the objects in its input.
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

/// Whether something was changed: the payload has a value in every field other than the problems.
pub fn has_outcome(mutation: &Mutation<'_>, answer: &Answer) -> bool {
    let payload = answer.body["data"][mutation.name].as_object();
    payload.is_some_and(|payload| {
        payload
            .iter()
            .filter(|(name, _)| *name != "userErrors")
            .all(|(_, value)| !value.is_null() && *value != json!([]))
    })
}

/// A response in which everything that differs each time is masked. These ids have other names in
/// messages.
pub fn masked<'a>(
    answer: &Answer,
    names: impl IntoIterator<Item = (&'a String, &'a str)>,
) -> String {
    let mut body = answer.body.clone();
    mask(&mut body);
    // An id can be the beginning of another one, so the characters around it matter.
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

/// Whether a field differs between two responses to the same request although nothing else does:
/// the ids of one's own rows, cursors to them, times, tokens.
fn is_fresh(field: &str) -> bool {
    let field = field.to_lowercase();
    let ends = ["id", "at", "cursor", "token", "username", "email"];
    ends.iter().any(|end| field.ends_with(end))
}

fn text(value: &Value) -> String {
    value.as_str().unwrap_or_default().to_owned()
}
