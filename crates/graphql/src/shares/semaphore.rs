//! A semaphore that gives its permits out fairly.

use std::{
    collections::{BTreeMap, HashMap},
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
///
/// A full queue rejects only those who fill it: somebody who has fewer waiting displaces the newest
/// waiter of the one who has the most.
#[derive(Clone)]
pub struct FairSemaphore(Arc<Shared>);

struct Shared {
    bounds: Bounds,
    state: Mutex<State>,
}

struct State {
    permits: Ledger,
    /// Those who wait, by party. Choosing the next one takes as many steps as there are parties,
    /// however many wait.
    queues: HashMap<Party, Queue>,
    /// How many wait in all queues.
    waiting: usize,
}

/// Those of a party who wait, in the order in which they came: by the turn in which the wait began,
/// which no other waiter has.
type Queue = BTreeMap<u64, Waiter>;

/// Somebody who waits.
struct Waiter {
    /// Whether it makes room for others when the queue is full.
    may_be_displaced: bool,
    served: oneshot::Sender<()>,
}

/// Waits for a permit. Dropping this gives up the turn, or the permit if it was given meanwhile.
struct Waiting {
    semaphore: FairSemaphore,
    /// Its key in the queue of the party.
    id: u64,
    party: Party,
    served: oneshot::Receiver<()>,
    /// Whether the outcome of the wait is known.
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
                queues: HashMap::new(),
                waiting: 0,
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
        self.state().waiting
    }

    /// Waits for a permit. Whoever stops waiting loses the turn.
    ///
    /// # Errors
    ///
    /// If too many of the party are waiting already, or if the queue is full and nobody has more
    /// waiting. Also if somebody who has fewer waiting comes later and finds the queue full.
    pub async fn acquire(&self, party: Party) -> Result<FairPermit, QueueFull> {
        let waiting = {
            let mut state = self.state();
            if state.permits.allows(party, 1) {
                return Ok(self.give(&mut state, party));
            }
            if !self.has_room(&mut state, party) {
                return Err(QueueFull);
            }
            self.enqueue(&mut state, party, true)
        };
        waiting.permit().await
    }

    /// Takes a permit if one is free and nobody has to come first.
    #[must_use]
    pub fn try_acquire(&self, party: Party) -> Option<FairPermit> {
        let mut state = self.state();
        let is_free = state.permits.allows(party, 1);
        is_free.then(|| self.give(&mut state, party))
    }

    /// Waits for a permit, however many are waiting already. This is for work that has been
    /// accepted and continues.
    pub async fn acquire_again(&self, party: Party) -> FairPermit {
        loop {
            let waiting = {
                let mut state = self.state();
                if state.permits.allows(party, 1) {
                    return self.give(&mut state, party);
                }
                self.enqueue(&mut state, party, false)
            };
            // It is never displaced.
            if let Ok(permit) = waiting.permit().await {
                return permit;
            }
        }
    }

    fn state(&self) -> MutexGuard<'_, State> {
        let state = self.0.state.lock();
        state.unwrap_or_else(PoisonError::into_inner)
    }

    /// Whether the party may wait. If the queue is full, or the part of it that one group may fill,
    /// the newest waiter of whoever has the most waiting there is displaced, provided that this is
    /// not the newcomer.
    fn has_room(&self, state: &mut State, party: Party) -> bool {
        let bounds = &self.0.bounds;
        if party == Party::Server {
            return true;
        }
        if state.permits.of_party(party).waiting >= bounds.waiting_per_party {
            return false;
        }
        let group = party.group();
        let is_group_full = state.permits.of_group(party).waiting >= bounds.waiting_per_group;
        if !is_group_full && state.waiting < bounds.waiting {
            return true;
        }
        let longest = state
            .queues
            .iter()
            .filter(|(it, _)| !is_group_full || it.group() == group)
            .filter_map(|(party, queue)| Some((*party, newest_displaceable(queue)?)))
            .max_by_key(|(party, id)| (state.waiting_of(*party), *id));
        let Some((other, id)) = longest else {
            return false;
        };
        let ((others, of_other), (own, of_own)) =
            (state.waiting_of(other), state.waiting_of(party));
        // Nobody is displaced by somebody who would then have as many waiting.
        let has_more = others > own + 1 || other.group() == group && of_other > of_own + 1;
        has_more && state.dequeue(other, id).is_some()
    }

    fn give(&self, state: &mut State, party: Party) -> FairPermit {
        state.permits.take(party, 1);
        FairPermit {
            semaphore: self.clone(),
            party,
        }
    }

    fn enqueue(&self, state: &mut State, party: Party, may_be_displaced: bool) -> Waiting {
        let (served, receiver) = oneshot::channel();
        let id = state.permits.begin_waiting(party);
        state.waiting += 1;
        let waiter = Waiter {
            may_be_displaced,
            served,
        };
        state.queues.entry(party).or_default().insert(id, waiter);
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
            .field("waiting", &state.waiting)
            .finish()
    }
}

impl State {
    /// Gives free permits to those who wait.
    fn serve(&mut self) {
        while let Some((party, id)) = self.next()
            && let Some(waiter) = self.dequeue(party, id)
        {
            self.permits.take(party, 1);
            // If nobody waits any more, `Waiting` gives the permit back when it is dropped.
            let _ = waiter.served.send(());
        }
    }

    /// Takes a permit back.
    fn take_back(&mut self, party: Party) {
        self.permits.give_back(party, 1);
        self.serve();
    }

    /// The waiter who is served next: the first one of the best of the parties that wait.
    fn next(&self) -> Option<(Party, u64)> {
        let parties = self.queues.iter();
        let allowed = parties.filter(|(party, _)| self.permits.allows(**party, 1));
        let first = allowed.filter_map(|(party, queue)| Some((*party, *queue.keys().next()?)));
        first.min_by_key(|(party, id)| {
            let group = self.permits.of_group(*party);
            let party = self.permits.of_party(*party);
            (
                group.held,
                party.held,
                group.last_turn,
                party.last_turn,
                *id,
            )
        })
    }

    /// How many are waiting of those who share the party's part of the queue, and of the party
    /// itself. The users of a workspace share one; each address has its own.
    fn waiting_of(&self, party: Party) -> (usize, usize) {
        let own = self.permits.of_party(party).waiting;
        match party {
            Party::Address(_) => (own, own),
            _ => (self.permits.of_group(party).waiting, own),
        }
    }

    /// Removes a waiter from the queue of its party, unless it was served.
    fn dequeue(&mut self, party: Party, id: u64) -> Option<Waiter> {
        let queue = self.queues.get_mut(&party)?;
        let waiter = queue.remove(&id)?;
        if queue.is_empty() {
            self.queues.remove(&party);
        }
        self.waiting -= 1;
        self.permits.end_waiting(party);
        Some(waiter)
    }
}

/// The newest waiter of a queue who makes room for others.
fn newest_displaceable(queue: &Queue) -> Option<u64> {
    let newest = queue.iter().rev().find(|(_, it)| it.may_be_displaced);
    newest.map(|(id, _)| *id)
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
    async fn permit(mut self) -> Result<FairPermit, QueueFull> {
        let served = (&mut self.served).await;
        self.has_received = true;
        // A waiter that is displaced is dropped without having been served.
        served.map_err(|_| QueueFull)?;
        Ok(FairPermit {
            semaphore: self.semaphore.clone(),
            party: self.party,
        })
    }
}

impl Drop for Waiting {
    fn drop(&mut self) {
        if self.has_received {
            return;
        }
        let mut state = self.semaphore.state();
        let is_waiting = state.dequeue(self.party, self.id).is_some();
        // Who was neither waiting nor served was displaced.
        if !is_waiting && self.served.try_recv().is_ok() {
            state.take_back(self.party);
        }
    }
}

#[cfg(test)]
mod tests {
    use std::{
        future::Future,
        time::{Duration, Instant},
    };

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

    /// Whether somebody who wants to wait is rejected.
    fn is_full(semaphore: &FairSemaphore, party: Party) -> bool {
        matches!(semaphore.acquire(party).now_or_never(), Some(Err(_)))
    }

    /// Asserts that nothing is left of those who waited.
    fn assert_empty(semaphore: &FairSemaphore) {
        assert_eq!((semaphore.waiting(), semaphore.taken()), (0, 0));
        assert!(semaphore.state().permits.is_unused());
    }

    #[test]
    fn the_queue_is_bounded() {
        let semaphore = semaphore(0);
        let mut waiting: Vec<_> = (0..10).map(|_| begin(&semaphore, user(1, 1))).collect();
        assert!(is_full(&semaphore, user(1, 1)));
        waiting.extend((0..5).map(|_| begin(&semaphore, user(2, 1))));
        waiting.extend((0..5).map(|id| begin(&semaphore, user(100 + id, 100 + id))));
        assert_eq!(semaphore.waiting(), 20);
        waiting.push(begin(&semaphore, user(30, 30)));
        assert_eq!(semaphore.waiting(), 20);
        drop(waiting);
        assert_empty(&semaphore);
    }

    #[test]
    fn those_who_fill_the_queue_make_room_for_others() {
        let semaphore = semaphore(0);
        let mut of_two: Vec<_> = (1..=2)
            .flat_map(|id| (0..10).map(move |_| user(id, id)))
            .map(|party| begin(&semaphore, party))
            .collect();
        // The newest waiters of whoever has the most are displaced, in turns.
        let others: Vec<_> = (3..=8).map(|id| begin(&semaphore, user(id, id))).collect();
        for (index, waiting) in of_two.iter_mut().enumerate() {
            let is_displaced = matches!(waiting.now_or_never(), Some(Err(QueueFull)));
            let is_new = (7..10).contains(&index) || (17..20).contains(&index);
            assert_eq!(is_displaced, is_new, "{index}");
        }
        assert_eq!(semaphore.waiting(), 20);
        // Nobody who would have the most then displaces anybody.
        assert!(is_full(&semaphore, user(1, 1)));
        assert!(!is_full(&semaphore, user(3, 3)));
        drop((of_two, others));
        assert_empty(&semaphore);
    }

    #[test]
    fn colleagues_and_addresses_make_room_for_each_other() {
        let address = |number: u8| Party::Address(Some([10, 0, 0, number].into()));
        let of_workspace: [Party; 3] = [user(1, 1), user(2, 1), user(3, 1)];
        for [first, second, newcomer] in [of_workspace, [address(1), address(2), address(3)]] {
            let semaphore = semaphore(0);
            let mut many: Vec<_> = (0..10).map(|_| begin(&semaphore, first)).collect();
            many.extend((0..5).map(|_| begin(&semaphore, second)));
            // Fifteen are as many as one group may have.
            let waiting = begin(&semaphore, newcomer);
            assert_eq!(semaphore.waiting(), 15);
            assert!(matches!(
                (&mut many[9]).now_or_never(),
                Some(Err(QueueFull))
            ));
            assert!(is_full(&semaphore, first));
            drop((many, waiting));
            assert_empty(&semaphore);
        }
    }

    #[test]
    fn eight_addresses_do_not_fill_a_queue_of_passwords() {
        let semaphore = FairSemaphore::new(Bounds {
            total: 1,
            reserved: 0,
            waiting: 128,
            waiting_per_group: 64,
            waiting_per_party: 8,
        });
        let address = |number: u8| Party::Address(Some([10, 0, 0, number].into()));
        let first = at_once(&semaphore, address(0)).unwrap();
        let many = (1..=8).flat_map(|number| (0..8).map(move |_| address(number)));
        let mut many: Vec<_> = many.map(|party| begin(&semaphore, party)).collect();
        let mut other = begin(&semaphore, address(9));
        many.retain_mut(|waiting| waiting.now_or_never().is_none());
        assert_eq!((many.len(), semaphore.waiting()), (63, 64));
        drop(first);
        // Each of the eight is served once at most before the other one.
        for _ in 0..8 {
            let served = many
                .iter_mut()
                .position(|waiting| matches!(waiting.now_or_never(), Some(Ok(_))));
            drop(many.remove(served.unwrap()));
        }
        assert!(matches!((&mut other).now_or_never(), Some(Ok(_))));
    }

    #[test]
    fn work_that_continues_is_not_displaced() {
        let semaphore = semaphore(0);
        let mut continued: Vec<_> = (0..20)
            .map(|_| Box::pin(semaphore.acquire_again(user(1, 1))))
            .collect();
        for waiting in &mut continued {
            assert!(waiting.now_or_never().is_none());
        }
        assert!(is_full(&semaphore, user(2, 2)));
        assert_eq!(semaphore.waiting(), 20);
        drop(continued);
        assert_empty(&semaphore);
    }

    #[test]
    fn many_who_wait_are_served_quickly() {
        const MANY: usize = 20_000;
        let semaphore = semaphore(1);
        let first = at_once(&semaphore, user(0, 0)).unwrap();
        let mut waiting = Vec::new();
        for party in (0..4).map(|id| user(id, id)).cycle().take(MANY) {
            let semaphore = semaphore.clone();
            let mut turn = Box::pin(async move { semaphore.acquire_again(party).await });
            assert!((&mut turn).now_or_never().is_none());
            waiting.push(turn);
        }
        assert_eq!(semaphore.waiting(), MANY);
        let start = Instant::now();
        drop(first);
        let served = waiting.into_iter().filter_map(FutureExt::now_or_never);
        // The first party was served last, so the others come first.
        assert_eq!(served.count(), MANY - 1);
        assert_eq!((semaphore.waiting(), semaphore.taken()), (0, 0));
        assert!(semaphore.state().queues.is_empty());
        let elapsed = start.elapsed();
        assert!(elapsed < Duration::from_secs(5), "took {elapsed:?}");
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
