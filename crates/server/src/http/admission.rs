//! How many requests are answered at once.
//!
//! A server that takes more than it can answer makes everybody wait. Those beyond the limit are
//! told so at once, which costs next to nothing, and those within it are as fast as ever.

use std::{sync::Arc, thread::available_parallelism, time::Duration};

use tokio::{
    sync::{OwnedSemaphorePermit, Semaphore},
    time::timeout,
};

use super::graphql::Refusal;

/// How many requests each core works on, where no number is set: enough for it to have work while
/// others wait for the database, and so few that nobody waits long for the core.
const FOR_EACH_CORE: u32 = 8;

/// Lets in as many requests as can be answered at once.
#[derive(Clone)]
pub struct Admission {
    free: Arc<Semaphore>,
    most: u32,
}

impl Admission {
    /// At most so many; 0 for as many as the machine is good for.
    pub fn new(most: u32) -> Self {
        let most = if most == 0 {
            let cores =
                available_parallelism().map_or(1, |it| u32::try_from(it.get()).unwrap_or(1));
            cores.saturating_mul(FOR_EACH_CORE)
        } else {
            most
        };
        Self {
            free: Arc::new(Semaphore::new(most as usize)),
            most,
        }
    }

    /// How many are being answered.
    pub fn taken(&self) -> u32 {
        self.most - u32::try_from(self.free.available_permits()).unwrap_or(self.most)
    }

    /// A place for one more, until it is dropped.
    pub fn enter(&self) -> Result<OwnedSemaphorePermit, Refusal> {
        Arc::clone(&self.free)
            .try_acquire_owned()
            .map_err(|_| Refusal::Overloaded(self.most))
    }

    /// Waits for a place: for those who come all at once when a server has ended, and would only
    /// come again if they were refused. Each connection waits for one at most.
    pub async fn wait(&self, patience: Duration) -> Result<OwnedSemaphorePermit, Refusal> {
        let place = timeout(patience, Arc::clone(&self.free).acquire_owned());
        match place.await {
            Ok(Ok(permit)) => Ok(permit),
            Ok(Err(_)) | Err(_) => Err(Refusal::Overloaded(self.most)),
        }
    }
}
