//! The server's own tables, for what no column of the nine tables of the data contract can hold.
//! Their names begin with `mina_`.
//!
//! Each row refers to a row of the nine tables and is deleted with it. The exception is
//! [`change`]: an entry about a deleted row has to outlive that row.

pub mod analysis_lease;
pub mod analytics_place;
pub mod change;
pub mod idempotency_key;
pub mod marker_place;
pub mod marker_task;
pub mod participant_place;
pub mod retention;
pub mod segment_deletion;
pub mod segment_key;
pub mod segment_position;
pub mod session_place;
pub mod speaker;
pub mod task_place;
pub mod token_generation;
pub mod transcript;
pub mod upload;
