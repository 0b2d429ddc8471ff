//! From a client's document to an operation that can be executed.
//!
//! Each step protects the next, more expensive one. Tokens are counted before parsing, because the
//! parser recurses. The expanded size of fragments is computed before validation, because
//! validation follows every spread. Valid documents are cached by their hash.

pub(crate) mod input;
pub(crate) mod lexer;
mod operation;
mod single_root;
mod store;
mod trusted;

pub(crate) use self::{
    operation::Document,
    store::{Documents, Validator},
};
pub use self::{
    operation::{Call, CostReport, Operation},
    store::{DocumentRules, UntrustworthyDocument},
    trusted::{Manifest, read_manifest},
};
