//! Admission control: limits how many requests are answered at once, and who comes next.
//!
//! A server that accepts more work than it can do makes everybody wait. Requests beyond the limit
//! wait in a short queue, which takes up what arrives at one moment, and are rejected if that takes
//! too long. Those of somebody who has few requests under way come before those of others.

use std::{pin::pin, thread::available_parallelism, time::Duration};

use mina_graphql::{Bounds, FairSemaphore, Party, Place, QueueFull};
use tokio::time::timeout;

use super::graphql::Rejection;

/// The default number of requests for each core: enough to keep the core busy while some of them
/// wait for the database, and few enough that none waits long for the core.
const PER_CORE: u32 = 8;

/// How many requests may wait for each place.
const WAITING_PER_PLACE: usize = 32;

/// How long a request waits for a place before the client is told to come back later.
const MAX_WAIT: Duration = Duration::from_secs(1);

/// The places for requests that are being answered.
#[derive(Clone)]
pub struct Admission(FairSemaphore);

impl Admission {
    /// At most this many places. 0 chooses a number by the cores of the machine.
    pub fn new(limit: u32) -> Self {
        let limit = if limit == 0 {
            let cores =
                available_parallelism().map_or(1, |it| u32::try_from(it.get()).unwrap_or(1));
            cores.saturating_mul(PER_CORE)
        } else {
            limit
        };
        let limit = limit as usize;
        Self(FairSemaphore::new(Bounds::new(
            limit,
            limit.saturating_mul(WAITING_PER_PLACE),
        )))
    }

    /// How many requests are being answered.
    pub fn taken(&self) -> usize {
        self.0.taken()
    }

    /// How many requests are waiting for a place.
    pub fn waiting(&self) -> usize {
        self.0.waiting()
    }

    /// Takes a place, which is free again when the last clone of it is dropped.
    pub async fn enter(&self, party: Party) -> Result<Place, Rejection> {
        self.enter_patiently(party, MAX_WAIT, || false).await
    }

    /// Takes a place. If it is for a subscription, this waits for another `max_wait`: subscribers all
    /// reconnect at the same time when another server has stopped, and would only try again if they
    /// were rejected. Whether it is one is asked after the usual wait. By then, others may have sent
    /// the same document.
    pub async fn enter_patiently(
        &self,
        party: Party,
        max_wait: Duration,
        is_subscription: impl Fn() -> bool,
    ) -> Result<Place, Rejection> {
        let mut entering = pin!(self.0.acquire(party));
        let permit = match timeout(MAX_WAIT, &mut entering).await {
            Err(_) if is_subscription() => timeout(max_wait, entering).await,
            permit => permit,
        };
        match permit {
            Ok(Ok(permit)) => Ok(Place::new(permit)),
            Ok(Err(QueueFull)) | Err(_) => Err(Rejection::Overloaded),
        }
    }
}
