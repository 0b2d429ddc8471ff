//! The settings for GraphQL documents and for the cost of a request.

use std::path::PathBuf;

use clap::{Args, ValueEnum};

use super::value;

/// Which documents are accepted.
#[derive(Args, Clone, Debug)]
#[command(next_help_heading = "Documents")]
pub struct DocumentSettings {
    /// The manifest of trusted documents, which clients send by ID (the format of graphql-codegen,
    /// Relay or Apollo)
    #[arg(long, env = "MINA_TRUSTED_DOCUMENTS", value_name = "PATH")]
    pub trusted_documents: Option<PathBuf>,

    /// Which documents are accepted: all, or only those in the manifest
    #[arg(
        long,
        env = "MINA_DOCUMENTS",
        value_name = "WHICH",
        default_value = "all"
    )]
    pub documents: DocumentsTaken,

    /// How many parsed and validated documents are cached
    #[arg(
        long,
        env = "MINA_DOCUMENT_CACHE_SIZE",
        value_name = "N",
        default_value_t = 1000,
        value_parser = value::number(1..=u32::MAX)
    )]
    pub document_cache_size: u32,

    /// Whether clients may query the schema; off also removes suggestions from errors
    #[arg(
        long,
        env = "MINA_INTROSPECTION",
        value_name = "SWITCH",
        default_value = "on"
    )]
    pub introspection: Switch,

    /// Whether queries are executed by plans where possible; off is slower
    #[arg(
        long,
        env = "MINA_QUERY_PLANS",
        value_name = "SWITCH",
        default_value = "on"
    )]
    pub query_plans: Switch,
}

/// Which documents are accepted.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub enum DocumentsTaken {
    /// All valid documents
    All,
    /// Only documents in the manifest
    Trusted,
}

/// Whether a feature is enabled.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub enum Switch {
    /// Enabled
    On,
    /// Disabled
    Off,
}

/// The limits on the cost of a request.
#[derive(Args, Clone, Debug)]
#[command(next_help_heading = "Cost of a request")]
#[expect(
    clippy::struct_field_names,
    reason = "the fields name the flags, which stand alone"
)]
pub struct CostSettings {
    /// The maximum number of tokens in a document, and of selections once its fragments are expanded
    #[arg(
        long,
        env = "MINA_MAX_TOKENS",
        value_name = "N",
        default_value_t = 1000,
        value_parser = value::number(0..=u32::MAX)
    )]
    pub max_tokens: u32,

    /// The maximum nesting depth of fields
    #[arg(
        long,
        env = "MINA_MAX_DEPTH",
        value_name = "N",
        default_value_t = 12,
        value_parser = value::number(0..=u32::MAX)
    )]
    pub max_depth: u32,

    /// The maximum number of aliases
    #[arg(
        long,
        env = "MINA_MAX_ALIASES",
        value_name = "N",
        default_value_t = 15,
        value_parser = value::number(0..=u32::MAX)
    )]
    pub max_aliases: u32,

    /// The maximum number of directives
    #[arg(
        long,
        env = "MINA_MAX_DIRECTIVES",
        value_name = "N",
        default_value_t = 50,
        value_parser = value::number(0..=u32::MAX)
    )]
    pub max_directives: u32,

    /// The maximum number of fields in a response, assuming that all its pages are full
    #[arg(
        long,
        env = "MINA_MAX_FIELDS",
        value_name = "N",
        default_value_t = 500_000,
        value_parser = value::number(0..=u32::MAX)
    )]
    pub max_fields: u32,

    /// The maximum number of rows that a request can read, assuming that all its pages are full
    #[arg(
        long,
        env = "MINA_MAX_ROWS",
        value_name = "N",
        default_value_t = 50_000,
        value_parser = value::number(0..=u32::MAX)
    )]
    pub max_rows: u32,

    /// The maximum number of SQL statements that a request can run
    #[arg(
        long,
        env = "MINA_MAX_STATEMENTS",
        value_name = "N",
        default_value_t = 100,
        value_parser = value::number(0..=u32::MAX)
    )]
    pub max_statements: u32,

    /// The maximum number of times that a request can read all rows of a list, because no index
    /// serves its order or its conditions
    #[arg(
        long,
        env = "MINA_MAX_SCANS",
        value_name = "N",
        default_value_t = 60,
        value_parser = value::number(0..=u32::MAX)
    )]
    pub max_scans: u32,
}
