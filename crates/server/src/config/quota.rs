//! The settings of quotas.

use clap::Args;

use super::value;

/// How much a workspace may store.
#[derive(Args, Clone, Debug)]
#[command(next_help_heading = "Quotas")]
pub struct QuotaSettings {
    /// The maximum number of rows that a workspace may store; 0 means any number
    #[arg(
        long,
        env = "MINA_QUOTA_ROWS",
        value_name = "N",
        default_value_t = 0,
        value_parser = value::number(0..=u32::MAX)
    )]
    pub quota_rows: u32,

    /// The maximum number of mebibytes of text that a workspace may store; 0 means any number
    #[arg(
        long,
        env = "MINA_QUOTA_MEBIBYTES",
        value_name = "N",
        default_value_t = 0,
        value_parser = value::number(0..=u32::MAX)
    )]
    pub quota_mebibytes: u32,
}
