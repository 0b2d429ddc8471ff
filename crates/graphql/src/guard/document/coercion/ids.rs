//! The ids in the arguments of a mutation. They are decoded before its first field is executed, so
//! that a mutation with an invalid ID changes nothing. In queries, an invalid ID is the error of its
//! field.

use async_graphql::{
    Pos, ServerError, Variables,
    parser::types::{BaseType, OperationDefinition, Type},
};
use async_graphql_value::{ConstValue, Value};

use super::path::Path;
use crate::{
    error::response::MAX_ERRORS,
    global_id,
    guard::{
        cost::measure::Fragments,
        document::typed_fields,
        facts::{Facts, Input},
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
        variables,
        errors: Vec::new(),
    };
    for typed in typed_fields::executed(facts, operation, fragments, variables) {
        for (name, value, ty) in typed.arguments() {
            let of = typed.fact.and_then(|it| it.id_arguments.get(name.as_str()));
            let of = of.map(String::as_str);
            ids.written(ty, of, &value.node, &Path::Argument(name), value.pos);
        }
    }
    ids.errors
}

struct Ids<'a> {
    facts: &'a Facts,
    variables: &'a Variables,
    errors: Vec<ServerError>,
}

impl<'a> Ids<'a> {
    /// Checks the IDs in a value of the document, and in the variables that it uses.
    fn written(
        &mut self,
        ty: &Type,
        of: Option<&str>,
        value: &Value,
        path: &Path<'_>,
        position: Pos,
    ) {
        match (&ty.base, value) {
            (_, Value::Variable(name)) => {
                if let Some(value) = self.variables.get(name) {
                    self.value(ty, of, value, path, position);
                }
            }
            (BaseType::List(item), Value::List(values)) => {
                for (index, value) in values.iter().enumerate() {
                    self.written(item, of, value, &Path::Item(path, index), position);
                }
            }
            (BaseType::List(item), value) => self.written(item, of, value, path, position),
            (BaseType::Named(name), Value::Object(values)) => {
                for (key, value) in values {
                    if let Some((ty, of)) = self.field(name, key) {
                        let path = Path::Field(path, key);
                        self.written(ty, of, value, &path, position);
                    }
                }
            }
            (_, value) => {
                if let Some(value) = value.clone().into_const() {
                    self.value(ty, of, &value, path, position);
                }
            }
        }
    }

    /// The type of a field of an input object, and that of the objects whose IDs it takes.
    fn field(&self, object: &str, key: &str) -> Option<(&'a Type, Option<&'a str>)> {
        let facts: &'a Facts = self.facts;
        let Some(Input::Object(object)) = facts.input(object) else {
            return None;
        };
        let field = object.fields.get(key)?;
        let of = field.id_of.as_deref().or(object.ids_of.as_deref());
        Some((&field.ty, of))
    }

    /// Checks the IDs in a value. `of` is the type of the objects that have them, if it is known.
    fn value(
        &mut self,
        ty: &Type,
        of: Option<&str>,
        value: &ConstValue,
        path: &Path<'_>,
        position: Pos,
    ) {
        if self.errors.len() >= MAX_ERRORS {
            return;
        }
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
                for (key, value) in values {
                    if let Some((ty, of)) = self.field(name, key) {
                        self.value(ty, of, value, &Path::Field(path, key), position);
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
