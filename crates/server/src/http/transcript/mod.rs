//! `GET /sessions/{id}/transcript.vtt` and the like: the transcript of a session as a file.
//!
//! The file is written as the client reads it, page by page. Between two pages nothing is held for
//! the client: no place, no connection to the database and no snapshot.

mod body;
mod file_name;
pub mod upload;

use std::{io, net::SocketAddr};

use axum::{
    body::{Body, Bytes},
    extract::{ConnectInfo, Path, State, rejection::PathRejection},
    http::{HeaderMap, HeaderValue, Method, Request, StatusCode, header, request::Parts},
    response::{IntoResponse, Response},
};
use futures_util::stream;
use mina_graphql::{Caller, Claims, LinkClaims, TranscriptError, TranscriptFile, background};
use transcript::OutputFormat;
use url::form_urlencoded;

use self::{body::Download, file_name::content_disposition};
use super::{
    AppState, client,
    graphql::{
        Answer, MediaType, PointsOfCaller, Rejection, authenticated, not_authenticated, token,
    },
};
use crate::telemetry::{RequestOutcome, RequestRecord};

/// The parameter of the URL with a signed link.
const LINK: &str = "link";

/// The beginning of the names of files.
const STEM: &str = "transcript.";

/// Sends the transcript of a session.
pub async fn get(
    State(state): State<AppState>,
    ConnectInfo(peer): ConnectInfo<SocketAddr>,
    path: Result<Path<(String, String)>, PathRejection>,
    request: Request<Body>,
) -> Response {
    let mut record = RequestRecord::new(&state.operation_labels);
    record.kind = "download";
    let (head, _body) = request.into_parts();
    // A path that is not UTF-8 names no session, but it can still name a file.
    let (session, file) = path.map_or_else(
        |_| (String::new(), last_segment(head.uri.path()).to_owned()),
        |Path(names)| names,
    );
    let wanted = Wanted {
        session: &session,
        format: format(&file),
        is_head: head.method == Method::HEAD,
    };
    match respond(&state, peer, &wanted, &head, &mut record).await {
        Ok(begun) => begun.response(&wanted, record),
        Err(answer) => {
            let status = answer.status(MediaType::GraphqlResponse);
            record.answered(answer.outcome(), status.as_u16());
            let mut response = answer.into_response(MediaType::Json).await;
            // A download has no media types to choose from, and its status can always be precise.
            *response.status_mut() = status;
            response.headers_mut().remove(header::VARY);
            response
        }
    }
}

/// Lists the allowed methods.
pub async fn other_methods(method: Method) -> Response {
    let allow = [(
        header::ALLOW,
        HeaderValue::from_static("GET, HEAD, OPTIONS"),
    )];
    if method == Method::OPTIONS {
        return (StatusCode::NO_CONTENT, allow).into_response();
    }
    let message = format!("Transcripts cannot be downloaded by {method}. Use GET.");
    let answer = Rejection::MethodNotAllowed(message).answer();
    let mut response = answer.into_response(MediaType::Json).await;
    let [(name, value)] = allow;
    response.headers_mut().insert(name, value);
    response
}

/// What is to be sent.
struct Wanted<'a> {
    session: &'a str,
    /// None if there are no files of this name.
    format: Option<OutputFormat>,
    is_head: bool,
}

/// The format of the files with this name.
fn format(file: &str) -> Option<OutputFormat> {
    let extension = file.strip_prefix(STEM)?;
    let mut formats = OutputFormat::ALL.into_iter();
    formats.find(|format| format.extension() == extension)
}

/// What follows the last slash of a path.
fn last_segment(path: &str) -> &str {
    path.rsplit('/').next().unwrap_or_default()
}

/// A download whose first part is there.
struct Begun {
    download: Download,
    disposition: HeaderValue,
    format: OutputFormat,
}

impl Begun {
    fn response(self, wanted: &Wanted<'_>, record: RequestRecord) -> Response {
        let headers = [
            (
                header::CONTENT_TYPE,
                HeaderValue::from_static(self.format.media_type()),
            ),
            (header::CONTENT_DISPOSITION, self.disposition),
        ];
        let body = if wanted.is_head {
            record.answered(RequestOutcome::Ok, StatusCode::OK.as_u16());
            // Its length is unknown, as that of the body that `GET` sends.
            Body::from_stream(stream::empty::<io::Result<Bytes>>())
        } else {
            self.download.into_body(record)
        };
        (headers, body).into_response()
    }
}

async fn respond(
    state: &AppState,
    peer: SocketAddr,
    wanted: &Wanted<'_>,
    head: &Parts,
    record: &mut RequestRecord,
) -> Result<Begun, Box<Answer>> {
    let headers = &head.headers;
    let address = client::address(state.client_address_header.as_ref(), headers, peer);
    state.rates.charge_address(address, 1)?;
    let Some(format) = wanted.format else {
        let message = "There is no such file. Transcripts are `transcript.vtt`, `transcript.srt`, \
                       `transcript.json`, `transcript.txt` and `transcript.md`.";
        return Err(Rejection::NotFound(message.to_owned()).into());
    };
    let (claims, link) = claims(state, headers, head.uri.query(), format)?;
    let party = state.engine.party(Some(&claims), address);
    let place = state.admission.enter(party).await?;
    let viewer = authenticated(state, Some(&claims)).await?;
    let viewer = viewer.ok_or_else(unauthenticated)?;
    record.viewer = Some(viewer.user().id);
    // The client decides how long it reads.
    let stream = state.streams.enter(address, Some(viewer.user().id))?;
    let caller = Caller {
        viewer: Some(viewer.clone()),
        address: Some(address),
        place,
    };
    let points = TranscriptFile::cost_to_begin().points();
    record.cost = Some(points);
    state.rates.charge_viewer(viewer.user().id, points)?;
    state.rates.charge_address(address, points - 1)?;
    let (shared, session, is_head) = (state.clone(), wanted.session.to_owned(), wanted.is_head);
    let beginning = async move {
        let engine = &shared.engine;
        let begun = engine.transcript(&viewer, &session, link.as_ref(), format);
        let Some(mut file) = begun.await? else {
            return Ok(None);
        };
        let first = if is_head {
            None
        } else {
            engine.transcript_part(&viewer, &mut file).await?
        };
        Ok(Some((file, first)))
    };
    // A part takes long, and nobody else is to wait for it.
    let begun = background::run_all(beginning).await;
    let begun = begun.map_err(|error: TranscriptError| Answer::failed(error.into_response()))?;
    let Some((file, first)) = begun else {
        let message = "There is no session with this ID.";
        return Err(Rejection::NotFound(message.to_owned()).into());
    };
    (record.statements, record.rows) = file.used();
    let disposition = content_disposition(file.name(), format.extension());
    let points = PointsOfCaller::new(&state.rates, &caller);
    Ok(Begun {
        download: Download::new(state, claims, points, file, first, stream),
        disposition,
        format,
    })
}

/// Whose request it is: the user of the bearer token or of the signed link.
fn claims(
    state: &AppState,
    headers: &HeaderMap,
    query: Option<&str>,
    format: OutputFormat,
) -> Result<(Claims, Option<LinkClaims>), Box<Answer>> {
    if let Some(token) = token(headers)? {
        let claims = state.engine.claims(token).map_err(not_authenticated)?;
        return Ok((claims, None));
    }
    let parameters = form_urlencoded::parse(query.unwrap_or_default().as_bytes());
    let mut links = parameters.filter(|(name, _)| name == LINK);
    let (Some((_, link)), None) = (links.next(), links.next()) else {
        return Err(unauthenticated());
    };
    let link = state.engine.link_claims(&link);
    let link = link.ok().filter(|link| link.is_for(format.extension()));
    let link = link.ok_or_else(|| {
        let message =
            "The link is not valid or has expired. Create another with `transcriptLinkCreate`.";
        Rejection::Unauthenticated(message.to_owned())
    })?;
    Ok((link.claims.clone(), Some(link)))
}

fn unauthenticated() -> Box<Answer> {
    let message = "Send `Authorization: Bearer <token>` with a token from `signIn`, or request a \
                   link with `transcriptLinkCreate`.";
    Rejection::Unauthenticated(message.to_owned()).into()
}
