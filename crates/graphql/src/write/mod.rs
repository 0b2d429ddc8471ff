//! Writing: each mutation is one atomic transaction.
//!
//! A mutation is declared by its input object, which implements
//! [`Command::execute`](input::Command). The transaction is retried after conflicts with others, so
//! `execute` never decides on outdated rows.

pub(crate) mod ability;
pub(crate) mod action;
mod authorization;
mod growth;
mod idempotency;
pub(crate) mod input;
pub(crate) mod limit;
pub(crate) mod number;
pub(crate) mod policy;
pub(crate) mod rows;
mod set;
pub(crate) mod text;
pub(crate) mod transaction;
mod update;
