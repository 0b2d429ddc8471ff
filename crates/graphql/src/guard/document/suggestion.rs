//! Suggestions of names for unknown ones.

use async_graphql::{ServerError, parser::types::ExecutableDocument};

use super::typed_fields::{self, TypedField};
use crate::guard::cost::facts::Facts;

/// How similar a suggested name must be, from 0 to 1.
const MIN_SIMILARITY: f64 = 0.8;

/// Adds names that are similar to unknown fields and arguments to the errors about these.
pub(super) fn add_to(errors: &mut [ServerError], facts: &Facts, document: &ExecutableDocument) {
    for TypedField {
        field,
        parent,
        fact,
    } in typed_fields::written(facts, document)
    {
        let name = &field.name;
        let mut suggestions = Vec::new();
        match (parent, fact) {
            (_, Some(fact)) => {
                let arguments = field.arguments.iter().map(|(name, _)| name);
                let unknown = arguments.filter(|it| !fact.arguments.contains_key(it.node.as_str()));
                suggestions
                    .extend(unknown.map(|it| (it.pos, similar(&it.node, fact.arguments.keys()))));
            }
            (Some(parent), None) if name.node != "__typename" => {
                suggestions.push((name.pos, similar(&name.node, parent.field_names())));
            }
            _ => {}
        }
        for (position, similar) in suggestions {
            let error = errors.iter_mut().find(|it| it.locations == [position]);
            if let (Some(error), Some(similar)) = (error, similar) {
                error.message = format!("{} Did you mean \"{similar}\"?", error.message);
            }
        }
    }
}

/// The most similar of the known names, if it is similar enough. Of equally similar ones, the first
/// in the alphabet.
fn similar<'a>(name: &str, known: impl Iterator<Item = &'a String>) -> Option<&'a String> {
    let scored = known.map(|it| (strsim::jaro_winkler(name, it), it));
    scored
        .filter(|(similarity, _)| *similarity >= MIN_SIMILARITY)
        .max_by(|(a, of_a), (b, of_b)| a.total_cmp(b).then_with(|| of_b.cmp(of_a)))
        .map(|(_, it)| it)
}
