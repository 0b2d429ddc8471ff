//! Turns for the work of subscriptions: reading stored segments and rendering events.

use std::{
    num::NonZero,
    thread::available_parallelism,
    time::{Duration, Instant},
};

use tokio::time::sleep;

use crate::{
    database::usage::Usage,
    shares::{AnswerMemory, Bounds, Exhausted, FairSemaphore, Meter, Party},
};

/// How often work is begun at most, if it finds no memory.
const MAX_ATTEMPTS: u32 = 3;

/// How long work waits for memory at most, over all attempts.
const PATIENCE: Duration = Duration::from_secs(30);

/// How often work that waits for memory looks whether there is some.
const MEMORY_INTERVAL: Duration = Duration::from_millis(500);

/// Gives out turns: how much work for subscriptions is done at once, and in which order.
///
/// Work uses a processor and a connection to the database, so there are as many turns as
/// processors, and nobody has all of them. A subscription has one piece of work at a time, so the
/// limits on subscriptions bound how much waits.
pub(crate) struct Turns {
    semaphore: FairSemaphore,
    memory: AnswerMemory,
    patience: Duration,
}

impl Turns {
    /// As many turns as processors, but at least two, so that nobody has the only one.
    pub(super) fn new(memory: AnswerMemory) -> Self {
        let processors = available_parallelism().map_or(1, NonZero::get);
        Self {
            // Nobody is rejected: see `take`.
            semaphore: FairSemaphore::new(Bounds::new(processors.max(2), 0)),
            memory,
            patience: PATIENCE,
        }
    }

    /// Reads for a party, which needs no turn.
    pub(crate) async fn read<F: Future>(
        &self,
        operation: Option<&str>,
        party: Party,
        work: F,
    ) -> Result<F::Output, Exhausted> {
        let usage = Usage::of(operation, party, self.memory.meter(party));
        let metered = usage.meter().guard(work);
        usage.scope(metered).await
    }

    /// Waits for a turn of a party and does work in it. All statements of the work and all of its
    /// bytes are the party's. The meter counts them.
    ///
    /// A turn belongs to work, never to waiting, so this must run in a task: a subscription is not
    /// polled while its client does not read. If the answers of the party leave too little memory,
    /// the turn is given back, and the work begins again when there is as much as it needs.
    ///
    /// # Errors
    ///
    /// If the work needs more memory than an answer may have, or than became free in time.
    pub(super) async fn take<F: Future>(
        &self,
        operation: Option<&str>,
        party: Party,
        work: impl Fn(Meter) -> F,
    ) -> Result<F::Output, Exhausted> {
        let deadline = Instant::now() + self.patience;
        let mut attempts = 0;
        loop {
            attempts += 1;
            let turn = self.semaphore.acquire_again(party).await;
            let meter = self.memory.meter(party);
            let usage = Usage::of(operation, party, meter.clone());
            let done = usage.scope(meter.guard(work(meter.clone()))).await;
            drop(turn);
            if attempts == MAX_ATTEMPTS || done.as_ref().err() != Some(&Exhausted::Memory) {
                return done;
            }
            let needed = meter.used();
            drop((usage, meter));
            self.wait_for_memory(party, needed, deadline).await?;
        }
    }

    /// Waits until the party may use so many bytes.
    async fn wait_for_memory(
        &self,
        party: Party,
        bytes: usize,
        deadline: Instant,
    ) -> Result<(), Exhausted> {
        while Instant::now() < deadline {
            sleep(MEMORY_INTERVAL.min(self.patience)).await;
            if self.memory.meter(party).admits(bytes) {
                return Ok(());
            }
        }
        Err(Exhausted::Memory)
    }
}

#[cfg(test)]
mod tests {
    use std::sync::atomic::{AtomicU32, AtomicUsize, Ordering};

    use futures_util::future::join_all;
    use tokio::task::yield_now;

    use super::*;
    use crate::database::usage;

    const KIB: usize = 1024;

    fn turns(total: usize) -> Turns {
        Turns {
            semaphore: FairSemaphore::new(Bounds::new(total, 0)),
            memory: AnswerMemory::new(1024 * KIB, 4096 * KIB),
            patience: Duration::from_millis(20),
        }
    }

    fn user(id: i32) -> Party {
        Party::User {
            id,
            workspace_id: Some(1),
        }
    }

    #[tokio::test]
    async fn only_so_many_renderings_run_at_once() {
        let turns = turns(3);
        let (running, most) = (AtomicUsize::new(0), AtomicUsize::new(0));
        let work = |_| async {
            let now = running.fetch_add(1, Ordering::Relaxed) + 1;
            most.fetch_max(now, Ordering::Relaxed);
            for _ in 0..3 {
                yield_now().await;
            }
            running.fetch_sub(1, Ordering::Relaxed);
        };
        let all = (0..50).map(|number| turns.take(None, Party::Workspace(number % 5), work));
        let done = join_all(all).await;
        assert!(done.iter().all(Result::is_ok));
        assert_eq!(most.into_inner(), 3);
    }

    #[tokio::test]
    async fn work_belongs_to_its_party() {
        let turns = turns(2);
        let taken = turns.take(None, user(7), |_| async { usage::party() });
        assert_eq!(taken.await, Ok(user(7)));
        let read = turns.read(None, user(8), async { usage::party() });
        assert_eq!(read.await, Ok(user(8)));
    }

    #[tokio::test]
    async fn work_waits_for_memory_without_a_turn_and_not_forever() {
        let turns = turns(2);
        let answers: Vec<_> = (0..3).map(|_| turns.memory.meter(user(1))).collect();
        for answer in &answers {
            assert!(answer.admits(1024 * KIB));
        }
        let attempts = AtomicU32::new(0);
        let work = |meter: Meter| {
            attempts.fetch_add(1, Ordering::Relaxed);
            async move { meter.admits(512 * KIB) }
        };
        // Somebody else's memory is not used up.
        assert_eq!(turns.take(None, Party::Workspace(1), work).await, Ok(true));
        let failed = turns.take(None, user(1), work).await;
        assert_eq!(failed, Err(Exhausted::Memory));
        assert_eq!(attempts.into_inner(), 2);
        assert_eq!(turns.semaphore.taken(), 0);
        drop(answers);
        let work = |meter: Meter| async move { meter.admits(512 * KIB) };
        assert_eq!(turns.take(None, user(1), work).await, Ok(true));
    }
}
