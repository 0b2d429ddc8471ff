//! Counts requests in flight, until the end of their response is handed to the connection.

use std::{
    pin::Pin,
    sync::{
        Arc,
        atomic::{AtomicUsize, Ordering},
    },
    task::{Context, Poll},
};

use axum::body::{Body, Bytes, HttpBody};
use hyper::body::{Frame, SizeHint};
use tokio::sync::watch;

/// Counts a request, on its connection and on the server, until this is dropped.
pub struct InFlight {
    connection: watch::Sender<usize>,
    server: Arc<AtomicUsize>,
}

impl InFlight {
    /// Counts a request.
    pub fn new(connection: &watch::Sender<usize>, server: &Arc<AtomicUsize>) -> Self {
        connection.send_modify(|count| *count += 1);
        server.fetch_add(1, Ordering::Relaxed);
        Self {
            connection: connection.clone(),
            server: Arc::clone(server),
        }
    }
}

impl Drop for InFlight {
    fn drop(&mut self) {
        self.connection.send_modify(|count| *count -= 1);
        self.server.fetch_sub(1, Ordering::Relaxed);
    }
}

/// The body of a response. Its request counts as in flight until the body is dropped.
pub struct Counted {
    body: Body,
    _request: InFlight,
}

impl Counted {
    /// The body of the response to `request`.
    pub fn new(body: Body, request: InFlight) -> Self {
        Self {
            body,
            _request: request,
        }
    }
}

impl HttpBody for Counted {
    type Data = Bytes;
    type Error = axum::Error;

    fn poll_frame(
        self: Pin<&mut Self>,
        context: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Bytes>, axum::Error>>> {
        Pin::new(&mut self.get_mut().body).poll_frame(context)
    }

    fn is_end_stream(&self) -> bool {
        self.body.is_end_stream()
    }

    fn size_hint(&self) -> SizeHint {
        self.body.size_hint()
    }
}
