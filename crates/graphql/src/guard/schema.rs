//! The schema as the guard knows it: parsed once from its definition (SDL).

use apollo_compiler::{Schema, validation::Valid};

/// The schema against which documents are validated, and from which costs are read.
pub(crate) type ApiSchema = Valid<Schema>;

/// Parses the schema definition.
///
/// # Panics
///
/// If the text is not a valid schema. It never comes from outside.
#[expect(
    clippy::expect_used,
    reason = "the text is generated from the schema in this binary"
)]
pub(crate) fn parse(sdl: &str) -> ApiSchema {
    Schema::parse_and_validate(sdl, "schema.graphql").expect("the schema is valid")
}
