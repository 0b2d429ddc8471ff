//! The ids in the arguments of a mutation. They are decoded before its first field is executed, so
//! that a mutation with an id that is none changes nothing. In queries, such an id is the error of
//! its field.

use std::collections::HashSet;

use async_graphql::{
    Name, Pos, ServerError, Variables,
    parser::types::{BaseType, OperationDefinition, Selection, SelectionSet, Type},
};
use async_graphql_value::ConstValue;

use super::path::Path;
use crate::{
    global_id,
    guard::{
        cost::{
            facts::{Composite, Facts, Input},
            measure::Fragments,
        },
        document::reached::{bind, is_excluded},
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
        fragments,
        variables,
        visited: HashSet::new(),
        errors: Vec::new(),
    };
    ids.selections(facts.root(operation.ty), &operation.selection_set.node);
    ids.errors
}

struct Ids<'a> {
    facts: &'a Facts,
    fragments: &'a Fragments,
    variables: &'a Variables,
    visited: HashSet<&'a Name>,
    errors: Vec<ServerError>,
}

impl<'a> Ids<'a> {
    fn selections(&mut self, parent: Option<&'a Composite>, set: &'a SelectionSet) {
        for selection in &set.items {
            if is_excluded(selection.node.directives(), self.variables) {
                continue;
            }
            match &selection.node {
                Selection::Field(field) => {
                    let fact = parent.and_then(|it| it.field(&field.node.name.node));
                    for (name, value) in &field.node.arguments {
                        let ty = fact.and_then(|it| it.arguments.get(name.node.as_str()));
                        let bound = bind(&value.node, self.variables);
                        if let (Some(ty), Some(bound)) = (ty, bound) {
                            self.value(ty, &bound, &Path::Argument(&name.node), value.pos);
                        }
                    }
                    let below = fact.and_then(|it| self.facts.composite(&it.type_name));
                    self.selections(below, &field.node.selection_set.node);
                }
                Selection::InlineFragment(fragment) => {
                    let condition = fragment.node.type_condition.as_ref();
                    let on = condition.map_or(parent, |it| self.facts.composite(&it.node.on.node));
                    self.selections(on, &fragment.node.selection_set.node);
                }
                Selection::FragmentSpread(spread) => self.fragment(&spread.node.fragment_name.node),
            }
        }
    }

    fn fragment(&mut self, name: &Name) {
        if let Some((name, fragment)) = self.fragments.get_key_value(name)
            && self.visited.insert(name)
        {
            let on = &fragment.node.type_condition.node.on.node;
            let on = self.facts.composite(on);
            self.selections(on, &fragment.node.selection_set.node);
        }
    }

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
