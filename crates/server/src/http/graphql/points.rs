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
