//! The body of an answer, whose memory counts as used until it was sent.

use std::{
    pin::Pin,
    task::{Context, Poll, ready},
};

use axum::body::{Body, Bytes, HttpBody};
use hyper::body::{Frame, SizeHint};
use mina_graphql::Meter;

/// How many bytes are handed over at once. What was handed over is no longer counted, and HTTP/2
/// keeps it until the client takes it.
const CHUNK: usize = 64 * 1024;

/// A body that is handed over in chunks, and holds the meter of its answer meanwhile.
pub struct CountedBody {
    body: Body,
    /// The rest of a frame that is longer than a chunk.
    rest: Bytes,
    _meter: Meter,
}

impl CountedBody {
    /// The body of the answer that `meter` counts.
    pub fn new(body: Body, meter: Meter) -> Self {
        if let Some(length) = body.size_hint().exact() {
            meter.settle(usize::try_from(length).unwrap_or(usize::MAX));
        }
        Self {
            body,
            rest: Bytes::new(),
            _meter: meter,
        }
    }
}

impl HttpBody for CountedBody {
    type Data = Bytes;
    type Error = axum::Error;

    fn poll_frame(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Bytes>, axum::Error>>> {
        if self.rest.is_empty() {
            match ready!(Pin::new(&mut self.body).poll_frame(context)) {
                Some(Ok(frame)) => match frame.into_data() {
                    Ok(data) => self.rest = data,
                    Err(trailers) => return Poll::Ready(Some(Ok(trailers))),
                },
                end => return Poll::Ready(end),
            }
        }
        let length = self.rest.len().min(CHUNK);
        let chunk = self.rest.split_to(length);
        Poll::Ready(Some(Ok(Frame::data(chunk))))
    }

    fn is_end_stream(&self) -> bool {
        self.rest.is_empty() && self.body.is_end_stream()
    }

    fn size_hint(&self) -> SizeHint {
        let rest = self.rest.len() as u64;
        let of_body = self.body.size_hint();
        let mut hint = SizeHint::new();
        if let Some(upper) = of_body.upper() {
            hint.set_upper(upper + rest);
        }
        hint.set_lower(of_body.lower() + rest);
        hint
    }
}

#[cfg(test)]
mod tests {
    use http_body_util::BodyExt;
    use mina_graphql::{AnswerMemory, Party};

    use super::*;

    #[tokio::test]
    async fn the_memory_is_used_until_the_end() {
        let memory = AnswerMemory::new(1024 * 1024, 1024 * 1024);
        let meter = memory.meter(Party::Server);
        assert!(meter.admits(1));
        let text = vec![b'x'; CHUNK + 1];
        let mut body = CountedBody::new(Body::from(text.clone()), meter);
        assert_eq!(body.size_hint().exact(), Some(text.len() as u64));
        let first = body.frame().await.unwrap().unwrap().into_data().unwrap();
        assert_eq!(first.len(), CHUNK);
        assert!(!body.is_end_stream());
        assert_eq!(body.size_hint().exact(), Some(1));
        assert_ne!(memory.taken(), 0);
        assert_eq!(body.collect().await.unwrap().to_bytes(), "x");
        assert_eq!(memory.taken(), 0);
    }
}
