//! The layers around all routes: security headers, compression, panics and request ids.

use std::any::Any;

use async_graphql::Response as GraphqlResponse;
use axum::{
    Json, Router,
    http::{HeaderName, HeaderValue, StatusCode, header},
    middleware,
    response::{IntoResponse, Response},
};
use tower_http::{
    CompressionLevel,
    catch_panic::CatchPanicLayer,
    compression::{
        CompressionLayer, Predicate,
        predicate::{DefaultPredicate, SizeAbove},
    },
};

use tower::ServiceBuilder;

use super::request_id;

/// The default headers of every response, for those that the response does not set itself: it must
/// not be framed, executed, sniffed or cached.
const HEADERS: [(HeaderName, &str); 7] = [
    (
        header::CONTENT_SECURITY_POLICY,
        "default-src 'none'; frame-ancestors 'none'",
    ),
    (header::X_CONTENT_TYPE_OPTIONS, "nosniff"),
    (header::X_FRAME_OPTIONS, "DENY"),
    (header::REFERRER_POLICY, "no-referrer"),
    (
        HeaderName::from_static("cross-origin-opener-policy"),
        "same-origin",
    ),
    (
        HeaderName::from_static("permissions-policy"),
        "camera=(), geolocation=(), microphone=()",
    ),
    (header::CACHE_CONTROL, "no-store"),
];

/// Browsers that have used HTTPS once do so for a year.
const HTTPS_ONLY: (HeaderName, &str) = (header::STRICT_TRANSPORT_SECURITY, "max-age=31536000");

/// Smaller responses fit in a packet or two without compression.
const COMPRESSED_FROM: u64 = 1024;

/// The compression level. Brotli's default is meant for files that are compressed only once.
const COMPRESSION: CompressionLevel = CompressionLevel::Precise(4);

/// Wraps `routes` in the layers. The first one is the outermost.
pub fn wrap(routes: Router, https: bool) -> Router {
    // With compression, the length of a response reveals which parts of it repeat. The BREACH attack
    // uses this: a page of another website makes the victim's browser request, again and again, a
    // response with a secret beside text of the attacker. That is not possible here. Other pages
    // cannot make requests on behalf of a user, because tokens are sent in `Authorization`, which
    // browsers never add by themselves, and signIn requires the password for each token.
    let compression = CompressionLayer::new()
        .quality(COMPRESSION)
        .compress_when(DefaultPredicate::new().and(SizeAbove::new(COMPRESSED_FROM)));
    let headers: Vec<_> = HEADERS
        .into_iter()
        .chain(https.then_some(HTTPS_ONLY))
        .map(|(name, value)| (name, HeaderValue::from_static(value)))
        .collect();
    // Each layer of a router clones and boxes the service for each request, so they are one.
    routes.layer(
        ServiceBuilder::new()
            .map_response(move |response| with_defaults(response, &headers))
            .layer(middleware::from_fn(request_id::assign))
            .layer(compression)
            .layer(CatchPanicLayer::custom(panicked)),
    )
}

/// Adds those of the headers that a response does not have.
fn with_defaults(mut response: Response, headers: &[(HeaderName, HeaderValue)]) -> Response {
    for (name, value) in headers {
        response
            .headers_mut()
            .entry(name)
            .or_insert_with(|| value.clone());
    }
    response
}

/// The response when a handler has panicked: an error id, under which the log has the details.
#[expect(
    clippy::needless_pass_by_value,
    reason = "the layer passes the panic by value"
)]
fn panicked(panic: Box<dyn Any + Send>) -> Response {
    let message = panic
        .downcast_ref::<String>()
        .map(String::as_str)
        .or_else(|| panic.downcast_ref::<&str>().copied())
        .unwrap_or("the panic has no message");
    let error = mina_graphql::internal_error(format!("panicked: {message}"));
    let body = Json(GraphqlResponse::from_errors(vec![error]));
    (StatusCode::INTERNAL_SERVER_ERROR, body).into_response()
}

#[cfg(test)]
mod tests {
    use std::{fs, sync::Arc};

    use axum::{
        body::{Body, to_bytes},
        extract::Request,
        routing::get,
    };
    use serde_json::Value;
    use tower::ServiceExt;

    use super::*;

    async fn ask(router: &Router, path: &str) -> (Response<()>, Vec<u8>) {
        let request = Request::get(path).body(Body::empty()).unwrap();
        let (head, body) = router.clone().oneshot(request).await.unwrap().into_parts();
        let body = to_bytes(body, 4096).await.unwrap();
        (Response::from_parts(head, ()), body.to_vec())
    }

    async fn panicking() -> StatusCode {
        panic!("the {} is lost", "spanner")
    }

    #[tokio::test]
    async fn a_panic_is_answered_and_logged_under_one_id() {
        let directory = tempfile::tempdir().unwrap();
        let log = directory.path().join("log");
        let subscriber = tracing_subscriber::fmt()
            .with_writer(Arc::new(fs::File::create(&log).unwrap()))
            .finish();
        let _guard = tracing::subscriber::set_default(subscriber);

        let router = Router::new()
            .route("/panic", get(panicking))
            .route("/", get(async || "fine"));
        let router = wrap(router, false);
        let (head, body) = ask(&router, "/panic").await;
        assert_eq!(head.status(), StatusCode::INTERNAL_SERVER_ERROR);
        assert_eq!(head.headers()[header::X_CONTENT_TYPE_OPTIONS], "nosniff");
        assert_eq!(head.headers()[header::CONTENT_TYPE], "application/json");
        let body: Value = serde_json::from_slice(&body).unwrap();
        let error = &body["errors"][0];
        assert_eq!(error["extensions"]["code"], "INTERNAL");
        let message = error["message"].as_str().unwrap();
        let id = message.strip_prefix("Internal error ").unwrap();
        let id = id.split_once('.').unwrap().0;
        assert!(!message.contains("spanner"), "{message}");

        let log = fs::read_to_string(log).unwrap();
        let line = log.lines().find(|line| line.contains(id)).unwrap();
        assert!(line.contains("the spanner is lost"), "{line}");

        assert_eq!(ask(&router, "/").await.1, b"fine");
    }
}
