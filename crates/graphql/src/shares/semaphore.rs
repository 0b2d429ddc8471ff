//! A semaphore that gives its permits out fairly.

use std::{
    collections::VecDeque,
    fmt,
    sync::{Arc, Mutex, MutexGuard, PoisonError},
};

use tokio::sync::oneshot;

use super::{ledger::Ledger, party::Party};

/// How many permits there are, and how many may wait for one.
#[derive(Clone, Copy, Debug)]
pub struct Bounds {
    /// All permits.
    pub total: usize,
    /// The permits that only the server's own work may take.
    pub reserved: usize,
    /// How many may wait for a permit.
    pub waiting: usize,
    /// How many of one group may wait: of a workspace, or of all anonymous clients.
    pub waiting_per_group: usize,
    /// How many of one party may wait.
    pub waiting_per_party: usize,
}

impl Bounds {
    /// Permits for everybody. One party may keep half of the queue waiting at most, and one group
    /// three quarters.
    #[must_use]
    pub fn new(total: usize, waiting: usize) -> Self {
        Self {
            total,
            reserved: 0,
            waiting,
            waiting_per_group: (waiting * 3).div_ceil(4),
            waiting_per_party: waiting.div_ceil(2),
        }
    }

    /// The same, with some permits that only the server's own work may take.
    #[must_use]
    pub fn with_reserved(self, reserved: usize) -> Self {
        Self { reserved, ..self }
    }
}

/// Gives permits to those who hold the fewest. Clones share the permits.
///
/// A free permit goes to the group that holds the fewest permits, within it to the party that holds
/// the fewest, and among equals to the one that was served least recently. So a party with a
/// thousand requests delays another one by no more than one of them.
///
/// Nobody can hold all permits: a party that is alone gets half of them, and a group two thirds.
/// Where there are few permits, each party can have one.
#[derive(Clone)]
pub struct FairSemaphore(Arc<Shared>);

struct Shared {
    bounds: Bounds,
    state: Mutex<State>,
}

struct State {
    permits: Ledger,
    queue: VecDeque<Waiter>,
}

struct Waiter {
    /// The turn in which the wait began, which no other waiter has.
    id: u64,
    party: Party,
    served: oneshot::Sender<()>,
}

/// Waits for a permit. Dropping this gives up the turn, or the permit if it was given meanwhile.
struct Waiting {
    semaphore: FairSemaphore,
    id: u64,
    party: Party,
    served: oneshot::Receiver<()>,
    has_received: bool,
}

/// There are so many waiting that one more would wait too long.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct QueueFull;

/// A permit. Dropping it gives it back.
pub struct FairPermit {
    semaphore: FairSemaphore,
    party: Party,
}

impl FairSemaphore {
    /// A semaphore with these bounds.
    #[must_use]
    pub fn new(bounds: Bounds) -> Self {
        Self(Arc::new(Shared {
            bounds,
            state: Mutex::new(State {
                permits: Ledger::new(bounds.total, bounds.reserved),
                queue: VecDeque::new(),
            }),
        }))
    }

    /// The bounds.
    #[must_use]
    pub fn bounds(&self) -> &Bounds {
        &self.0.bounds
    }

    /// How many permits are held.
    #[must_use]
    pub fn taken(&self) -> usize {
        self.state().permits.taken()
    }

    /// How many are waiting for a permit.
    #[must_use]
    pub fn waiting(&self) -> usize {
        self.state().queue.len()
    }

    /// Waits for a permit. Whoever stops waiting loses the turn.
    ///
    /// # Errors
    ///
    /// If too many are waiting already: in all, of the party's group, or of the party.
    pub async fn acquire(&self, party: Party) -> Result<FairPermit, QueueFull> {
        let waiting = {
            let mut state = self.state();
            if state.permits.allows(party, 1) {
                return Ok(self.give(&mut state, party));
            }
            if !self.has_room(&state, party) {
                return Err(QueueFull);
            }
            self.enqueue(&mut state, party)
        };
        Ok(waiting.permit().await)
    }

    /// Waits for a permit, however many are waiting already. This is for work that has been
    /// accepted and continues.
    pub async fn acquire_again(&self, party: Party) -> FairPermit {
        let waiting = {
            let mut state = self.state();
            if state.permits.allows(party, 1) {
                return self.give(&mut state, party);
            }
            self.enqueue(&mut state, party)
        };
        waiting.permit().await
    }

    fn state(&self) -> MutexGuard<'_, State> {
        let state = self.0.state.lock();
        state.unwrap_or_else(PoisonError::into_inner)
    }

    /// Whether the party may wait.
    fn has_room(&self, state: &State, party: Party) -> bool {
        let bounds = &self.0.bounds;
        party == Party::Server
            || state.queue.len() < bounds.waiting
                && state.permits.of_group(party).waiting < bounds.waiting_per_group
                && state.permits.of_party(party).waiting < bounds.waiting_per_party
    }

    fn give(&self, state: &mut State, party: Party) -> FairPermit {
        state.permits.take(party, 1);
        FairPermit {
            semaphore: self.clone(),
            party,
        }
    }

    fn enqueue(&self, state: &mut State, party: Party) -> Waiting {
        let (served, receiver) = oneshot::channel();
        let id = state.permits.begin_waiting(party);
        state.queue.push_back(Waiter { id, party, served });
        Waiting {
            semaphore: self.clone(),
            id,
            party,
            served: receiver,
            has_received: false,
        }
    }
}

impl fmt::Debug for FairSemaphore {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        let state = self.state();
        formatter
            .debug_struct("FairSemaphore")
            .field("bounds", &self.0.bounds)
            .field("taken", &state.permits.taken())
            .field("waiting", &state.queue.len())
            .finish()
    }
}

impl State {
    /// Gives free permits to those who wait.
    fn serve(&mut self) {
        while let Some(next) = self.next() {
            let Some(waiter) = self.queue.remove(next) else {
                return;
            };
            self.permits.end_waiting(waiter.party);
            self.permits.take(waiter.party, 1);
            // If nobody waits any more, `Waiting` gives the permit back when it is dropped.
            let _ = waiter.served.send(());
        }
    }

    /// Takes a permit back.
    fn take_back(&mut self, party: Party) {
        self.permits.give_back(party, 1);
        self.serve();
    }

    /// The index of the waiter who is served next.
    fn next(&self) -> Option<usize> {
        let waiters = self.queue.iter().enumerate();
        let allowed = waiters.filter(|(_, waiter)| self.permits.allows(waiter.party, 1));
        let next = allowed.min_by_key(|(index, waiter)| {
            let group = self.permits.of_group(waiter.party);
            let party = self.permits.of_party(waiter.party);
            (
                group.held,
                party.held,
                group.last_turn,
                party.last_turn,
                *index,
            )
        });
        next.map(|(index, _)| index)
    }
}

impl FairPermit {
    /// Who holds the permit.
    #[must_use]
    pub fn party(&self) -> Party {
        self.party
    }

    /// The semaphore that gave the permit.
    #[must_use]
    pub fn semaphore(&self) -> &FairSemaphore {
        &self.semaphore
    }
}

impl Drop for FairPermit {
    fn drop(&mut self) {
        let mut state = self.semaphore.state();
        state.take_back(self.party);
    }
}

impl Waiting {
    async fn permit(mut self) -> FairPermit {
        // The sender is dropped only after it has sent, or with the semaphore, of which this holds
        // a clone.
        let _ = (&mut self.served).await;
        self.has_received = true;
        FairPermit {
            semaphore: self.semaphore.clone(),
            party: self.party,
        }
    }
}

impl Drop for Waiting {
    fn drop(&mut self) {
        if self.has_received {
            return;
        }
        let mut state = self.semaphore.state();
        let position = state.queue.iter().position(|it| it.id == self.id);
        match position.and_then(|it| state.queue.remove(it)) {
            Some(_) => state.permits.end_waiting(self.party),
            None => state.take_back(self.party),
        }
    }
}

#[cfg(test)]
mod tests {
    use std::future::Future;

    use futures_util::FutureExt;

    use super::*;

    fn semaphore(total: usize) -> FairSemaphore {
        FairSemaphore::new(Bounds::new(total, 20))
    }

    fn user(id: i32, workspace_id: i32) -> Party {
        Party::User {
            id,
            workspace_id: Some(workspace_id),
        }
    }

    /// The permit, if there is one without waiting.
    fn at_once(semaphore: &FairSemaphore, party: Party) -> Option<FairPermit> {
        semaphore.acquire(party).now_or_never()?.ok()
    }

    /// A wait that has begun.
    fn begin(
        semaphore: &FairSemaphore,
        party: Party,
    ) -> std::pin::Pin<Box<impl Future<Output = Result<FairPermit, QueueFull>> + use<>>> {
        let semaphore = semaphore.clone();
        let mut waiting = Box::pin(async move { semaphore.acquire(party).await });
        assert!((&mut waiting).now_or_never().is_none());
        waiting
    }

    #[test]
    fn nobody_holds_everything() {
        let semaphore = FairSemaphore::new(Bounds::new(17, 0).with_reserved(1));
        let take = |party| at_once(&semaphore, party);
        let of_one: Vec<_> = (0..20).map_while(|_| take(user(1, 1))).collect();
        assert_eq!(of_one.len(), 8);
        let of_colleagues: Vec<_> = (2..20).map_while(|id| take(user(id, 1))).collect();
        assert_eq!(of_colleagues.len(), 3);
        let of_others: Vec<_> = (20..40).map_while(|id| take(user(id, id))).collect();
        assert_eq!(of_others.len(), 5);
        assert!(take(Party::Server).is_some());
        drop(of_one);
        assert!(take(user(1, 1)).is_some());
    }

    #[test]
    fn few_are_served_before_many() {
        let semaphore = semaphore(1);
        let first = at_once(&semaphore, user(1, 1)).unwrap();
        let mut many: Vec<_> = (0..5).map(|_| begin(&semaphore, user(1, 1))).collect();
        let mut other = begin(&semaphore, user(2, 2));
        drop(first);
        let permit = (&mut other).now_or_never().unwrap().unwrap();
        let mut again = begin(&semaphore, user(2, 2));
        drop(permit);
        let permit = (&mut many[0]).now_or_never().unwrap().unwrap();
        drop(permit);
        assert!((&mut many[1]).now_or_never().is_none());
        assert!((&mut again).now_or_never().is_some());
        assert_eq!(semaphore.waiting(), 3);
    }

    #[test]
    fn the_queue_is_bounded() {
        let semaphore = semaphore(0);
        let mut waiting: Vec<_> = (0..10).map(|_| begin(&semaphore, user(1, 1))).collect();
        let full = |party| semaphore.acquire(party).now_or_never().unwrap().is_err();
        assert!(full(user(1, 1)));
        waiting.extend((0..5).map(|_| begin(&semaphore, user(2, 1))));
        assert!(full(user(3, 1)));
        waiting.extend((0..5).map(|id| begin(&semaphore, user(100 + id, 100 + id))));
        assert!(full(user(30, 30)));
        drop(waiting);
        assert_eq!((semaphore.waiting(), semaphore.taken()), (0, 0));
        assert!(semaphore.state().permits.is_unused());
    }

    #[test]
    fn a_turn_that_nobody_waits_for_is_passed_on() {
        let semaphore = semaphore(1);
        let first = at_once(&semaphore, user(1, 1)).unwrap();
        let gone = begin(&semaphore, user(2, 2));
        let mut next = begin(&semaphore, user(3, 3));
        drop(first);
        assert!((&mut next).now_or_never().is_none());
        drop(gone);
        let permit = (&mut next).now_or_never().unwrap().unwrap();
        assert_eq!(semaphore.taken(), 1);
        drop(permit);
        assert_eq!(semaphore.taken(), 0);
    }
}
