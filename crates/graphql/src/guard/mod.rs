//! Checks that a request must pass before it is executed. They know the schema as SDL only.

pub(crate) mod cost;
pub(crate) mod document;
pub(crate) mod facts;
pub(crate) mod schema;
