//! The verdicts of this server on documents and the values of their variables, for comparing them
//! with those of other implementations.

use async_graphql::{ServerError, Variables, parser::types::DocumentOperations};
use serde::Serialize;

use super::DOCUMENTS;
use crate::guard::document::{Call, CostReport};

/// The verdict on a document.
#[derive(Debug, Serialize)]
pub struct Verdict {
    /// What is wrong with the document. Empty if the document is valid.
    pub errors: Vec<Problem>,
    /// The verdicts on the values of the variables of each operation, if the document is valid.
    pub operations: Vec<OperationVerdict>,
}

/// The verdict on the values of an operation's variables.
#[derive(Debug, Serialize)]
pub struct OperationVerdict {
    /// The name of the operation, if it has one.
    pub name: Option<String>,
    /// What is wrong with the values. Empty if the operation would be executed.
    pub errors: Vec<Problem>,
    /// The values of the variables, coerced to their types.
    pub coerced: Option<serde_json::Value>,
}

/// Something that is wrong.
#[derive(Debug, Serialize)]
pub struct Problem {
    /// The message for the client.
    pub message: String,
    /// The code for the client.
    pub code: Option<String>,
    /// Where it is in the document.
    pub locations: Vec<Location>,
}

/// A place in a document.
#[derive(Debug, Serialize)]
pub struct Location {
    /// The number of the line, from 1.
    pub line: usize,
    /// The number of the character in the line, from 1.
    pub column: usize,
}

/// Judges a document and the values of variables, with the wide limits of the fuzz targets.
#[must_use]
pub fn judge(text: &str, variables: &serde_json::Value) -> Verdict {
    let document = match DOCUMENTS.load(text) {
        Ok(document) => document,
        Err(rejection) => {
            return Verdict {
                errors: problems(rejection.errors),
                operations: Vec::new(),
            };
        }
    };
    let mut names: Vec<Option<String>> = match &document.parsed.operations {
        DocumentOperations::Single(_) => vec![None],
        DocumentOperations::Multiple(operations) => {
            operations.keys().map(|it| Some(it.to_string())).collect()
        }
    };
    names.sort_unstable();
    let operations = names.into_iter();
    Verdict {
        errors: Vec::new(),
        operations: operations
            .map(|it| judge_operation(text, it, variables))
            .collect(),
    }
}

fn judge_operation(
    text: &str,
    name: Option<String>,
    variables: &serde_json::Value,
) -> OperationVerdict {
    let call = Call {
        query: Some(text.to_owned()),
        operation_name: name.clone(),
        variables: Variables::from_json(variables.clone()),
        cost: CostReport::Without,
        ..Call::default()
    };
    let (errors, coerced) = match DOCUMENTS.operation(call) {
        Ok(operation) => (Vec::new(), serde_json::to_value(operation.variables).ok()),
        Err(rejection) => (problems(rejection.errors), None),
    };
    OperationVerdict {
        name,
        errors,
        coerced,
    }
}

fn problems(errors: Vec<ServerError>) -> Vec<Problem> {
    let problems = errors.into_iter().map(|error| {
        let code = error.extensions.as_ref().and_then(|it| it.get("code"));
        let code = code.cloned().and_then(|it| it.into_json().ok());
        let locations = error.locations.iter().map(|it| Location {
            line: it.line,
            column: it.column,
        });
        Problem {
            message: error.message,
            code: code.and_then(|it| Some(it.as_str()?.to_owned())),
            locations: locations.collect(),
        }
    });
    problems.collect()
}
