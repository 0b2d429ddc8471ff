//! Traces, sent to an OpenTelemetry collector: a span for each request, each operation and each SQL
//! statement.

use std::time::Duration;

use axum::http::HeaderMap;
use opentelemetry::{
    KeyValue,
    propagation::{Extractor, TextMapPropagator},
    trace::TracerProvider,
};
use opentelemetry_otlp::{ExporterBuildError, SpanExporter, WithExportConfig};
use opentelemetry_sdk::{
    Resource,
    propagation::TraceContextPropagator,
    trace::{SdkTracer, SdkTracerProvider},
};
use tracing::{Span, warn};
use tracing_opentelemetry::OpenTelemetrySpanExt;
use url::Url;

/// How long the last spans may take to reach the collector at the end.
const FAREWELL: Duration = Duration::from_secs(2);

/// Sends spans from now on.
pub struct Exporter(SdkTracerProvider);

impl Exporter {
    /// An exporter to the collector at this address, which need not be there yet.
    ///
    /// # Errors
    /// If the address cannot be one.
    pub fn new(endpoint: &Url) -> Result<Self, ExporterBuildError> {
        let endpoint = format!("{}/v1/traces", endpoint.as_str().trim_end_matches('/'));
        let exporter = SpanExporter::builder()
            .with_http()
            .with_endpoint(endpoint)
            .build()?;
        let resource = Resource::builder()
            .with_service_name("mina")
            .with_attribute(KeyValue::new("service.version", env!("CARGO_PKG_VERSION")))
            .build();
        let provider = SdkTracerProvider::builder()
            .with_batch_exporter(exporter)
            .with_resource(resource)
            .build();
        Ok(Self(provider))
    }

    /// What makes spans.
    pub fn tracer(&self) -> SdkTracer {
        self.0.tracer("mina")
    }

    /// Sends what is left.
    pub fn finish(&self) {
        if let Err(error) = self.0.shutdown_with_timeout(FAREWELL) {
            warn!(%error, "the last spans could not be sent");
        }
    }
}

/// Makes a span go on with the trace that a client has begun.
///
/// Source: W3C Trace Context, <https://www.w3.org/TR/trace-context/>.
pub fn continue_trace(span: &Span, headers: &HeaderMap) {
    if headers.contains_key("traceparent") {
        let parent = TraceContextPropagator::new().extract(&Headers(headers));
        // Without an exporter there is nothing to go on with.
        let _ = span.set_parent(parent);
    }
}

struct Headers<'a>(&'a HeaderMap);

impl Extractor for Headers<'_> {
    fn get(&self, key: &str) -> Option<&str> {
        self.0.get(key)?.to_str().ok()
    }

    fn keys(&self) -> Vec<&str> {
        self.0.keys().map(axum::http::HeaderName::as_str).collect()
    }
}
