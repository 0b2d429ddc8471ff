//! The settings of retention.

use std::time::Duration;

use clap::Args;

use super::value;

/// How old transcripts are deleted, in workspaces that keep them for a limited time.
#[derive(Args, Clone, Debug)]
#[command(next_help_heading = "Retention")]
pub struct RetentionSettings {
    /// How often transcripts are deleted that are older than their workspaces keep them
    #[arg(
        long,
        env = "MINA_RETENTION_INTERVAL",
        value_name = "DURATION",
        default_value = "1h",
        value_parser = value::positive_duration
    )]
    pub retention_interval: Duration,
}
