//! The ids in the arguments of a mutation. They are decoded before its first field is executed, so
//! that a mutation with an id that is none changes nothing. In queries, such an id is the error of
//! its field.

use async_graphql::{
    Pos, ServerError, Variables,
    parser::types::{BaseType, OperationDefinition, Type},
};
use async_graphql_value::ConstValue;

use super::path::Path;
use crate::{
    global_id,
    guard::{
        cost::{
            facts::{Facts, Input},
            measure::Fragments,
        },
        document::{reached::bind, typed_fields},
    },
};

/// What is wrong with the ids in an operation.
pub(in crate::guard::document) fn check_ids(
    facts: &Facts,
    operation: &OperationDefinition,
    fragments: &Fragments,
    variables: &Variables,
) -> Vec<ServerError> {
    let mut ids = Ids {
        facts,
        errors: Vec::new(),
    };
    for typed in typed_fields::executed(facts, operation, fragments, variables) {
        for (name, value) in &typed.field.arguments {
            let ty = typed
                .fact
                .and_then(|it| it.arguments.get(name.node.as_str()));
            let bound = bind(&value.node, variables);
            let of = typed
                .fact
                .and_then(|it| it.id_arguments.get(name.node.as_str()));
            if let (Some(ty), Some(bound)) = (ty, bound) {
                let of = of.map(String::as_str);
                ids.value(ty, of, &bound, &Path::Argument(&name.node), value.pos);
            }
        }
    }
    ids.errors
}

struct Ids<'a> {
    facts: &'a Facts,
    errors: Vec<ServerError>,
}

impl Ids<'_> {
    /// Checks the IDs in a value. `of` is the type of the objects that have them, if it is known.
    fn value(
        &mut self,
        ty: &Type,
        of: Option<&str>,
        value: &ConstValue,
        path: &Path<'_>,
        position: Pos,
    ) {
        match (&ty.base, value) {
            (BaseType::List(item), ConstValue::List(values)) => {
                for (index, value) in values.iter().enumerate() {
                    self.value(item, of, value, &Path::Item(path, index), position);
                }
            }
            (BaseType::List(item), value) => self.value(item, of, value, path, position),
            (BaseType::Named(name), value) if name == "ID" => {
                if let Some(problem) = self.problem(of, value) {
                    let problem = format!("Arguments: `{path}` {problem}");
                    self.errors.push(ServerError::new(problem, Some(position)));
                }
            }
            (BaseType::Named(name), ConstValue::Object(values)) => {
                if let Some(Input::Object(object)) = self.facts.input(name) {
                    for (key, value) in values {
                        if let Some(field) = object.fields.get(key.as_str()) {
                            let of = field.id_of.as_deref().or(object.ids_of.as_deref());
                            self.value(&field.ty, of, value, &Path::Field(path, key), position);
                        }
                    }
                }
            }
            _ => {}
        }
    }

    /// What is wrong with an ID.
    fn problem(&self, of: Option<&str>, value: &ConstValue) -> Option<String> {
        let id = match value {
            ConstValue::Null => return None,
            ConstValue::String(text) => global_id::decode(text),
            _ => None,
        };
        match (id, of) {
            (Some((name, _)), Some(of)) if name == of => None,
            (Some((name, _)), None) if self.facts.is_node(&name) => None,
            (Some((name, _)), Some(of)) if self.facts.is_node(&name) => Some(format!(
                "is an ID of type {name}; an ID of type {of} is required here."
            )),
            _ => {
                let object = of.map_or_else(
                    || "an object".to_owned(),
                    |of| format!("an object of type {of}"),
                );
                Some(format!(
                    "is not an ID. IDs are opaque: send the `id` of {object}."
                ))
            }
        }
    }
}
