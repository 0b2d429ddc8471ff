//! Admission control: limits how many requests are answered at once.
//!
//! A server that accepts more work than it can do makes everybody wait. Requests beyond the limit
//! are rejected immediately, which costs almost nothing, and those within it stay fast.

use std::{sync::Arc, thread::available_parallelism, time::Duration};

use tokio::{
    sync::{OwnedSemaphorePermit, Semaphore},
    time,
};

use super::graphql::Rejection;

/// The default number of requests for each core: enough to keep the core busy while some of them
/// wait for the database, and few enough that none waits long for the core.
const PER_CORE: u32 = 8;

/// The places for requests that are being answered.
#[derive(Clone)]
pub struct Admission {
    free: Arc<Semaphore>,
    limit: u32,
}

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
        Self {
            free: Arc::new(Semaphore::new(limit as usize)),
            limit,
        }
    }

    /// How many requests are being answered.
    pub fn taken(&self) -> u32 {
        self.limit - u32::try_from(self.free.available_permits()).unwrap_or(self.limit)
    }

    /// Takes a place, which is free again when the permit is dropped.
    pub fn enter(&self) -> Result<OwnedSemaphorePermit, Rejection> {
        Arc::clone(&self.free)
            .try_acquire_owned()
            .map_err(|_| Rejection::Overloaded(self.limit))
    }

    /// Waits for a place. This is for subscribers, who all reconnect at the same time when another
    /// server has stopped, and would only try again if they were rejected. Each connection waits for
    /// one place at most.
    pub async fn wait(&self, timeout: Duration) -> Result<OwnedSemaphorePermit, Rejection> {
        let place = time::timeout(timeout, Arc::clone(&self.free).acquire_owned());
        match place.await {
            Ok(Ok(permit)) => Ok(permit),
            Ok(Err(_)) | Err(_) => Err(Rejection::Overloaded(self.limit)),
        }
    }
}
