//! What requests make the processors do.

use std::{collections::HashMap, fs, time::Duration};

use libtest_mimic::Failed;
use sea_orm::{ConnectionTrait, DatabaseConnection, DbBackend, Statement};

use crate::support::server::{Server, processor_time_of};

/// The processor time of a server, and of the processes of PostgreSQL that work for it.
pub struct Processors<'a> {
    pub server: &'a Server,
    pub connection: &'a DatabaseConnection,
}

/// The processor time that was used until some moment.
pub struct Used {
    server: Duration,
    /// By the id of the process. SQLite runs in the server itself.
    database: HashMap<i32, Duration>,
}

impl Processors<'_> {
    /// The time that was used until now.
    ///
    /// # Errors
    ///
    /// Fails if the server has ended, or the database does not answer.
    pub async fn used(&self) -> Result<Used, Failed> {
        let mut database = HashMap::new();
        if self.connection.get_database_backend() == DbBackend::Postgres {
            let processes = "SELECT pid FROM pg_stat_activity
                WHERE datname = current_database() AND application_name = 'mina'";
            let processes = Statement::from_string(DbBackend::Postgres, processes);
            for process in self.connection.query_all_raw(processes).await? {
                let id: i32 = process.try_get_by_index(0)?;
                // PostgreSQL may run on another machine. Then, only the server is measured.
                if is_postgres(id) {
                    database.insert(id, processor_time_of(id.try_into()?)?);
                }
            }
        }
        Ok(Used {
            server: self.server.processor_time()?,
            database,
        })
    }
}

impl Used {
    /// The time that was used since another moment.
    pub fn since(&self, before: &Self) -> Duration {
        let of_database = self.database.iter().map(|(id, time)| {
            let before = before.database.get(id).copied().unwrap_or_default();
            time.saturating_sub(before)
        });
        self.server.saturating_sub(before.server) + of_database.sum::<Duration>()
    }
}

fn is_postgres(process_id: i32) -> bool {
    let name = fs::read_to_string(format!("/proc/{process_id}/comm"));
    name.is_ok_and(|name| name.starts_with("postgres"))
}
