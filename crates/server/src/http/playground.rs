//! `/`: the playground, a page for people who explore the API.
//!
//! `crates/playground` has its files. The page loads nothing from other servers, and forbids every
//! script and style that is not its own. The editor adds styles at run time, so they carry a nonce
//! that is new for each response.

use axum::{
    Router,
    extract::{Path, State},
    http::{HeaderMap, HeaderValue, StatusCode, header},
    response::{IntoResponse, Response},
    routing::get,
};
use playground::{Asset, DemoSignIn, Site};
use uuid::Uuid;

use super::{AppState, not_found};
use crate::config::PlaygroundPage;

/// Browsers keep a file for a year whose name says what its content is.
const IMMUTABLE: &str = "public, max-age=31536000, immutable";

/// What the page and its files are answered with.
#[derive(Clone, Debug)]
struct Served {
    site: &'static Site,
    sign_ins: Vec<DemoSignIn>,
}

/// The routes of the page and its files: none if it is turned off.
pub fn routes(which: PlaygroundPage, sign_ins: Vec<DemoSignIn>) -> Router<AppState> {
    let site = match which {
        PlaygroundPage::Full => playground::best(),
        PlaygroundPage::Plain => playground::plain(),
        PlaygroundPage::Off => return Router::new(),
    };
    let served = Served { site, sign_ins };
    Router::new()
        .route("/", get(page))
        .route("/playground/{name}", get(asset))
        .with_state(served)
}

async fn page(State(served): State<Served>) -> impl IntoResponse {
    let nonce = Uuid::new_v4().simple().to_string();
    let policy = format!(
        "default-src 'none'; script-src 'self'; style-src 'self' 'nonce-{nonce}'; \
         connect-src 'self'; img-src data:; base-uri 'none'; form-action 'none'; \
         frame-ancestors 'none'"
    );
    let headers = [
        (header::CONTENT_TYPE, "text/html; charset=utf-8".to_owned()),
        (header::CONTENT_SECURITY_POLICY, policy),
    ];
    (headers, served.site.page(&nonce, &served.sign_ins))
}

async fn asset(
    State(served): State<Served>,
    Path(name): Path<String>,
    request: HeaderMap,
) -> Response {
    let Some(asset) = served.site.asset(&name) else {
        return not_found().await.into_response();
    };
    let mut response = content(asset, &request);
    let headers = response.headers_mut();
    let content_type = HeaderValue::from_static(asset.content_type());
    headers.insert(header::CONTENT_TYPE, content_type);
    headers.insert(header::VARY, HeaderValue::from_static("accept-encoding"));
    if asset.is_immutable() {
        let forever = HeaderValue::from_static(IMMUTABLE);
        headers.insert(header::CACHE_CONTROL, forever);
    }
    response
}

/// The content as it is stored, if the client can read that.
fn content(asset: &'static Asset, request: &HeaderMap) -> Response {
    if accepts_gzip(request) {
        let encoding = [(header::CONTENT_ENCODING, "gzip")];
        return (encoding, asset.gzip).into_response();
    }
    match asset.decompressed() {
        Ok(content) => content.into_response(),
        Err(_) => StatusCode::INTERNAL_SERVER_ERROR.into_response(),
    }
}

/// Whether `Accept-Encoding` names gzip, and does not exclude it with a weight of 0.
fn accepts_gzip(request: &HeaderMap) -> bool {
    request
        .get_all(header::ACCEPT_ENCODING)
        .iter()
        .filter_map(|value| value.to_str().ok())
        .flat_map(|value| value.split(','))
        .any(|coding| {
            let (name, weight) = coding.split_once(';').unwrap_or((coding, "q=1"));
            let weight = weight.trim().trim_start_matches("q=").parse::<f32>();
            name.trim().eq_ignore_ascii_case("gzip") && weight.is_ok_and(|weight| weight > 0.0)
        })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn accepting(value: &'static str) -> bool {
        let value = HeaderValue::from_static(value);
        accepts_gzip(&HeaderMap::from_iter([(header::ACCEPT_ENCODING, value)]))
    }

    #[test]
    fn gzip_is_sent_to_those_who_accept_it() {
        assert!(accepting("gzip"));
        assert!(accepting("br, GZIP;q=0.5"));
        assert!(!accepting("gzip;q=0, br"));
        assert!(!accepting("identity"));
        assert!(!accepts_gzip(&HeaderMap::new()));
    }
}
