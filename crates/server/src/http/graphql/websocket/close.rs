//! Closing connections: the codes and their reasons.

use std::{borrow::Cow, time::Duration};

use futures_util::{SinkExt, StreamExt};
use tokio::time::timeout;
use tokio_tungstenite::tungstenite::{
    Error, Message,
    error::ProtocolError,
    protocol::{CloseFrame, frame::coding::CloseCode},
};

use super::WebSocket;

/// How long the client may take to close its side of the connection.
const CLOSE_TIMEOUT: Duration = Duration::from_secs(2);

/// The longest reason, in bytes. A control frame has 125 bytes, two of which are the code.
const MAX_REASON_LENGTH: usize = 123;

/// Why the server closes a connection.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Close {
    code: u16,
    reason: Cow<'static, str>,
}

impl Close {
    /// The server is shutting down.
    pub const GOING_AWAY: Self = Self::new(1001, "The server is shutting down: reconnect");
    /// The client no longer responds.
    pub const SILENT: Self = Self::new(1001, "The last ping was not answered");
    /// The connection is anonymous and unused.
    pub const IDLE: Self = Self::new(1000, "The connection is idle and nobody is signed in");
    /// A message is too long.
    pub const TOO_LONG: Self = Self::new(1009, "The message is too long");
    /// The database is unavailable.
    pub const LATER: Self = Self::new(1013, "The server cannot look up the user: try again later");
    /// The user, or the server, has as many connections as it may.
    pub const TOO_MANY: Self = Self::new(
        1013,
        "The user has too many open connections: close one first",
    );
    /// An operation arrived before the connection was acknowledged.
    pub const UNAUTHORIZED: Self = Self::new(4401, "Unauthorized");
    /// The token is malformed or invalid.
    pub const FORBIDDEN: Self = Self::new(4403, "Forbidden: the token is not valid");
    /// The token has expired during the connection.
    pub const EXPIRED: Self = Self::new(4403, "Forbidden: the token has expired");
    /// The user was deactivated, or all of the user's tokens were revoked.
    pub const REVOKED: Self = Self::new(4403, "Forbidden: the token has been revoked");
    /// The client supports no subprotocol that the server supports.
    pub const UNSUPPORTED_SUBPROTOCOL: Self =
        Self::new(4406, "Subprotocol not acceptable: use graphql-transport-ws");
    /// `connection_init` did not arrive in time.
    pub const INIT_TIMEOUT: Self = Self::new(4408, "Connection initialisation timeout");
    /// `connection_init` was sent twice.
    pub const INIT_TWICE: Self = Self::new(4429, "Too many initialisation requests");

    const fn new(code: u16, reason: &'static str) -> Self {
        Self {
            code,
            reason: Cow::Borrowed(reason),
        }
    }

    /// A message does not follow the protocol.
    pub fn invalid(problem: &str) -> Self {
        let mut reason = format!("Invalid message: {problem}");
        let mut length = reason.len().min(MAX_REASON_LENGTH);
        while !reason.is_char_boundary(length) {
            length -= 1;
        }
        reason.truncate(length);
        Self {
            code: 4400,
            reason: reason.into(),
        }
    }

    /// An operation with this id is already running.
    pub fn duplicate(id: &str) -> Self {
        Self {
            code: 4409,
            reason: format!("Subscriber for {id} already exists").into(),
        }
    }

    /// The close after a socket error. None if the client is gone.
    pub fn of_error(error: &Error) -> Option<Self> {
        match error {
            Error::Capacity(_) => Some(Self::TOO_LONG),
            Error::Utf8(_) => Some(Self::new(1007, "The text is not UTF-8")),
            Error::Protocol(ProtocolError::ResetWithoutClosingHandshake) => None,
            Error::Protocol(_) => Some(Self::new(1002, "The WebSocket protocol was violated")),
            _ => None,
        }
    }
}

/// Closes a connection, and gives the client time to read the reason.
pub async fn close(mut socket: WebSocket, why: Close) {
    let frame = CloseFrame {
        code: CloseCode::from(why.code),
        reason: why.reason.as_ref().into(),
    };
    let closed = async {
        if socket.send(Message::Close(Some(frame))).await.is_ok() {
            // Dropping a socket with unread data would make the client lose what was sent.
            while let Some(Ok(_)) = socket.next().await {}
            let _ = SinkExt::close(&mut socket).await;
        }
    };
    // A client that never closes its side is cut off after a while.
    let _ = timeout(CLOSE_TIMEOUT, closed).await;
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn reasons_fit_in_a_frame() {
        let close = Close::invalid(&"ü".repeat(200));
        assert!(close.reason.len() <= MAX_REASON_LENGTH);
        assert!(close.reason.ends_with('ü'));
        assert!(Close::duplicate(&"x".repeat(80)).reason.len() <= MAX_REASON_LENGTH);
    }
}
