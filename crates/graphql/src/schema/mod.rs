//! The types of the schema.

pub(crate) mod analytics;
mod descriptions;
pub(crate) mod event;
pub(crate) mod marker;
pub(crate) mod meeting;
pub(crate) mod mutation;
pub(crate) mod mutation_field;
pub(crate) mod node;
pub(crate) mod object;
pub(crate) mod part;
pub(crate) mod participant;
pub(crate) mod payload;
pub(crate) mod query;
pub(crate) mod root;
pub(crate) mod search;
pub(crate) mod segment;
pub(crate) mod session;
pub(crate) mod subject;
pub(crate) mod subscription;
pub(crate) mod task;
pub(crate) mod user;
pub(crate) mod workspace;
