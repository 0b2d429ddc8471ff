//! Nobody can take the server from the others: places, memory and the rest of what is scarce are
//! divided between those who ask.

mod answers;
mod places;
mod plans;
mod rows;
mod unread;

use crate::support::suite::Suite;

/// Adds the cases of this module.
pub fn list(suite: &mut Suite) {
    answers::list(suite);
    places::list(suite);
    plans::list(suite);
    rows::list(suite);
    unread::list(suite);
}
