//! Reads request bodies without letting them fill the memory.

use std::{net::IpAddr, sync::Arc, time::Duration};

use axum::{
    body::{Body, HttpBody},
    http::{HeaderMap, Request, header},
};
use http_body_util::BodyExt;
use tokio::{
    sync::{OwnedSemaphorePermit, Semaphore},
    time,
};

use super::rejection::Rejection;
use crate::http::counts::{Counts, Held};

/// The first bytes of each body are not counted, because every connection may hold that many
/// anyway.
const UNCOUNTED: usize = 16 * 1024;

/// The most that all bodies together may hold beyond their uncounted parts, in kibibytes.
const BUDGET: usize = 256 * 1024;

/// The most that the bodies and heads of one address may hold, uncounted parts included, in
/// kibibytes. Otherwise one client could use up the budget by sending slowly.
const ADDRESS_BUDGET: u64 = BUDGET as u64 / 4;

/// How many times as long as one of its parts an upload may take.
const UPLOAD_PARTS: u32 = 20;

/// How much of a body that is too long is read and discarded, and for how long.
const MAX_DISCARDED: usize = 256 * 1024 * 1024;
const DISCARD_TIMEOUT: Duration = Duration::from_secs(10);

/// The limits that bodies are read under.
#[derive(Clone)]
pub struct Bodies {
    max_size: usize,
    timeout: Duration,
    /// How long the next part of a body may take.
    patience: Duration,
    budget: Arc<Semaphore>,
    by_address: Counts<IpAddr>,
    address_budget: u64,
}

/// A body that has arrived completely.
pub struct ReadBody {
    /// Its content.
    pub bytes: Vec<u8>,
    /// Its part of the budgets.
    _room: Room,
}

/// What a request holds of the budgets.
struct Room {
    of_all: Option<OwnedSemaphorePermit>,
    of_address: Held<IpAddr>,
}

impl Bodies {
    /// Allows bodies of at most `max_size` bytes, which must arrive within `timeout`.
    pub fn new(max_size: usize, timeout: Duration) -> Self {
        Self {
            max_size,
            timeout,
            patience: timeout,
            budget: Arc::new(Semaphore::new(BUDGET)),
            by_address: Counts::default(),
            // One body of the maximum size must always fit.
            address_budget: ADDRESS_BUDGET.max(2 * kibibytes(max_size)),
        }
    }

    /// Allows long bodies: each part of one must arrive within `patience`, and all of it within
    /// [`UPLOAD_PARTS`] times as long.
    pub fn for_uploads(max_size: usize, patience: Duration) -> Self {
        Self {
            patience,
            ..Self::new(max_size, patience.saturating_mul(UPLOAD_PARTS))
        }
    }

    /// Reads the body of a request from this address.
    ///
    /// # Errors
    ///
    /// If it is too long, too slow or incomplete, or if other bodies use up a budget.
    pub async fn read(
        &self,
        request: Request<Body>,
        address: IpAddr,
    ) -> Result<ReadBody, Rejection> {
        time::timeout(self.timeout, self.read_in_time(request, address))
            .await
            .map_err(|_| Rejection::SlowBody)?
    }

    async fn read_in_time(
        &self,
        request: Request<Body>,
        address: IpAddr,
    ) -> Result<ReadBody, Rejection> {
        // The head is held as long as the body.
        let head = head_size(request.headers());
        let announced = request.headers().get(header::CONTENT_LENGTH);
        let announced = announced.and_then(|it| it.to_str().ok()?.parse::<usize>().ok());
        let mut body = request.into_body();
        if announced.is_some_and(|length| length > self.max_size) {
            discard(body);
            return Err(Rejection::LargeBody(self.max_size));
        }
        let mut bytes = Vec::new();
        let mut room = self.room(address, head)?;
        while !body.is_end_stream() {
            let frame = time::timeout(self.patience, body.frame()).await;
            let Some(frame) = frame.map_err(|_| Rejection::SlowBody)? else {
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
            self.hold(&mut room, head + bytes.len() + chunk.len())?;
            bytes.extend_from_slice(&chunk);
        }
        // What it did not grow into is not counted.
        bytes.shrink_to_fit();
        Ok(ReadBody { bytes, _room: room })
    }

    /// Takes from the budgets what a request of this length needs.
    fn room(&self, address: IpAddr, length: usize) -> Result<Room, Rejection> {
        let needed = kibibytes(length);
        let of_address = self.by_address.take(address, needed, self.address_budget);
        let mut room = Room {
            of_all: None,
            of_address: of_address.ok_or(Rejection::TooManyBodies)?,
        };
        self.hold(&mut room, length)?;
        Ok(room)
    }

    /// Takes from the budgets what a request needs to grow to this length.
    fn hold(&self, room: &mut Room, length: usize) -> Result<(), Rejection> {
        let needed = kibibytes(length);
        if !room.of_address.grow_to(needed, self.address_budget) {
            return Err(Rejection::TooManyBodies);
        }
        let held = &mut room.of_all;
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

fn kibibytes(length: usize) -> u64 {
    length.div_ceil(1024) as u64
}

/// The bytes that the headers of a request take.
fn head_size(headers: &HeaderMap) -> usize {
    let sizes = headers
        .iter()
        .map(|(name, value)| name.as_str().len() + value.len());
    sizes.sum()
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

    const HERE: IpAddr = IpAddr::V4(std::net::Ipv4Addr::LOCALHOST);

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
        let first = bodies.read(request(large), HERE).await.unwrap();
        assert_eq!(first.bytes.len(), large);
        let second = bodies.read(request(large), HERE).await;
        assert!(matches!(second, Err(Rejection::BodiesFull)));
        assert!(bodies.read(request(UNCOUNTED), HERE).await.is_ok());
        drop(first);
        assert!(bodies.read(request(large), HERE).await.is_ok());
    }

    #[tokio::test]
    async fn an_address_has_a_part_of_the_budget_for_heads_and_bodies() {
        let bodies = Bodies {
            address_budget: 100,
            ..Bodies::new(1024 * 1024, Duration::from_secs(9))
        };
        let there = [10, 0, 0, 1].into();
        let with_head = |head: usize| {
            let mut request = request(10 * 1024);
            let value = "x".repeat(head).parse().unwrap();
            request.headers_mut().insert("x", value);
            request
        };
        let first = bodies.read(with_head(50 * 1024), HERE).await.unwrap();
        let second = bodies.read(with_head(50 * 1024), HERE).await;
        assert!(matches!(second, Err(Rejection::TooManyBodies)));
        assert!(bodies.read(with_head(50 * 1024), there).await.is_ok());
        drop(first);
        assert!(bodies.read(with_head(50 * 1024), HERE).await.is_ok());
    }

    #[tokio::test]
    async fn a_body_has_a_length_and_a_time() {
        let bodies = Bodies::new(1000, Duration::from_millis(50));
        assert!(bodies.read(request(1000), HERE).await.is_ok());
        let long = bodies.read(request(1001), HERE).await;
        assert!(matches!(long, Err(Rejection::LargeBody(1000))));
        let never = futures_util::stream::pending::<Result<Vec<u8>, std::io::Error>>();
        let slow = bodies
            .read(Request::new(Body::from_stream(never)), HERE)
            .await;
        assert!(matches!(slow, Err(Rejection::SlowBody)));
    }
}
