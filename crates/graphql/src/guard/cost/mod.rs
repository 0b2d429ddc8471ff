//! The cost of a request, computed before execution.
//!
//! One linear pass over the document counts selections and the fields, rows and SQL statements that
//! they lead to. Each fragment is visited once, however often it is spread, and numbers saturate
//! instead of overflowing. The document need not be valid, because the pass also protects
//! validation, which follows every spread.

mod arguments;
mod given;
pub(crate) mod measure;
#[cfg(any(test, feature = "fuzzing"))]
pub(crate) mod naive;
pub(crate) mod pricing;
mod scans;
mod sum;
mod walk;
