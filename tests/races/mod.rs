//! Concurrent mutations have the same result as if they had run one after another.
//!
//! Each case lets requests race, in many rounds, and then looks at three things: who received
//! what, what is in the database, and that no answer says that the server is at fault.

mod arena;
mod bulk;
mod circles;
mod deletions;
mod endings;
mod lifecycles;
mod names;
mod queue;
mod retries;
mod versions;

use crate::support::suite::Suite;

/// Adds the cases of this module.
pub fn list(suite: &mut Suite) {
    suite.on_both_databases(lifecycles::starts);
    suite.on_both_databases(lifecycles::answers);
    suite.on_both_databases(lifecycles::session_of_two);
    suite.on_both_databases(lifecycles::failing_session);
    suite.on_both_databases(lifecycles::sessions_of_one);
    suite.on_both_databases(names::last_admins);
    suite.on_both_databases(names::admins_at_odds);
    suite.on_both_databases(names::slugs);
    suite.on_both_databases(names::usernames);
    suite.on_both_databases(names::invitations);
    suite.on_both_databases(names::overlapping);
    suite.on_both_databases(queue::claims);
    suite.on_both_databases(queue::fair_claims);
    suite.on_both_databases(queue::ended_leases);
    suite.on_both_databases(queue::late_results);
    suite.on_both_databases(queue::requests);
    suite.on_both_databases(circles::circles);
    suite.on_both_databases(circles::deleted_dependency);
    suite.on_both_databases(retries::creates);
    suite.on_both_databases(retries::key_of_a_rejected_call);
    suite.on_both_databases(retries::segments);
    suite.on_both_databases(retries::segment_versions);
    suite.on_both_databases(retries::conversions);
    suite.on_both_databases(endings::deleted_meeting);
    suite.on_both_databases(endings::read_while_deleted);
    suite.on_both_databases(endings::stopped_session);
    suite.on_both_databases(endings::too_late);
    suite.on_both_databases(endings::answers_amid_deletion);
    suite.on_both_databases(deletions::at_once);
    suite.on_both_databases(deletions::amid_start);
    suite.on_both_databases(deletions::amid_marker);
    suite.on_both_databases(deletions::before_marker);
    suite.on_both_databases(versions::seen);
    suite.on_both_databases(versions::different_fields);
    suite.on_both_databases(versions::passwords);
    suite.on_both_databases(versions::merged_settings);
    suite.on_both_databases(bulk::opposite_orders);
    suite.on_both_databases(bulk::bulk_and_delete);
}
