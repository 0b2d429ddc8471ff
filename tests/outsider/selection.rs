//! Selection sets: all fields of a type, and some levels of relations.

use super::{
    probe::LEVELS,
    schema::{Kind, Schema},
};

/// The beginnings of the names of fields that are computed from a row and its relations.
const PREDICTIONS: [&str; 3] = ["viewerCan", "allowedTransitions", "isBlocked"];

/// The extent of a selection.
#[derive(Clone, Copy, PartialEq, Eq)]
pub enum Depth {
    /// The ids of the rows, and their number.
    Rows,
    /// The same, with all that is around them.
    Identity,
    /// Its plain fields, and all relations this many levels deep.
    Levels(usize),
}

/// The selection set of a type, with braces, or nothing for a type without fields.
///
/// Fields with required arguments are left out: each is probed by itself.
pub fn select(schema: &Schema, type_name: &str, depth: Depth) -> String {
    within(schema, type_name, depth, &mut Vec::new())
}

fn within<'a>(
    schema: &'a Schema,
    type_name: &'a str,
    depth: Depth,
    containers: &mut Vec<&'a str>,
) -> String {
    let of = schema.get(type_name);
    match of.kind() {
        Kind::Interface | Kind::Union => {
            // Full selections could differ in the type of a field of the same name.
            let parts = of.possible_types().map(|possible| {
                let selection = within(schema, possible, Depth::Identity, containers);
                format!("... on {possible} {selection}")
            });
            let parts: Vec<String> = parts.collect();
            format!("{{ __typename {} }}", parts.join(" "))
        }
        Kind::Object if schema.is_node(type_name) => row(schema, type_name, depth),
        Kind::Object => container(schema, type_name, depth, containers),
        _ => String::new(),
    }
}

fn row(schema: &Schema, type_name: &str, depth: Depth) -> String {
    let mut parts = vec!["__typename id databaseId".to_owned()];
    if let Depth::Levels(levels) = depth {
        for field in schema.get(type_name).fields() {
            let is_leaf = schema.get(field.of.base()).is_leaf();
            // Predictions about a row are the same wherever the row is reached from.
            let is_prediction = PREDICTIONS.iter().any(|word| field.name.starts_with(word));
            let is_prediction = is_prediction && levels < LEVELS;
            if field.required().next().is_some() || (levels == 0 && !is_leaf) || is_prediction {
                continue;
            }
            let inner = Depth::Levels(levels.saturating_sub(1));
            let selection = select(schema, field.of.base(), inner);
            parts.push(format!("{} {selection}", field.name));
        }
    }
    format!("{{ {} }}", parts.join(" "))
}

/// The selection of what is no row, such as a page of a list: it costs no level. Where a
/// container holds another one, such as a page its edges, the rows in there are named only: they
/// are the same as those beside it.
fn container<'a>(
    schema: &'a Schema,
    type_name: &'a str,
    depth: Depth,
    containers: &mut Vec<&'a str>,
) -> String {
    containers.push(type_name);
    let mut parts = vec!["__typename".to_owned()];
    for field in schema.get(type_name).fields() {
        let base = field.of.base();
        let is_bare = schema.get(base).is_leaf() || schema.is_node(base);
        let is_left_out = depth == Depth::Rows && !is_bare && !schema.is_abstract(base);
        if field.required().next().is_some() || containers.contains(&base) || is_left_out {
            continue;
        }
        let holds_rows = schema.is_node(base) && containers.len() == 1;
        let inner = if holds_rows { depth } else { Depth::Identity };
        let selection = within(schema, base, inner, containers);
        parts.push(format!("{} {selection}", field.name));
    }
    containers.pop();
    format!("{{ {} }}", parts.join(" "))
}
