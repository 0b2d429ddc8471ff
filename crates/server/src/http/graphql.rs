//! `/graphql`: the API.

use axum::{Json, http::StatusCode, response::IntoResponse};
use serde_json::json;

/// Answers that the API is not served.
pub async fn handle() -> impl IntoResponse {
    let message = "this server does not execute GraphQL";
    let body = json!({ "errors": [{ "message": message }] });
    (StatusCode::NOT_IMPLEMENTED, Json(body))
}
