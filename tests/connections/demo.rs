//! Who may use a demo: this machine, and the pages that somebody develops on it.

use reqwest::{Client, Method, StatusCode, header};

use crate::support::{Outcome, demo::Demo, suite::Suite};

/// Adds the cases of this module.
pub fn list(suite: &mut Suite) {
    suite.without_database(visitors);
}

/// Pages of this machine may use the demo, whatever their port. Others may not, not even under a
/// name of their own that is resolved to this machine.
async fn visitors() -> Outcome {
    let demo = Demo::start()?;
    for (origin, is_allowed) in [
        ("http://localhost:5173", true),
        ("http://127.0.0.1:3000", true),
        ("http://[::1]:4200", true),
        ("https://evil.example", false),
        ("http://localhost.evil.example", false),
        ("null", false),
    ] {
        let preflight = Client::new()
            .request(Method::OPTIONS, &demo.api)
            .header(header::ORIGIN, origin)
            .header(header::ACCESS_CONTROL_REQUEST_METHOD, "POST")
            .header(header::ACCESS_CONTROL_REQUEST_HEADERS, "authorization")
            .send()
            .await?;
        let allowed = preflight.headers().get(header::ACCESS_CONTROL_ALLOW_ORIGIN);
        let allowed = allowed.and_then(|value| value.to_str().ok());
        assert_eq!(allowed, is_allowed.then_some(origin));
    }
    let url = demo.api.replace("/graphql", "/");
    for (host, status) in [
        ("localhost:8000", StatusCode::OK),
        ("app.localhost", StatusCode::OK),
        ("[::1]:8000", StatusCode::OK),
        ("evil.example:8000", StatusCode::MISDIRECTED_REQUEST),
        ("127.0.0.1.evil.example", StatusCode::MISDIRECTED_REQUEST),
    ] {
        for url in [&url, &demo.api] {
            let request = Client::new().get(url).header(header::HOST, host);
            let request = request.query(&[("query", "{ __typename }")]);
            assert_eq!(request.send().await?.status(), status, "{host} {url}");
        }
    }
    Ok(())
}
