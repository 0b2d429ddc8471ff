//! Error codes that are used in several places.

/// The code of bugs, and of failures that clients cannot fix.
pub(super) const INTERNAL: &str = "INTERNAL";
/// The code of invalid requests, which clients have to change.
pub(super) const BAD_USER_INPUT: &str = "BAD_USER_INPUT";
/// The code of operations that took too long.
pub const TIMEOUT: &str = "TIMEOUT";
/// The code of temporary failures: the same request can succeed later.
pub const UNAVAILABLE: &str = "UNAVAILABLE";
