//! Fragments on a union whose parent is another type, such as `... on SearchResult` within a
//! meeting. async-graphql applies a fragment on a union only where a field has the type of the
//! union, and leaves it out elsewhere. So such conditions are replaced by ones on the members.

use async_graphql::{
    Name, Positioned,
    parser::types::{
        DocumentOperations, ExecutableDocument, InlineFragment, OperationType, Selection,
        SelectionSet, TypeCondition,
    },
};

use crate::guard::{cost::measure::Fragments, facts::Facts};

/// Replaces the conditions of a valid document. For each member of a union, at most what the spreads
/// of the document expand to is copied, which is limited.
pub(super) fn replace(document: &mut ExecutableDocument, facts: &Facts) {
    if !uses_unions(document, facts) {
        return;
    }
    let originals = document.fragments.clone();
    let conditions = Conditions {
        facts,
        fragments: &originals,
    };
    let operations = match &mut document.operations {
        DocumentOperations::Single(operation) => vec![operation],
        DocumentOperations::Multiple(operations) => operations.values_mut().collect(),
    };
    for operation in operations {
        let root = match operation.node.ty {
            OperationType::Query => "Query",
            OperationType::Mutation => "Mutation",
            OperationType::Subscription => "Subscription",
        };
        conditions.replace_in(&mut operation.node.selection_set.node, root);
    }
    for fragment in document.fragments.values_mut() {
        let on = fragment.node.type_condition.node.on.node.clone();
        conditions.replace_in(&mut fragment.node.selection_set.node, &on);
    }
}

/// Whether any fragment is on a union.
fn uses_unions(document: &ExecutableDocument, facts: &Facts) -> bool {
    fn within(set: &SelectionSet, facts: &Facts) -> bool {
        set.items.iter().any(|selection| match &selection.node {
            Selection::Field(field) => within(&field.node.selection_set.node, facts),
            Selection::FragmentSpread(_) => false,
            Selection::InlineFragment(fragment) => {
                let condition = fragment.node.type_condition.as_ref();
                condition.is_some_and(|it| facts.members(&it.node.on.node).is_some())
                    || within(&fragment.node.selection_set.node, facts)
            }
        })
    }
    let mut fragments = document.fragments.values();
    let mut operations = document.operations.iter();
    fragments.any(|fragment| {
        facts
            .members(&fragment.node.type_condition.node.on.node)
            .is_some()
            || within(&fragment.node.selection_set.node, facts)
    }) || operations.any(|(_, it)| within(&it.node.selection_set.node, facts))
}

struct Conditions<'a> {
    facts: &'a Facts,
    fragments: &'a Fragments,
}

impl Conditions<'_> {
    fn replace_in(&self, set: &mut SelectionSet, parent: &str) {
        let items = std::mem::take(&mut set.items).into_iter();
        let items = items.filter(|it| self.can_apply(&it.node, parent));
        set.items = items.flat_map(|it| self.replaced(it, parent)).collect();
    }

    /// What stands for a selection within a type.
    fn replaced(
        &self,
        selection: Positioned<Selection>,
        parent: &str,
    ) -> Vec<Positioned<Selection>> {
        let position = selection.pos;
        let (mut inline, union) = match selection.node {
            Selection::Field(mut field) => {
                let fact = self.facts.composite(parent);
                let fact = fact.and_then(|it| it.field(&field.node.name.node));
                let below = fact.map_or("", |it| it.type_name.as_str());
                self.replace_in(&mut field.node.selection_set.node, below);
                return vec![Positioned::new(Selection::Field(field), position)];
            }
            Selection::FragmentSpread(spread) => {
                let fragment = self.fragments.get(&spread.node.fragment_name.node);
                let union = fragment.map(|it| it.node.type_condition.node.on.node.clone());
                let union = union.filter(|it| self.is_other_union(it, parent));
                let (Some(fragment), Some(union)) = (fragment, union) else {
                    return vec![Positioned::new(Selection::FragmentSpread(spread), position)];
                };
                let inline = InlineFragment {
                    type_condition: None,
                    directives: spread.node.directives,
                    selection_set: fragment.node.selection_set.clone(),
                };
                (Positioned::new(inline, position), union)
            }
            Selection::InlineFragment(mut fragment) => {
                let condition = fragment.node.type_condition.as_ref();
                let on = condition.map(|it| it.node.on.node.clone());
                if let Some(union) = on.clone().filter(|it| self.is_other_union(it, parent)) {
                    (fragment, union)
                } else {
                    let on = on.as_ref().map_or(parent, Name::as_str);
                    self.replace_in(&mut fragment.node.selection_set.node, on);
                    return vec![Positioned::new(
                        Selection::InlineFragment(fragment),
                        position,
                    )];
                }
            }
        };
        let members = self.facts.members(&union).unwrap_or_default();
        if members.iter().any(|it| it == parent) {
            // Every object of the parent is one of the union.
            inline.node.type_condition = None;
            self.replace_in(&mut inline.node.selection_set.node, parent);
            return vec![Positioned::new(Selection::InlineFragment(inline), position)];
        }
        let members = members.iter().map(|member| {
            let mut inline = inline.clone();
            let on = Positioned::new(Name::new(member), position);
            inline.node.type_condition = Some(Positioned::new(TypeCondition { on }, position));
            self.replace_in(&mut inline.node.selection_set.node, member);
            Positioned::new(Selection::InlineFragment(inline), position)
        });
        members.collect()
    }

    /// Whether a fragment can apply within a type. One on another type of objects cannot, and would
    /// only add to the cost.
    fn can_apply(&self, selection: &Selection, parent: &str) -> bool {
        let on = match selection {
            Selection::Field(_) => None,
            Selection::InlineFragment(fragment) => fragment.node.type_condition.as_ref(),
            Selection::FragmentSpread(spread) => {
                let fragment = self.fragments.get(&spread.node.fragment_name.node);
                fragment.map(|it| &it.node.type_condition)
            }
        };
        on.is_none_or(|on| {
            let on = on.node.on.node.as_str();
            on == parent || !self.facts.is_node(on) || !self.facts.is_node(parent)
        })
    }

    /// Whether a type is a union, and not the parent itself.
    fn is_other_union(&self, name: &str, parent: &str) -> bool {
        name != parent && self.facts.members(name).is_some()
    }
}
