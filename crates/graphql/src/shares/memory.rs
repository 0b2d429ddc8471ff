//! The memory of answers.

use std::sync::{
    Arc,
    atomic::{AtomicUsize, Ordering},
};

/// How many bytes a meter takes from the shared memory at once, so that small answers rarely touch
/// the shared counter.
const PORTION: usize = 64 * 1024;

/// The memory that all answers together may use, and each of them.
#[derive(Clone, Debug)]
pub struct AnswerMemory(Arc<Shared>);

#[derive(Debug)]
struct Shared {
    per_answer: usize,
    all: usize,
    taken: AtomicUsize,
}

/// Counts the bytes of one answer: those of the rows that are loaded for it, and those that are
/// written. They are given back when the last clone is dropped, which is when the answer was sent.
#[derive(Clone, Debug)]
pub struct Meter(Arc<Counted>);

#[derive(Debug)]
struct Counted {
    memory: AnswerMemory,
    used: AtomicUsize,
    taken: AtomicUsize,
}

/// Why an answer may not grow.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Exhausted {
    /// It would be longer than this many bytes, the limit of one answer.
    Answer(usize),
    /// All answers together use as much memory as they may.
    All,
}

impl AnswerMemory {
    /// Memory for answers, in bytes: for each, and for all together.
    #[must_use]
    pub fn new(per_answer: usize, all: usize) -> Self {
        Self(Arc::new(Shared {
            per_answer,
            all,
            taken: AtomicUsize::new(0),
        }))
    }

    /// A meter for a new answer.
    #[must_use]
    pub fn meter(&self) -> Meter {
        Meter(Arc::new(Counted {
            memory: self.clone(),
            used: AtomicUsize::new(0),
            taken: AtomicUsize::new(0),
        }))
    }

    /// The bytes that are taken by answers right now.
    #[must_use]
    pub fn taken(&self) -> usize {
        self.0.taken.load(Ordering::Relaxed)
    }

    fn take(&self, bytes: usize) -> Result<(), Exhausted> {
        let all = self.0.all;
        let add = |taken: usize| taken.checked_add(bytes).filter(|taken| *taken <= all);
        let taken = self
            .0
            .taken
            .fetch_update(Ordering::Relaxed, Ordering::Relaxed, add);
        taken.map(drop).map_err(|_| Exhausted::All)
    }
}

impl Meter {
    /// Counts bytes.
    ///
    /// # Errors
    ///
    /// If the answer may not grow by as many. Everything that the meter is asked for afterwards
    /// fails as well, because an answer that lacks a part is of no use.
    pub fn count(&self, bytes: usize) -> Result<(), Exhausted> {
        let Counted { memory, used, taken } = &*self.0;
        let limit = memory.0.per_answer;
        let now = used.fetch_add(bytes, Ordering::Relaxed).saturating_add(bytes);
        if now > limit {
            return Err(Exhausted::Answer(limit));
        }
        let before = taken.load(Ordering::Relaxed);
        if now > before {
            let more = (now - before).next_multiple_of(PORTION);
            memory.take(more)?;
            taken.fetch_add(more, Ordering::Relaxed);
        }
        Ok(())
    }

    /// The bytes that were counted.
    #[must_use]
    pub fn used(&self) -> usize {
        self.0.used.load(Ordering::Relaxed)
    }
}

impl Drop for Counted {
    fn drop(&mut self) {
        let taken = *self.taken.get_mut();
        self.memory.0.taken.fetch_sub(taken, Ordering::Relaxed);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_answer_and_all_answers_have_a_limit() {
        let memory = AnswerMemory::new(10 * PORTION, 15 * PORTION);
        let one = memory.meter();
        assert_eq!(one.count(1), Ok(()));
        assert_eq!(memory.taken(), PORTION);
        assert_eq!(one.count(10 * PORTION - 1), Ok(()));
        assert_eq!(one.count(1), Err(Exhausted::Answer(10 * PORTION)));
        let other = memory.meter();
        assert_eq!(other.count(5 * PORTION), Ok(()));
        assert_eq!(other.count(1), Err(Exhausted::All));
        drop(one.clone());
        assert_eq!(other.count(1), Err(Exhausted::All));
        drop(one);
        assert_eq!(other.count(1), Ok(()));
        drop(other);
        assert_eq!(memory.taken(), 0);
    }
}
