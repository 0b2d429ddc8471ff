//! From a client's document to an operation that can be executed.
//!
//! Each step protects the next, more expensive one. Tokens are counted before parsing, because the
//! parser recurses. The expanded size of fragments is computed before validation, because
//! validation follows every spread. Valid documents are cached by their hash. The values of
//! variables are coerced to their types before anything is executed.

pub(crate) mod coercion;
pub(super) mod convert;
mod grammar;
mod large;
pub(crate) mod lexer;
mod operation;
mod position;
pub(crate) mod reached;
mod store;
mod suggestion;
mod syntax_error;
mod trusted;
mod typed_fields;
mod union_conditions;
mod validation;

pub(crate) use self::{
    large::LargeFields,
    operation::{Document, MutationInputs, find_mut},
    reached::{bind, is_excluded},
    store::Documents,
};
pub use self::{
    operation::{Call, CostReport, Operation},
    store::{DocumentRules, UntrustworthyDocument},
    trusted::{Manifest, read_manifest},
};
