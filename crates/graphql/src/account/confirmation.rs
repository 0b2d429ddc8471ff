//! Confirms that a viewer is still as seen last, by the statement that reads the first rows of a query.
//!
//! That saves the statement that would look up the viewer before. Without confirmation, no answer is
//! sent. What other statements of the query read is as if the viewer had been looked up when it began.

use std::sync::{Mutex, PoisonError};

use sea_orm::{QueryResult, sea_query::SelectStatement};

use super::token;
use crate::error::Error;

/// The column that says whether the viewer is as seen last.
const IS_SAME: &str = "viewer_is_same";

/// Whether one viewer is as seen last.
pub(crate) struct Confirmation {
    user_id: i32,
    version: String,
    progress: Mutex<Progress>,
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum Progress {
    /// No statement has asked, or those that have asked had no rows.
    Open,
    Asked,
    Confirmed,
    Changed,
}

impl Confirmation {
    /// Asks whether a user's row still has a version.
    pub(crate) fn new(user_id: i32, version: String) -> Self {
        Self {
            user_id,
            version,
            progress: Mutex::new(Progress::Open),
        }
    }

    fn replace(&self, from: Progress, to: Progress) -> bool {
        let mut progress = self.progress.lock().unwrap_or_else(PoisonError::into_inner);
        let is_from = *progress == from;
        if is_from {
            *progress = to;
        }
        is_from
    }

    /// Makes a statement ask, unless another one has. Returns whether it does.
    pub(crate) fn ask(&self, statement: &mut SelectStatement) -> bool {
        let asks = self.replace(Progress::Open, Progress::Asked);
        if asks {
            let is_same = token::is_same_version(self.user_id, &self.version);
            statement.expr_as(is_same, IS_SAME);
        }
        asks
    }

    /// Takes the answer from the rows of the statement that has asked.
    ///
    /// # Errors
    ///
    /// If the viewer has changed, so that the rows are useless.
    pub(crate) fn receive(&self, rows: &[QueryResult]) -> Result<(), Error> {
        let Some(row) = rows.first() else {
            self.replace(Progress::Asked, Progress::Open);
            return Ok(());
        };
        // It is NULL if the user does not exist any more.
        let is_same: Option<bool> = row.try_get("", IS_SAME)?;
        if is_same == Some(true) {
            self.replace(Progress::Asked, Progress::Confirmed);
            Ok(())
        } else {
            self.replace(Progress::Asked, Progress::Changed);
            Err(Error::Unauthenticated)
        }
    }

    /// Whether the viewer is as seen last. None if it is unknown.
    pub(crate) fn is_same(&self) -> Option<bool> {
        let progress = self.progress.lock().unwrap_or_else(PoisonError::into_inner);
        match *progress {
            Progress::Open | Progress::Asked => None,
            Progress::Confirmed => Some(true),
            Progress::Changed => Some(false),
        }
    }
}
