//! Whether anybody listens where the database should be.

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

/// How long the database may take before it is looked whether it is there at all.
const PATIENCE: Duration = Duration::from_millis(250);

/// Says that nobody listens where the database should be, and when somebody does again.
///
/// A pool that is refused a connection tries again until its time is up, and all who ask it wait
/// for nothing meanwhile.
#[derive(Clone, Debug, Default)]
pub struct Outage(Option<Watched>);

#[derive(Clone, Debug)]
struct Watched {
    is_away: watch::Receiver<bool>,
    suspicion: Arc<Notify>,
    last_abandoned: Arc<Mutex<Option<Instant>>>,
    /// When a connection was last found broken.
    last_broken: Arc<Mutex<Option<Instant>>>,
}

/// The side of who watches.
#[derive(Debug)]
pub struct Watcher {
    is_away: watch::Sender<bool>,
    suspicion: Arc<Notify>,
}

impl Watcher {
    /// Waits until somebody has reason to think that the database is away.
    pub async fn suspected(&self) {
        self.suspicion.notified().await;
    }

    /// Tells what has been found.
    pub fn tell(&self, is_away: bool) {
        self.is_away.send_replace(is_away);
    }

    /// What was told last.
    #[must_use]
    pub fn is_away(&self) -> bool {
        *self.is_away.borrow()
    }
}

impl Outage {
    /// An outage, and who tells of it.
    #[must_use]
    pub fn watched() -> (Watcher, Self) {
        let (sender, is_away) = watch::channel(false);
        let suspicion = Arc::<Notify>::default();
        let outage = Self(Some(Watched {
            is_away,
            suspicion: Arc::clone(&suspicion),
            last_abandoned: Arc::default(),
            last_broken: Arc::default(),
        }));
        let watcher = Watcher {
            is_away: sender,
            suspicion,
        };
        (watcher, outage)
    }

    /// Notes when work is given up before its end: the connections that it had may still be waiting
    /// for an answer, and may do so for ever.
    pub(crate) fn noting<F: Future>(&self, work: F) -> impl Future<Output = F::Output> + use<F> {
        Noted {
            last_abandoned: self.0.as_ref().map(|it| Arc::clone(&it.last_abandoned)),
            work: Box::pin(work),
        }
    }

    /// Whether work was given up a moment ago.
    #[must_use]
    pub fn was_abandoned_within(&self, time: Duration) -> bool {
        let Self(Some(watched)) = self else {
            return false;
        };
        let last = watched.last_abandoned.lock();
        let last = *last.unwrap_or_else(PoisonError::into_inner);
        last.is_some_and(|abandoned| abandoned.elapsed() < time)
    }

    /// Notes that a connection was found broken: others are likely to be broken too.
    pub(crate) fn note_broken(&self) {
        if let Self(Some(watched)) = self {
            let last = watched.last_broken.lock();
            *last.unwrap_or_else(PoisonError::into_inner) = Some(Instant::now());
        }
    }

    /// Whether a connection was found broken while another one lay idle for this long, so that
    /// the idle one has to be tested before it is used.
    #[must_use]
    pub fn is_suspect(&self, idle_for: Duration) -> bool {
        let Self(Some(watched)) = self else {
            return false;
        };
        let last = watched.last_broken.lock();
        let last = *last.unwrap_or_else(PoisonError::into_inner);
        last.is_some_and(|broken| broken.elapsed() <= idle_for)
    }

    /// Does what needs the database, or fails as soon as there is an outage.
    pub(crate) async fn unless_begun<T>(
        &self,
        work: impl Future<Output = Result<T, DbErr>>,
    ) -> Result<T, DbErr> {
        let Self(Some(watched)) = self else {
            return work.await;
        };
        let mut is_away = watched.is_away.clone();
        select! {
            biased;
            // No connection that the pool still holds is of any use. An error says that nobody
            // watches any more, and so that nobody will ever know.
            Ok(_) = is_away.wait_for(|is_away| *is_away) => Err(refused()),
            result = work => result,
            () = watched.suspect() => Err(refused()),
        }
    }
}

impl Watched {
    /// Lets it be looked, again and again, whether the database is there. Never ends.
    async fn suspect(&self) {
        loop {
            sleep(PATIENCE).await;
            self.suspicion.notify_one();
        }
    }
}

struct Noted<F: ?Sized> {
    /// None once the work has ended.
    last_abandoned: Option<Arc<Mutex<Option<Instant>>>>,
    work: Pin<Box<F>>,
}

impl<F: Future + ?Sized> Future for Noted<F> {
    type Output = F::Output;

    fn poll(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<F::Output> {
        let poll = self.work.as_mut().poll(context);
        if poll.is_ready() {
            self.last_abandoned = None;
        }
        poll
    }
}

impl<F: ?Sized> Drop for Noted<F> {
    /// Comes before the work is dropped, and its connections with it.
    fn drop(&mut self) {
        if let Some(last) = &self.last_abandoned {
            *last.lock().unwrap_or_else(PoisonError::into_inner) = Some(Instant::now());
        }
    }
}

/// The error of a connection that nobody takes.
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
    async fn work_goes_on_until_an_outage_begins_and_again_after_it() {
        let (away, outage) = Outage::watched();
        assert!(outage.unless_begun(ready(Ok(()))).await.is_ok());
        let never = pending::<Result<(), DbErr>>();
        let (ended, ()) = tokio::join!(outage.unless_begun(never), async {
            away.suspected().await;
            away.tell(true);
        });
        let error = ended.unwrap_err();
        assert_eq!(Failure::of(&error), Failure::Unreachable);
        assert!(outage.unless_begun(ready(Ok(()))).await.is_err());
        away.tell(false);
        assert!(outage.unless_begun(ready(Ok(()))).await.is_ok());
    }

    #[tokio::test]
    async fn work_that_is_given_up_is_noted() {
        let (_watcher, outage) = Outage::watched();
        let long = Duration::from_mins(1);
        outage.noting(ready(())).await;
        assert!(!outage.was_abandoned_within(long));
        drop(outage.noting(pending::<()>()));
        assert!(outage.was_abandoned_within(long));
        assert!(!outage.was_abandoned_within(Duration::ZERO));
    }

    #[tokio::test]
    async fn where_nobody_watches_nothing_is_refused() {
        assert!(Outage::default().unless_begun(ready(Ok(()))).await.is_ok());
        let (away, outage) = Outage::watched();
        drop(away);
        assert!(outage.unless_begun(ready(Ok(()))).await.is_ok());
    }
}
