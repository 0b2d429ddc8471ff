//! Requests and pages of this machine only, for the demo.
//!
//! The demo listens on loopback, but that alone does not keep other websites out: one whose name
//! is suddenly resolved to 127.0.0.1 (DNS rebinding) is of the same origin as the server, for the
//! browser. Only the name in `Host` gives that away.

use axum::{
    extract::Request,
    http::{HeaderValue, StatusCode, header, uri::Authority},
    middleware::Next,
    response::{IntoResponse, Response},
};
use url::{Host, Url};

/// Rejects requests that were not sent to a name of this machine.
pub async fn require(request: Request, next: Next) -> Response {
    let header = request.headers().get(header::HOST);
    let named = header.is_none_or(is_host) && request.uri().authority().is_none_or(is_authority);
    if named {
        return next.run(request).await;
    }
    (
        StatusCode::MISDIRECTED_REQUEST,
        "The demo answers only under names of this machine, such as localhost and 127.0.0.1.\n",
    )
        .into_response()
}

/// Whether this is the origin of a page that this machine serves, on any port.
pub fn is_origin(origin: &HeaderValue) -> bool {
    let url = origin.to_str().ok().and_then(|text| Url::parse(text).ok());
    url.is_some_and(|url| {
        matches!(url.scheme(), "http" | "https") && url.host().as_ref().is_some_and(is_loopback)
    })
}

fn is_host(value: &HeaderValue) -> bool {
    let authority: Option<Authority> = value.to_str().ok().and_then(|text| text.parse().ok());
    authority.as_ref().is_some_and(is_authority)
}

fn is_authority(authority: &Authority) -> bool {
    Host::parse(authority.host()).is_ok_and(|host| is_loopback(&host))
}

/// Browsers resolve `localhost` and the names below it to loopback themselves.
fn is_loopback<S: AsRef<str>>(host: &Host<S>) -> bool {
    match host {
        Host::Domain(name) => {
            let name = name.as_ref();
            name == "localhost" || name.ends_with(".localhost")
        }
        Host::Ipv4(address) => address.is_loopback(),
        Host::Ipv6(address) => address.to_canonical().is_loopback(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn hosts_are_names_of_this_machine() {
        for host in [
            "127.0.0.1:8000",
            "LOCALHOST:1",
            "localhost",
            "a.localhost",
            "[::1]:8000",
        ] {
            assert!(is_host(&HeaderValue::from_static(host)), "{host}");
        }
        for host in [
            "",
            "demo.example",
            "127.0.0.1.example",
            "localhost.example:8000",
            "192.168.0.2",
            "localhost@evil.example",
        ] {
            assert!(!is_host(&HeaderValue::from_static(host)), "{host}");
        }
    }

    #[test]
    fn origins_are_pages_of_this_machine() {
        for origin in [
            "http://localhost:5173",
            "http://127.0.0.1:3000",
            "https://[::1]",
        ] {
            assert!(is_origin(&HeaderValue::from_static(origin)), "{origin}");
        }
        for origin in [
            "null",
            "https://evil.example",
            "http://localhost.evil.example",
            "file://localhost",
        ] {
            assert!(!is_origin(&HeaderValue::from_static(origin)), "{origin}");
        }
    }
}
