//! The GraphQL schema of Mina.

mod database;

pub use database::Database;
