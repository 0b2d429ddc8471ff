//! The database schema of Mina, one migration a step.
