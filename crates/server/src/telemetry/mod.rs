//! What the server tells of itself: a log, metrics, traces.

mod log;
mod metrics;
mod otlp;
mod request;

use tracing::{Level, Metadata, level_filters::LevelFilter, subscriber::Interest};
use tracing_subscriber::{
    Layer,
    filter::dynamic_filter_fn,
    layer::{Filter, SubscriberExt},
    util::SubscriberInitExt,
};
use url::Url;

use self::otlp::Exporter;
pub use self::{
    metrics::{Metrics, RATE_LIMITED},
    otlp::continue_trace,
    request::{Outcome, RequestRecord},
};
use crate::{config::LogSettings, database::statement_clock};

/// The target of spans that are for traces alone.
pub const TRACES: &str = "mina::traces";

/// The target of the spans of requests, in the log.
pub const REQUESTS: &str = "mina::request";

/// What has to be sent before the process ends.
pub struct Telemetry(Option<Exporter>);

/// Starts the log for the whole process, and traces if there is somebody to send them to.
pub fn start(log: &LogSettings, otlp_endpoint: Option<&Url>) -> Telemetry {
    let exporter = otlp_endpoint.map(Exporter::new).transpose();
    let (exporter, problem) = match exporter {
        Ok(exporter) => (exporter, None),
        Err(error) => (None, Some(error)),
    };
    let registry = tracing_subscriber::registry().with(log::layer(log));
    // A layer that is none would have every span made, so without traces there is no such layer.
    if let Some(exporter) = &exporter {
        let traces = tracing_opentelemetry::layer()
            .with_tracer(exporter.tracer())
            .with_location(false)
            .with_threads(false)
            .with_target(false)
            .with_filter(spans(is_traced));
        let clock = statement_clock(spans(|span| is_request(span) || is_traced(span)));
        registry.with(traces).with(clock).init();
    } else {
        registry.with(statement_clock(spans(is_request))).init();
    }
    if let Some(error) = problem {
        tracing::error!(%error, "no traces are sent");
    }
    Telemetry(exporter)
}

/// Lets such spans through, none of which is below INFO. It is asked for each of them, though it
/// always says the same: when a driver asks whether a line would be logged that then is not, the
/// subscriber takes the answer to that for one about the next span of the thread, unless it asks.
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

fn is_request(metadata: &Metadata<'_>) -> bool {
    metadata.is_span() && metadata.target() == REQUESTS
}

fn is_traced(metadata: &Metadata<'_>) -> bool {
    let target = metadata.target();
    metadata.is_span()
        && (target == TRACES || target.starts_with("sea_orm"))
        && *metadata.level() <= Level::INFO
}

impl Telemetry {
    /// Sends what is left.
    pub fn finish(&self) {
        if let Some(exporter) = &self.0 {
            exporter.finish();
        }
    }
}
