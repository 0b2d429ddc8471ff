//! How much a viewer and an address may ask for in a minute.

use std::{
    hash::Hash,
    net::{IpAddr, Ipv6Addr},
    num::NonZeroU32,
    sync::atomic::{AtomicU32, Ordering},
    time::Duration,
};

use governor::{
    DefaultKeyedRateLimiter, Quota,
    clock::{Clock, DefaultClock},
};

use super::graphql::Refusal;

/// After how many checks those who have not asked for a minute are forgotten.
const CHECKS_BETWEEN_CLEANINGS: u32 = 10_000;

/// Counts the points that viewers and addresses spend.
pub struct RateLimits {
    viewers: Option<Limiter<i32>>,
    addresses: Option<Limiter<IpAddr>>,
}

struct Limiter<K: Clone + Eq + Hash> {
    limiter: DefaultKeyedRateLimiter<K>,
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
        limiter.map_or(Ok(()), |it| it.spend(&id, points))
    }

    /// Spends points of an address. Of IPv6 the first half counts, as who has one address has all
    /// of those.
    pub fn spend_of_address(&self, address: IpAddr, points: u32) -> Result<(), Refusal> {
        let limiter = self.addresses.as_ref();
        let network = match address.to_canonical() {
            IpAddr::V6(address) => {
                let [a, b, c, d, ..] = address.segments();
                Ipv6Addr::new(a, b, c, d, 0, 0, 0, 0).into()
            }
            address @ IpAddr::V4(_) => address,
        };
        limiter.map_or(Ok(()), |it| it.spend(&network, points))
    }
}

impl<K: Clone + Eq + Hash> Limiter<K> {
    fn new(per_minute: u32) -> Option<Self> {
        let limit = NonZeroU32::new(per_minute)?;
        Some(Self {
            limiter: DefaultKeyedRateLimiter::keyed(Quota::per_minute(limit)),
            per_minute,
            checks: AtomicU32::new(0),
        })
    }

    fn spend(&self, key: &K, points: u32) -> Result<(), Refusal> {
        let Some(points) = NonZeroU32::new(points) else {
            return Ok(());
        };
        let checks = self.checks.fetch_add(1, Ordering::Relaxed);
        if checks.is_multiple_of(CHECKS_BETWEEN_CLEANINGS) {
            self.limiter.retain_recent();
        }
        match self.limiter.check_key_n(key, points) {
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

    #[test]
    fn an_ipv6_network_is_one_address() {
        let limits = RateLimits::new(0, 10);
        let address = |text: &str| text.parse::<IpAddr>().unwrap();
        assert!(limits.spend_of_address(address("2001:db8::1"), 10).is_ok());
        assert!(limits.spend_of_address(address("2001:db8::2"), 1).is_err());
        assert!(
            limits
                .spend_of_address(address("2001:db8:0:1::1"), 1)
                .is_ok()
        );
        assert!(
            limits
                .spend_of_address(address("::ffff:10.0.0.1"), 10)
                .is_ok()
        );
        assert!(limits.spend_of_address(address("10.0.0.1"), 1).is_err());
        assert!(limits.spend_of_address(address("10.0.0.2"), 1).is_ok());
    }
}
