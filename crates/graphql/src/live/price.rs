//! What events cost their subscribers, and how many of them are rendered at once.

use super::rendering::EventPayload;
use crate::guard::cost::measure::Cost;

/// How many events are rendered at once at most, and are sent in one batch.
pub(super) const MAX_EVENTS: usize = 100;

/// How many rows are read for the events that are rendered at once, assuming full pages. An event
/// that needs more is rendered alone.
const MAX_ROWS: u64 = 2000;

/// The same for the fields that are written.
const MAX_FIELDS: u64 = 20_000;

/// How many bytes are delivered for one point.
const BYTES_PER_POINT: usize = 1024;

/// The price of events: what the operation costs for one event.
#[derive(Clone, Copy, Debug)]
pub(super) struct EventPrice(Cost);

impl EventPrice {
    /// The price of the events of an operation.
    pub(super) fn new(cost: Cost) -> Self {
        Self(cost)
    }

    /// How many events are rendered at once.
    pub(super) fn chunk(self) -> usize {
        let rows = MAX_ROWS / self.0.rows.max(1);
        let fields = MAX_FIELDS / self.0.fields.max(1);
        let events = usize::try_from(rows.min(fields)).unwrap_or(MAX_EVENTS);
        events.clamp(1, MAX_EVENTS)
    }

    /// The points for rendering events together. Rows are loaded for all of them with the statements
    /// of one.
    pub(super) fn rendering(self, events: usize) -> u32 {
        let events = events as u64;
        let cost = Cost {
            rows: self.0.rows.saturating_mul(events),
            fields: self.0.fields.saturating_mul(events),
            ..self.0
        };
        cost.points()
    }
}

/// The points for delivering events to one subscriber.
pub(super) fn delivery(payloads: &[EventPayload]) -> u32 {
    let bytes: usize = payloads.iter().map(|payload| payload.len()).sum();
    let points = bytes.div_ceil(BYTES_PER_POINT).max(1);
    u32::try_from(points).unwrap_or(u32::MAX)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn price(rows: u64, fields: u64) -> EventPrice {
        EventPrice::new(Cost {
            rows,
            fields,
            statements: 3,
            ..Cost::default()
        })
    }

    #[test]
    fn costly_events_are_rendered_in_small_numbers() {
        assert_eq!(price(1, 6).chunk(), 100);
        assert_eq!(price(100, 300).chunk(), 20);
        assert_eq!(price(1, 5000).chunk(), 4);
        assert_eq!(price(15_000, 60_000).chunk(), 1);
        assert_eq!(price(0, 0).chunk(), 100);
    }

    #[test]
    fn statements_are_paid_once_for_all_events() {
        assert_eq!(price(1, 6).rendering(1), 3);
        assert_eq!(price(1, 6).rendering(100), 3 + 1);
        assert_eq!(price(15_000, 60_000).rendering(1), 3 + 150 + 60);
        assert_eq!(price(u64::MAX, 0).rendering(2), u32::MAX);
    }

    #[test]
    fn delivery_is_paid_by_its_bytes() {
        let payload = |bytes: usize| EventPayload::new("x".repeat(bytes), None);
        assert_eq!(delivery(&[payload(100)]), 1);
        assert_eq!(delivery(&[payload(100), payload(100)]), 1);
        assert_eq!(delivery(&[payload(10_000), payload(10_000)]), 20);
    }
}
