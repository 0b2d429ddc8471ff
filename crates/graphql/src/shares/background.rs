//! Long work, on threads that the operating system interrupts whenever there is something light to
//! do.
//!
//! The threads of the server's own runtime are few. A light request that arrives there while each of
//! them builds a large answer would wait for all of these, or share the processors with them
//! equally. Work that takes longer therefore moves to the background: as many threads again, with a
//! lower priority. They use whatever the others leave, so nothing becomes slower on an idle machine.

use std::{
    cell::Cell,
    future::poll_fn,
    io, panic,
    pin::Pin,
    sync::LazyLock,
    task::{Context, Poll},
    time::{Duration, Instant},
};

use tokio::runtime::{Builder, Handle, Runtime};
use tokio_util::task::AbortOnDropHandle;
use tracing::{Instrument, warn};

/// How long work may keep a thread busy before it moves to the background. Most requests need less.
const LIGHT: Duration = Duration::from_millis(1);

/// The threads, which live as long as the process. None if the operating system refused them.
static THREADS: LazyLock<Option<Runtime>> = LazyLock::new(|| {
    start()
        .inspect_err(|error| warn!(%error, "cannot start the background threads"))
        .ok()
});

fn start() -> io::Result<Runtime> {
    Builder::new_multi_thread()
        .thread_name("mina-background")
        .on_thread_start(begin_thread)
        .build()
}

thread_local! {
    static IS_BACKGROUND: Cell<bool> = const { Cell::new(false) };
}

/// Whether this thread is one of the background.
pub(crate) fn is_here() -> bool {
    IS_BACKGROUND.get()
}

fn begin_thread() {
    IS_BACKGROUND.set(true);
    lower_priority();
}

/// Lowers the priority of this thread. It gets a tenth of the processor time of the others while
/// they want it.
#[cfg(target_os = "linux")]
fn lower_priority() {
    if let Err(error) = rustix::process::setpriority_process(None, 10) {
        warn!(%error, "cannot lower the priority of a background thread");
    }
}

/// Elsewhere, a priority belongs to a process, and the threads share the processors equally.
#[cfg(not(target_os = "linux"))]
fn lower_priority() {}

/// Runs a future, which moves to the background as soon as it has kept this thread busy for longer
/// than light work does. It ends when the returned future is dropped.
pub async fn run<F>(work: F) -> F::Output
where
    F: Future<Output: Send> + Send + 'static,
{
    let mut work = Box::pin(work);
    let mut busy = Duration::ZERO;
    let ended = poll_fn(|context| {
        let began = Instant::now();
        let polled = work.as_mut().poll(context);
        busy += began.elapsed();
        match polled {
            Poll::Ready(output) => Poll::Ready(Some(output)),
            Poll::Pending if busy > LIGHT => Poll::Ready(None),
            Poll::Pending => Poll::Pending,
        }
    });
    match ended.await {
        Some(output) => output,
        None => run_all(work).await,
    }
}

/// Runs a future in the background from its start.
pub async fn run_all<F>(work: F) -> F::Output
where
    F: Future<Output: Send> + Send + 'static,
{
    let Some(threads) = THREADS.as_ref() else {
        return work.await;
    };
    let work = InRuntime {
        runtime: Handle::current(),
        work: Some(Box::pin(work)),
    };
    match AbortOnDropHandle::new(threads.spawn(work.in_current_span())).await {
        Ok(output) => output,
        Err(error) => panic::resume_unwind(error.into_panic()),
    }
}

/// Calls a function, in the background if it takes long.
pub async fn call<T: Send + 'static>(
    is_long: bool,
    function: impl FnOnce() -> T + Send + 'static,
) -> T {
    if is_long {
        run_all(async { function() }).await
    } else {
        function()
    }
}

/// A future that starts tasks and opens connections in another runtime than the one that polls it.
/// What it leaves behind, such as a connection of the pool, must not be served by the background.
/// That is also true of what it leaves behind when it is dropped.
struct InRuntime<F> {
    runtime: Handle,
    /// Is there until the end.
    work: Option<Pin<Box<F>>>,
}

impl<F: Future> Future for InRuntime<F> {
    type Output = F::Output;

    fn poll(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<Self::Output> {
        let Self { runtime, work } = &mut *self;
        let _entered = runtime.enter();
        match work {
            Some(work) => work.as_mut().poll(context),
            None => Poll::Pending,
        }
    }
}

impl<F> Drop for InRuntime<F> {
    fn drop(&mut self) {
        let _entered = self.runtime.enter();
        self.work = None;
    }
}

#[cfg(test)]
mod tests {
    use std::thread;

    use tokio::{sync::oneshot, task::yield_now};

    use super::*;

    #[tokio::test]
    async fn light_work_stays() {
        let moved = run(async {
            yield_now().await;
            is_here()
        });
        assert!(!moved.await);
    }

    #[tokio::test]
    async fn long_work_moves() {
        let moved = run(async {
            let before = is_here();
            thread::sleep(LIGHT * 2);
            yield_now().await;
            (before, is_here())
        });
        assert_eq!(moved.await, (false, true));
        assert!(call(true, is_here).await);
        assert!(!call(false, is_here).await);
    }

    #[tokio::test]
    async fn tasks_of_long_work_are_no_background_work() {
        let spawned = run_all(async { tokio::spawn(async { is_here() }).await });
        assert!(!spawned.await.unwrap());
    }

    #[tokio::test]
    async fn work_ends_when_nobody_waits() {
        let (dropped, was_dropped) = oneshot::channel::<()>();
        let (started, has_started) = oneshot::channel();
        let work = tokio::spawn(run_all(async move {
            started.send(()).unwrap();
            std::future::pending::<()>().await;
            drop(dropped);
        }));
        has_started.await.unwrap();
        work.abort();
        assert!(was_dropped.await.is_err());
    }

    /// Starts a task that says whether it runs in the background, when this is dropped.
    struct Leaving(Option<oneshot::Sender<bool>>);

    impl Drop for Leaving {
        fn drop(&mut self) {
            let said = self.0.take().unwrap();
            tokio::spawn(async move {
                tokio::time::sleep(Duration::from_millis(1)).await;
                said.send(is_here()).unwrap();
            });
        }
    }

    #[tokio::test]
    async fn what_abandoned_work_leaves_behind_is_no_background_work() {
        let (leaving, left) = oneshot::channel();
        let (started, has_started) = oneshot::channel();
        let leaving = Leaving(Some(leaving));
        let work = tokio::spawn(run_all(async move {
            let _leaving = leaving;
            started.send(()).unwrap();
            std::future::pending::<()>().await;
        }));
        has_started.await.unwrap();
        work.abort();
        assert!(!left.await.unwrap());
    }

    #[tokio::test]
    async fn panics_reach_the_caller() {
        let failed = tokio::spawn(run_all(async { panic!("as the test wants") })).await;
        assert!(failed.unwrap_err().is_panic());
    }

    #[cfg(target_os = "linux")]
    #[tokio::test]
    async fn the_background_has_a_lower_priority() {
        let priority = || rustix::process::getpriority_process(None);
        let own = priority().unwrap();
        let background = call(true, move || rustix::process::getpriority_process(None)).await;
        assert!(background.unwrap() > own);
    }
}
