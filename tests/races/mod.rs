//! What several do at the same moment comes out as if they had done it one after another.
//!
//! Each case lets requests race, in many rounds, and then looks at three things: who was told
//! what, what is in the database, and that nobody was told that the server is at fault.

mod arena;
mod bulk;
mod circles;
mod endings;
mod lifecycles;
mod names;
mod queue;
mod retries;
mod versions;

use crate::support::suite::Suite;

/// Adds the cases of this module.
pub fn list(suite: &mut Suite) {
    suite.on_both_databases("races::starts", lifecycles::starts);
    suite.on_both_databases("races::answers", lifecycles::answers);
    suite.on_both_databases("races::session_of_two", lifecycles::session_of_two);
    suite.on_both_databases("races::session_that_fails", lifecycles::session_that_fails);
    suite.on_both_databases("races::sessions_of_one", lifecycles::sessions_of_one);
    suite.on_both_databases("races::last_admins", names::last_admins);
    suite.on_both_databases("races::admins_at_odds", names::admins_at_odds);
    suite.on_both_databases("races::slugs", names::slugs);
    suite.on_both_databases("races::usernames", names::usernames);
    suite.on_both_databases("races::invitations", names::invitations);
    suite.on_both_databases("races::overlapping_invitations", names::overlapping);
    suite.on_both_databases("races::claims", queue::claims);
    suite.on_both_databases("races::fair_claims", queue::fair_claims);
    suite.on_both_databases("races::ended_leases", queue::ended_leases);
    suite.on_both_databases("races::late_results", queue::late_results);
    suite.on_both_databases("races::requests_of_analysis", queue::requests);
    suite.on_both_databases("races::circles", circles::circles);
    suite.on_both_databases("races::dependency_that_goes", circles::dependency_that_goes);
    suite.on_both_databases("races::repeated_creates", retries::creates);
    suite.on_both_databases("races::key_of_a_refused", retries::key_of_a_refused);
    suite.on_both_databases("races::repeated_segments", retries::segments);
    suite.on_both_databases("races::segment_versions", retries::segment_versions);
    suite.on_both_databases("races::repeated_conversions", retries::conversions);
    suite.on_both_databases("races::deleted_meeting", endings::deleted_meeting);
    suite.on_both_databases("races::read_while_deleted", endings::read_while_deleted);
    suite.on_both_databases("races::stopped_session", endings::stopped_session);
    suite.on_both_databases("races::seen_version", versions::seen);
    suite.on_both_databases("races::different_fields", versions::different_fields);
    suite.on_both_databases("races::changed_passwords", versions::passwords);
    suite.on_both_databases("races::merged_settings", versions::merged_settings);
    suite.on_both_databases("races::opposite_orders", bulk::opposite_orders);
    suite.on_both_databases("races::bulk_and_delete", bulk::bulk_and_delete);
}
