//! What the cases stand on: the suite they are listed in and the databases they run on.

pub mod call;
pub mod catalog;
pub mod client;
pub mod database;
pub mod lines;
pub mod postgres;
pub mod seed;
pub mod server;
pub mod socket;
pub mod suite;

/// What a case returns. Every error turns into a failure, so that cases can use `?`.
pub type Outcome = Result<(), libtest_mimic::Failed>;
