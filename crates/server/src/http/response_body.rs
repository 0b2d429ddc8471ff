//! The body of a response, which lives until its client has been sent everything.
//!
//! hyper would take a body of one piece at once, and drop it long before the client has read it.
//! Nobody would know then how much memory is held for a client that does not read. So the body hands
//! over a little at a time, and ends only when that has left the process. Whatever is part of the
//! body, such as a reservation of memory, lives as long.

use std::{
    pin::Pin,
    sync::{
        Arc,
        atomic::{AtomicU64, Ordering},
    },
    task::{Context, Poll, ready},
    time::Duration,
};

use axum::body::{Body, Bytes, HttpBody};
use futures_util::task::AtomicWaker;
use hyper::body::{Frame, SizeHint};

use super::{in_flight::InFlight, pace::Pace, patience};

/// The size of a piece, which is that of a frame of HTTP/2.
const PIECE: usize = 16 * 1024;

/// The most bytes that are handed over and have not left.
const MAX_HANDED_OVER: u64 = 64 * 1024;

/// A body that is a single piece of at most this size is handed over as it is.
const SMALL: usize = 4 * 1024;

/// The body of a response.
pub struct ResponseBody {
    body: Body,
    /// What is left of a frame that was too long.
    rest: Bytes,
    /// Whether `body` has ended. It must not be polled again.
    has_ended: bool,
    /// The bytes that were handed over.
    handed_over: u64,
    sent: Arc<Sent>,
    /// As many bytes had been sent when this was polled last.
    sent_before: u64,
    pace: Pace,
    request: Arc<InFlight>,
}

/// How much of a body has left the process.
#[derive(Default)]
struct Sent {
    bytes: AtomicU64,
    body: AtomicWaker,
}

/// Bytes that have left when hyper drops them.
struct Piece {
    bytes: Bytes,
    sent: Arc<Sent>,
}

impl AsRef<[u8]> for Piece {
    fn as_ref(&self) -> &[u8] {
        &self.bytes
    }
}

impl Drop for Piece {
    fn drop(&mut self) {
        let length = self.bytes.len() as u64;
        self.sent.bytes.fetch_add(length, Ordering::AcqRel);
        self.sent.body.wake();
    }
}

impl ResponseBody {
    /// The body of the response to `request`, whose client may read nothing for `time_limit`.
    pub fn new(body: Body, request: Arc<InFlight>, time_limit: Duration) -> Self {
        Self {
            body,
            rest: Bytes::new(),
            has_ended: false,
            handed_over: 0,
            sent: Arc::default(),
            sent_before: 0,
            pace: Pace::new(time_limit),
            request,
        }
    }

    /// The bytes that were handed over and have not left.
    fn outstanding(&self) -> u64 {
        self.handed_over - self.sent.bytes.load(Ordering::Acquire)
    }

    /// Notes what the client has read since this was polled last.
    fn note_progress(&mut self) {
        let sent = self.sent.bytes.load(Ordering::Acquire);
        let progress = sent - self.sent_before;
        self.sent_before = sent;
        self.pace.progress(progress);
        if sent == self.handed_over {
            self.pace.end();
        }
    }

    fn poll_piece(
        &mut self,
        context: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Bytes>, axum::Error>>> {
        if self.outstanding() >= MAX_HANDED_OVER {
            return Poll::Pending;
        }
        if !self.rest.is_empty() {
            return Poll::Ready(Some(Ok(self.next_piece())));
        }
        if self.has_ended {
            return self.poll_end();
        }
        let frame = match ready!(Pin::new(&mut self.body).poll_frame(context)) {
            Some(Ok(frame)) => frame,
            None => {
                self.has_ended = true;
                return self.poll_end();
            }
            failed @ Some(Err(_)) => return Poll::Ready(failed),
        };
        let data = match frame.into_data() {
            Ok(data) => data,
            Err(trailers) => return Poll::Ready(Some(Ok(trailers))),
        };
        if self.handed_over == 0 && data.len() <= SMALL && self.body.is_end_stream() {
            self.pace.begin();
            return Poll::Ready(Some(Ok(Frame::data(data))));
        }
        if data.len() <= PIECE {
            return Poll::Ready(Some(Ok(self.hand_over(data))));
        }
        self.rest = data;
        Poll::Ready(Some(Ok(self.next_piece())))
    }

    /// The end, which has to wait for what is still on its way.
    fn poll_end<T>(&self) -> Poll<Option<T>> {
        if self.outstanding() > 0 {
            Poll::Pending
        } else {
            Poll::Ready(None)
        }
    }

    /// The next piece of a long frame. It is copied, because a part of the frame would keep all of it
    /// in memory.
    fn next_piece(&mut self) -> Frame<Bytes> {
        let piece = self.rest.split_to(self.rest.len().min(PIECE));
        self.hand_over(Bytes::copy_from_slice(&piece))
    }

    fn hand_over(&mut self, bytes: Bytes) -> Frame<Bytes> {
        self.handed_over += bytes.len() as u64;
        self.pace.begin();
        Frame::data(Bytes::from_owner(Piece {
            bytes,
            sent: Arc::clone(&self.sent),
        }))
    }
}

impl HttpBody for ResponseBody {
    type Data = Bytes;
    type Error = axum::Error;

    fn poll_frame(
        self: Pin<&mut Self>,
        context: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Bytes>, axum::Error>>> {
        let this = self.get_mut();
        // Before looking at what has left, so that nothing that leaves later is missed.
        this.sent.body.register(context.waker());
        this.note_progress();
        let polled = this.poll_piece(context);
        let deadline = this.pace.deadline();
        patience::set_deadline(deadline);
        this.request.set_waiting(deadline.is_some());
        polled
    }

    fn is_end_stream(&self) -> bool {
        let has_ended = self.has_ended || self.body.is_end_stream();
        has_ended && self.rest.is_empty() && self.outstanding() == 0
    }

    fn size_hint(&self) -> SizeHint {
        let rest = self.rest.len() as u64;
        let body = self.body.size_hint();
        let mut hint = SizeHint::new();
        hint.set_lower(body.lower() + rest);
        if let Some(upper) = body.upper() {
            hint.set_upper(upper + rest);
        }
        hint
    }
}

impl Drop for ResponseBody {
    fn drop(&mut self) {
        patience::set_deadline(None);
    }
}

#[cfg(test)]
mod tests {
    use futures_util::{StreamExt, poll, stream};
    use http_body_util::BodyExt;

    use super::*;
    use crate::http::in_flight::Activity;

    fn body(body: Body) -> ResponseBody {
        let connection = Arc::new(Activity::new());
        let request = Arc::new(InFlight::new(&connection, &Arc::default()));
        ResponseBody::new(body, request, Duration::from_secs(30))
    }

    #[tokio::test]
    async fn a_long_body_is_handed_over_as_it_leaves() {
        let content: Vec<u8> = (0..200_000_u32).map(|it| it.to_le_bytes()[0]).collect();
        let mut body = body(content.clone().into());
        let mut on_the_way = std::collections::VecDeque::new();
        let mut received = Vec::new();
        loop {
            let frame = match poll!(body.frame()) {
                Poll::Ready(Some(frame)) => frame.unwrap(),
                Poll::Ready(None) => break,
                Poll::Pending => {
                    let oldest: Bytes = on_the_way.pop_front().expect("nothing is on its way");
                    received.extend_from_slice(&oldest);
                    continue;
                }
            };
            on_the_way.push_back(frame.into_data().unwrap());
            assert!(on_the_way.len() <= 4 && !body.is_end_stream());
        }
        // It ends only when everything has left.
        assert!(on_the_way.is_empty() && body.is_end_stream());
        assert!(received == content);
        assert_eq!(body.pace.deadline(), None);
    }

    #[tokio::test]
    async fn a_small_body_is_one_piece() {
        let mut body = body("small".into());
        assert_eq!(body.size_hint().exact(), Some(5));
        let data = body.frame().await.unwrap().unwrap().into_data().unwrap();
        assert!(data == "small" && body.is_end_stream());
    }

    #[tokio::test]
    async fn a_stream_is_not_polled_after_its_end() {
        // This kind of stream panics if it is.
        let events = stream::unfold(2, async |left| {
            (left > 0).then_some((Ok::<_, std::io::Error>("event"), left - 1))
        });
        let mut body = body(Body::from_stream(events));
        let first = body.frame().await.unwrap().unwrap();
        let second = body.frame().await.unwrap().unwrap();
        for _ in 0..3 {
            assert!(poll!(body.frame()).is_pending());
        }
        drop((first, second));
        assert!(body.frame().await.is_none());
    }

    #[tokio::test]
    async fn a_body_that_waits_for_its_source_waits_for_no_client() {
        let events = stream::iter([Ok::<_, std::io::Error>("event")]).chain(stream::pending());
        let mut body = body(Body::from_stream(events));
        let event = body.frame().await.unwrap().unwrap().into_data().unwrap();
        assert!(body.pace.deadline().is_some());
        assert!(poll!(body.frame()).is_pending());
        assert!(body.pace.deadline().is_some(), "the event has not left");
        drop(event);
        assert!(poll!(body.frame()).is_pending());
        assert_eq!(body.pace.deadline(), None);
    }

    #[tokio::test]
    async fn a_client_that_reads_slowly_falls_behind() {
        let mut body = body(vec![0; 10 * PIECE].into());
        let piece = body.frame().await.unwrap().unwrap();
        let first = body.pace.deadline().unwrap();
        let next = body.frame().await.unwrap().unwrap();
        assert_eq!(body.pace.deadline(), Some(first), "nothing has been read");
        body.pace.fall_behind(Duration::from_secs(20));
        drop(piece);
        let _another = body.frame().await.unwrap().unwrap();
        // 16 KiB earn four seconds, and not all that were lost.
        assert_eq!(body.pace.deadline(), Some(first - Duration::from_secs(16)));
        drop(next);
    }
}
