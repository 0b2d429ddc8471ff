//! GraphQL over WebSocket: the subprotocol `graphql-transport-ws`.
//!
//! Source: <https://github.com/enisdenjo/graphql-ws/blob/master/PROTOCOL.md>.

mod close;
mod connection;
mod message;
mod running;

use std::net::SocketAddr;

use axum::{
    body::Body,
    http::{HeaderMap, HeaderValue, Request, StatusCode, Version, header},
    response::{IntoResponse, Response},
};
use hyper::upgrade::Upgraded;
use hyper_util::rt::TokioIo;
use tokio_tungstenite::{
    WebSocketStream,
    tungstenite::{
        handshake::server::create_response_with_body,
        protocol::{Role, WebSocketConfig},
    },
};
use tracing::{Instrument, info_span};
use uuid::Uuid;

use self::{close::Close, connection::Connection};
use super::media_type::MediaType;
use crate::{
    http::{AppState, client},
    telemetry::REQUEST_TARGET,
};

/// The name of the subprotocol.
const PROTOCOL: HeaderValue = HeaderValue::from_static("graphql-transport-ws");

/// The read buffer of a connection. Longer messages take more memory while they are read, but an
/// idle connection keeps only this much, and clears it before each read.
const READ_BUFFER: usize = 2 * 1024;

/// Writes are sent to the socket when this many bytes have been buffered.
const WRITE_BUFFER: usize = 16 * 1024;

/// The most bytes that are buffered: what was not written yet, and the longest frame.
const MAX_WRITE_BUFFER: usize = 64 * 1024;

/// A connection with a client.
type WebSocket = WebSocketStream<TokioIo<Upgraded>>;

/// Whether a request asks for a WebSocket.
pub fn is_requested(headers: &HeaderMap) -> bool {
    let upgrade = headers.get(header::UPGRADE);
    upgrade.is_some_and(|it| it.as_bytes().eq_ignore_ascii_case(b"websocket"))
}

/// Whether a client offers the subprotocol.
fn offers_protocol(headers: &HeaderMap) -> bool {
    let offered = headers.get_all(header::SEC_WEBSOCKET_PROTOCOL).iter();
    let mut offered = offered.flat_map(|value| value.as_bytes().split(|byte| *byte == b','));
    offered.any(|name| name.trim_ascii() == PROTOCOL.as_bytes())
}

/// Upgrades a request to a WebSocket.
pub async fn upgrade(state: AppState, peer: SocketAddr, mut request: Request<Body>) -> Response {
    let headers = request.headers();
    let address = client::address(state.client_address_header.as_ref(), headers, peer);
    if let Err(rejection) = state.rates.charge_address(address, 1) {
        return rejection.answer().into_response(MediaType::Json).await;
    }
    let is_supported = offers_protocol(headers);
    if request.version() > Version::HTTP_11 {
        return (StatusCode::BAD_REQUEST, "WebSockets need HTTP/1.1").into_response();
    }
    let mut response = match create_response_with_body(&request, Body::empty) {
        Ok(response) => response,
        Err(error) => return (StatusCode::BAD_REQUEST, error.to_string()).into_response(),
    };
    if is_supported {
        let headers = response.headers_mut();
        headers.insert(header::SEC_WEBSOCKET_PROTOCOL, PROTOCOL);
    }
    let place = match state.streams.enter(address, None) {
        Ok(place) => place,
        Err(rejection) => return rejection.answer().into_response(MediaType::Json).await,
    };
    let longest = state.live.max_message_size as usize;
    let config = WebSocketConfig::default()
        .read_buffer_size(READ_BUFFER)
        .write_buffer_size(WRITE_BUFFER)
        .max_write_buffer_size(MAX_WRITE_BUFFER)
        .max_message_size(Some(longest))
        .max_frame_size(Some(longest));
    let upgrade = hyper::upgrade::on(&mut request);
    let id = Uuid::new_v4().simple().to_string();
    let span = info_span!(target: REQUEST_TARGET, "websocket", connection_id = id);
    let serve = async move {
        let Ok(upgraded) = upgrade.await else {
            // The client is gone.
            return;
        };
        let io = TokioIo::new(upgraded);
        let socket = WebSocketStream::from_raw_socket(io, Role::Server, Some(config)).await;
        if is_supported {
            Connection::new(socket, state, address, place).serve().await;
        } else {
            close::close(socket, Close::UNSUPPORTED_SUBPROTOCOL).await;
        }
    };
    tokio::spawn(serve.instrument(span));
    response
}
