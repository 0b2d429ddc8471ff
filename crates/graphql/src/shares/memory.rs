//! The memory of answers.

use std::{
    pin::pin,
    sync::{
        Arc, Mutex, MutexGuard, OnceLock, PoisonError,
        atomic::{AtomicUsize, Ordering},
    },
    task::Poll,
};

use super::{ledger::Ledger, party::Party};

/// How many bytes a meter takes from the shared memory at once, so that answers rarely touch the
/// shared state.
const PORTION: usize = 64 * 1024;

/// How many bytes an answer may have while it is built, whatever others use. So light requests are
/// always answered. As many answers are built at once as there are places, which bounds these bytes.
const LIGHT: usize = 256 * 1024;

/// The memory that all answers together may use, and each of them.
///
/// It is divided as the permits of a [`FairSemaphore`](super::FairSemaphore) are. So answers that a
/// client does not read cannot use up the memory of the others. What a finished answer needs counts
/// in any case: many that are light can exceed the total, but then no heavy ones are built, and a
/// party that holds half of the memory gets no more of either.
#[derive(Clone, Debug)]
pub struct AnswerMemory(Arc<Shared>);

#[derive(Debug)]
struct Shared {
    per_answer: usize,
    all: usize,
    bytes: Mutex<Ledger>,
}

/// Counts the bytes of one answer: those of the rows that are loaded for it, and those that are
/// written. They are given back when the last clone is dropped, which is when the answer was sent.
#[derive(Clone, Debug)]
pub struct Meter(Arc<Counted>);

#[derive(Debug)]
struct Counted {
    memory: AnswerMemory,
    party: Party,
    /// The bytes that may be used without being taken.
    free: usize,
    used: AtomicUsize,
    taken: AtomicUsize,
    /// The most bytes that were counted at once.
    largest: AtomicUsize,
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
            bytes: Mutex::new(Ledger::new(all, 0)),
        }))
    }

    /// A meter for a new answer to a party.
    #[must_use]
    pub fn meter(&self, party: Party) -> Meter {
        let held = self.bytes().of_party(party).held;
        let light = LIGHT.min(self.0.per_answer);
        Meter(Arc::new(Counted {
            memory: self.clone(),
            party,
            free: if held < self.0.all / 2 { light } else { 0 },
            used: AtomicUsize::new(0),
            taken: AtomicUsize::new(0),
            largest: AtomicUsize::new(0),
            exhausted: OnceLock::new(),
        }))
    }

    /// The bytes that answers take right now.
    #[must_use]
    pub fn taken(&self) -> usize {
        self.bytes().taken()
    }

    fn bytes(&self) -> MutexGuard<'_, Ledger> {
        let bytes = self.0.bytes.lock();
        bytes.unwrap_or_else(PoisonError::into_inner)
    }

    fn take(&self, party: Party, bytes: usize) -> Result<(), Exhausted> {
        let mut ledger = self.bytes();
        if !ledger.allows(party, bytes) {
            return Err(Exhausted::Memory);
        }
        ledger.take(party, bytes);
        Ok(())
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
        if bytes > counted.largest.load(Ordering::Relaxed) {
            counted.largest.fetch_max(bytes, Ordering::Relaxed);
        }
        let used = counted.used.fetch_add(bytes, Ordering::Relaxed);
        let used = used.saturating_add(bytes);
        if used <= counted.free + counted.taken.load(Ordering::Relaxed) {
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

    /// The most bytes that were counted at once: the size of the largest row, as long as only rows are
    /// counted.
    #[must_use]
    pub fn largest(&self) -> usize {
        self.0.largest.load(Ordering::Relaxed)
    }

    /// Takes what the finished answer needs, which is so many bytes, and gives the rest back: what it
    /// was built from is gone.
    pub fn settle(&self, bytes: usize) {
        let Counted { memory, party, .. } = &*self.0;
        let mut ledger = memory.bytes();
        let before = self.0.taken.swap(bytes, Ordering::Relaxed);
        if before > bytes {
            ledger.give_back(*party, before - bytes);
        } else if before < bytes {
            ledger.take(*party, bytes - before);
        }
    }

    /// A meter for something else that the same party needs.
    #[must_use]
    pub fn another(&self) -> Self {
        self.0.memory.meter(self.0.party)
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
        let taken = self.free + self.taken.load(Ordering::Relaxed);
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
            self.memory.bytes().give_back(self.party, taken);
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
        assert!(meter.admits(LIGHT));
        assert_eq!(memory.taken(), 0);
        assert!(meter.admits(1));
        assert_eq!(memory.taken(), PORTION);
        assert!(meter.admits(10 * PORTION - LIGHT - 1));
        assert_eq!(meter.failure(), None);
        assert!(!meter.admits(1));
        assert_eq!(meter.failure(), Some(Exhausted::Answer(10 * PORTION)));
        meter.settle(3 * PORTION);
        assert_eq!(memory.taken(), 3 * PORTION);
        let copy = meter.clone();
        drop(meter);
        assert_eq!(memory.taken(), 3 * PORTION);
        drop(copy);
        assert!(memory.bytes().is_unused());
    }

    /// Answers that are not read, until one is rejected.
    fn heavy(memory: &AnswerMemory, party: Party) -> Vec<Meter> {
        let answers = std::iter::repeat_with(|| memory.meter(party));
        answers
            .take_while(|meter| meter.admits(10 * PORTION))
            .inspect(|meter| meter.settle(10 * PORTION))
            .collect()
    }

    #[test]
    fn nobody_takes_all_of_the_memory() {
        let memory = AnswerMemory::new(10 * PORTION, 100 * PORTION);
        let of_one = heavy(&memory, user(1));
        assert_eq!(of_one.len(), 5);
        let of_other = heavy(&memory, user(2));
        assert_eq!(of_other.len(), 3);
        let of_third = memory.meter(user(3));
        assert!(of_third.admits(10 * PORTION));
        drop(of_one);
        assert!(memory.meter(user(1)).admits(10 * PORTION));
    }

    #[test]
    fn light_answers_do_not_depend_on_others() {
        let memory = AnswerMemory::new(10 * PORTION, 100 * PORTION);
        let unread: Vec<_> = (1..50).map(|id| heavy(&memory, user(id))).collect();
        assert!(memory.taken() > 90 * PORTION);
        let light = memory.meter(user(50));
        assert!(light.admits(LIGHT));
        let before = memory.taken();
        light.settle(LIGHT);
        assert_eq!(memory.taken(), before + LIGHT);
        // Only somebody who already holds half of the memory gets nothing.
        assert!(!memory.meter(user(1)).admits(1));
        drop((unread, light));
        assert!(memory.bytes().is_unused());
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
