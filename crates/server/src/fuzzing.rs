//! What holds for anything that is sent to the API. The fuzz target `call` calls [`call`], which
//! panics where it does not hold; the test below tries the same on a few hundred random inputs.

use std::{sync::LazyLock, time::Duration};

use axum::{
    body::Body,
    http::{Request, header},
};
use mina_graphql::Call;
use tokio::runtime::{Builder, Runtime};
use url::form_urlencoded;

use crate::http::graphql::{Rejection, body::Bodies, call::Received};

/// The largest body, in bytes.
const MAX_BODY_SIZE: usize = 16 * 1024;

static RUNTIME: LazyLock<Runtime> = LazyLock::new(|| {
    let runtime = Builder::new_current_thread().enable_time().build();
    runtime.expect("there is a runtime")
});

/// Sends any bytes to the API, as a body and as the parameters of a URL.
///
/// # Panics
///
/// If the request is rejected for a reason that is not in it, or if the same parameters mean
/// different things in a URL and in a body.
pub fn call(data: &[u8]) {
    if let Ok(query) = std::str::from_utf8(data)
        && let Ok(uri) = format!("/graphql?{query}").parse::<axum::http::Uri>()
    {
        let request = Request::get(uri).body(Body::empty());
        check(&read(request.expect("it is a request")));
    }
    let request = Request::post("/graphql")
        .header(header::CONTENT_TYPE, "application/json")
        .body(Body::from(data.to_vec()));
    let by_body = read(request.expect("it is a request"));
    check(&by_body);
    let Ok(serde_json::Value::Object(parameters)) = serde_json::from_slice(data) else {
        assert!(
            by_body.is_err(),
            "a body that is not a JSON object was accepted"
        );
        return;
    };
    let Ok(by_body) = by_body else {
        return;
    };
    let said = |name: &str| parameters.get(name).and_then(serde_json::Value::as_str);
    assert_eq!(by_body.query.as_deref(), said("query"));
    assert_eq!(by_body.operation_name.as_deref(), said("operationName"));
    let mut query = form_urlencoded::Serializer::new(String::new());
    for (name, value) in &parameters {
        match value {
            serde_json::Value::Null => {}
            serde_json::Value::String(text) => {
                query.append_pair(name, text);
            }
            value => {
                query.append_pair(name, &value.to_string());
            }
        }
    }
    let Ok(uri) = format!("/graphql?{}", query.finish()).parse::<axum::http::Uri>() else {
        // The query is too long for a URL.
        return;
    };
    let request = Request::get(uri).body(Body::empty());
    match read(request.expect("it is a request")) {
        Ok(by_url) => assert_eq!(format!("{by_url:?}"), format!("{by_body:?}")),
        Err(rejection) => panic!("{rejection:?} in a URL, and {by_body:?} in a body"),
    }
}

fn read(request: Request<Body>) -> Result<Call, Rejection> {
    let bodies = Bodies::new(MAX_BODY_SIZE, Duration::from_mins(1));
    RUNTIME
        .block_on(Received::new(request, [127, 0, 0, 1].into(), &bodies))?
        .call()
}

/// Checks that an accepted request has a document, and that a rejected one is at fault itself.
fn check(call: &Result<Call, Rejection>) {
    match call {
        Ok(call) => assert!(call.query.is_some() || call.document_id.is_some()),
        Err(rejection) => {
            assert!(
                matches!(rejection, Rejection::Malformed(_) | Rejection::LargeBody(_)),
                "{rejection:?}"
            );
            let errors = rejection.answer().response.errors;
            assert!(
                errors.len() == 1 && !errors[0].message.is_empty(),
                "{errors:?}"
            );
        }
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    proptest! {
        #[test]
        fn a_call_means_the_same_in_a_url(
            query in any::<String>(),
            name in proptest::option::of(any::<String>()),
            number in any::<f64>(),
            text in any::<String>(),
        ) {
            let body = serde_json::json!({
                "query": query,
                "operationName": name,
                "variables": {"a": [number, text]},
                "extensions": {"cost": true},
            });
            call(body.to_string().as_bytes());
        }
    }
}
