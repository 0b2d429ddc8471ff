//! The settings of which GraphQL documents are taken, and of what they may cost.

use std::path::PathBuf;

use clap::{Args, ValueEnum};

/// Which documents are taken.
#[derive(Args, Clone, Debug)]
#[command(next_help_heading = "Documents")]
pub struct DocumentSettings {
    /// A manifest of documents that clients may name by their ids, as graphql-codegen, Relay and
    /// Apollo write it
    #[arg(long, env = "MINA_TRUSTED_DOCUMENTS", value_name = "PATH")]
    pub trusted_documents: Option<PathBuf>,

    /// Which documents are taken: all, or only those of the manifest
    #[arg(
        long,
        env = "MINA_DOCUMENTS",
        value_name = "WHICH",
        default_value = "all",
        requires_if("trusted", "trusted_documents")
    )]
    pub documents: DocumentsTaken,

    /// How many documents are kept ready, parsed and validated
    #[arg(
        long,
        env = "MINA_DOCUMENT_CACHE_SIZE",
        value_name = "N",
        default_value_t = 1000,
        value_parser = clap::value_parser!(u32).range(1..)
    )]
    pub document_cache_size: u32,

    /// Whether clients may ask for the schema; off also leaves out suggestions in errors
    #[arg(
        long,
        env = "MINA_INTROSPECTION",
        value_name = "SWITCH",
        default_value = "on"
    )]
    pub introspection: Switch,
}

/// Which documents are taken.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub enum DocumentsTaken {
    /// Any that is valid
    All,
    /// Only those of the manifest
    Trusted,
}

/// Whether something is offered.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub enum Switch {
    /// It is
    On,
    /// It is not
    Off,
}

/// What a request may cost.
#[derive(Args, Clone, Debug)]
#[command(next_help_heading = "Cost of a request")]
#[expect(
    clippy::struct_field_names,
    reason = "the fields name the flags, which stand alone"
)]
pub struct CostSettings {
    /// The most tokens in a document, and the most selections with each fragment in its places
    #[arg(
        long,
        env = "MINA_MAX_TOKENS",
        value_name = "N",
        default_value_t = 1000
    )]
    pub max_tokens: u32,

    /// The most fields below each other
    #[arg(long, env = "MINA_MAX_DEPTH", value_name = "N", default_value_t = 12)]
    pub max_depth: u32,

    /// The most aliases
    #[arg(long, env = "MINA_MAX_ALIASES", value_name = "N", default_value_t = 15)]
    pub max_aliases: u32,

    /// The most directives
    #[arg(
        long,
        env = "MINA_MAX_DIRECTIVES",
        value_name = "N",
        default_value_t = 50
    )]
    pub max_directives: u32,

    /// The most fields in an answer, as many as its pages can bring
    #[arg(
        long,
        env = "MINA_MAX_FIELDS",
        value_name = "N",
        default_value_t = 500_000
    )]
    pub max_fields: u32,

    /// The most rows that a request can read, by the sizes of its pages
    #[arg(
        long,
        env = "MINA_MAX_ROWS",
        value_name = "N",
        default_value_t = 50_000
    )]
    pub max_rows: u32,

    /// The most SQL statements that a request can need
    #[arg(
        long,
        env = "MINA_MAX_STATEMENTS",
        value_name = "N",
        default_value_t = 100
    )]
    pub max_statements: u32,
}
