//! Rate limits: how many points a viewer and an address may spend per minute.
//!
//! Operations are paid for before they are executed. What is known only afterwards, such as the
//! length of an answer, is owed if there are not enough points, and later requests wait until it is
//! paid.

use std::{
    collections::HashMap,
    hash::Hash,
    net::IpAddr,
    num::NonZeroU32,
    sync::{
        Mutex, MutexGuard, PoisonError,
        atomic::{AtomicU32, Ordering},
    },
    time::Duration,
};

use governor::{
    DefaultKeyedRateLimiter, Quota,
    clock::{Clock, DefaultClock},
};

use super::graphql::{PaymentQueues, Rejection};
use crate::telemetry::RATE_LIMITED;
use metrics::counter;

/// After this many checks, callers that have sent nothing for a minute are forgotten.
const CHECKS_BETWEEN_CLEANINGS: u32 = 10_000;

/// Counts the points that viewers and addresses spend.
pub struct RateLimits {
    viewers: Option<Limiter<i32>>,
    addresses: Option<Limiter<IpAddr>>,
    /// Those who wait for points.
    pub queues: PaymentQueues,
}

struct Limiter<K: Clone + Eq + Hash> {
    spent: DefaultKeyedRateLimiter<K>,
    /// The points of those who owe some.
    debts: Mutex<HashMap<K, u32>>,
    per_minute: u32,
    checks: AtomicU32,
}

/// What is still owed, and how long it takes until the next part can be paid.
struct Debt {
    points: u32,
    wait: Duration,
}

impl RateLimits {
    /// Limits in points per minute. 0 means no limit.
    pub fn new(per_viewer: u32, per_address: u32) -> Self {
        Self {
            viewers: Limiter::new(per_viewer),
            addresses: Limiter::new(per_address),
            queues: PaymentQueues::default(),
        }
    }

    /// Charges points to a viewer.
    pub fn charge_viewer(&self, id: i32, points: u32) -> Result<(), Rejection> {
        let charged = self.try_viewer(id, points);
        charged.inspect_err(|_| count_limited("viewer"))
    }

    /// Charges points to an address.
    pub fn charge_address(&self, address: IpAddr, points: u32) -> Result<(), Rejection> {
        let charged = self.try_address(address, points);
        charged.inspect_err(|_| count_limited("address"))
    }

    /// The same as [`Self::charge_viewer`], for those who wait until they have enough points. They
    /// count once as limited, when they begin to wait.
    pub fn try_viewer(&self, id: i32, points: u32) -> Result<(), Rejection> {
        let limiter = self.viewers.as_ref();
        limiter.map_or(Ok(()), |it| it.charge(&id, points))
    }

    /// The same as [`Self::charge_address`], for those who wait until there are enough points.
    pub fn try_address(&self, address: IpAddr, points: u32) -> Result<(), Rejection> {
        let limiter = self.addresses.as_ref();
        limiter.map_or(Ok(()), |it| it.charge(&address, points))
    }

    /// Charges points to a viewer, who owes what they do not have.
    pub fn owe_viewer(&self, id: i32, points: u32) {
        if let Some(limiter) = &self.viewers {
            limiter.owe(&id, points);
        }
    }

    /// Charges points to an address, which owes what it does not have.
    pub fn owe_address(&self, address: IpAddr, points: u32) {
        if let Some(limiter) = &self.addresses {
            limiter.owe(&address, points);
        }
    }
}

/// Counts that a request or an event is rejected or delayed by a limit.
pub fn count_limited(by: &'static str) {
    counter!(RATE_LIMITED, "by" => by).increment(1);
}

impl<K: Clone + Eq + Hash> Limiter<K> {
    fn new(per_minute: u32) -> Option<Self> {
        let limit = NonZeroU32::new(per_minute)?;
        Some(Self {
            spent: DefaultKeyedRateLimiter::keyed(Quota::per_minute(limit)),
            debts: Mutex::default(),
            per_minute,
            checks: AtomicU32::new(0),
        })
    }

    fn charge(&self, key: &K, points: u32) -> Result<(), Rejection> {
        let Some(points) = NonZeroU32::new(points) else {
            return Ok(());
        };
        let checks = self.checks.fetch_add(1, Ordering::Relaxed);
        if checks.is_multiple_of(CHECKS_BETWEEN_CLEANINGS) {
            self.spent.retain_recent();
            self.debts().retain(|key, owed| {
                let debt = self.pay(key, *owed);
                *owed = debt.as_ref().map_or(0, |it| it.points);
                debt.is_some()
            });
        }
        if let Some(debt) = self.pay_all(key, 0) {
            return Err(Rejection::RateLimited(debt.wait));
        }
        match self.spent.check_key_n(key, points) {
            Ok(Ok(())) => Ok(()),
            Ok(Err(not_yet)) => {
                let wait: Duration = not_yet.wait_time_from(DefaultClock::default().now());
                Err(Rejection::RateLimited(wait))
            }
            Err(_) => Err(Rejection::ExceedsRate(self.per_minute)),
        }
    }

    fn owe(&self, key: &K, points: u32) {
        if points > 0 {
            self.pay_all(key, points);
        }
    }

    /// Pays what is owed and so many points more. Returns what cannot be paid yet.
    fn pay_all(&self, key: &K, points: u32) -> Option<Debt> {
        let mut debts = self.debts();
        let owed = debts.get(key).copied().unwrap_or_default();
        let debt = self.pay(key, owed.saturating_add(points));
        match &debt {
            Some(debt) => {
                debts.insert(key.clone(), debt.points);
            }
            None if owed > 0 => {
                debts.remove(key);
            }
            None => {}
        }
        debt
    }

    /// Pays points, in parts of what there is in a minute at most.
    fn pay(&self, key: &K, mut points: u32) -> Option<Debt> {
        while let Some(part) = NonZeroU32::new(points.min(self.per_minute)) {
            match self.spent.check_key_n(key, part) {
                Ok(Err(not_yet)) => {
                    let wait = not_yet.wait_time_from(DefaultClock::default().now());
                    return Some(Debt { points, wait });
                }
                // A part is never more than there can be.
                Ok(Ok(())) | Err(_) => points -= part.get(),
            }
        }
        None
    }

    fn debts(&self) -> MutexGuard<'_, HashMap<K, u32>> {
        self.debts.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn spent_points_come_back_after_a_while() {
        let limits = RateLimits::new(10, 0);
        assert!(limits.charge_viewer(1, 6).is_ok());
        let rejection = limits.charge_viewer(1, 6).unwrap_err();
        assert!(matches!(rejection, Rejection::RateLimited(wait) if wait.as_secs() <= 12));
        assert!(limits.charge_viewer(2, 6).is_ok());
        assert!(limits.charge_viewer(1, 0).is_ok());
        let rejection = limits.charge_viewer(3, 11).unwrap_err();
        assert!(matches!(rejection, Rejection::ExceedsRate(10)));
        assert!(
            limits
                .charge_address([10, 0, 0, 1].into(), 1_000_000)
                .is_ok()
        );
    }

    #[test]
    fn debts_are_paid_before_anything_else() {
        let limits = RateLimits::new(60, 0);
        limits.owe_viewer(1, 10);
        assert!(limits.charge_viewer(1, 40).is_ok());
        limits.owe_viewer(1, 130);
        let rejection = limits.charge_viewer(1, 1).unwrap_err();
        // 60 of them can be paid when 50 seconds have passed.
        assert!(matches!(rejection, Rejection::RateLimited(wait) if wait.as_secs() >= 49));
        assert!(limits.charge_viewer(2, 1).is_ok());
        let limiter = limits.viewers.as_ref().unwrap();
        assert_eq!(*limiter.debts(), HashMap::from([(1, 130)]));
        limits.owe_viewer(3, 60);
        assert!(limits.charge_viewer(3, 1).is_err());
        assert!(!limiter.debts().contains_key(&3));
        limits.owe_address([10, 0, 0, 1].into(), 1_000_000);
        assert!(limits.charge_address([10, 0, 0, 1].into(), 1).is_ok());
    }
}
