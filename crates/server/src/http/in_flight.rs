//! Requests in flight: from their head until their answer has been sent. A connection knows how many
//! it has, and whether all of them wait for the client.

use std::{
    pin::Pin,
    sync::{
        Arc, Mutex, MutexGuard, PoisonError,
        atomic::{AtomicBool, AtomicUsize, Ordering},
    },
    task::{Context, Poll},
};

use axum::body::{Body, Bytes, HttpBody};
use hyper::body::{Frame, SizeHint};
use tokio::{sync::watch, time::Instant};

/// What happens on one connection.
#[derive(Debug)]
pub struct Activity {
    requests: watch::Sender<usize>,
    /// How many of the requests wait for the client: for the rest of their body, or until it reads.
    waiting: AtomicUsize,
    /// When any of this changed.
    changed: Mutex<Instant>,
}

impl Activity {
    /// A connection without requests.
    pub fn new() -> Self {
        Self {
            requests: watch::Sender::new(0),
            waiting: AtomicUsize::new(0),
            changed: Mutex::new(Instant::now()),
        }
    }

    /// The number of requests in flight, as it changes.
    pub fn requests(&self) -> watch::Receiver<usize> {
        self.requests.subscribe()
    }

    /// Since when the server has nothing to do for this connection but to wait for its client. None
    /// if it has.
    pub fn waiting_since(&self) -> Option<Instant> {
        let requests = *self.requests.borrow();
        (requests == self.waiting.load(Ordering::Relaxed)).then(|| *self.changed())
    }

    fn touch(&self) {
        *self.changed() = Instant::now();
    }

    fn changed(&self) -> MutexGuard<'_, Instant> {
        self.changed.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// A request in flight, until this is dropped.
#[derive(Debug)]
pub struct InFlight {
    connection: Arc<Activity>,
    server: Arc<AtomicUsize>,
    waits: AtomicBool,
}

impl InFlight {
    /// Counts a request, on its connection and on the server.
    pub fn new(connection: &Arc<Activity>, server: &Arc<AtomicUsize>) -> Self {
        connection.requests.send_modify(|count| *count += 1);
        connection.touch();
        server.fetch_add(1, Ordering::Relaxed);
        Self {
            connection: Arc::clone(connection),
            server: Arc::clone(server),
            waits: AtomicBool::new(false),
        }
    }

    /// Notes whether the request waits for its client.
    pub fn set_waiting(&self, waits: bool) {
        if self.waits.swap(waits, Ordering::Relaxed) == waits {
            return;
        }
        if waits {
            self.connection.touch();
            self.connection.waiting.fetch_add(1, Ordering::Relaxed);
        } else {
            self.connection.waiting.fetch_sub(1, Ordering::Relaxed);
        }
    }
}

impl Drop for InFlight {
    fn drop(&mut self) {
        self.set_waiting(false);
        self.connection.touch();
        self.connection.requests.send_modify(|count| *count -= 1);
        self.server.fetch_sub(1, Ordering::Relaxed);
    }
}

/// The body of a request, which notes when it waits for the client.
pub struct RequestBody {
    body: Body,
    request: Arc<InFlight>,
}

impl RequestBody {
    /// The body of `request`.
    pub fn new(body: Body, request: Arc<InFlight>) -> Self {
        Self { body, request }
    }
}

impl HttpBody for RequestBody {
    type Data = Bytes;
    type Error = axum::Error;

    fn poll_frame(
        self: Pin<&mut Self>,
        context: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Bytes>, axum::Error>>> {
        let this = self.get_mut();
        let polled = Pin::new(&mut this.body).poll_frame(context);
        this.request.set_waiting(polled.is_pending());
        polled
    }

    fn is_end_stream(&self) -> bool {
        self.body.is_end_stream()
    }

    fn size_hint(&self) -> SizeHint {
        self.body.size_hint()
    }
}

impl Drop for RequestBody {
    fn drop(&mut self) {
        self.request.set_waiting(false);
    }
}

#[cfg(test)]
mod tests {
    use futures_util::stream;
    use http_body_util::BodyExt;

    use super::*;

    #[tokio::test]
    async fn a_request_waits_while_its_body_does_not_arrive() {
        let connection = Arc::new(Activity::new());
        assert!(connection.waiting_since().is_some());
        let request = Arc::new(InFlight::new(&connection, &Arc::default()));
        assert_eq!(connection.waiting_since(), None);
        let never = stream::pending::<Result<Vec<u8>, std::io::Error>>();
        let mut body = RequestBody::new(Body::from_stream(never), Arc::clone(&request));
        assert!(futures_util::poll!(body.frame()).is_pending());
        assert!(connection.waiting_since().is_some());
        drop(body);
        assert_eq!(connection.waiting_since(), None);
        drop(request);
        assert!(connection.waiting_since().is_some());
    }
}
