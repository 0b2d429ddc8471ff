//! Reads request bodies without letting them fill the memory.

use std::{sync::Arc, time::Duration};

use axum::{
    body::{Body, HttpBody},
    http::{Request, header},
};
use http_body_util::BodyExt;
use tokio::{
    sync::{OwnedSemaphorePermit, Semaphore},
    time,
};

use super::rejection::Rejection;

/// The first bytes of each body are not counted, because every connection may hold that many
/// anyway.
const UNCOUNTED: usize = 16 * 1024;

/// The most that all bodies together may hold beyond their uncounted parts, in kibibytes.
const BUDGET: usize = 256 * 1024;

/// How much of a body that is too long is read and discarded, and for how long.
const MAX_DISCARDED: usize = 256 * 1024 * 1024;
const DISCARD_TIMEOUT: Duration = Duration::from_secs(10);

/// The limits that bodies are read under.
#[derive(Clone)]
pub struct Bodies {
    max_size: usize,
    timeout: Duration,
    budget: Arc<Semaphore>,
}

/// A body that has arrived completely.
pub struct ReadBody {
    /// Its content.
    pub bytes: Vec<u8>,
    /// Its part of the budget.
    _held: Option<OwnedSemaphorePermit>,
}

impl Bodies {
    /// Allows bodies of at most `max_size` bytes, which must arrive within `timeout`.
    pub fn new(max_size: usize, timeout: Duration) -> Self {
        Self {
            max_size,
            timeout,
            budget: Arc::new(Semaphore::new(BUDGET)),
        }
    }

    /// Reads the body of a request.
    ///
    /// # Errors
    ///
    /// If it is too long, too slow or incomplete, or if other bodies use up the budget.
    pub async fn read(&self, request: Request<Body>) -> Result<ReadBody, Rejection> {
        time::timeout(self.timeout, self.read_in_time(request))
            .await
            .map_err(|_| Rejection::SlowBody)?
    }

    async fn read_in_time(&self, request: Request<Body>) -> Result<ReadBody, Rejection> {
        let announced = request.headers().get(header::CONTENT_LENGTH);
        let announced = announced.and_then(|it| it.to_str().ok()?.parse::<usize>().ok());
        let mut body = request.into_body();
        if announced.is_some_and(|length| length > self.max_size) {
            discard(body);
            return Err(Rejection::LargeBody(self.max_size));
        }
        let mut bytes = Vec::new();
        let mut held: Option<OwnedSemaphorePermit> = None;
        while !body.is_end_stream() {
            let Some(frame) = body.frame().await else {
                break;
            };
            let frame =
                frame.map_err(|_| Rejection::Malformed("The body is incomplete.".into()))?;
            let Ok(chunk) = frame.into_data() else {
                continue;
            };
            if bytes.len() + chunk.len() > self.max_size {
                discard(body);
                return Err(Rejection::LargeBody(self.max_size));
            }
            self.hold(&mut held, bytes.len() + chunk.len())?;
            bytes.extend_from_slice(&chunk);
        }
        Ok(ReadBody { bytes, _held: held })
    }

    /// Takes from the budget what a body needs to grow to this length.
    fn hold(
        &self,
        held: &mut Option<OwnedSemaphorePermit>,
        length: usize,
    ) -> Result<(), Rejection> {
        let needed = length.saturating_sub(UNCOUNTED).div_ceil(1024);
        let more =
            needed.saturating_sub(held.as_ref().map_or(0, OwnedSemaphorePermit::num_permits));
        if more == 0 {
            return Ok(());
        }
        let more = u32::try_from(more).unwrap_or(u32::MAX);
        let taken = Arc::clone(&self.budget)
            .try_acquire_many_owned(more)
            .map_err(|_| Rejection::BodiesFull)?;
        match held {
            Some(held) => held.merge(taken),
            None => *held = Some(taken),
        }
        Ok(())
    }
}

/// Reads and discards the rest of a body for a while, in the background. Many clients look for a
/// response only after they have sent everything, and would find a closed connection instead.
fn discard(mut body: Body) {
    let reading = async move {
        let mut read = 0;
        while let Some(Ok(frame)) = body.frame().await {
            read += frame.data_ref().map_or(0, axum::body::Bytes::len);
            if read > MAX_DISCARDED {
                return;
            }
        }
    };
    tokio::spawn(time::timeout(DISCARD_TIMEOUT, reading));
}

#[cfg(test)]
mod tests {
    use super::*;

    fn request(length: usize) -> Request<Body> {
        Request::new(Body::from(vec![b' '; length]))
    }

    #[tokio::test]
    async fn all_bodies_share_a_budget_and_small_ones_need_none() {
        let bodies = Bodies {
            budget: Arc::new(Semaphore::new(100)),
            ..Bodies::new(1024 * 1024, Duration::from_secs(9))
        };
        let large = UNCOUNTED + 60 * 1024;
        let first = bodies.read(request(large)).await.unwrap();
        assert_eq!(first.bytes.len(), large);
        let second = bodies.read(request(large)).await;
        assert!(matches!(second, Err(Rejection::BodiesFull)));
        assert!(bodies.read(request(UNCOUNTED)).await.is_ok());
        drop(first);
        assert!(bodies.read(request(large)).await.is_ok());
    }

    #[tokio::test]
    async fn a_body_has_a_length_and_a_time() {
        let bodies = Bodies::new(1000, Duration::from_millis(50));
        assert!(bodies.read(request(1000)).await.is_ok());
        let long = bodies.read(request(1001)).await;
        assert!(matches!(long, Err(Rejection::LargeBody(1000))));
        let never = futures_util::stream::pending::<Result<Vec<u8>, std::io::Error>>();
        let slow = bodies.read(Request::new(Body::from_stream(never))).await;
        assert!(matches!(slow, Err(Rejection::SlowBody)));
    }
}
