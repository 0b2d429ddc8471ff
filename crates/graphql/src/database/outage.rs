//! Detects database outages, so that requests fail immediately instead of waiting for the pool.

use std::{
    io,
    pin::Pin,
    sync::{Arc, Mutex, PoisonError},
    task::{Context, Poll},
    time::{Duration, Instant},
};

use sea_orm::{DbErr, RuntimeErr, sqlx};
use tokio::{
    select,
    sync::{Notify, watch},
    time::sleep,
};

/// How long work may take before the watcher is asked to check the database, and between such
/// requests.
const CHECK_INTERVAL: Duration = Duration::from_millis(250);

/// Knows whether the database can be reached.
///
/// A pool whose connections are refused retries until its timeout, and everyone who needs a
/// connection waits in vain. With this, they fail immediately. The default never reports an outage.
#[derive(Clone, Debug, Default)]
pub struct Outage(Option<Watched>);

#[derive(Clone, Debug)]
struct Watched {
    is_down: watch::Receiver<bool>,
    /// Asks the watcher to check the database.
    check_requested: Arc<Notify>,
    /// When work was last dropped before it was finished.
    last_abandoned: Arc<Mutex<Option<Instant>>>,
    /// When a connection was last found broken.
    last_broken: Arc<Mutex<Option<Instant>>>,
}

/// Receives requests to check the database, and reports the results.
#[derive(Debug)]
pub struct Watcher {
    is_down: watch::Sender<bool>,
    check_requested: Arc<Notify>,
}

impl Watcher {
    /// Waits until work takes so long that the database may be down.
    pub async fn check_requested(&self) {
        self.check_requested.notified().await;
    }

    /// Reports the result of a check.
    pub fn report(&self, is_down: bool) {
        self.is_down.send_replace(is_down);
    }

    /// The result that was reported last.
    #[must_use]
    pub fn is_down(&self) -> bool {
        *self.is_down.borrow()
    }
}

impl Outage {
    /// An outage detector, and the watcher that reports to it.
    #[must_use]
    pub fn watched() -> (Watcher, Self) {
        let (sender, is_down) = watch::channel(false);
        let check_requested = Arc::<Notify>::default();
        let outage = Self(Some(Watched {
            is_down,
            check_requested: Arc::clone(&check_requested),
            last_abandoned: Arc::default(),
            last_broken: Arc::default(),
        }));
        let watcher = Watcher {
            is_down: sender,
            check_requested,
        };
        (watcher, outage)
    }

    /// Runs work and records if it is dropped before it is finished: its connections may still be
    /// waiting for a response that never comes.
    pub(crate) fn record_abandoned<F: Future>(
        &self,
        work: F,
    ) -> impl Future<Output = F::Output> + use<F> {
        RecordAbandoned {
            last_abandoned: self.0.as_ref().map(|it| Arc::clone(&it.last_abandoned)),
            work: Box::pin(work),
        }
    }

    /// Whether work was dropped before it was finished, within the last `time`.
    #[must_use]
    pub fn was_abandoned_within(&self, time: Duration) -> bool {
        let Self(Some(watched)) = self else {
            return false;
        };
        let last = watched.last_abandoned.lock();
        let last = *last.unwrap_or_else(PoisonError::into_inner);
        last.is_some_and(|abandoned| abandoned.elapsed() < time)
    }

    /// Records that a connection was found broken. Others are likely to be broken too.
    pub(crate) fn record_broken(&self) {
        if let Self(Some(watched)) = self {
            let last = watched.last_broken.lock();
            *last.unwrap_or_else(PoisonError::into_inner) = Some(Instant::now());
        }
    }

    /// Whether an idle connection has to be tested before it is used, because another one was found
    /// broken since it was used last.
    #[must_use]
    pub fn needs_test(&self, idle_for: Duration) -> bool {
        let Self(Some(watched)) = self else {
            return false;
        };
        let last = watched.last_broken.lock();
        let last = *last.unwrap_or_else(PoisonError::into_inner);
        last.is_some_and(|broken| broken.elapsed() <= idle_for)
    }

    /// Runs work that needs the database, and fails as soon as there is an outage.
    pub(crate) async fn fail_fast<T>(
        &self,
        work: impl Future<Output = Result<T, DbErr>>,
    ) -> Result<T, DbErr> {
        let Self(Some(watched)) = self else {
            return work.await;
        };
        let mut is_down = watched.is_down.clone();
        select! {
            biased;
            // During an outage, the connections in the pool are of no use either. If the watcher is
            // gone, `wait_for` fails, and this branch is disabled.
            Ok(_) = is_down.wait_for(|is_down| *is_down) => {
                self.record_broken();
                Err(refused())
            }
            result = work => result,
            () = watched.request_checks() => Err(refused()),
        }
    }
}

impl Watched {
    /// Requests a check of the database again and again. Never ends.
    async fn request_checks(&self) {
        loop {
            sleep(CHECK_INTERVAL).await;
            self.check_requested.notify_one();
        }
    }
}

struct RecordAbandoned<F: ?Sized> {
    /// None once the work is finished.
    last_abandoned: Option<Arc<Mutex<Option<Instant>>>>,
    work: Pin<Box<F>>,
}

impl<F: Future + ?Sized> Future for RecordAbandoned<F> {
    type Output = F::Output;

    fn poll(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<F::Output> {
        let poll = self.work.as_mut().poll(context);
        if poll.is_ready() {
            self.last_abandoned = None;
        }
        poll
    }
}

impl<F: ?Sized> Drop for RecordAbandoned<F> {
    /// Runs before the work, and with it its connections, is dropped.
    fn drop(&mut self) {
        if let Some(last) = &self.last_abandoned {
            *last.lock().unwrap_or_else(PoisonError::into_inner) = Some(Instant::now());
        }
    }
}

/// The error of a refused connection.
fn refused() -> DbErr {
    let error = io::Error::from(io::ErrorKind::ConnectionRefused);
    DbErr::Conn(RuntimeErr::SqlxError(Arc::new(sqlx::Error::Io(error))))
}

#[cfg(test)]
mod tests {
    use std::future::{pending, ready};

    use super::*;
    use crate::error::failure::Failure;

    #[tokio::test]
    async fn work_fails_during_an_outage_only() {
        let (watcher, outage) = Outage::watched();
        assert!(outage.fail_fast(ready(Ok(()))).await.is_ok());
        let never = pending::<Result<(), DbErr>>();
        let (ended, ()) = tokio::join!(outage.fail_fast(never), async {
            watcher.check_requested().await;
            watcher.report(true);
        });
        let error = ended.unwrap_err();
        assert_eq!(Failure::of(&error), Failure::Unreachable);
        assert!(outage.fail_fast(ready(Ok(()))).await.is_err());
        watcher.report(false);
        assert!(outage.fail_fast(ready(Ok(()))).await.is_ok());
    }

    #[tokio::test]
    async fn abandoned_work_is_recorded() {
        let (_watcher, outage) = Outage::watched();
        let long = Duration::from_mins(1);
        outage.record_abandoned(ready(())).await;
        assert!(!outage.was_abandoned_within(long));
        drop(outage.record_abandoned(pending::<()>()));
        assert!(outage.was_abandoned_within(long));
        assert!(!outage.was_abandoned_within(Duration::ZERO));
    }

    #[tokio::test]
    async fn without_a_watcher_nothing_fails() {
        assert!(Outage::default().fail_fast(ready(Ok(()))).await.is_ok());
        let (watcher, outage) = Outage::watched();
        drop(watcher);
        assert!(outage.fail_fast(ready(Ok(()))).await.is_ok());
    }
}
