//! The selections of a subscription, and which subscribers share a response.

use std::{ops::Range, sync::Arc};

use async_graphql::{Request, Variables, parser::types::OperationType};

use super::{
    price::EventPrice,
    selection::{Answer, Scan},
};
use crate::{
    account::viewer::Viewer,
    guard::{
        document::{Document, Operation, find_mut},
        facts::Facts,
    },
    schema::event::ChangeFilter,
    shares::Party,
};

/// The operation of a subscription, which is executed for each event.
pub(crate) struct EventQuery {
    /// The parsed document, shared by all who sent the same text.
    document: Arc<Document>,
    operation_name: Option<String>,
    variables: Variables,
    answer: Answer,
    /// What an event costs.
    pub(super) price: EventPrice,
}

/// Subscribers with the same key get the same response to a part of a batch.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub(super) struct RenderKey {
    /// The hash of everything that the response depends on, except for the event and the viewer.
    hash: [u8; 32],
    audience: Audience,
    filter: Option<ChangeFilter>,
    /// Where the part is among the events that pass the filter.
    pub(super) range: Range<usize>,
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
        let scan = Scan::new(facts, &document.parsed.fragments, &operation.variables);
        let definition = document.find(operation.name.as_deref());
        let answer = definition.map(|it| scan.operation(&it.selection_set.node));
        Self {
            answer: answer.unwrap_or_default(),
            document,
            operation_name: operation.name,
            variables: operation.variables,
            price: EventPrice::new(operation.cost),
        }
    }

    /// The name of the operation, if it has one.
    pub(crate) fn operation_name(&self) -> Option<&str> {
        self.operation_name.as_deref()
    }

    /// The document of the operation.
    pub(crate) fn document(&self) -> &Document {
        &self.document
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

    /// How many events are rendered at once.
    pub(super) fn chunk(&self) -> usize {
        self.price.chunk()
    }

    /// For whom events are rendered that this viewer receives. What colleagues share is work for
    /// their workspace: it must not depend on how much the one who asks first has under way.
    pub(super) fn party(&self, viewer: &Viewer) -> Party {
        match (self.answer.is_per_viewer, viewer.user().workspace_id) {
            (false, Some(workspace_id)) => Party::Workspace(workspace_id),
            _ => viewer.party(),
        }
    }

    /// The key of the responses for this viewer to a part of the events that pass the filter.
    pub(super) fn key(
        &self,
        viewer: &Viewer,
        filter: Option<&ChangeFilter>,
        range: Range<usize>,
    ) -> RenderKey {
        let user = viewer.user();
        RenderKey {
            hash: self.answer.hash,
            audience: if self.answer.is_per_viewer {
                Audience::User(user.id)
            } else {
                Audience::Workspace(user.workspace_id)
            },
            filter: filter.cloned(),
            range,
        }
    }
}
