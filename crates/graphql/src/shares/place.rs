//! A request's place among those that are being answered.

use std::sync::{Arc, Mutex, PoisonError};

use super::semaphore::FairPermit;

/// A request's place among those that are being answered. Clones share the place, which is free
/// again when the last one is dropped.
///
/// A place is held by work, never by waiting: what waits for something other than the processor
/// and the database gives it up meanwhile.
#[derive(Clone, Default)]
pub struct Place(Arc<Mutex<Option<FairPermit>>>);

impl Place {
    /// The place that this permit stands for. The default is none, for work that needs no place.
    #[must_use]
    pub fn new(permit: FairPermit) -> Self {
        Self(Arc::new(Mutex::new(Some(permit))))
    }

    /// Gives the place up, runs a future, and takes a place again.
    pub async fn released_during<F: Future>(&self, waiting: F) -> F::Output {
        let held = self.set(None).map(|permit| {
            let again = (permit.semaphore().clone(), permit.party());
            drop(permit);
            again
        });
        let output = waiting.await;
        if let Some((semaphore, party)) = held {
            self.set(Some(semaphore.acquire_again(party).await));
        }
        output
    }

    fn set(&self, permit: Option<FairPermit>) -> Option<FairPermit> {
        let mut held = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        std::mem::replace(&mut held, permit)
    }
}
