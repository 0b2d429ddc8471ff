//! A request's place among those that are being answered.

use std::sync::{Arc, Mutex, PoisonError};

use super::{FairSemaphore, semaphore::FairPermit};

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

    /// Gives the place up for one of those that wait, if one is free, runs a future, and takes a place
    /// again. Otherwise the future runs in this place. So what waits is bounded, too.
    pub async fn exchanged_during<F: Future>(
        &self,
        waiting_places: &FairSemaphore,
        waiting: F,
    ) -> F::Output {
        let party = {
            let held = self.0.lock().unwrap_or_else(PoisonError::into_inner);
            held.as_ref().map(FairPermit::party)
        };
        match party.and_then(|party| waiting_places.try_acquire(party)) {
            Some(waiting_place) => {
                let output = self.released_during(waiting).await;
                drop(waiting_place);
                output
            }
            None => waiting.await,
        }
    }

    fn set(&self, permit: Option<FairPermit>) -> Option<FairPermit> {
        let mut held = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        std::mem::replace(&mut held, permit)
    }
}
