//! Whole rows as models.

use sea_orm::{DbErr, FromQueryResult, QueryResult};

use super::{size, times, usage};

/// The bytes of a model beside itself: the counters of the pointers to it.
const SHARED_BYTES: usize = 16;

/// A row as the model of its table. Its memory is counted.
///
/// # Errors
///
/// If a value does not fit into the model, or the answer has no room for the model.
pub(crate) fn model<M: FromQueryResult>(row: &QueryResult) -> Result<M, DbErr> {
    if !usage::admits(size_of::<M>() + SHARED_BYTES + size::of_texts(row)) {
        return Err(usage::no_room());
    }
    times::check(row)?;
    M::from_query_result(row, "")
}
