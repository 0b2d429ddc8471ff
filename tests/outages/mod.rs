//! PostgreSQL that stops and starts again, statements without an end, clients that go away, and a
//! file that may not grow: whatever happens, nothing is lost or done by half, and everything goes
//! on by itself.

mod connections;
mod endless;
mod left;
mod load;
mod restart;
mod room;

use entity::user::{self, Role};
use libtest_mimic::Failed;
use sea_orm::{ActiveModelTrait, ActiveValue::Set, DbBackend, IntoActiveModel};

use crate::support::{database::TestDatabase, seed::Seed, suite::Suite};

/// Adds the cases of this module.
pub fn list(suite: &mut Suite) {
    let (sqlite, postgres) = (DbBackend::Sqlite, DbBackend::Postgres);
    suite.on_database(postgres, connections::ended);
    suite.on_database(postgres, connections::all_taken);
    suite.on_database(sqlite, connections::locked_file);
    suite.on_database(postgres, connections::locked_row);
    suite.on_database(postgres, connections::checked_without_locks);
    suite.on_database(postgres, connections::contended);
    suite.on_database(postgres, connections::retried);
    suite.on_database(sqlite, connections::outlasted);
    suite.on_own_postgres(restart::restarts);
    suite.on_own_postgres(restart::silence);
    suite.on_both_databases(endless::reads);
    suite.on_both_databases(endless::traced_reads);
    suite.on_both_databases(endless::writes);
    suite.on_both_databases(endless::abandoned);
    suite.on_both_databases(endless::cut_short);
    suite.on_both_databases(left::reads);
    suite.on_both_databases(left::writes);
    suite.on_both_databases(left::others);
    suite.on_database(postgres, left::locks);
    suite.on_database(postgres, left::late_cancellations);
    suite.on_database(sqlite, room::writes_resume);
}

/// An admin called Ada, in a workspace of her own.
async fn ada(database: &TestDatabase) -> Result<user::Model, Failed> {
    let seed = Seed(database.connection());
    let workspace = seed.workspace("acme").await?;
    let mut ada = seed.user(workspace.id, "ada").await?.into_active_model();
    ada.role = Set(Some(Role::Admin));
    Ok(ada.update(database.connection()).await?)
}
