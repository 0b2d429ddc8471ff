//! Decides when the queued keys of data loaders are loaded: as soon as the request cannot continue
//! without them.
//!
//! A `DataLoader` collects keys, spawns a task, and waits for a timer before it loads them. Here,
//! the "timer" fires when the request's future has returned `Pending` without waking itself. By
//! then, every resolver that could run has run and has queued its key. No time is spent waiting,
//! and yielding to the scheduler does not split a batch. Loads run inside the request's own future,
//! so they share its task-locals and stop when it is dropped.

use std::{
    pin::Pin,
    sync::{
        Arc, Mutex, PoisonError,
        atomic::{AtomicBool, Ordering},
    },
    task::{Context, Poll, Wake, Waker},
    time::Duration,
};

use async_graphql::runtime::Timer;
use futures_util::{
    FutureExt, StreamExt,
    future::BoxFuture,
    stream::FuturesUnordered,
    task::{AtomicWaker, FutureObj, Spawn, SpawnError},
};
use tokio::sync::oneshot;

/// The loads of one request. This is the spawner and the timer of its loaders; [`drive`] runs the
/// loads.
#[derive(Clone, Default)]
pub(crate) struct Batches(Arc<Queue>);

#[derive(Default)]
struct Queue {
    /// Loads that were not polled yet.
    new: Mutex<Vec<FutureObj<'static, ()>>>,
    /// Loads that wait until the request cannot continue.
    waiting: Mutex<Vec<oneshot::Sender<()>>>,
}

impl Batches {
    fn take_new(&self) -> Vec<FutureObj<'static, ()>> {
        std::mem::take(&mut *self.0.new.lock().unwrap_or_else(PoisonError::into_inner))
    }

    /// Starts all waiting loads. Returns whether there were any.
    fn release(&self) -> bool {
        let waiting = std::mem::take(
            &mut *self
                .0
                .waiting
                .lock()
                .unwrap_or_else(PoisonError::into_inner),
        );
        let any = !waiting.is_empty();
        for gate in waiting {
            // This fails if the load was dropped in the meantime.
            let _ = gate.send(());
        }
        any
    }
}

impl Spawn for Batches {
    fn spawn_obj(&self, load: FutureObj<'static, ()>) -> Result<(), SpawnError> {
        self.0
            .new
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
            .push(load);
        Ok(())
    }
}

impl Timer for Batches {
    fn delay(&self, _duration: Duration) -> BoxFuture<'static, ()> {
        let (gate, opened) = oneshot::channel();
        self.0
            .waiting
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
            .push(gate);
        opened.map(|_| ()).boxed()
    }
}

/// Runs `request` until it is finished, together with the loads that it queues in `batches`.
pub(crate) fn drive<F: Future>(
    batches: Batches,
    request: F,
) -> impl Future<Output = F::Output> + use<F> {
    let mut request = Box::pin(request);
    let mut loads = FuturesUnordered::new();
    let signal = Arc::new(Signal::default());
    let waker = Waker::from(Arc::clone(&signal));
    std::future::poll_fn(move |context| {
        signal.task.register(context.waker());
        loop {
            if signal.woken.swap(false, Ordering::AcqRel) {
                let poll = Pin::new(&mut request).poll(&mut Context::from_waker(&waker));
                if poll.is_ready() {
                    return poll;
                }
                if signal.woken.load(Ordering::Acquire) {
                    // The request asked to be polled again and may queue more keys, so no load is
                    // started yet. The task is already woken: returning lets other tasks run.
                    return Poll::Pending;
                }
            }
            loads.extend(batches.take_new());
            while let Poll::Ready(Some(())) = loads.poll_next_unpin(context) {}
            let has_progress = signal.woken.load(Ordering::Acquire);
            if !has_progress && !batches.release() {
                return Poll::Pending;
            }
        }
    })
}

/// Distinguishes wakes of the request's future from those of its loads.
struct Signal {
    woken: AtomicBool,
    task: AtomicWaker,
}

impl Default for Signal {
    fn default() -> Self {
        Self {
            // The first poll happens without a wake.
            woken: AtomicBool::new(true),
            task: AtomicWaker::new(),
        }
    }
}

impl Wake for Signal {
    fn wake(self: Arc<Self>) {
        self.wake_by_ref();
    }

    fn wake_by_ref(self: &Arc<Self>) {
        self.woken.store(true, Ordering::Release);
        self.task.wake();
    }
}

#[cfg(test)]
mod tests {
    use std::{collections::HashMap, convert::Infallible};

    use async_graphql::dataloader::{DataLoader, Loader, NoCache};
    use futures_util::future::{join, join_all};

    use super::*;

    /// Doubles numbers and records the size of each batch. Every load yields once to the scheduler.
    #[derive(Default)]
    struct Double(Arc<Mutex<Vec<usize>>>);

    impl Loader<u32> for Double {
        type Value = u32;
        type Error = Infallible;

        async fn load(&self, keys: &[u32]) -> Result<HashMap<u32, u32>, Infallible> {
            self.0.lock().unwrap().push(keys.len());
            tokio::task::yield_now().await;
            Ok(keys.iter().map(|key| (*key, key * 2)).collect())
        }
    }

    type Doubles = DataLoader<Double, NoCache>;

    /// Runs `request` and returns its output and the sizes of its batches.
    async fn run<T>(request: impl AsyncFnOnce(Doubles) -> T) -> (T, Vec<usize>) {
        let batches = Batches::default();
        let sizes = Arc::default();
        let loader = Double(Arc::clone(&sizes));
        let doubles = DataLoader::new(loader, batches.clone(), batches.clone());
        let output = drive(batches, request(doubles)).await;
        let sizes = sizes.lock().unwrap().clone();
        (output, sizes)
    }

    async fn double(doubles: &Doubles, key: u32) -> u32 {
        doubles.load_one(key).await.unwrap().unwrap()
    }

    /// Wakes itself and returns `Pending` once, as large joins do to let other tasks run.
    /// (Tokio's `yield_now` wakes only after the poll, and no resolver calls it.)
    async fn wake_once() {
        let mut woken = false;
        std::future::poll_fn(|context| {
            if std::mem::replace(&mut woken, true) {
                return Poll::Ready(());
            }
            context.waker().wake_by_ref();
            Poll::Pending
        })
        .await;
    }

    #[tokio::test]
    async fn a_level_is_one_batch() {
        let (sum, sizes) = run(async |doubles| {
            let level = join_all((0..100).map(|key| double(&doubles, key))).await;
            let next = join_all(level.iter().map(|key| double(&doubles, 1000 + key))).await;
            next.iter().sum::<u32>()
        })
        .await;
        assert_eq!(
            sum,
            (0..100_u32).map(|key| (1000 + key * 2) * 2).sum::<u32>()
        );
        assert_eq!(sizes, [100, 100]);
    }

    #[tokio::test]
    async fn a_request_that_wakes_itself_does_not_split_batches() {
        let (_, sizes) = run(async |doubles| {
            join_all((0..10).map(|key| {
                let doubles = &doubles;
                async move {
                    for _ in 0..key {
                        wake_once().await;
                    }
                    double(doubles, key).await
                }
            }))
            .await
        })
        .await;
        assert_eq!(sizes, [10]);
    }

    #[tokio::test]
    async fn a_waiting_branch_does_not_block_others() {
        let (send, receive) = oneshot::channel();
        let ((first, second), sizes) = run(async |doubles| {
            join(
                async {
                    let first = double(&doubles, 1).await;
                    send.send(first).unwrap();
                    first
                },
                async { double(&doubles, receive.await.unwrap()).await },
            )
            .await
        })
        .await;
        assert_eq!((first, second), (2, 4));
        assert_eq!(sizes, [1, 1]);
    }
}
