//! Who sends an operation.

use std::net::IpAddr;

use crate::{
    account::viewer::Viewer,
    shares::{Party, Place},
};

/// Who sends an operation, and from where. The default is an anonymous client at an unknown address.
#[derive(Clone, Default)]
pub struct Caller {
    /// The signed-in user, if there is one.
    pub viewer: Option<Viewer>,
    /// The address of the client, if it is known.
    pub address: Option<IpAddr>,
    /// The place of the operation among those that are being executed.
    pub place: Place,
}

impl Caller {
    /// For whom the operation is executed.
    #[must_use]
    pub fn party(&self) -> Party {
        match &self.viewer {
            Some(viewer) => viewer.party(),
            None => Party::Address(self.address),
        }
    }
}
