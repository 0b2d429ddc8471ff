//! The fields that an operation executes, and the values of their arguments.

use std::collections::HashSet;

use async_graphql::{
    Name, Positioned, Variables,
    parser::types::{Directive, Field, OperationDefinition, Selection, SelectionSet},
};
use async_graphql_value::{
    ConstValue, Value,
    indexmap::{IndexMap, map::Entry},
};

use crate::guard::cost::measure::Fragments;

/// The root fields of an operation that `@skip` and `@include` do not exclude, each fragment
/// once.
pub(crate) fn root_fields<'a>(
    operation: &'a OperationDefinition,
    fragments: &'a Fragments,
    variables: &Variables,
) -> Vec<&'a Positioned<Field>> {
    let mut reached = Reached {
        fragments,
        variables,
        visited: HashSet::new(),
        fields: Vec::new(),
    };
    reached.add(&operation.selection_set.node);
    reached.fields
}

/// Whether the root of an operation is more than fields with different response names.
pub(super) fn needs_merging(operation: &OperationDefinition) -> bool {
    let mut names = HashSet::new();
    let mut selections = operation.selection_set.node.items.iter();
    !selections.all(|selection| match &selection.node {
        Selection::Field(field) => names.insert(&field.node.response_key().node),
        _ => false,
    })
}

/// The root fields that are executed, each response name once. Fields with the same response name
/// are equal apart from their selections, which are executed together. async-graphql would execute
/// each of them, and so carry out a mutation twice.
pub(super) fn merged_root(
    operation: &OperationDefinition,
    fragments: &Fragments,
    variables: &Variables,
) -> SelectionSet {
    let mut merged: IndexMap<&Name, Positioned<Field>> = IndexMap::new();
    for field in root_fields(operation, fragments, variables) {
        let selections = &field.node.selection_set.node.items;
        match merged.entry(&field.node.response_key().node) {
            Entry::Occupied(mut first) => {
                let first = &mut first.get_mut().node.selection_set.node;
                first.items.extend(selections.iter().cloned());
            }
            Entry::Vacant(vacant) => {
                let first = vacant.insert(field.clone());
                first.node.directives.clear();
            }
        }
    }
    let fields = merged.into_values();
    let items = fields.map(|it| Positioned::new(Selection::Field(it.clone()), it.pos));
    SelectionSet {
        items: items.collect(),
    }
}

struct Reached<'a, 'v> {
    fragments: &'a Fragments,
    variables: &'v Variables,
    visited: HashSet<&'a Name>,
    fields: Vec<&'a Positioned<Field>>,
}

impl<'a> Reached<'a, '_> {
    fn add(&mut self, set: &'a SelectionSet) {
        for selection in &set.items {
            if is_excluded(selection.node.directives(), self.variables) {
                continue;
            }
            match &selection.node {
                Selection::Field(field) => self.fields.push(field),
                Selection::InlineFragment(fragment) => self.add(&fragment.node.selection_set.node),
                Selection::FragmentSpread(spread) => {
                    let name = &spread.node.fragment_name.node;
                    if let Some((name, fragment)) = self.fragments.get_key_value(name)
                        && self.visited.insert(name)
                    {
                        self.add(&fragment.node.selection_set.node);
                    }
                }
            }
        }
    }
}

/// Whether `@skip` or `@include` excludes a selection.
pub(crate) fn is_excluded(directives: &[Positioned<Directive>], variables: &Variables) -> bool {
    directives.iter().any(|directive| {
        let excluded_if = match directive.node.name.node.as_str() {
            "skip" => true,
            "include" => false,
            _ => return false,
        };
        let condition = directive.node.get_argument("if");
        let condition = condition.and_then(|it| bind(&it.node, variables));
        condition == Some(ConstValue::Boolean(excluded_if))
    })
}

/// A value with those of the variables in it. Variables without a value are left out, except in
/// lists, where they are null.
pub(crate) fn bind(value: &Value, variables: &Variables) -> Option<ConstValue> {
    Some(match value {
        Value::Variable(name) => return variables.get(name).cloned(),
        Value::Null => ConstValue::Null,
        Value::Number(number) => ConstValue::Number(number.clone()),
        Value::String(text) => ConstValue::String(text.clone()),
        Value::Boolean(value) => ConstValue::Boolean(*value),
        Value::Binary(bytes) => ConstValue::Binary(bytes.clone()),
        Value::Enum(name) => ConstValue::Enum(name.clone()),
        Value::List(items) => {
            let items = items.iter().map(|it| bind(it, variables));
            ConstValue::List(items.map(Option::unwrap_or_default).collect())
        }
        Value::Object(fields) => {
            let fields = fields.iter();
            let fields = fields.filter_map(|(name, it)| Some((name.clone(), bind(it, variables)?)));
            ConstValue::Object(fields.collect::<IndexMap<_, _>>())
        }
    })
}
