//! Numbers in messages.

use std::fmt::Display;

/// A number with its noun, such as "1 byte" or "2 bytes".
pub fn counted(count: impl Copy + Display + PartialEq + From<u8>, noun: &str) -> String {
    let ending = if count == 1.into() { "" } else { "s" };
    format!("{count} {noun}{ending}")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_one_is_singular() {
        let lengths = [0, 1, 2].map(|count| counted(count, "byte"));
        assert_eq!(lengths, ["0 bytes", "1 byte", "2 bytes"]);
    }
}
