//! Reading: rows, relations, filters, orders and pages, with one statement for all parents of a
//! level.

pub(crate) mod argument;
pub(crate) mod batch;
pub(crate) mod columns;
pub(crate) mod context;
pub(crate) mod edge;
pub(crate) mod filter;
pub(crate) mod format;
pub(crate) mod join;
pub(crate) mod key;
pub(crate) mod level;
pub(crate) mod loader;
pub(crate) mod order;
pub(crate) mod page;
pub(crate) mod parents;
pub(crate) mod relation;
pub(crate) mod row;
pub(crate) mod select;
pub(crate) mod source;
pub(crate) mod unreadable;
