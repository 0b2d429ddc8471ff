//! Writing: each mutation is one transaction, done as a whole or not at all.
//!
//! A mutation is declared by its input: the input object says what it does in
//! [`Command::execute`](input::Command). The transaction is retried if another one got in between, so
//! that what `execute` reads is what it decides upon.

pub(crate) mod ability;
pub(crate) mod action;
mod authorization;
mod idempotency;
pub(crate) mod input;
pub(crate) mod number;
pub(crate) mod policy;
pub(crate) mod rows;
pub(crate) mod text;
pub(crate) mod transaction;
