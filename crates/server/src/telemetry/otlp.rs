//! Traces, sent to an OpenTelemetry collector: a span for each request, operation and SQL statement.

use std::{
    path::PathBuf,
    sync::{
        Arc,
        atomic::{AtomicBool, Ordering},
    },
    thread,
    time::Duration,
};

use axum::http::HeaderMap;
use opentelemetry::{
    KeyValue,
    propagation::{Extractor, TextMapPropagator},
    trace::TracerProvider,
};
use opentelemetry_otlp::{ExporterBuildError, WithExportConfig, WithHttpConfig};
use opentelemetry_sdk::{
    Resource,
    error::OTelSdkResult,
    propagation::TraceContextPropagator,
    trace::{SdkTracer, SdkTracerProvider, SpanData, SpanExporter},
};
use reqwest::blocking::Client;
use tokio_rustls::rustls::{
    self, ClientConfig, RootCertStore,
    crypto::ring,
    pki_types::{
        CertificateDer,
        pem::{self, PemObject},
    },
};
use tracing::{Span, info, warn};
use tracing_opentelemetry::OpenTelemetrySpanExt;

use crate::{command_error::CommandError, config::TelemetrySettings};

/// How long the last spans may take to reach the collector when the process ends.
const FLUSH_TIMEOUT: Duration = Duration::from_secs(2);

/// How long the collector may take to answer. The library has the same limit for clients of its own.
const EXPORT_TIMEOUT: Duration = Duration::from_secs(10);

/// Sends spans to a collector.
pub struct Exporter(SdkTracerProvider);

impl Exporter {
    /// An exporter to the collector in the settings, if there is one. The collector may start later.
    ///
    /// # Errors
    /// If the address is not valid, or the certificates cannot be used.
    pub fn new(settings: &TelemetrySettings) -> Result<Option<Self>, ExporterError> {
        let Some(endpoint) = &settings.otlp_endpoint else {
            return Ok(None);
        };
        let endpoint = format!("{}/v1/traces", endpoint.as_str().trim_end_matches('/'));
        let exporter = opentelemetry_otlp::SpanExporter::builder()
            .with_http()
            .with_http_client(client(tls(settings)?)?)
            .with_endpoint(endpoint)
            .build()?;
        let resource = Resource::builder()
            .with_service_name("mina")
            .with_attribute(KeyValue::new("service.version", env!("CARGO_PKG_VERSION")))
            .build();
        let provider = SdkTracerProvider::builder()
            .with_batch_exporter(LossLogger::new(exporter))
            .with_resource(resource)
            .build();
        Ok(Some(Self(provider)))
    }

    /// The tracer that creates spans.
    pub fn tracer(&self) -> SdkTracer {
        self.0.tracer("mina")
    }

    /// Sends the remaining spans.
    pub fn finish(&self) {
        if let Err(error) = self.0.shutdown_with_timeout(FLUSH_TIMEOUT) {
            warn!(%error, "the last spans could not be sent");
        }
    }
}

/// Why no traces can be sent.
#[derive(Debug, thiserror::Error)]
pub enum ExporterError {
    /// The file cannot be read, or is malformed.
    #[error("cannot read otlp_ca_file {}: {source}", path.display())]
    Unreadable {
        /// The file.
        path: PathBuf,
        /// Why.
        source: pem::Error,
    },
    /// The file has no certificates.
    #[error("otlp_ca_file {} holds no certificate in PEM", path.display())]
    Empty {
        /// The file.
        path: PathBuf,
    },
    /// A certificate cannot be used.
    #[error("TLS cannot be used: {0}")]
    Tls(#[from] rustls::Error),
    /// The client cannot be made.
    #[error("no HTTP client: {0}")]
    Client(#[from] reqwest::Error),
    /// The thread that makes the client has ended early.
    #[error("no HTTP client: its thread has ended")]
    Thread,
    /// The address is not valid.
    #[error(transparent)]
    Exporter(#[from] ExporterBuildError),
}

impl CommandError for ExporterError {}

/// How the certificate of the collector is checked. As for connections to the database, the
/// cryptography is that of ring, and public authorities are those that Mozilla trusts.
///
/// # Errors
/// If the certificates in the settings cannot be used.
pub fn tls(settings: &TelemetrySettings) -> Result<ClientConfig, ExporterError> {
    let mut roots = RootCertStore::empty();
    if let Some(path) = &settings.otlp_ca_file {
        let certificates = CertificateDer::pem_file_iter(path)
            .and_then(Iterator::collect::<Result<Vec<_>, _>>)
            .map_err(|source| ExporterError::Unreadable {
                path: path.clone(),
                source,
            })?;
        if certificates.is_empty() {
            return Err(ExporterError::Empty { path: path.clone() });
        }
        for certificate in certificates {
            roots.add(certificate)?;
        }
    } else {
        roots.extend(webpki_roots::TLS_SERVER_ROOTS.iter().cloned());
    }
    Ok(
        ClientConfig::builder_with_provider(Arc::new(ring::default_provider()))
            .with_safe_default_protocol_versions()?
            .with_root_certificates(roots)
            .with_no_client_auth(),
    )
}

/// A client that blocks, because spans are sent by a thread of their own. It must not be made on a
/// thread of the runtime.
fn client(tls: ClientConfig) -> Result<Client, ExporterError> {
    let make = move || {
        Client::builder()
            .timeout(EXPORT_TIMEOUT)
            .tls_backend_preconfigured(tls)
            .build()
    };
    let client = thread::spawn(make).join();
    Ok(client.map_err(|_| ExporterError::Thread)??)
}

/// Logs when spans begin to be lost, and when they arrive again. The library itself logs either
/// nothing or a line for each batch.
#[derive(Debug)]
struct LossLogger<E> {
    exporter: E,
    is_losing: AtomicBool,
}

impl<E> LossLogger<E> {
    fn new(exporter: E) -> Self {
        Self {
            exporter,
            is_losing: AtomicBool::new(false),
        }
    }
}

impl<E: SpanExporter> SpanExporter for LossLogger<E> {
    async fn export(&self, batch: Vec<SpanData>) -> OTelSdkResult {
        let result = self.exporter.export(batch).await;
        let was_losing = self.is_losing.swap(result.is_err(), Ordering::Relaxed);
        match &result {
            Err(error) if !was_losing => warn!(%error, "traces do not reach the collector"),
            Ok(()) if was_losing => info!("traces reach the collector again"),
            _ => {}
        }
        result
    }

    fn shutdown_with_timeout(&self, timeout: Duration) -> OTelSdkResult {
        self.exporter.shutdown_with_timeout(timeout)
    }

    fn force_flush(&self) -> OTelSdkResult {
        self.exporter.force_flush()
    }

    fn set_resource(&mut self, resource: &Resource) {
        self.exporter.set_resource(resource);
    }
}

/// Makes a span part of the trace that the client has begun.
///
/// Source: W3C Trace Context, <https://www.w3.org/TR/trace-context/>.
pub fn continue_trace(span: &Span, headers: &HeaderMap) {
    if headers.contains_key("traceparent") {
        let parent = TraceContextPropagator::new().extract(&Headers(headers));
        // Without an exporter this fails, and does not matter.
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

#[cfg(test)]
mod tests {
    use std::{
        io::{self, Write},
        sync::Mutex,
    };

    use futures_util::FutureExt;
    use opentelemetry_sdk::error::OTelSdkError;

    use super::*;

    /// Loses every batch until its flag is set.
    #[derive(Debug, Default)]
    struct Collector(Arc<AtomicBool>);

    impl SpanExporter for Collector {
        async fn export(&self, _: Vec<SpanData>) -> OTelSdkResult {
            if self.0.load(Ordering::Relaxed) {
                Ok(())
            } else {
                Err(OTelSdkError::InternalFailure("no collector".to_owned()))
            }
        }
    }

    #[derive(Clone, Default)]
    struct Log(Arc<Mutex<Vec<u8>>>);

    impl Write for Log {
        fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
            self.0.lock().unwrap().write(bytes)
        }

        fn flush(&mut self) -> io::Result<()> {
            Ok(())
        }
    }

    #[test]
    fn a_loss_is_logged_once() {
        let is_there = Arc::new(AtomicBool::new(false));
        let exporter = LossLogger::new(Collector(Arc::clone(&is_there)));
        let log = Log::default();
        let writer = log.clone();
        let subscriber = tracing_subscriber::fmt()
            .with_writer(move || writer.clone())
            .finish();
        tracing::subscriber::with_default(subscriber, || {
            for there in [false, false, true, true, false] {
                is_there.store(there, Ordering::Relaxed);
                let sent = exporter.export(Vec::new()).now_or_never().unwrap();
                assert_eq!(sent.is_ok(), there);
            }
        });
        let log = String::from_utf8(log.0.lock().unwrap().clone()).unwrap();
        let lines: Vec<&str> = log.lines().collect();
        let [lost, again, lost_again] = lines[..] else {
            panic!("not three lines: {log}");
        };
        assert!(lost.contains("WARN") && lost.contains("no collector"));
        assert!(again.contains("INFO") && again.contains("reach the collector again"));
        assert!(lost_again.contains("do not reach the collector"));
    }
}
