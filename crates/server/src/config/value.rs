//! Parsers of setting values, with errors that show what is allowed.

use std::{net::SocketAddr, time::Duration};

use axum::http::HeaderName;
use tracing_subscriber::EnvFilter;

/// Reads a duration such as `12h` or `1m 30s`, refusing zero.
pub fn positive_duration(text: &str) -> Result<Duration, String> {
    match humantime::parse_duration(text) {
        Ok(Duration::ZERO) => Err("must be longer than zero".to_owned()),
        Ok(duration) => Ok(duration),
        Err(error) => Err(error.to_string()),
    }
}

/// Reads an IP address with a port.
pub fn socket_address(text: &str) -> Result<SocketAddr, String> {
    text.parse().map_err(|_| {
        "must be an IP address with a port, such as 127.0.0.1:8000, 0.0.0.0:8000 or [::1]:8000"
            .to_owned()
    })
}

/// Reads the name of a header.
pub fn header_name(text: &str) -> Result<HeaderName, String> {
    text.parse()
        .map_err(|_| "must be the name of a header, such as X-Forwarded-For".to_owned())
}

/// Checks a log filter. The text is kept, because a parsed filter cannot be cloned.
pub fn log_filter(text: &str) -> Result<String, String> {
    EnvFilter::try_new(text)
        .map(|_| text.to_owned())
        .map_err(|error| {
            format!("{error}; use a level (error, warn, info, debug, trace) or target=level pairs")
        })
}
