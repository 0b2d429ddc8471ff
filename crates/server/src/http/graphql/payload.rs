//! Payloads on their way to clients, which are not copied as a whole.

use axum::body::Bytes;
use mina_graphql::EventPayload;

/// Up to this length, a payload is copied into a message with what belongs around it. A longer one is
/// sent from where it is, because each subscriber would need the memory of a copy.
pub const MAX_COPIED: usize = 16 * 1024;

/// The text of a payload. Its memory counts as used as long as any part of these bytes exists.
pub fn bytes(payload: EventPayload) -> Bytes {
    struct Text(EventPayload);

    impl AsRef<[u8]> for Text {
        fn as_ref(&self) -> &[u8] {
            self.0.as_bytes()
        }
    }

    Bytes::from_owner(Text(payload))
}

#[cfg(test)]
mod tests {
    use mina_graphql::{AnswerMemory, Party};

    use super::*;

    #[test]
    fn memory_is_used_as_long_as_a_part_exists() {
        let memory = AnswerMemory::new(1024 * 1024, 1024 * 1024);
        let meter = memory.meter(Party::Server);
        meter.settle(4);
        let mut whole = bytes(EventPayload::new("text".to_owned(), Some(meter)));
        let part = whole.split_to(2);
        drop(whole);
        assert_eq!((&part[..], memory.taken()), (&b"te"[..], 4));
        drop(part);
        assert_eq!(memory.taken(), 0);
    }
}
