//! What is told of transcripts and changes is all that there is: nothing is lost, told twice, or
//! told out of order, whoever writes, whoever reads, and whatever breaks meanwhile.

mod changes;
mod disturbed;
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
    suite.on_both_databases("follow::replay", transcripts::replay);
    suite.on_both_databases("follow::versions", transcripts::versions);
    suite.on_both_databases("follow::positions_last", transcripts::positions_last);
    suite.on_both_databases("follow::pages", transcripts::pages);
    suite.on_both_databases("follow::racing_start", transcripts::racing_start);
    suite.on_both_databases("follow::across", nodes::across);
    suite.on_both_databases("follow::racing_writers", nodes::racing_writers);
    // SQLite has one writer at a time.
    suite.on_database(postgres, "follow::out_of_order", nodes::out_of_order);
    suite.on_database(postgres, "follow::ids_held_open", nodes::ids_held_open);
    suite.on_database(
        postgres,
        "follow::changes_out_of_order",
        nodes::changes_out_of_order,
    );
    suite.on_both_databases("follow::at_random", resumed::at_random);
    suite.on_both_databases("follow::stalled_transcript", stalled::transcript);
    suite.on_both_databases("follow::stalled_changes", stalled::changes);
    suite.on_both_databases("follow::bursts", changes::bursts);
    suite.on_both_databases("follow::last_states", changes::last_states);
    suite.on_both_databases("follow::by_hand", changes::by_hand);
    suite.on_both_databases("follow::journal_emptied", journal::emptied);
    suite.on_both_databases("follow::journal_made_again", journal::made_again);
    suite.on_both_databases("follow::unannounced", disturbed::unannounced);
    suite.on_database(
        postgres,
        "follow::listeners_ended",
        disturbed::listeners_ended,
    );
    suite.on_own_postgres("follow::restarts", disturbed::restarts);
    suite.on_own_postgres(
        "follow::transaction_ids_again",
        disturbed::transaction_ids_again,
    );
}
