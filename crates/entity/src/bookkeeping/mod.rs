//! What the server notes down for itself, where no column of the nine tables serves: tables whose
//! names begin with `mina_`. Each row belongs to a row of the nine and goes with it.

pub mod analysis_lease;
pub mod idempotency_key;
pub mod marker_task;
pub mod segment_key;
pub mod token_generation;
