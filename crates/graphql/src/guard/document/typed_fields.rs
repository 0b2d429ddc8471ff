//! The fields of a document, with the types that they are selected on.

use std::collections::HashSet;

use async_graphql::{
    Name, Positioned, Variables,
    parser::types::{
        ExecutableDocument, Field, OperationDefinition, Selection, SelectionSet, Type,
    },
};
use async_graphql_value::Value;

use super::reached::is_excluded;
use crate::guard::{
    cost::measure::Fragments,
    facts::{self, Composite, Facts},
};

/// A field, and what the schema says about it.
pub(super) struct TypedField<'a> {
    pub(super) field: &'a Field,
    /// The type that the field is selected on, if there is such a type.
    pub(super) parent: Option<&'a Composite>,
    /// The field of that type, if there is one.
    pub(super) fact: Option<&'a facts::Field>,
}

impl<'a> TypedField<'a> {
    /// The arguments that the schema knows: their names, values and types.
    pub(super) fn arguments(
        &self,
    ) -> impl Iterator<Item = (&'a Name, &'a Positioned<Value>, &'a Type)> {
        let fact = self.fact;
        self.field
            .arguments
            .iter()
            .filter_map(move |(name, value)| {
                let ty = fact?.arguments.get(name.node.as_str())?;
                Some((&name.node, value, ty))
            })
    }
}

/// All fields of a document, each once.
pub(super) fn written<'a>(
    facts: &'a Facts,
    document: &'a ExecutableDocument,
) -> Vec<TypedField<'a>> {
    let mut fields = TypedFields::new(facts, None);
    for (_, operation) in document.operations.iter() {
        let root = facts.root(operation.node.ty);
        fields.add(root, &operation.node.selection_set.node);
    }
    for fragment in document.fragments.values() {
        let on = facts.composite(&fragment.node.type_condition.node.on.node);
        fields.add(on, &fragment.node.selection_set.node);
    }
    fields.found
}

/// The fields that an operation executes, each once, however often its fragment is spread.
pub(super) fn executed<'a>(
    facts: &'a Facts,
    operation: &'a OperationDefinition,
    fragments: &'a Fragments,
    variables: &'a Variables,
) -> Vec<TypedField<'a>> {
    let mut fields = TypedFields::new(facts, Some((fragments, variables)));
    fields.add(facts.root(operation.ty), &operation.selection_set.node);
    fields.found
}

struct TypedFields<'a> {
    facts: &'a Facts,
    /// If spreads are followed: the fragments, and the variables that decide what is excluded.
    execution: Option<(&'a Fragments, &'a Variables)>,
    spread: HashSet<&'a Name>,
    found: Vec<TypedField<'a>>,
}

impl<'a> TypedFields<'a> {
    fn new(facts: &'a Facts, execution: Option<(&'a Fragments, &'a Variables)>) -> Self {
        Self {
            facts,
            execution,
            spread: HashSet::new(),
            found: Vec::new(),
        }
    }

    fn add(&mut self, parent: Option<&'a Composite>, set: &'a SelectionSet) {
        for selection in &set.items {
            if let Some((_, variables)) = self.execution
                && is_excluded(selection.node.directives(), variables)
            {
                continue;
            }
            match &selection.node {
                Selection::Field(field) => self.field(parent, field),
                Selection::InlineFragment(fragment) => {
                    let condition = fragment.node.type_condition.as_ref();
                    let on = condition.map_or(parent, |it| self.facts.composite(&it.node.on.node));
                    self.add(on, &fragment.node.selection_set.node);
                }
                Selection::FragmentSpread(spread) => self.spread(&spread.node.fragment_name.node),
            }
        }
    }

    fn field(&mut self, parent: Option<&'a Composite>, field: &'a Positioned<Field>) {
        let field = &field.node;
        let fact = parent.and_then(|it| it.field(&field.name.node));
        self.found.push(TypedField {
            field,
            parent,
            fact,
        });
        let below = fact.and_then(|it| self.facts.composite(&it.type_name));
        self.add(below, &field.selection_set.node);
    }

    fn spread(&mut self, name: &Name) {
        if let Some((fragments, _)) = self.execution
            && let Some((name, fragment)) = fragments.get_key_value(name)
            && self.spread.insert(name)
        {
            let on = &fragment.node.type_condition.node.on.node;
            self.add(self.facts.composite(on), &fragment.node.selection_set.node);
        }
    }
}
