//! Work that keeps the processor busy for longer than other requests should wait.

use std::pin::pin;

use tokio::task::block_in_place;

/// From how many fields on an operation counts as long. A thousand fields take about a millisecond.
const LONG_FROM_FIELDS: u64 = 5_000;

/// From how many bytes on the writing of an answer counts as long.
const LONG_FROM_BYTES: usize = 256 * 1024;

/// Runs a future. If it may resolve many fields in one go, other tasks are moved to another thread
/// meanwhile, where the operating system divides the processors between both. Otherwise a light
/// request would wait until the thread has finished a heavy one.
pub async fn execute<F: Future>(fields: u64, work: F) -> F::Output {
    if fields < LONG_FROM_FIELDS {
        return work.await;
    }
    let mut work = pin!(work);
    std::future::poll_fn(|context| block_in_place(|| work.as_mut().poll(context))).await
}

/// Does work on so many bytes, like [`execute`].
pub fn on_bytes<T>(bytes: usize, work: impl FnOnce() -> T) -> T {
    if bytes < LONG_FROM_BYTES {
        work()
    } else {
        block_in_place(work)
    }
}
