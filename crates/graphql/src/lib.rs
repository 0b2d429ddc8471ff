//! The GraphQL schema of Mina.
