//! The selections of a subscription, and which subscribers share a response.

use std::{collections::HashSet, sync::Arc};

use async_graphql::{
    Name, Positioned, Request, Variables,
    parser::types::{Directive, Field, OperationType, Selection, SelectionSet},
};
use sha2::{Digest, Sha256};

use crate::{
    account::viewer::Viewer,
    guard::document::{Document, Operation, find_mut},
    guard::{
        cost::measure::Fragments,
        facts::{Composite, Facts},
    },
    schema::event::ChangeFilter,
};

/// The operation of a subscription, which is executed for each event.
pub(crate) struct EventQuery {
    /// The parsed document, shared by all who sent the same text.
    document: Arc<Document>,
    operation_name: Option<String>,
    variables: Variables,
    /// The hash of everything that the response depends on, except for the event and the viewer.
    hash: [u8; 32],
    /// Whether the response can differ between viewers of the same workspace.
    is_per_viewer: bool,
}

/// Subscribers with the same key get the same response to an event.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub(super) struct RenderKey {
    hash: [u8; 32],
    audience: Audience,
    filter: Option<ChangeFilter>,
}

/// Who gets the same response.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
enum Audience {
    /// All users of a workspace: the response depends on the workspace only.
    Workspace(Option<i32>),
    User(i32),
}

impl EventQuery {
    /// The event query of an operation, which must be a subscription.
    pub(crate) fn new(operation: Operation, facts: &Facts) -> Self {
        let document = operation.document;
        let used = document
            .find(operation.name.as_deref())
            .map(|it| {
                let scan = Scan::new(facts, &document.parsed.fragments);
                scan.operation(&it.selection_set.node)
            })
            .unwrap_or_default();
        let mut hash = Sha256::new();
        hash.update(document.hash);
        hash.update(operation.name.as_deref().unwrap_or_default());
        // The variables are sorted by name, so equal variables have the same text.
        for (name, value) in operation.variables.iter() {
            if used.variables.contains(name) {
                hash.update(format!("\0{name}\0{value}"));
            }
        }
        Self {
            document,
            operation_name: operation.name,
            variables: operation.variables,
            hash: hash.finalize().into(),
            is_per_viewer: used.is_per_viewer,
        }
    }

    /// The request that is executed for each event. The subscription becomes a query, whose root is
    /// the event; the caller adds the event as data.
    pub(crate) fn request(&self) -> Request {
        let mut document = self.document.parsed.clone();
        if let Some(definition) = find_mut(&mut document, self.operation_name.as_deref()) {
            definition.ty = OperationType::Query;
        }
        let mut request = Request::new("").variables(self.variables.clone());
        request.operation_name.clone_from(&self.operation_name);
        request.set_parsed_query(document);
        request
    }

    /// The key of the responses for this viewer to the events that pass the filter.
    pub(super) fn key(&self, viewer: &Viewer, filter: Option<&ChangeFilter>) -> RenderKey {
        let user = viewer.user();
        RenderKey {
            hash: self.hash,
            audience: if self.is_per_viewer {
                Audience::User(user.id)
            } else {
                Audience::Workspace(user.workspace_id)
            },
            filter: filter.cloned(),
        }
    }
}

/// What the selections below the root field use. The arguments of the root field are left out: they
/// select events, but do not affect how these are rendered.
#[derive(Default)]
struct Used {
    variables: HashSet<Name>,
    is_per_viewer: bool,
}

/// A pass over a subscription that collects what it uses.
struct Scan<'a> {
    facts: &'a Facts,
    fragments: &'a Fragments,
    /// Each fragment is visited once. That is enough, because a fragment on the type `Subscription`
    /// can be spread only at the root, and others only below it.
    visited: HashSet<&'a str>,
    used: Used,
}

impl<'a> Scan<'a> {
    fn new(facts: &'a Facts, fragments: &'a Fragments) -> Self {
        Self {
            facts,
            fragments,
            visited: HashSet::new(),
            used: Used::default(),
        }
    }

    fn operation(mut self, root: &'a SelectionSet) -> Used {
        let of = self.facts.root(OperationType::Subscription);
        self.selection_set(root, of, true);
        self.used
    }

    fn selection_set(&mut self, set: &'a SelectionSet, of: Option<&'a Composite>, at_root: bool) {
        for selection in &set.items {
            match &selection.node {
                Selection::Field(field) => self.field(&field.node, of, at_root),
                Selection::InlineFragment(fragment) => {
                    self.directives(&fragment.node.directives);
                    let condition = fragment.node.type_condition.as_ref();
                    let of = condition.map_or(of, |it| self.facts.composite(&it.node.on.node));
                    self.selection_set(&fragment.node.selection_set.node, of, at_root);
                }
                Selection::FragmentSpread(spread) => {
                    self.directives(&spread.node.directives);
                    let name = spread.node.fragment_name.node.as_str();
                    if let Some(fragment) = self.fragments.get(name)
                        && self.visited.insert(name)
                    {
                        let of = &fragment.node.type_condition.node.on.node;
                        let of = self.facts.composite(of);
                        self.selection_set(&fragment.node.selection_set.node, of, at_root);
                    }
                }
            }
        }
    }

    fn field(&mut self, field: &'a Field, of: Option<&'a Composite>, at_root: bool) {
        self.directives(&field.directives);
        let name = field.name.node.as_str();
        let fact = of.and_then(|it| it.field(name));
        if !at_root {
            // Meta-fields such as `__typename` have no facts. An unknown field counts as per
            // viewer.
            self.used.is_per_viewer |= match fact {
                Some(fact) => fact.is_per_viewer,
                None => !name.starts_with("__"),
            };
            for (_, value) in &field.arguments {
                self.value(&value.node);
            }
        }
        let below = fact.and_then(|it| self.facts.composite(&it.type_name));
        self.selection_set(&field.selection_set.node, below, false);
    }

    fn directives(&mut self, directives: &[Positioned<Directive>]) {
        for directive in directives {
            for (_, value) in &directive.node.arguments {
                self.value(&value.node);
            }
        }
    }

    fn value(&mut self, value: &async_graphql_value::Value) {
        use async_graphql_value::Value;
        match value {
            Value::Variable(name) => {
                self.used.variables.insert(name.clone());
            }
            Value::List(values) => values.iter().for_each(|it| self.value(it)),
            Value::Object(values) => values.values().for_each(|it| self.value(it)),
            _ => {}
        }
    }
}
