//! The directives of fields are true: their cost, and whether their value depends on the viewer.
//! All fields are found in the schema.

mod colleagues;
mod declared;
mod payloads;
mod scene;
mod statements;
mod subscriptions;

use crate::support::suite::Suite;

/// Adds the cases of these modules.
pub fn list(suite: &mut Suite) {
    colleagues::list(suite);
    payloads::list(suite);
    statements::list(suite);
    subscriptions::list(suite);
}
