//! Points for the events of subscriptions.

use std::{
    collections::HashMap,
    hash::Hash,
    net::IpAddr,
    sync::{Arc, Mutex, PoisonError},
    time::Duration,
};

use futures_util::future::{BoxFuture, FutureExt};
use mina_graphql::{Caller, Payer, Unaffordable};
use tokio::time::sleep;
use tokio_util::task::AbortOnDropHandle;

use super::rejection::Rejection;
use crate::http::rate::{self, RateLimits};

/// Takes the points for events from those of the viewer and the address that subscribed.
pub struct PointsOfCaller {
    rates: Arc<RateLimits>,
    viewer_id: Option<i32>,
    address: Option<IpAddr>,
}

impl PointsOfCaller {
    /// The points of a caller.
    pub fn new(rates: &Arc<RateLimits>, caller: &Caller) -> Arc<Self> {
        Arc::new(Self {
            rates: Arc::clone(rates),
            viewer_id: caller.viewer.as_ref().map(|viewer| viewer.user().id),
            address: caller.address,
        })
    }
}

impl Payer for PointsOfCaller {
    fn pay(&self, points: u32) -> BoxFuture<'_, Result<(), Unaffordable>> {
        let payment = Payment {
            points,
            rates: Arc::clone(&self.rates),
            viewer_id: self.viewer_id,
            address: self.address,
        };
        payment.pay().boxed()
    }
}

/// A payment: the points, and who has not paid them yet.
struct Payment {
    points: u32,
    rates: Arc<RateLimits>,
    viewer_id: Option<i32>,
    address: Option<IpAddr>,
}

impl Payment {
    async fn pay(mut self) -> Result<(), Unaffordable> {
        let queue = self.rates.queues.payers.of((self.viewer_id, self.address));
        // Nobody overtakes those who wait.
        if let Ok(_turn) = queue.try_lock()
            && let Some(paid) = self.pay_at_once()
        {
            return paid;
        }
        rate::count_limited(if self.viewer_id.is_some() {
            "viewer"
        } else {
            "address"
        });
        // In a task, because a subscription does not run while its client does not read, and would
        // keep its turn.
        let paying = async move {
            let _turn = queue.lock_owned().await;
            self.pay_in_turn().await
        };
        let paid = AbortOnDropHandle::new(tokio::spawn(paying)).await;
        paid.unwrap_or(Err(Unaffordable { per_minute: 0 }))
    }

    /// Pays if there are enough points.
    fn pay_at_once(&mut self) -> Option<Result<(), Unaffordable>> {
        let paid = self.try_viewer().and_then(|()| self.try_address());
        match wait_time(&paid) {
            Ok(None) => Some(Ok(())),
            Ok(Some(_)) => None,
            Err(unaffordable) => Some(Err(unaffordable)),
        }
    }

    /// Waits until there are enough points. Of each payer, only one payment waits here, and of these
    /// only one for the points of an address, so that nobody has to try again and again.
    async fn pay_in_turn(&mut self) -> Result<(), Unaffordable> {
        while let Some(wait) = wait_time(&self.try_viewer())? {
            sleep(wait).await;
        }
        let Some(address) = self.address else {
            return Ok(());
        };
        let queue = self.rates.queues.addresses.of(address);
        let _turn = queue.lock().await;
        while let Some(wait) = wait_time(&self.try_address())? {
            sleep(wait).await;
        }
        Ok(())
    }

    fn try_viewer(&mut self) -> Result<(), Rejection> {
        if let Some(id) = self.viewer_id {
            self.rates.try_viewer(id, self.points)?;
        }
        self.viewer_id = None;
        Ok(())
    }

    fn try_address(&mut self) -> Result<(), Rejection> {
        if let Some(address) = self.address {
            self.rates.try_address(address, self.points)?;
        }
        self.address = None;
        Ok(())
    }
}

/// How long to wait after an attempt to pay, if it was in vain.
fn wait_time(paid: &Result<(), Rejection>) -> Result<Option<Duration>, Unaffordable> {
    match paid {
        Ok(()) => Ok(None),
        Err(Rejection::RateLimited(wait)) => Ok(Some(*wait)),
        Err(Rejection::ExceedsRate(per_minute)) => Err(Unaffordable {
            per_minute: *per_minute,
        }),
        // Charging fails for no other reason.
        Err(_) => Err(Unaffordable { per_minute: 0 }),
    }
}

/// Those who wait for points, in the order in which they came.
#[derive(Default)]
pub struct PaymentQueues {
    /// By viewer and address, across connections.
    payers: Queues<(Option<i32>, Option<IpAddr>)>,
    /// By address: one payment of each payer there.
    addresses: Queues<IpAddr>,
}

/// Queues by a key. A queue is kept as long as somebody uses it.
struct Queues<K>(Mutex<HashMap<K, Queue>>);

/// Whoever locks it has their turn. It is fair.
type Queue = Arc<tokio::sync::Mutex<()>>;

impl<K> Default for Queues<K> {
    fn default() -> Self {
        Self(Mutex::default())
    }
}

impl<K: Eq + Hash> Queues<K> {
    fn of(&self, key: K) -> Queue {
        let mut queues = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        // Doubling the number each time makes this cheap.
        if queues.len() == queues.capacity() {
            queues.retain(|_, queue| Arc::strong_count(queue) > 1);
        }
        Arc::clone(queues.entry(key).or_default())
    }
}

#[cfg(test)]
mod tests {
    use std::time::Instant;

    use futures_util::future::join_all;

    use super::*;

    const ADDRESS: IpAddr = IpAddr::V4(std::net::Ipv4Addr::LOCALHOST);

    fn points(rates: &Arc<RateLimits>, viewer_id: i32) -> PointsOfCaller {
        PointsOfCaller {
            rates: Arc::clone(rates),
            viewer_id: Some(viewer_id),
            address: Some(ADDRESS),
        }
    }

    /// The points come back so quickly that a second brings a hundred of them.
    fn rates() -> Arc<RateLimits> {
        Arc::new(RateLimits::new(6000, 0))
    }

    #[tokio::test]
    async fn whoever_waits_longest_is_served_first() {
        let rates = rates();
        let payer = points(&rates, 1);
        payer.pay(6000).await.unwrap();
        let start = Instant::now();
        let paid = Mutex::new(Vec::new());
        let payments = (0..5).map(async |number| {
            // Those who come later need fewer points.
            payer.pay(10 - number).await.unwrap();
            paid.lock().unwrap().push(number);
        });
        join_all(payments).await;
        assert_eq!(*paid.lock().unwrap(), [0, 1, 2, 3, 4]);
        assert!(start.elapsed() >= Duration::from_millis(350));
    }

    #[tokio::test]
    async fn a_payment_that_nobody_waits_for_gives_its_turn_up() {
        let rates = rates();
        let payer = points(&rates, 1);
        payer.pay(6000).await.unwrap();
        let abandoned = tokio::time::timeout(Duration::from_millis(10), payer.pay(6000));
        assert!(abandoned.await.is_err());
        payer.pay(2).await.unwrap();
        assert!(payer.pay(6001).await.is_err());
    }

    #[tokio::test]
    async fn a_payment_that_is_not_polled_delays_nobody() {
        let rates = rates();
        let payer = points(&rates, 1);
        payer.pay(6000).await.unwrap();
        let mut stalled = payer.pay(10);
        assert!((&mut stalled).now_or_never().is_none());
        payer.pay(10).await.unwrap();
        points(&rates, 2).pay(6000).await.unwrap();
        assert_eq!(stalled.await, Ok(()));
    }

    #[test]
    fn queues_are_forgotten() {
        let queues = Queues::default();
        let kept = queues.of(0);
        let waiting = kept.clone();
        for key in 1..10_000 {
            queues.of(key);
        }
        let queues = queues.0.into_inner().unwrap();
        assert!(queues.len() < 100, "{}", queues.len());
        assert!(Arc::ptr_eq(&queues[&0], &waiting));
    }
}
