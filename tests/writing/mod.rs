//! Mutations: their effects, their rules, and the problems that they report.

mod accounts;
mod admins;
mod analyses;
mod invitations;
mod limits;
mod markers;
mod meetings;
mod quotas;
mod requests;
mod retries;
mod sessions;
mod sets;
mod tasks;
mod texts;
mod transcripts;
mod values;

use crate::support::suite::Suite;

/// Adds the cases of these modules.
pub fn list(suite: &mut Suite) {
    accounts::list(suite);
    admins::list(suite);
    analyses::list(suite);
    invitations::list(suite);
    limits::list(suite);
    markers::list(suite);
    meetings::list(suite);
    quotas::list(suite);
    requests::list(suite);
    retries::list(suite);
    sessions::list(suite);
    sets::list(suite);
    tasks::list(suite);
    texts::list(suite);
    transcripts::list(suite);
    values::list(suite);
}
