//! The log: one line an event, on standard error.

use std::io::{self, IsTerminal};

use tracing::Subscriber;
use tracing_subscriber::{EnvFilter, Layer, fmt, registry::LookupSpan};

use crate::config::{LogFormat, LogSettings};

/// Targets that are quiet unless the filter of the settings names them: the migrator repeats what
/// `mina migrate` prints, and makes PostgreSQL remark on every table that exists already; spans of
/// requests and statements are for traces. Only the span that gives a line the id of its request is
/// there whatever the level: a warning without it could not be told to whoever asked.
const QUIET: &str = "sea_orm_migration=warn,sqlx::postgres::notice=warn,sea_orm=warn,\
                     mina::traces=off,mina::request=info,opentelemetry=warn,hyper=warn,\
                     reqwest=warn";

/// What writes the log.
pub fn layer<S>(settings: &LogSettings) -> Box<dyn Layer<S> + Send + Sync>
where
    S: Subscriber + for<'a> LookupSpan<'a>,
{
    let filter = EnvFilter::new(format!("{QUIET},{}", settings.log));
    let terminal = io::stderr().is_terminal();
    let human = match settings.log_format {
        LogFormat::Auto => terminal,
        LogFormat::Human => true,
        LogFormat::Json => false,
    };
    let layer = fmt::layer().with_writer(io::stderr);
    if human {
        // The NO_COLOR convention: any value that is not empty asks for plain text.
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
