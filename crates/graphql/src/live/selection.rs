//! What the answer of a subscription depends on: its selections in a canonical form.
//!
//! Documents that differ only in whitespace, comments, the names of fragments, operations and
//! variables, the order of arguments, unused variables or skipped selections have the same form.
//! Aliases are part of it, because they are in the answer.

use std::collections::HashMap;

use async_graphql::{
    Name, Positioned, Variables,
    parser::types::{Directive, Field, OperationType, Selection, SelectionSet},
};
use async_graphql_value::ConstValue;
use sha2::{Digest, Sha256};

use crate::guard::{
    cost::measure::Fragments,
    document::reached::{bind, is_excluded},
    facts::{Composite, Facts},
};

type Hash = [u8; 32];

/// What the answer of a subscription to an event depends on, except for the event itself.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct Answer {
    /// The hash of the selections.
    pub(super) hash: Hash,
    /// Whether the answer can differ between viewers of the same workspace.
    pub(super) is_per_viewer: bool,
}

/// A pass over a subscription.
pub(super) struct Scan<'a> {
    facts: &'a Facts,
    fragments: &'a Fragments,
    variables: &'a Variables,
    /// The hashes of the fragments that were visited. Each is visited once, so the pass is linear.
    visited: HashMap<&'a Name, Hash>,
    is_per_viewer: bool,
}

impl<'a> Scan<'a> {
    pub(super) fn new(
        facts: &'a Facts,
        fragments: &'a Fragments,
        variables: &'a Variables,
    ) -> Self {
        Self {
            facts,
            fragments,
            variables,
            visited: HashMap::new(),
            is_per_viewer: false,
        }
    }

    pub(super) fn operation(mut self, root: &'a SelectionSet) -> Answer {
        let of = self.facts.root(OperationType::Subscription);
        let hash = self.selection_set(root, of, true);
        Answer {
            hash,
            is_per_viewer: self.is_per_viewer,
        }
    }

    /// The hash of a selection set. The order counts, because it is that of the answer.
    fn selection_set(
        &mut self,
        set: &'a SelectionSet,
        of: Option<&'a Composite>,
        at_root: bool,
    ) -> Hash {
        let mut hash = Sha256::new();
        for selection in &set.items {
            let selection = &selection.node;
            if is_excluded(selection.directives(), self.variables) {
                continue;
            }
            let (part, type_name) = match selection {
                Selection::Field(field) => (self.field(&field.node, of, at_root), None),
                Selection::InlineFragment(fragment) => {
                    let condition = fragment.node.type_condition.as_ref();
                    let type_name = condition.map(|it| &it.node.on.node);
                    let of = type_name.map_or(of, |name| self.facts.composite(name));
                    let set = &fragment.node.selection_set.node;
                    (self.selection_set(set, of, at_root), type_name)
                }
                Selection::FragmentSpread(spread) => {
                    let name = &spread.node.fragment_name.node;
                    let Some((name, fragment)) = self.fragments.get_key_value(name) else {
                        continue;
                    };
                    let type_name = &fragment.node.type_condition.node.on.node;
                    (self.fragment(name, type_name, at_root), Some(type_name))
                }
            };
            match (selection, type_name) {
                (Selection::Field(_), _) => hash.update(b"field "),
                (_, Some(type_name)) => hash.update(format!("on {type_name} ")),
                (_, None) => hash.update(b"on any "),
            }
            self.directives(&mut hash, selection.directives());
            hash.update(part);
        }
        hash.finalize().into()
    }

    /// The hash of a fragment's selections. A fragment on the type `Subscription` can be spread only
    /// at the root, and others only below it.
    fn fragment(&mut self, name: &'a Name, type_name: &'a Name, at_root: bool) -> Hash {
        if let Some(hash) = self.visited.get(name) {
            return *hash;
        }
        let of = self.facts.composite(type_name);
        let hash = match self.fragments.get(name) {
            Some(fragment) => self.selection_set(&fragment.node.selection_set.node, of, at_root),
            None => Hash::default(),
        };
        self.visited.insert(name, hash);
        hash
    }

    /// The hash of a field. The arguments of the root field are left out: they select events, but do
    /// not affect how these are rendered.
    fn field(&mut self, field: &'a Field, of: Option<&'a Composite>, at_root: bool) -> Hash {
        let name = field.name.node.as_str();
        let fact = of.and_then(|it| it.field(name));
        let mut hash = Sha256::new();
        hash.update(format!("{}: {name}(", field.response_key().node));
        if !at_root {
            // Meta-fields such as `__typename` have no facts. An unknown field counts as per
            // viewer.
            self.is_per_viewer |= match fact {
                Some(fact) => fact.is_per_viewer,
                None => !name.starts_with("__"),
            };
            let mut arguments: Vec<_> = field.arguments.iter().collect();
            arguments.sort_unstable_by_key(|(name, _)| name.node.as_str());
            for (name, value) in arguments {
                if let Some(value) = bind(&value.node, self.variables) {
                    hash.update(format!("{}: ", name.node));
                    add_value(&mut hash, &value);
                }
            }
        }
        let below = fact.and_then(|it| self.facts.composite(&it.type_name));
        let selections = self.selection_set(&field.selection_set.node, below, false);
        hash.update(b")");
        hash.update(selections);
        hash.finalize().into()
    }

    /// Adds directives other than `@skip` and `@include`, which have had their effect.
    fn directives(&self, hash: &mut Sha256, directives: &[Positioned<Directive>]) {
        for directive in directives {
            let name = directive.node.name.node.as_str();
            if name == "skip" || name == "include" {
                continue;
            }
            hash.update(format!("@{name} "));
            for (name, value) in &directive.node.arguments {
                hash.update(format!("{}: ", name.node));
                if let Some(value) = bind(&value.node, self.variables) {
                    add_value(hash, &value);
                }
            }
        }
    }
}

/// Adds a value, with the fields of objects in the order of their names. Texts come with their
/// lengths, so that no text can look like something else.
fn add_value(hash: &mut Sha256, value: &ConstValue) {
    match value {
        ConstValue::String(text) => {
            hash.update(format!("{} bytes:", text.len()));
            hash.update(text);
        }
        ConstValue::Binary(bytes) => {
            hash.update(format!("{} bytes:", bytes.len()));
            hash.update(bytes);
        }
        ConstValue::List(items) => {
            hash.update(format!("{} items:", items.len()));
            for item in items {
                add_value(hash, item);
            }
        }
        ConstValue::Object(fields) => {
            hash.update(format!("{} fields:", fields.len()));
            let mut fields: Vec<_> = fields.iter().collect();
            fields.sort_unstable_by_key(|(name, _)| name.as_str());
            for (name, value) in fields {
                hash.update(format!("{name}: "));
                add_value(hash, value);
            }
        }
        // These are texts without spaces.
        ConstValue::Null | ConstValue::Number(_) | ConstValue::Boolean(_) | ConstValue::Enum(_) => {
            hash.update(format!("{value} "));
        }
    }
}

#[cfg(test)]
mod tests {
    use async_graphql::parser::{parse_query, types::DocumentOperations};
    use serde_json::{Value, json};

    use super::*;

    fn answer(text: &str, variables: Value) -> Answer {
        let document = parse_query(text).unwrap();
        let operation = match &document.operations {
            DocumentOperations::Single(operation) => operation,
            DocumentOperations::Multiple(operations) => operations.values().next().unwrap(),
        };
        let facts = Facts::new(&crate::guard::schema::parse(&crate::sdl()));
        let variables = Variables::from_json(variables);
        let scan = Scan::new(&facts, &document.fragments, &variables);
        scan.operation(&operation.node.selection_set.node)
    }

    fn hash(text: &str) -> Hash {
        answer(text, json!({})).hash
    }

    const PLAIN: &str = "subscription {
        meetingChanged { kind meeting { tasks(first: 2, orderBy: [{field: ID}]) { nodes { id } } } }
    }";

    #[test]
    fn what_is_not_in_the_answer_does_not_count() {
        for same in [
            "subscription Named { meetingChanged { kind # a comment
                meeting { tasks(orderBy: [{field: ID}], first: 2) { nodes { id } } } } }",
            r#"subscription { meetingChanged(id: "x") { kind @include(if: true)
                id @skip(if: true)
                meeting { tasks(first: 2, orderBy: [{field: ID}]) { nodes { id } } } } }"#,
        ] {
            assert_eq!(hash(same), hash(PLAIN), "{same}");
        }
        let variables = "subscription ($n: Int, $unused: Int) { meetingChanged { kind meeting {
            tasks(first: $n, orderBy: [{field: ID}]) { nodes { id } } } } }";
        for unused in [1, 2] {
            let bound = answer(variables, json!({"n": 2, "unused": unused}));
            assert_eq!(bound.hash, hash(PLAIN));
        }
        let spread = |name: &str| {
            hash(&format!(
                "subscription {{ taskChanged {{ task {{ ...{name} }} }} }}
                 fragment {name} on Task {{ title }}"
            ))
        };
        assert_eq!(spread("A"), spread("B"));
        let inline = "subscription { taskChanged { task { ... on Task { title } } } }";
        assert_eq!(spread("A"), hash(inline));
    }

    #[test]
    fn what_is_in_the_answer_counts() {
        for other in [
            "subscription { x: meetingChanged { kind meeting {
                tasks(first: 2, orderBy: [{field: ID}]) { nodes { id } } } } }",
            "subscription { meetingChanged { k: kind meeting {
                tasks(first: 2, orderBy: [{field: ID}]) { nodes { id } } } } }",
            "subscription { meetingChanged { meeting {
                tasks(first: 2, orderBy: [{field: ID}]) { nodes { id } } } kind } }",
            "subscription { meetingChanged { kind meeting {
                tasks(first: 3, orderBy: [{field: ID}]) { nodes { id } } } } }",
            "subscription { meetingChanged { kind meeting {
                tasks(first: 2, orderBy: [{field: TITLE}]) { nodes { id } } } } }",
            "subscription { meetingChanged { kind meeting {
                tasks(first: 2, orderBy: [{field: ID}]) { nodes { title } } } } }",
            "subscription { meetingChanged { kind meeting {
                tasks(first: 2, orderBy: [{field: ID}]) { nodes { id } } id } } }",
        ] {
            assert_ne!(hash(other), hash(PLAIN), "{other}");
        }
    }

    #[test]
    fn fields_of_the_viewer_are_found_in_fragments() {
        let per_viewer = |text: &str| answer(text, json!({})).is_per_viewer;
        assert!(!per_viewer(PLAIN));
        assert!(per_viewer(
            "subscription { ...R } fragment R on Subscription { meetingChanged { meeting { ...M } } }
             fragment M on Meeting { viewerCanDelete }"
        ));
    }
}
