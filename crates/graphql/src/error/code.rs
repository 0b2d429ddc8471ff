//! Codes of errors that are named in several places.

/// The code of bugs, and of failures that clients can do nothing about.
pub(super) const INTERNAL: &str = "INTERNAL";
/// The code of requests that clients have to change.
pub(super) const BAD_USER_INPUT: &str = "BAD_USER_INPUT";
/// The code of operations that took too long.
pub const TIMEOUT: &str = "TIMEOUT";
/// The code of failures that pass: the same request can succeed later.
pub const UNAVAILABLE: &str = "UNAVAILABLE";
