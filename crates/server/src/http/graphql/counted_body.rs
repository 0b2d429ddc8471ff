//! The body of an answer, whose memory counts as used until it was sent.

use std::{
    pin::Pin,
    task::{Context, Poll},
};

use axum::body::{Body, Bytes, HttpBody};
use hyper::body::{Frame, SizeHint};

/// A body that holds something until it is dropped, which is when its last byte was sent: the meter
/// of its answer, or a payload with one.
pub struct CountedBody<T> {
    body: Body,
    _meter: T,
}

impl<T: Send + Unpin + 'static> CountedBody<T> {
    /// The body of the answer that `meter` counts.
    pub fn wrap(body: Body, meter: T) -> Body {
        Body::new(Self {
            body,
            _meter: meter,
        })
    }
}

impl<T: Unpin> HttpBody for CountedBody<T> {
    type Data = Bytes;
    type Error = axum::Error;

    fn poll_frame(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Bytes>, axum::Error>>> {
        Pin::new(&mut self.body).poll_frame(context)
    }

    fn is_end_stream(&self) -> bool {
        self.body.is_end_stream()
    }

    fn size_hint(&self) -> SizeHint {
        self.body.size_hint()
    }
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;

    use http_body_util::BodyExt;

    use super::*;

    #[tokio::test]
    async fn the_meter_lives_as_long_as_the_body() {
        let meter = Arc::new(());
        let mut body = CountedBody::wrap(Body::from("text"), Arc::clone(&meter));
        assert_eq!(body.size_hint().exact(), Some(4));
        let frame = body.frame().await.unwrap().unwrap();
        assert_eq!(frame.into_data().unwrap(), "text");
        assert!(body.is_end_stream());
        assert_eq!(Arc::strong_count(&meter), 2);
        drop(body);
        assert_eq!(Arc::strong_count(&meter), 1);
    }
}
