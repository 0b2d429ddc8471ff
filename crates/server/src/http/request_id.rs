//! An id for every request, shared by the client, the log and proxies.

use std::time::Instant;

use axum::{
    extract::Request,
    http::{HeaderMap, HeaderName, HeaderValue},
    middleware::Next,
    response::Response,
};
use tracing::{Instrument, debug, field, info_span};
use uuid::Uuid;

use crate::telemetry::{self, REQUEST_TARGET, TRACE_TARGET};

/// The header with the id.
pub const HEADER: HeaderName = HeaderName::from_static("x-request-id");

/// The longest id that is accepted from a client.
const MAX_LENGTH: usize = 64;

/// How many bytes of a path are logged.
const MAX_PATH: usize = 200;

/// Gives the request its id, in the response and in a span around everything that it logs.
pub async fn assign(request: Request, next: Next) -> Response {
    let id = given(request.headers()).unwrap_or_else(made);
    let span = info_span!(
        target: REQUEST_TARGET,
        "request",
        request_id = id.to_str().unwrap_or_default(),
        method = %request.method(),
        path = shown(request.uri().path()),
    );
    let trace = info_span!(
        target: TRACE_TARGET,
        "request",
        otel.name = %request.method(),
        otel.kind = "server",
        http.request.method = %request.method(),
        url.path = shown(request.uri().path()),
        http.response.status_code = field::Empty,
        request_id = id.to_str().unwrap_or_default(),
    );
    telemetry::continue_trace(&trace, request.headers());
    let started_at = Instant::now();
    let mut response = async {
        let response = next.run(request).await;
        let status = response.status().as_u16();
        debug!(status, elapsed = ?started_at.elapsed(), "responded");
        response
    }
    .instrument(span)
    .instrument(trace.clone())
    .await;
    trace.record("http.response.status_code", response.status().as_u16());
    response.headers_mut().insert(HEADER, id);
    response
}

/// The path as it is logged. A link that was copied without its question mark may have its signature
/// in the path, which nobody must read.
fn shown(path: &str) -> &str {
    let end = path.find("link=").unwrap_or(path.len());
    &path[..path.floor_char_boundary(end.min(MAX_PATH))]
}

/// The id that the client sent, unless it could corrupt the log.
fn given(headers: &HeaderMap) -> Option<HeaderValue> {
    let id = headers.get(HEADER)?;
    let bytes = id.as_bytes();
    let harmless = |byte: &u8| byte.is_ascii_alphanumeric() || b"._-".contains(byte);
    let well_formed = (1..=MAX_LENGTH).contains(&bytes.len()) && bytes.iter().all(harmless);
    well_formed.then(|| id.clone())
}

fn made() -> HeaderValue {
    let mut buffer = Uuid::encode_buffer();
    let text = Uuid::new_v4().simple().encode_lower(&mut buffer);
    // Hexadecimal digits are always a valid header, so the fallback is never reached.
    HeaderValue::from_str(text).unwrap_or(HeaderValue::from_static("unknown"))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn is_accepted(id: &str) -> bool {
        let mut headers = HeaderMap::new();
        headers.insert(HEADER, HeaderValue::from_str(id).unwrap());
        given(&headers).is_some()
    }

    #[test]
    fn only_well_formed_ids_are_accepted() {
        assert!(is_accepted("Az09._-"));
        assert!(is_accepted(&"a".repeat(64)));
        assert!(!is_accepted(&"a".repeat(65)));
        assert!(!is_accepted(""));
        assert!(!is_accepted("a b"));
        assert!(!is_accepted("\u{e9}"));
        assert_eq!(made().len(), 32);
    }
}
