//! Connections: how many, how safe, and how they end.

mod demo;
mod headers;
mod held;
mod limits;
mod playground;
mod raw;
mod shutdown;
mod tls;

use crate::support::suite::Suite;

/// Adds the cases of this module.
pub fn list(suite: &mut Suite) {
    demo::list(suite);
    headers::list(suite);
    limits::list(suite);
    playground::list(suite);
    shutdown::list(suite);
    tls::list(suite);
}
