//! From what a client sends to an operation that can be executed.
//!
//! A document is looked at in the order of what the next step costs: its tokens are counted before
//! it is parsed, and what its fragments expand to before it is validated, since the parser recurses
//! and the validation follows every spread. Whatever has come through is kept, by its hash.

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
