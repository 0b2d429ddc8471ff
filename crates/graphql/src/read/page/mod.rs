//! Paging: Relay connections over keysets, never by offset.

pub(crate) mod arguments;
pub(crate) mod connection;
pub(crate) mod cursor;
pub(crate) mod items;
pub(crate) mod keyset;
pub(crate) mod listed;
