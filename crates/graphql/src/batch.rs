//! When queued keys are sent: as soon as the request can go no further without an answer.
//!
//! A DataLoader collects keys and asks a spawner for a task and a timer for a delay before it
//! sends them. Here the "delay" ends when the future of the request has returned `Pending`
//! without having woken itself, so that every resolver that could run has run and has queued its
//! key. No time passes by the clock, and yielding to the scheduler splits no batch. Loads run
//! inside the request's own future: they share its task-locals and stop when it is dropped.

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

/// The loads of one request: given to its loaders as spawner and timer, and to [`drive`].
#[derive(Clone, Default)]
pub(crate) struct Batches(Arc<Queue>);

#[derive(Default)]
struct Queue {
    /// Loads that have not been polled yet.
    new: Mutex<Vec<FutureObj<'static, ()>>>,
    /// Loads that wait for the request to come to rest.
    waiting: Mutex<Vec<oneshot::Sender<()>>>,
}

impl Batches {
    fn take_new(&self) -> Vec<FutureObj<'static, ()>> {
        std::mem::take(&mut *self.0.new.lock().unwrap_or_else(PoisonError::into_inner))
    }

    /// Lets every waiting load send its keys. Returns whether there was one.
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
            // A load that was dropped in the meantime has nothing to send.
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

/// Runs `request` to its end together with the loads that it queues in `batches`.
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
                    // It asked to be polled again and may queue more, so nothing is sent yet.
                    // Its wake has reached the task: returning gives other tasks their turn.
                    return Poll::Pending;
                }
            }
            loads.extend(batches.take_new());
            while let Poll::Ready(Some(())) = loads.poll_next_unpin(context) {}
            let answered = signal.woken.load(Ordering::Acquire);
            if !answered && !batches.release() {
                return Poll::Pending;
            }
        }
    })
}

/// Tells a wake of the request's future from one of its loads.
struct Signal {
    woken: AtomicBool,
    task: AtomicWaker,
}

impl Default for Signal {
    fn default() -> Self {
        Self {
            // The first poll needs no wake.
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
