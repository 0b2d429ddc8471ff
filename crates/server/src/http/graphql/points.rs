//! Points for the events of subscriptions.

use std::{net::IpAddr, sync::Arc};

use futures_util::future::{BoxFuture, FutureExt};
use mina_graphql::{Caller, Payer, Unaffordable};
use tokio::time::sleep;

use super::rejection::Rejection;
use crate::http::rate::RateLimits;

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

/// How many bytes of an answer cost a point. The first are included in the cost of the operation.
const ANSWER_BYTES: usize = 8 * 1024;

impl PointsOfCaller {
    /// Charges the length of an answer that was written. Points that the caller does not have are
    /// owed: the answer is sent, and later requests wait.
    pub fn charge_answer(&self, bytes: usize) {
        let points = points_of_answer(bytes);
        if let Some(id) = self.viewer_id {
            self.rates.owe_viewer(id, points);
        }
        if let Some(address) = self.address {
            self.rates.owe_address(address, points);
        }
    }
}

/// The points that an answer costs beside the operation.
fn points_of_answer(bytes: usize) -> u32 {
    let points = bytes.div_ceil(ANSWER_BYTES).saturating_sub(1);
    u32::try_from(points).unwrap_or(u32::MAX)
}

impl Payer for PointsOfCaller {
    fn pay(&self, points: u32) -> BoxFuture<'_, Result<(), Unaffordable>> {
        async move {
            if let Some(id) = self.viewer_id {
                until_paid(|| self.rates.charge_viewer(id, points)).await?;
            }
            if let Some(address) = self.address {
                until_paid(|| self.rates.charge_address(address, points)).await?;
            }
            Ok(())
        }
        .boxed()
    }
}

/// Charges again and again until there are enough points.
async fn until_paid(charge: impl Fn() -> Result<(), Rejection>) -> Result<(), Unaffordable> {
    loop {
        match charge() {
            Ok(()) => return Ok(()),
            Err(Rejection::RateLimited(wait)) => sleep(wait).await,
            Err(Rejection::ExceedsRate(per_minute)) => return Err(Unaffordable { per_minute }),
            // Charging fails for no other reason.
            Err(_) => return Err(Unaffordable { per_minute: 0 }),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_answer_costs_what_it_is_long() {
        let points = |kib: usize| points_of_answer(kib * 1024);
        assert_eq!((points(0), points(1), points(8)), (0, 0, 0));
        assert_eq!((points(9), points(16), points(28 * 1024)), (1, 1, 3583));
    }
}
