//! What holds for whatever strangers send: one function for each fuzz target, which panics where
//! it does not hold. The tests below try the same on a few hundred random inputs.

use std::{path::Path, sync::LazyLock, time::Duration};

use axum::{
    body::Body,
    http::{Request, header},
};
use mina_graphql::Call;
use tokio::runtime::{Builder, Runtime};
use url::form_urlencoded;

use crate::{
    http::graphql::{Rejection, body::Bodies, call::Received},
    import::{Format, parse},
};

/// The most bytes of a body.
const LARGEST: usize = 16 * 1024;

static RUNTIME: LazyLock<Runtime> = LazyLock::new(|| {
    let runtime = Builder::new_current_thread().enable_time().build();
    runtime.expect("there is a runtime")
});

/// Any bytes as a transcript, of the format that the first of them says.
///
/// # Panics
///
/// If what is read does not fit the table of segments, or is more than the file holds.
pub fn import(data: &[u8]) {
    let Some((kind, bytes)) = data.split_first() else {
        return;
    };
    let format = match kind % 4 {
        0 => Some(Format::WebVtt),
        1 => Some(Format::SubRip),
        2 => Some(Format::Json),
        _ => None,
    };
    let Ok(transcript) = parse(Path::new("file"), bytes, format) else {
        return;
    };
    let fits = |text: &str, most| !text.is_empty() && text.chars().count() <= most;
    assert!(transcript.language.is_none_or(|it| fits(&it, 10)));
    assert!(!transcript.cues.is_empty(), "there are no cues");
    assert!(
        transcript.cues.is_sorted_by_key(|it| it.start_ms),
        "cues are not in order"
    );
    let mut length = 0;
    for cue in &transcript.cues {
        assert!(0 <= cue.start_ms && cue.start_ms <= cue.end_ms, "{cue:?}");
        assert!(
            fits(&cue.text, usize::MAX) && cue.text.trim() == cue.text,
            "{cue:?}"
        );
        assert!(!cue.text.contains(['\0', '\n', '\r']), "{cue:?}");
        if let Some(speaker) = &cue.speaker {
            assert!(
                fits(speaker, 50) && !speaker.contains(['\0', '\n', '\r']),
                "{cue:?}"
            );
        }
        assert!(
            cue.confidence.is_none_or(|it| (0.0..=1.0).contains(&it)),
            "{cue:?}"
        );
        length += cue.text.len();
    }
    // One byte of a reference, or of UTF-16, is never more than two of UTF-8.
    assert!(
        length <= bytes.len() * 2,
        "{length} bytes are made of {}",
        bytes.len()
    );
    for speaker in &transcript.shortened_speakers {
        assert!(
            speaker.full.chars().count() > 50 && fits(&speaker.short, 50),
            "{speaker:?}"
        );
    }
}

/// Any bytes as what is sent to the API: as a body and as the parameters of a URL.
///
/// # Panics
///
/// If the request is refused for another reason than what is in it, or says by its URL something
/// else than in its body.
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
        assert!(by_body.is_err(), "what is no JSON object is taken");
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
        // It is too long for a URL.
        return;
    };
    let request = Request::get(uri).body(Body::empty());
    match read(request.expect("it is a request")) {
        Ok(by_url) => assert_eq!(format!("{by_url:?}"), format!("{by_body:?}")),
        Err(rejection) => panic!("{rejection:?} by its URL, in its body {by_body:?}"),
    }
}

fn read(request: Request<Body>) -> Result<Call, Rejection> {
    let bodies = Bodies::new(LARGEST, Duration::from_mins(1));
    RUNTIME.block_on(Received::new(request, &bodies))?.call()
}

/// What is refused is refused for what it says, and what is taken says what is asked.
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
    use proptest::{collection::vec, prelude::*};

    use super::*;

    /// Captions as both formats have them, with what is odd now and then.
    fn captions() -> impl Strategy<Value = String> {
        let time = "0[0-9]:[0-5][0-9][.,][0-9]{3}";
        let words =
            "(<v [A-Z]{1,60}>|</v>|&amp;|&#[0-9]{1,5};|\\{\\\\an8\\}|[A-D]: )*[ a-zé<&]{0,9}";
        let cue = (time, time, words)
            .prop_map(|(start, end, words)| format!("1\n{start} --> {end}\n{words}\n\n"));
        let odd = prop_oneof![Just("NOTE a\n".to_owned()), "[0-9 :]{1,6}\n"];
        let pieces = vec(prop_oneof![9 => cue, 1 => odd], 1..8);
        pieces.prop_map(|pieces| pieces.concat())
    }

    proptest! {
        #[test]
        fn captions_become_segments_that_fit(text in captions()) {
            import(&[b"\0WEBVTT\n\n", text.as_bytes()].concat());
            import(&[b"\x01", text.as_bytes()].concat());
        }

        #[test]
        fn a_call_says_the_same_by_url(
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
