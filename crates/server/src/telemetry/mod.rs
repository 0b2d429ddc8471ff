//! Telemetry: the log, metrics and traces.

mod log;
mod metrics;
mod otlp;
mod request;
mod shed;

use tracing::{Level, Metadata, level_filters::LevelFilter, subscriber::Interest};
use tracing_subscriber::{
    Layer,
    filter::dynamic_filter_fn,
    layer::{Filter, SubscriberExt},
    util::SubscriberInitExt,
};

use self::otlp::Exporter;
pub use self::{
    metrics::{BACKUP_FAILURES, Metrics, RATE_LIMITED},
    otlp::{continue_trace, tls as otlp_tls},
    request::{OperationLabels, RequestOutcome, RequestRecord},
    shed::{Shed, log_what_is_shed},
};
use crate::config::{LogSettings, TelemetrySettings};

/// The target of spans that are only for traces.
pub const TRACE_TARGET: &str = "mina::traces";

/// The target of the spans that add the request to lines in the log.
pub const REQUEST_TARGET: &str = "mina::request";

/// The telemetry of a running process, which has to be flushed before the process ends.
pub struct Telemetry(Option<Exporter>);

/// Starts the log for the whole process, and traces if a collector is set.
pub fn start(log: &LogSettings, settings: Option<&TelemetrySettings>) -> Telemetry {
    let exporter = settings.and_then(|it| Exporter::new(it).transpose());
    let exporter = exporter.transpose();
    let (exporter, problem) = match exporter {
        Ok(exporter) => (exporter, None),
        Err(error) => (None, Some(error)),
    };
    let registry = tracing_subscriber::registry().with(log::layer(log));
    // An `Option` layer would create every span even if it is `None`, so there is none without
    // traces.
    if let Some(exporter) = &exporter {
        let traces = tracing_opentelemetry::layer()
            .with_tracer(exporter.tracer())
            .with_location(false)
            .with_threads(false)
            .with_target(false)
            .with_filter(spans(is_traced));
        registry.with(traces).init();
    } else {
        registry.init();
    }
    if let Some(error) = problem {
        tracing::error!(%error, "traces are not sent");
    }
    Telemetry(exporter)
}

/// A filter for spans, none of which is below INFO.
///
/// It is evaluated for every span, although its result never changes. When the driver checks whether
/// a line would be logged and then does not log it, the subscriber would otherwise use the result of
/// that check for the next span of the thread.
fn spans<S>(wanted: fn(&Metadata<'_>) -> bool) -> impl Filter<S> {
    dynamic_filter_fn(move |metadata, _| wanted(metadata))
        .with_callsite_filter(move |metadata| {
            if wanted(metadata) {
                Interest::sometimes()
            } else {
                Interest::never()
            }
        })
        .with_max_level_hint(LevelFilter::INFO)
}

fn is_traced(metadata: &Metadata<'_>) -> bool {
    metadata.is_span() && metadata.target() == TRACE_TARGET && *metadata.level() <= Level::INFO
}

impl Telemetry {
    /// Sends the remaining spans.
    pub fn finish(&self) {
        if let Some(exporter) = &self.0 {
            exporter.finish();
        }
    }
}
