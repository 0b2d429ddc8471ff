//! `/`: the page for people.

use axum::response::Html;

/// A page that needs no network beyond this server.
pub async fn page() -> Html<&'static str> {
    Html(include_str!("playground.html"))
}
