//! How subscribers pay for events.

use futures_util::future::BoxFuture;

/// Takes the points for events from a subscriber, who has a number of them per minute.
pub trait Payer: Send + Sync {
    /// Takes points as soon as the subscriber has as many.
    fn pay(&self, points: u32) -> BoxFuture<'_, Result<(), Unaffordable>>;
}

/// The points are more than the subscriber is given in a whole minute.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Unaffordable {
    /// The points that the subscriber is given per minute.
    pub per_minute: u32,
}
