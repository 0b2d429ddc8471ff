//! Backups of SQLite are taken while the server writes, and restored whole or not at all. A file that
//! is moved under the server, or has the log of another one, is noticed.

mod by_itself;
mod commands;
mod damaged;
mod durable;
mod killed;
mod moved;
mod pgbackrest;
mod place;
mod stale;

use sea_orm::DbBackend;

use crate::support::suite::Suite;

/// Adds the cases of this module.
pub fn list(suite: &mut Suite) {
    let sqlite = DbBackend::Sqlite;
    suite.on_database(sqlite, commands::round_trip);
    suite.on_database(sqlite, commands::pruned);
    suite.on_database(sqlite, commands::not_pruned);
    suite.on_database(sqlite, commands::linked);
    suite.on_database(sqlite, commands::future);
    suite.on_database(sqlite, commands::leftovers_of_others);
    suite.without_database(commands::keys);
    suite.without_database(commands::postgres);
    suite.on_database(sqlite, damaged::rejected);
    suite.on_database(sqlite, damaged::unsound);
    suite.on_database(sqlite, damaged::dangling);
    suite.on_database(sqlite, killed::creating);
    suite.on_database(sqlite, killed::restoring);
    suite.on_database(sqlite, killed::interrupted);
    suite.on_database(sqlite, by_itself::scheduled);
    suite.on_database(sqlite, by_itself::not_at_each_start);
    suite.on_database(sqlite, by_itself::failing);
    suite.on_database(sqlite, by_itself::moved);
    suite.on_database(sqlite, moved::away);
    suite.on_database(sqlite, moved::replaced);
    suite.on_database(sqlite, moved::without_log);
    suite.on_database(sqlite, moved::under_load);
    suite.on_database(sqlite, moved::linked);
    suite.on_database(sqlite, moved::read_only);
    suite.on_database(sqlite, stale::rejected);
    suite.on_database(sqlite, stale::linked);
    suite.on_database(sqlite, stale::restored_over);
    suite.on_database(sqlite, stale::journal);
    suite.on_database(sqlite, stale::after_crashes);
    suite.on_sqlite_with_strace(durable::full);
    suite.with_pgbackrest(pgbackrest::point_in_time);
}
