//! Checks of numbers and of the lengths of lists. The errors have no path yet.

use super::limit::ListLimit;
use crate::error::user_error::{UserError, UserErrorCode};

/// Checks a share or a score: from 0 to 1.
pub(crate) fn check_share(share: Option<f64>) -> Result<(), UserError> {
    if share.is_some_and(|share| !(0.0..=1.0).contains(&share)) {
        return Err(out_of_range("The value must be between 0 and 1."));
    }
    Ok(())
}

/// Checks a position in a recording, in milliseconds.
pub(crate) fn check_position(position: Option<i32>) -> Result<(), UserError> {
    if position.is_some_and(|position| position < 0) {
        return Err(out_of_range("The value must not be negative."));
    }
    Ok(())
}

/// Checks the number of items in a list.
pub(crate) fn check_length(length: usize, limit: ListLimit) -> Result<(), UserError> {
    let ListLimit { items: max, noun } = limit;
    if length > max {
        let message = format!("The list has {length} {noun}; at most {max} are allowed.");
        return Err(UserError::new(UserErrorCode::TooLong, [], message));
    }
    Ok(())
}

fn out_of_range(message: &str) -> UserError {
    UserError::new(UserErrorCode::OutOfRange, [], message)
}
