//! How connections are closed, and with which codes.

use std::{borrow::Cow, time::Duration};

use axum::extract::ws::{CloseFrame, Message, WebSocket};
use futures_util::SinkExt;
use tokio::time::timeout;
use tokio_tungstenite::tungstenite;

/// How long the client may take to close its side.
const PATIENCE: Duration = Duration::from_secs(2);

/// The longest reason, in bytes: a control frame has 125, of which two are the code.
const LONGEST_REASON: usize = 123;

/// Why the server closes a connection.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Close {
    code: u16,
    reason: Cow<'static, str>,
}

impl Close {
    /// The server ends, or is about to.
    pub const GOING_AWAY: Self = Self::new(1001, "The server is about to end: connect anew");
    /// Nobody answers any more.
    pub const SILENT: Self = Self::new(1001, "The last ping was not answered");
    /// Nobody has signed in, and nothing is asked.
    pub const IDLE: Self = Self::new(1000, "Nobody has signed in, and nothing is asked");
    /// A message is too long.
    pub const TOO_LONG: Self = Self::new(1009, "The message is too long");
    /// The database cannot be asked now.
    pub const LATER: Self = Self::new(1013, "The server cannot look up the user: try again later");
    /// An operation came before the connection was acknowledged.
    pub const UNAUTHORIZED: Self = Self::new(4401, "Unauthorized");
    /// The token is none, or no good one.
    pub const FORBIDDEN: Self = Self::new(4403, "Forbidden: the token is not good");
    /// The token was good, and has ended.
    pub const EXPIRED: Self = Self::new(4403, "Forbidden: the token has expired");
    /// The user was deactivated, or has ended all tokens.
    pub const REVOKED: Self = Self::new(4403, "Forbidden: the token has been revoked");
    /// None of the protocols that the client speaks is spoken here.
    pub const NOT_SPOKEN: Self =
        Self::new(4406, "Subprotocol not acceptable: use graphql-transport-ws");
    /// `connection_init` did not come in time.
    pub const INIT_TIMEOUT: Self = Self::new(4408, "Connection initialisation timeout");
    /// `connection_init` came twice.
    pub const INIT_TWICE: Self = Self::new(4429, "Too many initialisation requests");

    const fn new(code: u16, reason: &'static str) -> Self {
        Self {
            code,
            reason: Cow::Borrowed(reason),
        }
    }

    /// A message is none of the protocol.
    pub fn invalid(problem: &str) -> Self {
        let mut reason = format!("Invalid message: {problem}");
        let mut length = reason.len().min(LONGEST_REASON);
        while !reason.is_char_boundary(length) {
            length -= 1;
        }
        reason.truncate(length);
        Self {
            code: 4400,
            reason: reason.into(),
        }
    }

    /// An operation is under way under this id.
    pub fn duplicate(id: &str) -> Self {
        Self {
            code: 4409,
            reason: format!("Subscriber for {id} already exists").into(),
        }
    }

    /// The socket failed. None if there is nobody to tell.
    pub fn of_error(error: axum::Error) -> Option<Self> {
        use tungstenite::Error;
        match *error.into_inner().downcast::<Error>().ok()? {
            Error::Capacity(_) => Some(Self::TOO_LONG),
            Error::Utf8(_) => Some(Self::new(1007, "The text is not UTF-8")),
            Error::Protocol(tungstenite::error::ProtocolError::ResetWithoutClosingHandshake) => {
                None
            }
            Error::Protocol(_) => Some(Self::new(1002, "That is not how WebSockets are spoken")),
            _ => None,
        }
    }
}

/// Closes a connection, and gives the client time to see why.
pub async fn close(mut socket: WebSocket, why: Close) {
    let frame = CloseFrame {
        code: why.code,
        reason: why.reason.as_ref().into(),
    };
    let closed = async {
        if socket.send(Message::Close(Some(frame))).await.is_ok() {
            // What is unread when a socket is dropped makes the other side lose what was sent.
            while let Some(Ok(_)) = socket.recv().await {}
            let _ = SinkExt::close(&mut socket).await;
        }
    };
    // It may never close its side, which is its own affair then.
    let _ = timeout(PATIENCE, closed).await;
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn reasons_fit_in_a_frame() {
        let close = Close::invalid(&"ü".repeat(200));
        assert!(close.reason.len() <= LONGEST_REASON);
        assert!(close.reason.ends_with('ü'));
        assert!(Close::duplicate(&"x".repeat(80)).reason.len() <= LONGEST_REASON);
    }
}
