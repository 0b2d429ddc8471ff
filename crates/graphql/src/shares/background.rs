//! Long work, on threads that the operating system interrupts whenever there is something light to
//! do.
//!
//! The threads of the server's own runtime are few. A light request that arrives there while each of
//! them builds a large answer would wait for all of these, or share the processors with them
//! equally. Work that takes longer therefore moves to the background: as many threads again, with a
//! lower priority. They use whatever the others leave, so nothing becomes slower on an idle machine.

use std::{
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
        .on_thread_start(lower_priority)
        .build()
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
        work: Box::pin(work),
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
struct InRuntime<F> {
    runtime: Handle,
    work: Pin<Box<F>>,
}

impl<F: Future> Future for InRuntime<F> {
    type Output = F::Output;

    fn poll(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<Self::Output> {
        let Self { runtime, work } = &mut *self;
        let _entered = runtime.enter();
        work.as_mut().poll(context)
    }
}

#[cfg(test)]
mod tests {
    use std::thread;

    use tokio::{sync::oneshot, task::yield_now};

    use super::*;

    fn in_background() -> bool {
        thread::current().name() == Some("mina-background")
    }

    #[tokio::test]
    async fn light_work_stays() {
        let moved = run(async {
            yield_now().await;
            in_background()
        });
        assert!(!moved.await);
    }

    #[tokio::test]
    async fn long_work_moves() {
        let moved = run(async {
            let before = in_background();
            thread::sleep(LIGHT * 2);
            yield_now().await;
            (before, in_background())
        });
        assert_eq!(moved.await, (false, true));
        assert!(call(true, in_background).await);
        assert!(!call(false, in_background).await);
    }

    #[tokio::test]
    async fn tasks_of_long_work_are_no_background_work() {
        let spawned = run_all(async { tokio::spawn(async { in_background() }).await });
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
