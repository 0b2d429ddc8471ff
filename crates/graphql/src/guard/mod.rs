//! What a request must pass before it is executed. The schema is known as text only.

pub(crate) mod cost;
pub(crate) mod document;
