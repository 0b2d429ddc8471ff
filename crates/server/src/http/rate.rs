//! How much a viewer and an address may ask for in a minute.

use std::{
    hash::Hash,
    net::IpAddr,
    num::NonZeroU32,
    sync::atomic::{AtomicU32, Ordering},
    time::Duration,
};

use governor::{
    DefaultKeyedRateLimiter, Quota,
    clock::{Clock, DefaultClock},
};

use metrics::counter;

use super::graphql::Refusal;
use crate::telemetry::RATE_LIMITED;

/// After how many checks those who have not asked for a minute are forgotten.
const CHECKS_BETWEEN_CLEANINGS: u32 = 10_000;

/// Counts the points that viewers and addresses spend.
pub struct RateLimits {
    viewers: Option<Limiter<i32>>,
    addresses: Option<Limiter<IpAddr>>,
}

struct Limiter<K: Clone + Eq + Hash> {
    spent: DefaultKeyedRateLimiter<K>,
    per_minute: u32,
    checks: AtomicU32,
}

impl RateLimits {
    /// Limits in points a minute; 0 is none.
    pub fn new(of_viewer: u32, of_address: u32) -> Self {
        Self {
            viewers: Limiter::new(of_viewer),
            addresses: Limiter::new(of_address),
        }
    }

    /// Spends points of a viewer.
    pub fn spend_of_viewer(&self, id: i32, points: u32) -> Result<(), Refusal> {
        let limiter = self.viewers.as_ref();
        limiter.map_or(Ok(()), |it| it.spend(&id, points, "viewer"))
    }

    /// Spends points of an address.
    pub fn spend_of_address(&self, address: IpAddr, points: u32) -> Result<(), Refusal> {
        let limiter = self.addresses.as_ref();
        limiter.map_or(Ok(()), |it| it.spend(&address, points, "address"))
    }
}

impl<K: Clone + Eq + Hash> Limiter<K> {
    fn new(per_minute: u32) -> Option<Self> {
        let limit = NonZeroU32::new(per_minute)?;
        Some(Self {
            spent: DefaultKeyedRateLimiter::keyed(Quota::per_minute(limit)),
            per_minute,
            checks: AtomicU32::new(0),
        })
    }

    fn spend(&self, key: &K, points: u32, by: &'static str) -> Result<(), Refusal> {
        let Some(points) = NonZeroU32::new(points) else {
            return Ok(());
        };
        let checks = self.checks.fetch_add(1, Ordering::Relaxed);
        if checks.is_multiple_of(CHECKS_BETWEEN_CLEANINGS) {
            self.spent.retain_recent();
        }
        let spent = self.spent.check_key_n(key, points);
        if !matches!(spent, Ok(Ok(()))) {
            counter!(RATE_LIMITED, "by" => by).increment(1);
        }
        match spent {
            Ok(Ok(())) => Ok(()),
            Ok(Err(not_yet)) => {
                let wait: Duration = not_yet.wait_time_from(DefaultClock::default().now());
                Err(Refusal::RateLimited(wait))
            }
            Err(_) => Err(Refusal::BeyondRate(self.per_minute)),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_spent_is_gone_for_a_while() {
        let limits = RateLimits::new(10, 0);
        assert!(limits.spend_of_viewer(1, 6).is_ok());
        let refusal = limits.spend_of_viewer(1, 6).unwrap_err();
        assert!(matches!(refusal, Refusal::RateLimited(wait) if wait.as_secs() <= 12));
        assert!(limits.spend_of_viewer(2, 6).is_ok());
        assert!(limits.spend_of_viewer(1, 0).is_ok());
        let refusal = limits.spend_of_viewer(3, 11).unwrap_err();
        assert!(matches!(refusal, Refusal::BeyondRate(10)));
        assert!(
            limits
                .spend_of_address([10, 0, 0, 1].into(), 1_000_000)
                .is_ok()
        );
    }
}
