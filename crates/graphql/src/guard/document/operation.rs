//! Calls, as sent by clients, and the operations that are made of them.

use std::{
    any::Any,
    collections::HashMap,
    fmt,
    sync::{Arc, Mutex, PoisonError},
};

use async_graphql::{
    Name, Positioned, Variables,
    parser::types::{
        DocumentOperations, ExecutableDocument, Field, OperationDefinition, OperationType,
        Selection, SelectionSet,
    },
};

use super::large::LargeFields;
use super::reached::{merged_root, needs_merging, root_fields};
use crate::{error::Error, guard::cost::measure::Cost, scalar::shown};

/// A call, as sent by a client.
#[derive(Debug, Default)]
pub struct Call {
    /// The text of the document.
    pub query: Option<String>,
    /// The id of a document that the server knows: an id of the manifest, or the SHA-256 hash of a
    /// document that was sent before, in hexadecimal digits.
    pub document_id: Option<String>,
    /// The name of the operation to execute.
    pub operation_name: Option<String>,
    /// The values of the variables.
    pub variables: Variables,
    /// Whether to report the cost.
    pub cost: CostReport,
}

/// Whether the response reports the cost of the request.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum CostReport {
    /// The cost is not reported.
    #[default]
    Without,
    /// The cost is reported in `extensions.cost`.
    With,
    /// Only the cost is reported: the request is not executed.
    Alone,
}

/// An operation that may be executed.
#[derive(Debug)]
pub struct Operation {
    pub(crate) document: Arc<Document>,
    pub(crate) name: Option<String>,
    /// The values of the variables, coerced to their types.
    pub(crate) variables: Variables,
    /// The inputs of a mutation.
    pub(crate) inputs: Option<MutationInputs>,
    pub(crate) report: CostReport,
    /// Query, mutation or subscription.
    pub kind: OperationType,
    /// The maximum cost.
    pub cost: Cost,
}

/// The inputs of an operation's mutations by the response names of their fields. They are parsed
/// before the first mutation is executed, so that an invalid input prevents all of them.
#[derive(Debug, Default)]
pub(crate) struct MutationInputs(Mutex<HashMap<Name, Box<dyn Any + Send>>>);

impl MutationInputs {
    /// Adds the input of a field. Fields with the same name have equal inputs.
    pub(crate) fn add(&mut self, response_name: &Name, input: Box<dyn Any + Send>) {
        if let Ok(inputs) = self.0.get_mut() {
            inputs.entry(response_name.clone()).or_insert(input);
        }
    }

    /// Takes the input of a field.
    pub(crate) fn take<M: 'static>(&self, response_name: &Name) -> Option<M> {
        let input = self.0.lock().ok()?.remove(response_name)?;
        input.downcast().ok().map(|input| *input)
    }
}

impl Operation {
    /// What is executed: the document, in which the operation has each root field once.
    pub(crate) fn executed(&self) -> ExecutableDocument {
        let needs_merging = self.definition().is_some_and(needs_merging);
        self.with_root(needs_merging.then(|| self.merged_root()).flatten())
    }

    /// The same with only those root fields that have these response names.
    pub(crate) fn executed_only(&self, names: &[&str]) -> ExecutableDocument {
        let mut root = self.merged_root();
        if let Some(root) = &mut root {
            root.items.retain(|selection| match &selection.node {
                Selection::Field(field) => names.contains(&field.node.response_key().node.as_str()),
                _ => true,
            });
        }
        self.with_root(root)
    }

    fn definition(&self) -> Option<&OperationDefinition> {
        self.document.find(self.name.as_deref())
    }

    fn merged_root(&self) -> Option<SelectionSet> {
        let fragments = &self.document.parsed.fragments;
        Some(merged_root(self.definition()?, fragments, &self.variables))
    }

    /// The document, in which the operation has other root fields.
    fn with_root(&self, root: Option<SelectionSet>) -> ExecutableDocument {
        let mut document = self.document.parsed.clone();
        let operation = find_mut(&mut document, self.name.as_deref());
        if let (Some(operation), Some(root)) = (operation, root) {
            operation.selection_set.node = root;
        }
        document
    }

    /// The root fields that are executed.
    pub(crate) fn root_fields(&self) -> Vec<&Positioned<Field>> {
        let document = &self.document.parsed;
        let name = self.name.as_deref();
        self.document
            .find(name)
            .map_or_else(Vec::new, |definition| {
                root_fields(definition, &document.fragments, &self.variables)
            })
    }

    /// The name of the operation, if it has one.
    #[must_use]
    pub fn name(&self) -> Option<&str> {
        self.name.as_deref()
    }
}

/// A valid document within the limits.
#[derive(Debug)]
pub(crate) struct Document {
    pub(crate) parsed: ExecutableDocument,
    /// The fields with long values that it selects.
    pub(crate) large: LargeFields,
    pub(super) tokens: u64,
    pub(crate) plans: Plans,
}

/// What is kept about how the operations of a document are executed, by their names.
#[derive(Default)]
pub(crate) struct Plans(Mutex<HashMap<Option<String>, AnyPlan>>);

/// A plan, of which this module knows nothing.
type AnyPlan = Arc<dyn Any + Send + Sync>;

impl Plans {
    /// The plan of an operation, if it is kept.
    pub(crate) fn get<T: Send + Sync + 'static>(&self, operation: Option<&str>) -> Option<Arc<T>> {
        let plans = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let plan = plans.get(&operation.map(str::to_owned))?;
        Arc::clone(plan).downcast().ok()
    }

    /// Keeps the plan of an operation. Few documents have several operations, so few plans of each
    /// are kept.
    pub(crate) fn keep<T: Send + Sync + 'static>(&self, operation: Option<&str>, plan: Arc<T>) {
        const MOST: usize = 2;
        let mut plans = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        if plans.len() >= MOST {
            plans.clear();
        }
        plans.insert(operation.map(str::to_owned), plan);
    }
}

impl fmt::Debug for Plans {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Plans").finish_non_exhaustive()
    }
}

/// The hash of a document.
pub(crate) type DocumentHash = [u8; 32];

impl Document {
    /// The operation of this name, or the anonymous one.
    pub(crate) fn find(&self, name: Option<&str>) -> Option<&OperationDefinition> {
        let operation = match (&self.parsed.operations, name) {
            (DocumentOperations::Single(operation), _) => Some(operation),
            (DocumentOperations::Multiple(operations), Some(name)) => operations.get(name),
            (DocumentOperations::Multiple(_), None) => None,
        };
        operation.map(|it| &it.node)
    }

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
                    _ => Err(Error::BadUserInput(format!(
                        "The document has several operations: {}. Choose one with `operationName`.",
                        listed(operations.keys())
                    ))),
                }
            }
        }
    }
}

/// The operation of this name in a copy of a document, or the anonymous one.
pub(crate) fn find_mut<'a>(
    document: &'a mut ExecutableDocument,
    name: Option<&str>,
) -> Option<&'a mut OperationDefinition> {
    let operation = match (&mut document.operations, name) {
        (DocumentOperations::Single(operation), _) => Some(operation),
        (DocumentOperations::Multiple(operations), Some(name)) => operations.get_mut(name),
        (DocumentOperations::Multiple(_), None) => None,
    };
    operation.map(|it| &mut it.node)
}

/// The error for an operation name that the document does not have.
fn no_operation<'a>(name: &str, names: impl Iterator<Item = &'a Name>) -> Error {
    let names = listed(names);
    let has = if names.is_empty() {
        "its only operation has no name".to_owned()
    } else {
        format!("it has {names}")
    };
    Error::BadUserInput(format!(
        "The document has no operation named {}; {has}.",
        shown(name)
    ))
}

/// Names in the order of the alphabet, as they are shown in an error: at most ten.
fn listed<'a>(names: impl Iterator<Item = &'a Name>) -> String {
    const MAX_LISTED: usize = 10;
    let mut names: Vec<&str> = names.map(Name::as_str).collect();
    names.sort_unstable();
    let more = names.len().saturating_sub(MAX_LISTED);
    names.truncate(MAX_LISTED);
    let listed = names.join(", ");
    if more > 0 {
        format!("{listed} and {more} more")
    } else {
        listed
    }
}
