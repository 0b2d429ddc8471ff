//! `POST /sessions/{id}/transcript`: a transcript file of any length becomes segments of a session.
//!
//! The body is read without a place, a connection or a transaction, then the file is read on the
//! background threads, and only then stored. Each of these is paid for before it begins.

use std::{mem, net::SocketAddr, time::Duration};

use async_graphql::Value;
use axum::{
    Json,
    body::Body,
    extract::{ConnectInfo, Path, State, rejection::PathRejection},
    http::{HeaderMap, HeaderName, HeaderValue, Method, Request, StatusCode, header},
    response::{IntoResponse, Response},
};
use mina_graphql::{
    Bounds, Caller, FairPermit, FairSemaphore, Party, Payer, Place, TranscriptError, Unaffordable,
    Upload, UploadOptions, UploadResult, UploadTarget, UserErrorCode,
};
use tokio::time::timeout;
use transcript::{Format, SpeakerLabels, TimeUnit};
use url::form_urlencoded;

use super::unauthenticated;
use crate::{
    http::{
        AppState, client,
        graphql::{
            Answer, MediaType, PointsOfCaller, Rejection, authenticated, not_authenticated, token,
        },
    },
    telemetry::{RequestOutcome, RequestRecord},
};

/// The header with the client's idempotency key.
pub const IDEMPOTENCY_KEY: HeaderName = HeaderName::from_static("idempotency-key");

/// How many files are read and stored at once. Each has all its cues in memory.
const AT_ONCE: usize = 2;

/// How many wait for that.
const WAITING: usize = 64;

/// The turns of uploads whose bodies have arrived.
pub fn turns() -> FairSemaphore {
    FairSemaphore::new(Bounds::new(AT_ONCE, WAITING))
}

/// Takes the transcript of a session.
pub async fn post(
    State(state): State<AppState>,
    ConnectInfo(peer): ConnectInfo<SocketAddr>,
    path: Result<Path<String>, PathRejection>,
    request: Request<Body>,
) -> Response {
    let mut record = RequestRecord::new(&state.operation_labels);
    record.kind = "upload";
    let session = path.map_or_else(|_| String::new(), |Path(session)| session);
    match respond(&state, peer, &session, request, &mut record).await {
        Ok(result) => {
            (record.statements, record.rows) = result.used();
            let status = status(&result);
            let outcome = match status {
                StatusCode::OK => RequestOutcome::Ok,
                _ => RequestOutcome::Rejected,
            };
            record.answered(outcome, status.as_u16());
            (status, Json(result.into_json())).into_response()
        }
        Err(answer) => {
            let status = answer.status(MediaType::GraphqlResponse);
            record.answered(answer.outcome(), status.as_u16());
            let mut response = answer.into_response(MediaType::Json).await;
            // There are no media types to choose from, so the status can always be precise.
            *response.status_mut() = status;
            response.headers_mut().remove(header::VARY);
            response.headers_mut().remove("accept-post");
            response
        }
    }
}

/// Lists the allowed methods.
pub async fn other_methods(method: Method) -> Response {
    let allow = [(header::ALLOW, HeaderValue::from_static("POST, OPTIONS"))];
    if method == Method::OPTIONS {
        return (StatusCode::NO_CONTENT, allow).into_response();
    }
    let message = format!("Transcripts cannot be uploaded by {method}. Use POST.");
    let answer = Rejection::MethodNotAllowed(message).answer();
    answer.into_response(MediaType::Json).await
}

/// The status of a result: what the client can fix is its fault.
fn status(result: &UploadResult) -> StatusCode {
    let errors = result.user_errors();
    if errors.is_empty() {
        StatusCode::OK
    } else if errors.iter().any(|it| it.code == UserErrorCode::Conflict) {
        StatusCode::CONFLICT
    } else {
        StatusCode::UNPROCESSABLE_ENTITY
    }
}

async fn respond(
    state: &AppState,
    peer: SocketAddr,
    session: &str,
    request: Request<Body>,
    record: &mut RequestRecord,
) -> Result<UploadResult, Box<Answer>> {
    let headers = request.headers();
    let address = client::address(state.client_address_header.as_ref(), headers, peer);
    state.rates.charge_address(address, 1)?;
    let options = options(headers, request.uri().query())?;
    let token = token(headers)?.ok_or_else(unauthenticated)?;
    let claims = state.engine.claims(token).map_err(not_authenticated)?;
    let party = state.engine.party(Some(&claims), address);
    let place = state.admission.enter(party).await?;
    let viewer = authenticated(state, Some(&claims)).await?;
    let viewer = viewer.ok_or_else(unauthenticated)?;
    record.viewer = Some(viewer.user().id);
    let mut caller = Caller {
        viewer: Some(viewer.clone()),
        address: Some(address),
        place,
    };
    let points = UploadTarget::cost_to_begin().points();
    state.rates.charge_viewer(viewer.user().id, points)?;
    state.rates.charge_address(address, points)?;
    let target = state.engine.upload_target(&caller, session).await;
    let target = target.map_err(failed)?;
    let Some(target) = target else {
        let message = "There is no session with this ID.";
        return Err(Rejection::NotFound(message.to_owned()).into());
    };
    // Whoever sends slowly holds no place.
    caller.place = Place::default();
    // Its part of the budgets is held until it was stored.
    let mut body = state.uploads.read(request, address).await?;
    let content = mem::take(&mut body.bytes);
    let payer = PointsOfCaller::new(&state.rates, &caller);
    let reading = Upload::points_to_read(content.len());
    payer.pay(reading).await.map_err(unaffordable)?;
    let _turn = turn(state, viewer.party()).await?;
    let upload = state.engine.read_upload(content, options).await;
    let storing = upload.cost_to_store().points();
    record.cost = Some(points.saturating_add(reading).saturating_add(storing));
    payer.pay(storing).await.map_err(unaffordable)?;
    caller.place = state.admission.enter(party).await?;
    let stored = state.engine.store_upload(&caller, &target, &upload).await;
    stored.map_err(failed)
}

/// Waits for a turn to read and store a file.
async fn turn(state: &AppState, party: Party) -> Result<FairPermit, Rejection> {
    let patience: Duration = state.request_timeout;
    match timeout(patience, state.upload_turns.acquire(party)).await {
        Ok(Ok(turn)) => Ok(turn),
        _ => Err(Rejection::Overloaded),
    }
}

/// The answer if the viewer may not do that, or the database failed.
fn failed(error: TranscriptError) -> Box<Answer> {
    let response = error.into_response();
    let extensions = response
        .errors
        .first()
        .and_then(|it| it.extensions.as_ref());
    let status = match extensions.and_then(|it| it.get("code")) {
        Some(Value::String(code)) => match code.as_str() {
            "UNAUTHENTICATED" => Some(StatusCode::UNAUTHORIZED),
            "FORBIDDEN" => Some(StatusCode::FORBIDDEN),
            "NOT_FOUND" => Some(StatusCode::NOT_FOUND),
            _ => None,
        },
        _ => None,
    };
    Box::new(match status {
        Some(status) => Answer::rejected(status, response),
        None => Answer::failed(response),
    })
}

fn unaffordable(unaffordable: Unaffordable) -> Box<Answer> {
    Rejection::ExceedsRate(unaffordable.per_minute).into()
}

/// What the headers and the query say about the file.
fn options(headers: &HeaderMap, query: Option<&str>) -> Result<UploadOptions, Rejection> {
    let text = |name: &HeaderName| match headers.get(name).map(HeaderValue::to_str) {
        None => Ok(None),
        Some(Ok(text)) => Ok(Some(text.to_owned())),
        Some(Err(_)) => {
            let message = format!("The header `{name}` is not ASCII.");
            Err(Rejection::UnsupportedContent(message))
        }
    };
    let encoding = text(&header::CONTENT_ENCODING)?;
    if encoding.is_some_and(|it| !it.eq_ignore_ascii_case("identity")) {
        let message = "Send the file as it is, without a content encoding.";
        return Err(Rejection::UnsupportedContent(message.to_owned()));
    }
    let mut options = UploadOptions {
        format: match text(&header::CONTENT_TYPE)? {
            Some(media_type) => format_of(&media_type)?,
            None => None,
        },
        idempotency_key: text(&IDEMPOTENCY_KEY)?,
        ..UploadOptions::default()
    };
    for (name, value) in form_urlencoded::parse(query.unwrap_or_default().as_bytes()) {
        let invalid = || {
            let message = format!("`{value}` is not a value of the parameter `{name}`.");
            Rejection::BadParameter(message)
        };
        let word = value.to_ascii_lowercase();
        match &*name {
            "format" => options.format = Some(format(&word).ok_or_else(invalid)?),
            "speakerLabels" => options.speaker_labels = labels(&word).ok_or_else(invalid)?,
            "timesIn" => options.time_unit = Some(unit(&word).ok_or_else(invalid)?),
            "strict" => options.strict = word.parse().map_err(|_| invalid())?,
            "again" => options.again = word.parse().map_err(|_| invalid())?,
            "language" => options.language = Some(value.clone().into_owned()),
            _ => {
                let message = format!(
                    "There is no parameter `{name}`. Use `format`, `speakerLabels`, `timesIn`, \
                     `strict`, `again` or `language`."
                );
                return Err(Rejection::BadParameter(message));
            }
        }
    }
    Ok(options)
}

/// The format of a media type. None if the content tells more.
fn format_of(media_type: &str) -> Result<Option<Format>, Rejection> {
    let essence = media_type.split(';').next().unwrap_or_default().trim();
    match &*essence.to_ascii_lowercase() {
        "text/vtt" => Ok(Some(Format::WebVtt)),
        "application/x-subrip" | "application/srt" | "text/srt" | "text/x-srt" => {
            Ok(Some(Format::SubRip))
        }
        "application/json" => Ok(Some(Format::Json)),
        "text/x-ssa" | "text/x-ass" => Ok(Some(Format::Ass)),
        it if it.starts_with("multipart/") => {
            let message =
                "Send the file itself as the body, such as with `curl --data-binary @file`.";
            Err(Rejection::UnsupportedContent(message.to_owned()))
        }
        _ => Ok(None),
    }
}

fn format(word: &str) -> Option<Format> {
    match word {
        "webvtt" | "vtt" => Some(Format::WebVtt),
        "subrip" | "srt" | "sbv" => Some(Format::SubRip),
        "json" => Some(Format::Json),
        "ass" | "ssa" => Some(Format::Ass),
        _ => None,
    }
}

fn labels(word: &str) -> Option<SpeakerLabels> {
    match word {
        "on_every_cue" => Some(SpeakerLabels::OnEveryCue),
        "on_changes" => Some(SpeakerLabels::OnChanges),
        "never" => Some(SpeakerLabels::Never),
        _ => None,
    }
}

fn unit(word: &str) -> Option<TimeUnit> {
    match word {
        "seconds" => Some(TimeUnit::Seconds),
        "milliseconds" => Some(TimeUnit::Milliseconds),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn of(headers: &[(HeaderName, &'static str)], query: &str) -> Result<UploadOptions, Rejection> {
        let headers = headers.iter().cloned();
        let headers = headers.map(|(name, value)| (name, HeaderValue::from_static(value)));
        options(&headers.collect(), Some(query))
    }

    #[test]
    fn formats_follow_from_the_media_type_and_the_query() {
        let of = |media_type, query| of(&[(header::CONTENT_TYPE, media_type)], query).unwrap();
        assert_eq!(
            of("text/vtt; charset=utf-8", "").format,
            Some(Format::WebVtt)
        );
        assert_eq!(of("application/x-www-form-urlencoded", "").format, None);
        assert_eq!(of("text/plain", "format=SRT").format, Some(Format::SubRip));
        let options = of("text/vtt", "format=JSON&timesIn=MILLISECONDS&again=true");
        assert_eq!(options.format, Some(Format::Json));
        assert_eq!(options.time_unit, Some(TimeUnit::Milliseconds));
        assert!(options.again && !options.strict);
    }

    #[test]
    fn what_cannot_be_taken_is_rejected() {
        assert!(of(&[], "format=docx").is_err());
        assert!(of(&[], "speaker=Ada").is_err());
        assert!(of(&[(header::CONTENT_ENCODING, "gzip")], "").is_err());
        assert!(
            of(
                &[(header::CONTENT_TYPE, "multipart/form-data; boundary=a")],
                ""
            )
            .is_err()
        );
    }
}
