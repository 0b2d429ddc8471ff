//! How many requests are answered at once.
//!
//! A server that takes more than it can answer makes everybody wait. Those beyond the limit are
//! told so at once, which costs next to nothing, and those within it are as fast as ever.

use std::sync::Arc;

use tokio::sync::{OwnedSemaphorePermit, Semaphore};

use super::graphql::Refusal;

/// Counts the requests that are being answered.
#[derive(Clone)]
pub struct InFlight {
    free: Arc<Semaphore>,
    most: u32,
}

impl InFlight {
    /// At most so many.
    pub fn new(most: u32) -> Self {
        Self {
            free: Arc::new(Semaphore::new(most as usize)),
            most,
        }
    }

    /// A place for one more, until it is dropped.
    pub fn enter(&self) -> Result<OwnedSemaphorePermit, Refusal> {
        Arc::clone(&self.free)
            .try_acquire_owned()
            .map_err(|_| Refusal::Overloaded(self.most))
    }
}
