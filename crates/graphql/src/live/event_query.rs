//! What a subscriber selects of each event, and for whom it reads the same.

use std::{collections::HashSet, sync::Arc};

use async_graphql::{
    Name, Positioned, Request, Variables,
    parser::types::{
        Directive, DocumentOperations, OperationType, Selection as Selected, SelectionSet,
    },
};
use sha2::{Digest, Sha256};

use crate::{
    account::viewer::Viewer,
    guard::cost::Fragments,
    guard::document::{Document, Operation},
    schema::event::ChangeFilter,
};

/// What a subscription selects.
pub(crate) struct EventQuery {
    /// The document as it was sent, which all who send it share.
    document: Arc<Document>,
    operation_name: Option<String>,
    variables: Variables,
    /// The hash of all on which the answer depends beside event and viewer.
    hash: [u8; 32],
    /// Whether something in it tells one viewer something else than another of the same workspace.
    is_personal: bool,
}

/// Subscribers with the same key get the same answer to an event.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub(super) struct RenderKey {
    hash: [u8; 32],
    audience: Audience,
    filter: Option<ChangeFilter>,
}

/// For whom an answer is.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
enum Audience {
    /// Everybody in a workspace: the wall is all that the answer depends on.
    Workspace(Option<i32>),
    User(i32),
}

impl EventQuery {
    /// What an operation selects, which must be a subscription.
    pub(crate) fn new(operation: Operation) -> Self {
        let document = operation.document;
        let definition = match (&document.parsed.operations, &operation.name) {
            (DocumentOperations::Single(it), _) => Some(it),
            (DocumentOperations::Multiple(all), Some(name)) => all.get(name.as_str()),
            (DocumentOperations::Multiple(_), None) => None,
        };
        let used = definition
            .map(|it| Used::by(&it.node.selection_set.node, &document.parsed.fragments))
            .unwrap_or_default();
        let mut hash = Sha256::new();
        hash.update(document.hash);
        hash.update(operation.name.as_deref().unwrap_or_default());
        // The map is sorted, so that the same values give the same text.
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
            is_personal: used.is_personal,
        }
    }

    /// The request that carries it out, but for the event: the subscription is a query there, whose
    /// root is the event.
    pub(crate) fn request(&self) -> Request {
        let mut document = self.document.parsed.clone();
        let name = self.operation_name.as_deref();
        let definition = match (&mut document.operations, name) {
            (DocumentOperations::Single(it), _) => Some(it),
            (DocumentOperations::Multiple(all), Some(name)) => all.get_mut(name),
            (DocumentOperations::Multiple(_), None) => None,
        };
        if let Some(definition) = definition {
            definition.node.ty = OperationType::Query;
        }
        let mut request = Request::new("").variables(self.variables.clone());
        request.operation_name.clone_from(&self.operation_name);
        request.set_parsed_query(document);
        request
    }

    /// Who gets the same answer as this viewer, to what a filter lets through.
    pub(super) fn key(&self, viewer: &Viewer, filter: Option<&ChangeFilter>) -> RenderKey {
        let user = viewer.user();
        RenderKey {
            hash: self.hash,
            audience: if self.is_personal {
                Audience::User(user.id)
            } else {
                Audience::Workspace(user.workspace_id)
            },
            filter: filter.cloned(),
        }
    }
}

/// What is used below the root of a subscription. The arguments of the root say which events are
/// meant, and nothing of how they read.
#[derive(Default)]
struct Used {
    variables: HashSet<Name>,
    is_personal: bool,
}

impl Used {
    fn by(root: &SelectionSet, fragments: &Fragments) -> Self {
        let mut used = Self::default();
        used.walk(root, fragments, true, &mut HashSet::new());
        used
    }

    /// Each fragment is visited once; one that is spread at the root and below it can be spread
    /// nowhere but at the root of a subscription, by its type.
    fn walk<'a>(
        &mut self,
        set: &'a SelectionSet,
        fragments: &'a Fragments,
        at_root: bool,
        visited: &mut HashSet<&'a str>,
    ) {
        for selected in &set.items {
            match &selected.node {
                Selected::Field(field) => {
                    let field = &field.node;
                    self.directives(&field.directives);
                    if !at_root {
                        // All that depends on the viewer beyond the wall is called so.
                        self.is_personal |= field.name.node.starts_with("viewer");
                        for (_, value) in &field.arguments {
                            self.value(&value.node);
                        }
                    }
                    self.walk(&field.selection_set.node, fragments, false, visited);
                }
                Selected::InlineFragment(fragment) => {
                    self.directives(&fragment.node.directives);
                    let set = &fragment.node.selection_set.node;
                    self.walk(set, fragments, at_root, visited);
                }
                Selected::FragmentSpread(spread) => {
                    self.directives(&spread.node.directives);
                    let name = spread.node.fragment_name.node.as_str();
                    if let Some(fragment) = fragments.get(name)
                        && visited.insert(name)
                    {
                        let set = &fragment.node.selection_set.node;
                        self.walk(set, fragments, at_root, visited);
                    }
                }
            }
        }
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
                self.variables.insert(name.clone());
            }
            Value::List(values) => values.iter().for_each(|it| self.value(it)),
            Value::Object(values) => values.values().for_each(|it| self.value(it)),
            _ => {}
        }
    }
}
