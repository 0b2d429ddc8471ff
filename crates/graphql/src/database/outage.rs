//! Detects database outages, so that requests fail immediately instead of waiting for the pool.

use std::{
    io,
    sync::{Arc, Mutex, PoisonError},
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
            last_broken: Arc::default(),
        }));
        let watcher = Watcher {
            is_down: sender,
            check_requested,
        };
        (watcher, outage)
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
    async fn without_a_watcher_nothing_fails() {
        assert!(Outage::default().fail_fast(ready(Ok(()))).await.is_ok());
        let (watcher, outage) = Outage::watched();
        drop(watcher);
        assert!(outage.fail_fast(ready(Ok(()))).await.is_ok());
    }
}
