//! Subscriptions to transcripts and changes deliver everything: nothing is lost, repeated or out of
//! order, no matter who writes, who reads and what breaks meanwhile.

mod changes;
mod disturbed;
mod flood;
mod follower;
mod journal;
mod nodes;
mod resumed;
mod scene;
mod socket;
mod stalled;
mod transcripts;

use sea_orm::DbBackend;

use crate::support::suite::Suite;

/// Adds the cases of this module.
pub fn list(suite: &mut Suite) {
    let postgres = DbBackend::Postgres;
    suite.on_both_databases(transcripts::replay);
    suite.on_both_databases(transcripts::versions);
    suite.on_both_databases(transcripts::positions_last);
    suite.on_both_databases(transcripts::pages);
    suite.on_both_databases(transcripts::racing_start);
    suite.on_both_databases(nodes::across);
    suite.on_both_databases(nodes::racing_writers);
    // SQLite has one writer at a time.
    suite.on_database(postgres, nodes::out_of_order);
    suite.on_database(postgres, nodes::ids_held_open);
    suite.on_database(postgres, nodes::changes_out_of_order);
    suite.on_both_databases(resumed::at_random);
    suite.on_both_databases(stalled::transcript);
    suite.on_both_databases(stalled::changes);
    suite.on_both_databases(changes::bursts);
    suite.on_both_databases(changes::last_states);
    suite.on_both_databases(changes::by_hand);
    suite.on_both_databases(flood::changes);
    suite.on_both_databases(flood::pages);
    suite.on_both_databases(flood::in_a_row);
    suite.on_database(postgres, flood::late_commits);
    suite.on_both_databases(flood::odd_rows);
    suite.on_both_databases(journal::emptied);
    suite.on_both_databases(journal::recreated);
    suite.on_both_databases(disturbed::unannounced);
    suite.on_database(postgres, disturbed::listeners_ended);
    suite.on_own_postgres(disturbed::restarts);
    suite.on_own_postgres(disturbed::transaction_ids_again);
}
