//! Each row has a place that says in which workspace it is, whoever writes, moves or deletes rows.
//!
//! The cases write in SQL, as other programs do. Most compare all places with what they should be.

pub mod checked;
mod filled;
mod front_door;
mod isolation;
mod races;
mod replaced;
mod tenants;
mod truth;
mod writes;

use sea_orm::DbBackend;

use crate::support::suite::Suite;

/// Adds the cases of this module.
pub fn list(suite: &mut Suite) {
    suite.on_both_databases(writes::each_change);
    suite.on_both_databases(writes::random_changes);
    suite.on_both_databases(writes::defaults_of_nulls);
    suite.on_both_databases(writes::ranks_of_times);
    suite.on_both_databases(writes::status_alone);
    suite.on_database(DbBackend::Sqlite, writes::other_formats);
    suite.on_database(DbBackend::Sqlite, writes::without_foreign_keys);
    suite.on_database(DbBackend::Sqlite, replaced::cases);
    suite.on_database(DbBackend::Sqlite, replaced::random_changes);
    suite.on_database(DbBackend::Sqlite, front_door::replaced_rows);
    suite.on_both_databases(front_door::places_without_rows);
    suite.on_database(DbBackend::Postgres, races::all_pairs);
    suite.on_database(DbBackend::Postgres, races::two_statements);
    suite.on_database(DbBackend::Postgres, races::ordinary_updates_do_not_wait);
    suite.on_database(DbBackend::Postgres, isolation::moves);
    suite.on_database(DbBackend::Postgres, isolation::additions);
    suite.on_database(DbBackend::Postgres, tenants::import);
    suite.on_database(DbBackend::Postgres, tenants::two_imports);
    suite.on_database(DbBackend::Postgres, tenants::reads);
    suite.on_database(DbBackend::Postgres, tenants::restricted_role);
    suite.on_both_databases(filled::existing_rows);
    suite.on_both_databases(filled::killed);
    suite.on_database(DbBackend::Postgres, filled::amid_writes);
    suite.on_both_databases(checked::each_problem);
    suite.on_database(DbBackend::Postgres, filled::behind_a_long_transaction);
    suite.on_both_databases(checked::many_rows);
    suite.on_both_databases(checked::lost_triggers);
}
