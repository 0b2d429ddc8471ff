//! The data model of Mina: nine tables, their relations and their enums.
//!
//! There is one module per table, in the SeaORM 2 model format. Fields mirror the data contract
//! exactly. A column is an `Option` wherever the contract allows NULL, even where a default makes
//! NULL rare, so that every row of an adopted database can be loaded. The API shows the contract's
//! default in place of such a NULL, and filters and sorts by it: [`null`] has these defaults.
//!
//! Timestamps are UTC, stored without a time zone, with microsecond precision.
//!
//! [`scope`] has the SQL condition that isolates workspaces from each other. [`bookkeeping`] has
//! the models of the server's own tables, which are not part of the data contract.
//!
//! This crate knows nothing about GraphQL.

#![expect(
    missing_docs,
    reason = "the model macro generates items without docs, and most column names explain themselves"
)]

pub mod analytics;
pub mod bookkeeping;
pub mod marker;
pub mod meeting;
pub mod null;
pub mod participant;
pub mod scope;
pub mod segment;
pub mod session;
pub mod task;
pub mod user;
pub mod workspace;
