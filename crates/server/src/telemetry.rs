//! The log: one line an event, on standard error.

use std::io::{self, IsTerminal};

use tracing_subscriber::EnvFilter;

use crate::config::{LogFormat, LogSettings};

/// Targets that are quiet unless the filter of the settings names them: the migrator repeats what
/// `mina migrate` prints, and makes PostgreSQL remark on every table that exists already.
const QUIET: &str = "sea_orm_migration=warn,sqlx::postgres::notice=warn";

/// Starts logging for the whole process.
pub fn start(settings: &LogSettings) {
    let terminal = io::stderr().is_terminal();
    let subscriber = tracing_subscriber::fmt()
        .with_env_filter(EnvFilter::new(format!("{QUIET},{}", settings.log)))
        .with_writer(io::stderr);
    let human = match settings.log_format {
        LogFormat::Auto => terminal,
        LogFormat::Human => true,
        LogFormat::Json => false,
    };
    if human {
        // The NO_COLOR convention: any value that is not empty asks for plain text.
        let plain = std::env::var_os("NO_COLOR").is_some_and(|value| !value.is_empty());
        subscriber.with_ansi(terminal && !plain).init();
    } else {
        subscriber
            .json()
            .flatten_event(true)
            .with_span_list(false)
            .init();
    }
}
