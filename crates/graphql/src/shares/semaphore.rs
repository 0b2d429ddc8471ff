//! A semaphore that gives its permits out fairly.

use std::{
    collections::{BTreeMap, HashMap, hash_map::Entry},
    fmt,
    hash::Hash,
    sync::{Arc, Mutex, MutexGuard, PoisonError},
};

use tokio::sync::oneshot;

use super::party::{Group, Member, Party};

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
/// A party gets another permit only while it holds fewer than are free, and a group only while it
/// holds fewer than twice as many. So somebody who is alone can have half of the permits, or two
/// thirds as a group, and whoever comes next finds some that are free. Where there are few permits,
/// each party can have one.
#[derive(Clone)]
pub struct FairSemaphore(Arc<Shared>);

struct Shared {
    bounds: Bounds,
    state: Mutex<State>,
}

#[derive(Default)]
struct State {
    taken: usize,
    /// Counts the permits that were given and the waits that began.
    turn: u64,
    groups: HashMap<Group, Use>,
    parties: HashMap<Member, Use>,
    /// Those who wait, by party. Choosing the next one takes as many steps as there are parties,
    /// however many wait.
    queues: HashMap<Party, Queue>,
    /// How many wait in all queues.
    waiting: usize,
}

/// Those of a party who wait, in the order in which they came: by the turn in which the wait began,
/// which no other waiter has.
type Queue = BTreeMap<u64, oneshot::Sender<()>>;

/// What a group or a party has and wants.
#[derive(Clone, Copy, Default)]
struct Use {
    held: usize,
    waiting: usize,
    /// When it was served last, in turns.
    last_turn: u64,
}

/// Waits for a permit. Dropping this gives up the turn, or the permit if it was given meanwhile.
struct Waiting {
    semaphore: FairSemaphore,
    /// Its key in the queue of the party.
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
            state: Mutex::default(),
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
        self.state().taken
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
    /// If too many are waiting already: in all, of the party's group, or of the party.
    pub async fn acquire(&self, party: Party) -> Result<FairPermit, QueueFull> {
        let waiting = {
            let mut state = self.state();
            if self.allows(&state, party) {
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
            if self.allows(&state, party) {
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

    /// Whether the party may have a permit now.
    fn allows(&self, state: &State, party: Party) -> bool {
        let bounds = &self.0.bounds;
        if party == Party::Server {
            return state.taken < bounds.total;
        }
        let free = bounds.total.saturating_sub(bounds.reserved + state.taken);
        held(&state.parties, &party.member()) < free
            && held(&state.groups, &party.group()) < 2 * free
    }

    /// Whether the party may wait.
    fn has_room(&self, state: &State, party: Party) -> bool {
        let bounds = &self.0.bounds;
        let waiting_of = |used: Option<&Use>| used.map_or(0, |it| it.waiting);
        party == Party::Server
            || state.waiting < bounds.waiting
                && waiting_of(state.groups.get(&party.group())) < bounds.waiting_per_group
                && waiting_of(state.parties.get(&party.member())) < bounds.waiting_per_party
    }

    fn give(&self, state: &mut State, party: Party) -> FairPermit {
        state.take(party);
        FairPermit {
            semaphore: self.clone(),
            party,
        }
    }

    fn enqueue(&self, state: &mut State, party: Party) -> Waiting {
        let (served, receiver) = oneshot::channel();
        state.turn += 1;
        let id = state.turn;
        state.waiting += 1;
        state.update(party, |used| used.waiting += 1);
        state.queues.entry(party).or_default().insert(id, served);
        Waiting {
            semaphore: self.clone(),
            id,
            party,
            served: receiver,
            has_received: false,
        }
    }

    /// Gives free permits to those who wait.
    fn serve(&self, state: &mut State) {
        while let Some((party, id)) = self.next(state)
            && let Some(served) = state.dequeue(party, id)
        {
            state.take(party);
            // If nobody waits any more, `Waiting` gives the permit back when it is dropped.
            let _ = served.send(());
        }
    }

    /// Takes a permit back.
    fn take_back(&self, state: &mut State, party: Party) {
        state.taken -= 1;
        state.update(party, |used| used.held -= 1);
        self.serve(state);
    }

    /// The waiter who is served next: the first one of the best of the parties that wait.
    fn next(&self, state: &State) -> Option<(Party, u64)> {
        if state.taken >= self.0.bounds.total {
            return None;
        }
        let parties = state.queues.iter();
        let allowed = parties.filter(|(party, _)| self.allows(state, **party));
        let first = allowed.filter_map(|(party, queue)| Some((*party, *queue.keys().next()?)));
        first.min_by_key(|(party, id)| {
            let group = used(&state.groups, &party.group());
            let party = used(&state.parties, &party.member());
            (
                group.held,
                party.held,
                group.last_turn,
                party.last_turn,
                *id,
            )
        })
    }
}

impl fmt::Debug for FairSemaphore {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        let state = self.state();
        formatter
            .debug_struct("FairSemaphore")
            .field("bounds", &self.0.bounds)
            .field("taken", &state.taken)
            .field("waiting", &state.waiting)
            .finish()
    }
}

impl State {
    /// Counts a permit as given.
    fn take(&mut self, party: Party) {
        self.taken += 1;
        self.turn += 1;
        let turn = self.turn;
        self.update(party, |used| {
            used.held += 1;
            used.last_turn = turn;
        });
    }

    /// Removes a waiter from the queue of its party, unless it was served.
    fn dequeue(&mut self, party: Party, id: u64) -> Option<oneshot::Sender<()>> {
        let queue = self.queues.get_mut(&party)?;
        let served = queue.remove(&id)?;
        if queue.is_empty() {
            self.queues.remove(&party);
        }
        self.waiting -= 1;
        self.update(party, |used| used.waiting -= 1);
        Some(served)
    }

    /// Changes what a party and its group have and want. Those without either are forgotten.
    fn update(&mut self, party: Party, change: impl Fn(&mut Use)) {
        update(&mut self.groups, party.group(), &change);
        update(&mut self.parties, party.member(), &change);
    }
}

fn update<K: Eq + Hash>(uses: &mut HashMap<K, Use>, key: K, change: impl Fn(&mut Use)) {
    match uses.entry(key) {
        Entry::Occupied(mut entry) => {
            change(entry.get_mut());
            if entry.get().held == 0 && entry.get().waiting == 0 {
                entry.remove();
            }
        }
        Entry::Vacant(entry) => change(entry.insert(Use::default())),
    }
}

fn used<K: Eq + Hash>(uses: &HashMap<K, Use>, key: &K) -> Use {
    uses.get(key).copied().unwrap_or_default()
}

fn held<K: Eq + Hash>(uses: &HashMap<K, Use>, key: &K) -> usize {
    used(uses, key).held
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
        self.semaphore.take_back(&mut state, self.party);
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
        if state.dequeue(self.party, self.id).is_none() {
            self.semaphore.take_back(&mut state, self.party);
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
        assert!(semaphore.state().groups.is_empty());
        assert!(semaphore.state().parties.is_empty());
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
