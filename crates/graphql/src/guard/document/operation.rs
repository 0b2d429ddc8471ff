//! What a client asks for, and the operation that it gets.

use std::sync::Arc;

use async_graphql::{
    Name, Variables,
    parser::types::{DocumentOperations, ExecutableDocument, OperationDefinition, OperationType},
};

use crate::{error::Error, guard::cost::measure::Cost};

/// What a client asks, as it was sent.
#[derive(Debug, Default)]
pub struct Call {
    /// The text of the document.
    pub query: Option<String>,
    /// The id of a document that the server has: one of the manifest, or the SHA-256 of a text that
    /// was sent before, in hexadecimal digits.
    pub document_id: Option<String>,
    /// Which operation of the document is meant.
    pub operation_name: Option<String>,
    /// The values of its variables.
    pub variables: Variables,
    /// What is wanted of its cost.
    pub cost: CostReport,
}

/// Whether the answer says what the request costs.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum CostReport {
    /// It does not.
    #[default]
    Without,
    /// It does, in `extensions.cost`.
    With,
    /// It says nothing else: the request is not executed.
    Alone,
}

/// An operation that may be executed.
#[derive(Debug)]
pub struct Operation {
    pub(crate) document: Arc<Document>,
    pub(crate) name: Option<String>,
    pub(crate) variables: Variables,
    pub(crate) report: CostReport,
    /// Whether it reads, writes or listens.
    pub kind: OperationType,
    /// What it costs at most.
    pub cost: Cost,
}

impl Operation {
    /// Its name, if it has one.
    #[must_use]
    pub fn name(&self) -> Option<&str> {
        self.name.as_deref()
    }
}

/// A document that is valid and within the limits.
#[derive(Debug)]
pub(crate) struct Document {
    pub(crate) parsed: ExecutableDocument,
    /// The hash of its text.
    pub(crate) hash: DocumentHash,
    pub(super) tokens: u64,
}

/// The hash of a document.
pub(crate) type DocumentHash = [u8; 32];

impl Document {
    /// The operation of this name, or the only one.
    pub(super) fn operation(
        &self,
        name: Option<String>,
    ) -> Result<(Option<String>, &OperationDefinition), Error> {
        match (&self.parsed.operations, name) {
            (DocumentOperations::Single(operation), None) => Ok((None, &operation.node)),
            (DocumentOperations::Multiple(operations), Some(name)) => {
                match operations.get(name.as_str()) {
                    Some(operation) => Ok((Some(name), &operation.node)),
                    None => Err(no_operation(&name, operations.keys())),
                }
            }
            (DocumentOperations::Single(_), Some(name)) => Err(no_operation(&name, [].iter())),
            (DocumentOperations::Multiple(operations), None) => {
                let mut all = operations.iter();
                match (all.next(), all.next()) {
                    (Some((name, operation)), None) => {
                        Ok((Some(name.to_string()), &operation.node))
                    }
                    _ => Err(Error::BadUserInput(
                        "The document has several operations: name one in `operationName`."
                            .to_owned(),
                    )),
                }
            }
        }
    }
}

/// The document has no operation with the name that was sent.
fn no_operation<'a>(name: &str, names: impl Iterator<Item = &'a Name>) -> Error {
    let mut names: Vec<&str> = names.map(Name::as_str).collect();
    names.sort_unstable();
    let has = if names.is_empty() {
        "it has one without a name".to_owned()
    } else {
        format!("it has {}", names.join(", "))
    };
    Error::BadUserInput(format!(
        "The document has no operation named `{name}`; {has}."
    ))
}
