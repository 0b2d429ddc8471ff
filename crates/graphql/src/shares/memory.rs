//! The memory of answers.

use std::{
    collections::HashMap,
    hash::Hash,
    pin::pin,
    sync::{
        Arc, Mutex, MutexGuard, OnceLock, PoisonError,
        atomic::{AtomicUsize, Ordering},
    },
    task::Poll,
};

use super::party::{Group, Member, Party};

/// How many bytes a meter takes from the shared memory at once, so that answers rarely touch the
/// shared state.
const PORTION: usize = 64 * 1024;

/// The memory that all answers together may use, and each of them.
///
/// It is divided as the permits of a [`FairSemaphore`](super::FairSemaphore) are: a party gets more
/// only while it has less than is free, and a group while it has less than twice as much. So answers
/// that a client does not read cannot use up the memory of the others.
#[derive(Clone, Debug)]
pub struct AnswerMemory(Arc<Shared>);

#[derive(Debug)]
struct Shared {
    per_answer: usize,
    all: usize,
    taken: Mutex<Taken>,
}

#[derive(Debug, Default)]
struct Taken {
    all: usize,
    by_group: HashMap<Group, usize>,
    by_party: HashMap<Member, usize>,
}

/// Counts the bytes of one answer: those of the rows that are loaded for it, and those that are
/// written. They are given back when the last clone is dropped, which is when the answer was sent.
#[derive(Clone, Debug)]
pub struct Meter(Arc<Counted>);

#[derive(Debug)]
struct Counted {
    memory: AnswerMemory,
    party: Party,
    used: AtomicUsize,
    taken: AtomicUsize,
    exhausted: OnceLock<Exhausted>,
}

/// Why an answer may not grow.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Exhausted {
    /// It would be longer than this many bytes, the limit of one answer.
    Answer(usize),
    /// The answers of this party, or all answers, use as much memory as they may.
    Memory,
}

impl AnswerMemory {
    /// Memory for answers, in bytes: for each, and for all together.
    #[must_use]
    pub fn new(per_answer: usize, all: usize) -> Self {
        Self(Arc::new(Shared {
            per_answer,
            all,
            taken: Mutex::default(),
        }))
    }

    /// A meter for a new answer to a party.
    #[must_use]
    pub fn meter(&self, party: Party) -> Meter {
        Meter(Arc::new(Counted {
            memory: self.clone(),
            party,
            used: AtomicUsize::new(0),
            taken: AtomicUsize::new(0),
            exhausted: OnceLock::new(),
        }))
    }

    /// The bytes that answers take right now.
    #[must_use]
    pub fn taken(&self) -> usize {
        self.state().all
    }

    fn state(&self) -> MutexGuard<'_, Taken> {
        let taken = self.0.taken.lock();
        taken.unwrap_or_else(PoisonError::into_inner)
    }

    fn take(&self, party: Party, bytes: usize) -> Result<(), Exhausted> {
        let mut taken = self.state();
        let free = self.0.all.saturating_sub(taken.all);
        let of_party = taken
            .by_party
            .get(&party.member())
            .copied()
            .unwrap_or_default();
        let of_group = taken.by_group.get(&party.group()).copied();
        let is_allowed = match party {
            Party::Server => bytes <= free,
            _ => of_party + bytes <= free && of_group.unwrap_or_default() + bytes <= 2 * free,
        };
        if !is_allowed {
            return Err(Exhausted::Memory);
        }
        taken.all += bytes;
        *taken.by_party.entry(party.member()).or_default() += bytes;
        *taken.by_group.entry(party.group()).or_default() += bytes;
        Ok(())
    }

    fn give_back(&self, party: Party, bytes: usize) {
        let mut taken = self.state();
        taken.all -= bytes;
        subtract(&mut taken.by_party, &party.member(), bytes);
        subtract(&mut taken.by_group, &party.group(), bytes);
    }
}

/// Subtracts from an entry, and removes it when nothing is left.
fn subtract<K: Eq + Hash>(counts: &mut HashMap<K, usize>, key: &K, bytes: usize) {
    if let Some(count) = counts.get_mut(key) {
        *count = count.saturating_sub(bytes);
        if *count == 0 {
            counts.remove(key);
        }
    }
}

impl Meter {
    /// Counts bytes. Returns whether the answer may grow by as many. If it may not, it fails as a
    /// whole: see [`Meter::failure`].
    #[must_use]
    pub fn admits(&self, bytes: usize) -> bool {
        let counted = &*self.0;
        if counted.exhausted.get().is_some() {
            return false;
        }
        let used = counted.used.fetch_add(bytes, Ordering::Relaxed);
        let used = used.saturating_add(bytes);
        if used <= counted.taken.load(Ordering::Relaxed) {
            return true;
        }
        match counted.grow(used) {
            Ok(()) => true,
            Err(exhausted) => {
                let _ = counted.exhausted.set(exhausted);
                false
            }
        }
    }

    /// Keeps only what the finished answer needs, which is so many bytes, and gives the rest back:
    /// what it was built from is gone.
    pub fn settle(&self, bytes: usize) {
        let Counted { memory, taken, .. } = &*self.0;
        let before = taken.load(Ordering::Relaxed);
        if before > bytes {
            taken.store(bytes, Ordering::Relaxed);
            memory.give_back(self.0.party, before - bytes);
        }
    }

    /// The bytes that were counted.
    #[must_use]
    pub fn used(&self) -> usize {
        self.0.used.load(Ordering::Relaxed)
    }

    /// Why the answer fails, if it was not allowed to grow as much as it should.
    #[must_use]
    pub fn failure(&self) -> Option<Exhausted> {
        self.0.exhausted.get().copied()
    }

    /// Runs a future until it ends or the answer fails.
    ///
    /// # Errors
    ///
    /// Why the answer fails.
    pub async fn guard<F: Future>(&self, work: F) -> Result<F::Output, Exhausted> {
        let mut work = pin!(work);
        std::future::poll_fn(|context| {
            let poll = work.as_mut().poll(context);
            match self.failure() {
                Some(exhausted) => Poll::Ready(Err(exhausted)),
                None => poll.map(Ok),
            }
        })
        .await
    }
}

impl Counted {
    /// Takes what is missing for `used` bytes.
    fn grow(&self, used: usize) -> Result<(), Exhausted> {
        let limit = self.memory.0.per_answer;
        if used > limit {
            return Err(Exhausted::Answer(limit));
        }
        let taken = self.taken.load(Ordering::Relaxed);
        let more = used.saturating_sub(taken).next_multiple_of(PORTION);
        self.memory.take(self.party, more)?;
        self.taken.fetch_add(more, Ordering::Relaxed);
        Ok(())
    }
}

impl Drop for Counted {
    fn drop(&mut self) {
        let taken = *self.taken.get_mut();
        if taken > 0 {
            self.memory.give_back(self.party, taken);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn user(id: i32) -> Party {
        Party::User {
            id,
            workspace_id: Some(id),
        }
    }

    #[test]
    fn an_answer_has_a_limit() {
        let memory = AnswerMemory::new(10 * PORTION, 100 * PORTION);
        let meter = memory.meter(user(1));
        assert!(meter.admits(1));
        assert_eq!(memory.taken(), PORTION);
        assert!(meter.admits(10 * PORTION - 1));
        assert_eq!(meter.failure(), None);
        assert!(!meter.admits(1));
        assert_eq!(meter.failure(), Some(Exhausted::Answer(10 * PORTION)));
        meter.settle(3 * PORTION);
        assert_eq!(memory.taken(), 3 * PORTION);
        let copy = meter.clone();
        drop(meter);
        assert_eq!(memory.taken(), 3 * PORTION);
        drop(copy);
        assert_eq!(memory.taken(), 0);
        assert!(memory.state().by_party.is_empty() && memory.state().by_group.is_empty());
    }

    #[test]
    fn nobody_takes_all_of_the_memory() {
        let memory = AnswerMemory::new(10 * PORTION, 100 * PORTION);
        let answers = |party| {
            let mut meters = Vec::new();
            loop {
                let meter = memory.meter(party);
                if !meter.admits(10 * PORTION) {
                    return meters;
                }
                meters.push(meter);
            }
        };
        let of_one = answers(user(1));
        assert_eq!(of_one.len(), 5);
        let of_other = answers(user(2));
        assert_eq!(of_other.len(), 3);
        let of_third = memory.meter(user(3));
        assert!(of_third.admits(10 * PORTION));
        drop(of_one);
        assert!(memory.meter(user(1)).admits(10 * PORTION));
    }

    #[tokio::test]
    async fn work_ends_when_its_answer_fails() {
        let meter = AnswerMemory::new(PORTION, PORTION).meter(Party::Server);
        assert_eq!(meter.guard(async { 1 }).await, Ok(1));
        let endless = async {
            let _ = meter.admits(2 * PORTION);
            std::future::pending::<()>().await;
        };
        let ended = meter.guard(endless).await;
        assert_eq!(ended, Err(Exhausted::Answer(PORTION)));
    }
}
