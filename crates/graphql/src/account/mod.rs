//! Authentication: who makes a request, and how they prove it.

pub(crate) mod caller;
pub(crate) mod confirmation;
pub(crate) mod keys;
pub(crate) mod link;
pub(crate) mod membership;
pub(crate) mod password;
pub(crate) mod renewal;
pub(crate) mod steady;
pub(crate) mod throttle;
pub(crate) mod token;
pub(crate) mod viewer;
