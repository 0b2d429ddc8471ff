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
    extract::{FromRequestParts, WebSocketUpgrade},
    http::{HeaderMap, HeaderValue, Request, header},
    response::{IntoResponse, Response},
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

/// Whether a request asks for a WebSocket.
pub fn is_requested(headers: &HeaderMap) -> bool {
    let upgrade = headers.get(header::UPGRADE);
    upgrade.is_some_and(|it| it.as_bytes().eq_ignore_ascii_case(b"websocket"))
}

/// Upgrades a request to a WebSocket.
pub async fn upgrade(state: AppState, peer: SocketAddr, request: Request<Body>) -> Response {
    let (mut parts, _) = request.into_parts();
    let address = client::address(state.client_address_header.as_ref(), &parts.headers, peer);
    if let Err(rejection) = state.rates.charge_address(address, 1) {
        return rejection.answer().into_response(MediaType::Json).await;
    }
    let upgrade = match WebSocketUpgrade::from_request_parts(&mut parts, &state).await {
        Ok(upgrade) => upgrade,
        Err(rejection) => return rejection.into_response(),
    };
    let place = match state.streams.enter(address, None) {
        Ok(place) => place,
        Err(rejection) => return rejection.answer().into_response(MediaType::Json).await,
    };
    let longest = state.live.max_message_size as usize;
    let mut upgrade = upgrade
        .read_buffer_size(READ_BUFFER)
        .write_buffer_size(WRITE_BUFFER)
        .max_message_size(longest)
        .max_frame_size(longest);
    let is_supported = upgrade.requested_protocols().any(|it| *it == PROTOCOL);
    if is_supported {
        upgrade.set_selected_protocol(PROTOCOL);
    }
    let id = Uuid::new_v4().simple().to_string();
    let span = info_span!(target: REQUEST_TARGET, "websocket", connection_id = id);
    upgrade.on_upgrade(move |socket| {
        async move {
            if is_supported {
                Connection::new(socket, state, address, place).serve().await;
            } else {
                close::close(socket, Close::UNSUPPORTED_SUBPROTOCOL).await;
            }
        }
        .instrument(span)
    })
}
