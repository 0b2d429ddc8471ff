//! The GraphQL schema of Mina.

mod database;

pub use database::Database;

/// The schema in the GraphQL schema definition language.
#[must_use]
pub fn sdl() -> String {
    "type Query { ok: Boolean! }\n".to_owned()
}
