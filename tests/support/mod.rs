//! The foundation of the cases: the suite that lists them and the databases they run on.

pub mod call;
pub mod catalog;
pub mod client;
pub mod clock;
pub mod database;
pub mod demo;
pub mod endless;
pub mod identity;
pub mod lines;
pub mod pooler;
pub mod postgres;
pub mod seed;
pub mod server;
pub mod socket;
pub mod suite;

/// The result of a case. Every error turns into a failure, so that cases can use `?`.
pub type Outcome = Result<(), libtest_mimic::Failed>;
