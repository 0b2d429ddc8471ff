//! What the server notes down for itself, where no column of the nine tables serves: tables whose
//! names begin with `mina_`. Each row belongs to a row of the nine and goes with it, but for the
//! changes, which outlive what has been deleted.

pub mod analysis_lease;
pub mod change;
pub mod idempotency_key;
pub mod marker_task;
pub mod segment_key;
pub mod segment_position;
pub mod token_generation;
pub mod transcript;
