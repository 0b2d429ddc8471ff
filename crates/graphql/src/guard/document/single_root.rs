//! Checks that a subscription has exactly one root field, because async-graphql does not.

use std::collections::HashSet;

use async_graphql::{
    Positioned, ServerError,
    parser::types::{Directive, ExecutableDocument, OperationType, Selection, SelectionSet},
};

use crate::guard::cost::measure::Fragments;

/// The errors in the root selections of the subscriptions of a valid document.
///
/// Source: <https://spec.graphql.org/September2025/#sec-Single-Root-Field>.
pub(super) fn check_subscriptions(document: &ExecutableDocument) -> Vec<ServerError> {
    let operations = document.operations.iter().map(|(_, operation)| operation);
    operations
        .filter(|operation| operation.node.ty == OperationType::Subscription)
        .filter_map(|operation| {
            let mut root = Root {
                fragments: &document.fragments,
                visited: HashSet::new(),
                keys: HashSet::new(),
                is_introspection: false,
                is_conditional: false,
            };
            root.walk(&operation.node.selection_set.node);
            let problem = root.problem()?;
            Some(ServerError::new(problem, Some(operation.pos)))
        })
        .collect()
}

/// The selections at the root of a subscription.
struct Root<'a> {
    fragments: &'a Fragments,
    visited: HashSet<&'a str>,
    /// The response names of the fields. Fields with the same response name are merged into one.
    keys: HashSet<&'a str>,
    is_introspection: bool,
    is_conditional: bool,
}

impl<'a> Root<'a> {
    fn walk(&mut self, set: &'a SelectionSet) {
        for selection in &set.items {
            match &selection.node {
                Selection::Field(field) => {
                    let field = &field.node;
                    self.conditions(&field.directives);
                    self.keys.insert(field.response_key().node.as_str());
                    self.is_introspection |= field.name.node.starts_with("__");
                }
                Selection::InlineFragment(fragment) => {
                    self.conditions(&fragment.node.directives);
                    self.walk(&fragment.node.selection_set.node);
                }
                Selection::FragmentSpread(spread) => {
                    self.conditions(&spread.node.directives);
                    let name = spread.node.fragment_name.node.as_str();
                    if let Some(fragment) = self.fragments.get(name)
                        && self.visited.insert(name)
                    {
                        self.walk(&fragment.node.selection_set.node);
                    }
                }
            }
        }
    }

    fn conditions(&mut self, directives: &[Positioned<Directive>]) {
        let is_condition = |name: &str| matches!(name, "skip" | "include");
        let mut names = directives.iter().map(|it| it.node.name.node.as_str());
        self.is_conditional |= names.any(is_condition);
    }

    fn problem(&self) -> Option<&'static str> {
        if self.keys.len() > 1 {
            Some("A subscription must have exactly one root field. Use a subscription for each.")
        } else if self.is_introspection {
            Some("A subscription cannot select the schema. Use a query.")
        } else if self.is_conditional {
            Some("The root field of a subscription cannot have @skip or @include.")
        } else {
            None
        }
    }
}
