//! Suggestions of names for unknown ones.

use apollo_compiler::{Name as ApolloName, Schema};
use async_graphql::{Name, Positioned, ServerError, parser::types::ExecutableDocument};

use super::typed_fields::{self, TypedField};
use crate::guard::facts::Facts;

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
        let mut suggest = |name: &Positioned<Name>, known: &mut dyn Iterator<Item = &String>| {
            // Comparing names takes time, and only the first errors are listed.
            let error = errors.iter_mut().find(|it| it.locations == [name.pos]);
            if let Some(error) = error
                && let Some(similar) = similar(&name.node, known)
            {
                error.message = format!("{} Did you mean \"{similar}\"?", error.message);
            }
        };
        match (parent, fact) {
            (_, Some(fact)) => {
                for (name, _) in &field.arguments {
                    if !fact.arguments.contains_key(name.node.as_str()) {
                        suggest(name, &mut fact.arguments.keys());
                    }
                }
            }
            (Some(parent), None) if field.name.node != "__typename" => {
                suggest(&field.name, &mut parent.field_names());
            }
            _ => {}
        }
    }
}

/// Adds the values of the enum to errors about a value that it does not have.
pub(super) fn add_values_to(errors: &mut [ServerError], schema: &Schema) {
    for error in errors {
        let name = error
            .message
            .strip_suffix("\" enum.")
            .and_then(|it| it.rsplit_once(" does not exist in \""));
        if let Some((_, name)) = name
            && let Some(definition) = schema.get_enum(name)
        {
            let mut values: Vec<_> = definition.values.keys().map(ApolloName::as_str).collect();
            values.sort_unstable();
            let values = values.join(", ");
            error.message = format!("{} It must be one of {values}.", error.message);
        }
    }
}

/// The most similar of the known names, if it is similar enough. Of equally similar ones, the first
/// in the alphabet.
fn similar<'a>(name: &str, known: &mut dyn Iterator<Item = &'a String>) -> Option<&'a String> {
    let scored = known.map(|it| (strsim::jaro_winkler(name, it), it));
    scored
        .filter(|(similarity, _)| *similarity >= MIN_SIMILARITY)
        .max_by(|(a, of_a), (b, of_b)| a.total_cmp(b).then_with(|| of_b.cmp(of_a)))
        .map(|(_, it)| it)
}
