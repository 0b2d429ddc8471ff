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
            if let (Some(ty), Some(bound)) = (ty, bound) {
                ids.value(ty, &bound, &Path::Argument(&name.node), value.pos);
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
    /// Whether a value is a global id of this server, or null.
    fn is_id(&self, value: &ConstValue) -> bool {
        match value {
            ConstValue::Null => true,
            ConstValue::String(text) => {
                global_id::decode(text).is_some_and(|(name, _)| self.facts.is_node(&name))
            }
            _ => false,
        }
    }

    fn value(&mut self, ty: &Type, value: &ConstValue, path: &Path<'_>, position: Pos) {
        match (&ty.base, value) {
            (BaseType::List(item), ConstValue::List(values)) => {
                for (index, value) in values.iter().enumerate() {
                    self.value(item, value, &Path::Item(path, index), position);
                }
            }
            (BaseType::List(item), value) => self.value(item, value, path, position),
            (BaseType::Named(name), value) if name == "ID" && !self.is_id(value) => {
                let problem = format!(
                    "Arguments: `{path}` is not an ID. IDs are opaque: send the `id` of an object."
                );
                self.errors.push(ServerError::new(problem, Some(position)));
            }
            (BaseType::Named(name), ConstValue::Object(values)) => {
                if let Some(Input::Object(object)) = self.facts.input(name) {
                    for (key, value) in values {
                        if let Some(field) = object.fields.get(key.as_str()) {
                            self.value(&field.ty, value, &Path::Field(path, key), position);
                        }
                    }
                }
            }
            _ => {}
        }
    }
}
