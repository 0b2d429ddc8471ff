//! What a request costs, found out before anything of it is executed.
//!
//! One pass over the document counts what is written and what it can bring: each fragment is
//! visited once, however often it is spread, and no number overflows. The pass knows the schema
//! but needs no valid document, because it guards the validation too, which follows every spread.

pub(crate) mod facts;
pub(crate) mod measure;
#[cfg(any(test, feature = "fuzzing"))]
pub(crate) mod naive;
pub(crate) mod pricing;
mod sum;
mod walk;
