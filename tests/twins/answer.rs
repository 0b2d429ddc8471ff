//! When two answers are alike.
//!
//! They are if they are the same byte for byte, with one exception. If several fields fail below
//! the same nullable field, the first error makes that field null and the others are cancelled, so
//! which of them are reported depends on which statement ends first. For such answers everything
//! but `errors` is the same, the same fields are null because of an error, and a field that has
//! failed on both sides has the same error.

use std::collections::BTreeMap;

use serde_json::Value;

/// Whether two answers are alike, each in the form `status and headers, a blank line, body`.
pub fn are_alike(left: &str, right: &str) -> bool {
    left == right || differ_in_cancelled_fields(left, right).unwrap_or(false)
}

fn differ_in_cancelled_fields(left: &str, right: &str) -> Option<bool> {
    let (left_head, left_body) = left.split_once("\n\n")?;
    let (right_head, right_body) = right.split_once("\n\n")?;
    let mut left: Value = serde_json::from_str(left_body).ok()?;
    let mut right: Value = serde_json::from_str(right_body).ok()?;
    let left_errors = errors(&mut left)?;
    let right_errors = errors(&mut right)?;
    let have_same_nulls = left_errors.keys().eq(right_errors.keys());
    let have_same_errors = left_errors.iter().all(|(nulled, errors)| {
        let others = right_errors.get(nulled);
        errors.iter().all(|(path, error)| {
            let other = others.and_then(|others| others.get(path));
            other.is_none_or(|other| other == error)
        })
    });
    Some(left_head == right_head && left == right && have_same_nulls && have_same_errors)
}

/// The errors by their paths, grouped by the field that each makes null. They are taken out of the
/// answer. None if an error concerns the whole request.
fn errors(answer: &mut Value) -> Option<BTreeMap<String, BTreeMap<String, Value>>> {
    let errors = answer.as_object_mut()?.remove("errors")?;
    let mut groups: BTreeMap<String, BTreeMap<String, Value>> = BTreeMap::new();
    for error in errors.as_array()? {
        let path = error["path"].as_array()?;
        let mut nulled = String::from("data");
        let mut at = &answer["data"];
        for key in path {
            if at.is_null() {
                break;
            }
            at = match key {
                Value::String(name) => &at[name],
                index => &at[usize::try_from(index.as_u64()?).ok()?],
            };
            nulled = format!("{nulled}.{key}");
        }
        let group = groups.entry(nulled).or_default();
        group.insert(error["path"].to_string(), error.clone());
    }
    Some(groups)
}
