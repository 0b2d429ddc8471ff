//! `/`: the playground, a page for people who explore the API.
//!
//! It loads nothing from other servers. Its scripts and its style are separate files, so that the
//! page can forbid everything inline.

use axum::{Router, http::header, response::IntoResponse, routing::get};

/// The page may load only its own parts.
const CONTENT_SECURITY_POLICY: &str = "default-src 'none'; script-src 'self'; style-src 'self'; \
     connect-src 'self'; img-src data:; base-uri 'none'; form-action 'none'; frame-ancestors 'none'";

/// The routes of the page and its parts.
pub fn routes<S: Clone + Send + Sync + 'static>() -> Router<S> {
    Router::new()
        .route("/", get(page))
        .route("/playground.js", get(script(include_str!("playground.js"))))
        .route(
            "/documentation.js",
            get(script(include_str!("documentation.js"))),
        )
        .route(
            "/suggestions.js",
            get(script(include_str!("suggestions.js"))),
        )
        .route("/playground.css", get(style))
}

async fn page() -> impl IntoResponse {
    let headers = [
        (header::CONTENT_TYPE, "text/html; charset=utf-8"),
        (header::CONTENT_SECURITY_POLICY, CONTENT_SECURITY_POLICY),
    ];
    (headers, include_str!("page.html"))
}

/// Answers with a script. They are run in the order in which the page names them, and share their
/// names.
fn script(
    text: &'static str,
) -> impl Fn() -> std::future::Ready<([(header::HeaderName, &'static str); 1], &'static str)> + Clone
{
    let headers = [(header::CONTENT_TYPE, "text/javascript; charset=utf-8")];
    move || std::future::ready((headers.clone(), text))
}

async fn style() -> impl IntoResponse {
    let headers = [(header::CONTENT_TYPE, "text/css; charset=utf-8")];
    (headers, include_str!("playground.css"))
}
