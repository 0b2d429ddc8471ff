//! The data model of Mina: nine tables, their relations and their closed sets.
//!
//! One module a table, in the SeaORM 2 model format. Fields mirror the data contract to the
//! letter: a column is an `Option` wherever the contract lets it be NULL, also where a default
//! makes that rare, so that no row of an adopted database can fail to load. Where such a column
//! is NULL it reads as the default of its type.
//!
//! Timestamps are UTC with microseconds, held without a time zone.
//!
//! Beside them there is what the server notes down for itself, in [`bookkeeping`].
//!
//! This crate knows nothing of GraphQL.

#![expect(
    missing_docs,
    reason = "the model macro generates items without docs, and most columns are said by their name"
)]

pub mod analytics;
pub mod bookkeeping;
pub mod marker;
pub mod meeting;
pub mod participant;
pub mod scope;
pub mod segment;
pub mod session;
pub mod task;
pub mod user;
pub mod workspace;
