//! The log: one line per event, on standard error.

use std::io::{self, IsTerminal};

use tracing::Subscriber;
use tracing_subscriber::{Layer, filter::Targets, fmt, registry::LookupSpan};

use crate::config::{LogFormat, LogSettings};

/// Targets that are quiet unless the log filter names them. The migrator repeats the output of
/// `mina migrate`, and causes a PostgreSQL notice for every table that already exists. Spans of
/// operations and statements are for traces. The span that adds the request id to each line is
/// always enabled, because a warning without the id could not be matched to its request.
const QUIET: &str = "sea_orm_migration=warn,sqlx::postgres::notice=warn,sea_orm=warn,\
                     mina::traces=off,mina::request=info,opentelemetry=warn,hyper=warn,\
                     reqwest=warn";

/// The layer that writes the log.
pub fn layer<S>(settings: &LogSettings) -> Box<dyn Layer<S> + Send + Sync>
where
    S: Subscriber + for<'a> LookupSpan<'a>,
{
    let filter = format!("{QUIET},{}", settings.log);
    // The setting was checked when it was read.
    let filter: Targets = filter.parse().unwrap_or_default();
    let terminal = io::stderr().is_terminal();
    let human = match settings.log_format {
        LogFormat::Auto => terminal,
        LogFormat::Human => true,
        LogFormat::Json => false,
    };
    let layer = fmt::layer().with_writer(io::stderr);
    if human {
        // The NO_COLOR convention: any non-empty value asks for plain text.
        let plain = std::env::var_os("NO_COLOR").is_some_and(|value| !value.is_empty());
        layer
            .with_ansi(terminal && !plain)
            .with_filter(filter)
            .boxed()
    } else {
        layer
            .json()
            .flatten_event(true)
            .with_span_list(false)
            .with_filter(filter)
            .boxed()
    }
}
