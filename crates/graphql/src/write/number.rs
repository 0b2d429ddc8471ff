//! What numbers and the lengths of lists have to be. The errors have no path yet.

use crate::error::user_error::{UserError, UserErrorCode};

/// A part of a whole, or how much of something there is: from 0 to 1.
pub(crate) fn check_share(share: Option<f64>) -> Result<(), UserError> {
    if share.is_some_and(|share| !(0.0..=1.0).contains(&share)) {
        return Err(out_of_range("It must be from 0 to 1."));
    }
    Ok(())
}

/// A position in a recording, in milliseconds.
pub(crate) fn check_position(position: Option<i32>) -> Result<(), UserError> {
    if position.is_some_and(|position| position < 0) {
        return Err(out_of_range("It must not be negative."));
    }
    Ok(())
}

/// A list of at most so many of something.
pub(crate) fn check_length(length: usize, most: usize, of: &str) -> Result<(), UserError> {
    if length > most {
        let message = format!("The list has {length} {of}; at most {most} are allowed.");
        return Err(UserError::new(UserErrorCode::TooLong, [], message));
    }
    Ok(())
}

fn out_of_range(message: &str) -> UserError {
    UserError::new(UserErrorCode::OutOfRange, [], message)
}
