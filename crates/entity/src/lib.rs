//! The data model of Mina: nine tables, their relations and their closed sets.
