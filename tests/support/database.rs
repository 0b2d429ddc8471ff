//! Fresh, migrated databases, one for each case.

use std::{
    fs, io,
    path::{Path, PathBuf},
    process::Command,
};

use libtest_mimic::Failed;
use migration::{Migrator, MigratorTrait};
use reqwest::Url;
use sea_orm::{ConnectOptions, ConnectionTrait, Database, DatabaseConnection, DbBackend, DbErr};
use tempfile::TempDir;
use tokio::sync::OnceCell;
use uuid::Uuid;

use super::postgres::{OwnServer, Server, Source};

/// A migrated database that nobody else uses.
pub struct TestDatabase {
    url: String,
    connection: DatabaseConnection,
    storage: Storage,
}

/// The resources that are removed with a database.
enum Storage {
    Sqlite(TempDir),
    Postgres { maintenance_url: Url, name: String },
}

impl TestDatabase {
    /// A migrated database on a server that only one case uses.
    ///
    /// # Errors
    ///
    /// Fails if the server rejects the statement.
    pub async fn on(server: &OwnServer) -> Result<Self, Failed> {
        let maintenance_url = server.maintenance_url().clone();
        let name = fresh_name();
        execute(&maintenance_url, &format!("CREATE DATABASE {name}")).await?;
        let mut url = maintenance_url.clone();
        url.set_path(&name);
        migrate(url.as_str()).await?;
        Ok(Self {
            connection: connect(url.as_str()).await?,
            url: url.to_string(),
            storage: Storage::Postgres {
                maintenance_url,
                name,
            },
        })
    }

    /// The URL for the server under test.
    pub fn url(&self) -> &str {
        &self.url
    }

    /// A connection for preparing and checking.
    pub fn connection(&self) -> &DatabaseConnection {
        &self.connection
    }

    /// The kind of database.
    pub fn backend(&self) -> DbBackend {
        self.connection.get_database_backend()
    }

    /// Removes the database, also from under a server that still uses it.
    ///
    /// # Errors
    ///
    /// Fails if PostgreSQL or the file system rejects.
    pub async fn delete(self) -> Result<(), Failed> {
        self.connection.close().await?;
        match self.storage {
            Storage::Sqlite(directory) => directory.close()?,
            Storage::Postgres {
                maintenance_url,
                name,
            } => drop_database(&maintenance_url, &name).await?,
        }
        Ok(())
    }
}

/// Makes test databases as copies of one migrated template for each kind of database.
///
/// The templates, and the PostgreSQL server with them, are made when the first case needs them.
pub struct TestDatabases {
    postgres: Option<Source>,
    /// Keeps a failure too, so that a broken PostgreSQL is not tried again for each case.
    postgres_template: OnceCell<Result<PostgresTemplate, Failed>>,
    sqlite_template: OnceCell<TempDir>,
}

struct PostgresTemplate {
    server: Server,
    name: String,
}

impl PostgresTemplate {
    async fn create(source: &Source) -> Result<Self, Failed> {
        let server = Server::start(source)?;
        let name = fresh_name();
        let statement = format!("CREATE DATABASE {name}");
        execute(server.maintenance_url(), &statement).await?;
        migrate(server.database_url(&name).as_str()).await?;
        Ok(Self { server, name })
    }
}

impl TestDatabases {
    /// Test databases on SQLite, and on `postgres` where there is one.
    pub fn new(postgres: Option<Source>) -> Self {
        Self {
            postgres,
            postgres_template: OnceCell::new(),
            sqlite_template: OnceCell::new(),
        }
    }

    /// Whether PostgreSQL can be had.
    pub fn have_postgres(&self) -> bool {
        self.postgres.is_some()
    }

    /// Creates a database.
    ///
    /// # Errors
    ///
    /// Fails if there is no PostgreSQL, or if the template cannot be made or copied.
    pub async fn create(&self, backend: DbBackend) -> Result<TestDatabase, Failed> {
        match backend {
            DbBackend::Postgres => self.create_on_postgres().await,
            _ => self.create_on_sqlite().await,
        }
    }

    /// Creates a database that another binary of this server migrates.
    ///
    /// # Errors
    ///
    /// Fails if there is no PostgreSQL, or with what the binary says.
    pub async fn create_with(
        &self,
        backend: DbBackend,
        binary: &Path,
    ) -> Result<TestDatabase, Failed> {
        // The template is not copied, but its server is used.
        let (url, storage) = if backend == DbBackend::Postgres {
            let server = &self.postgres_template().await?.server;
            let name = fresh_name();
            execute(server.maintenance_url(), &format!("CREATE DATABASE {name}")).await?;
            let maintenance_url = server.maintenance_url().clone();
            let url = server.database_url(&name).to_string();
            (
                url,
                Storage::Postgres {
                    maintenance_url,
                    name,
                },
            )
        } else {
            let directory = sqlite_directory()?;
            (sqlite_url(directory.path()), Storage::Sqlite(directory))
        };
        let migrated = Command::new(binary)
            .args(["migrate", "up", "--database-url", &url])
            .env_clear()
            .output()?;
        if !migrated.status.success() {
            return Err(format!("{} cannot migrate: {migrated:?}", binary.display()).into());
        }
        Ok(TestDatabase {
            connection: connect(&url).await?,
            url,
            storage,
        })
    }

    /// Removes what the cases shared.
    ///
    /// # Errors
    ///
    /// Fails if PostgreSQL cannot drop its template.
    pub async fn close(self) -> Result<(), DbErr> {
        match self.postgres_template.into_inner() {
            Some(Ok(PostgresTemplate { server, name })) => {
                drop_database(server.maintenance_url(), &name).await
            }
            Some(Err(_)) | None => Ok(()),
        }
    }

    async fn create_on_sqlite(&self) -> Result<TestDatabase, Failed> {
        let template = self
            .sqlite_template
            .get_or_try_init(async || {
                let directory = sqlite_directory()?;
                let url = sqlite_url(directory.path());
                migrate(&format!("{url}?mode=rwc")).await?;
                Ok::<_, Failed>(directory)
            })
            .await?;
        let directory = sqlite_directory()?;
        fs::copy(sqlite_file(template.path()), sqlite_file(directory.path()))?;
        let url = sqlite_url(directory.path());
        Ok(TestDatabase {
            connection: connect(&url).await?,
            url,
            storage: Storage::Sqlite(directory),
        })
    }

    async fn postgres_template(&self) -> Result<&PostgresTemplate, Failed> {
        let source = self.postgres.as_ref().ok_or("there is no PostgreSQL")?;
        self.postgres_template
            .get_or_init(|| PostgresTemplate::create(source))
            .await
            .as_ref()
            .map_err(Failed::clone)
    }

    async fn create_on_postgres(&self) -> Result<TestDatabase, Failed> {
        let PostgresTemplate {
            server,
            name: template,
        } = self.postgres_template().await?;
        let name = fresh_name();
        let statement = format!("CREATE DATABASE {name} TEMPLATE {template}");
        execute(server.maintenance_url(), &statement).await?;
        let url = server.database_url(&name).to_string();
        Ok(TestDatabase {
            connection: connect(&url).await?,
            url,
            storage: Storage::Postgres {
                maintenance_url: server.maintenance_url().clone(),
                name,
            },
        })
    }
}

/// A database name that no other run on the same server uses.
fn fresh_name() -> String {
    format!("mina_test_{}", Uuid::new_v4().simple())
}

/// A directory below `target`, where what a killed run leaves is no litter.
fn sqlite_directory() -> io::Result<TempDir> {
    TempDir::with_prefix_in("sqlite.", env!("CARGO_TARGET_TMPDIR"))
}

fn sqlite_file(directory: &Path) -> PathBuf {
    directory.join("mina.db")
}

fn sqlite_url(directory: &Path) -> String {
    format!("sqlite://{}", sqlite_file(directory).display())
}

async fn connect(url: &str) -> Result<DatabaseConnection, DbErr> {
    Database::connect(
        ConnectOptions::new(url)
            .max_connections(4)
            .sqlx_logging(false)
            .to_owned(),
    )
    .await
}

async fn migrate(url: &str) -> Result<(), DbErr> {
    let connection = connect(url).await?;
    Migrator::up(&connection, None).await?;
    // A template can only be copied while nobody is connected to it.
    connection.close().await
}

async fn execute(url: &Url, statement: &str) -> Result<(), DbErr> {
    let connection = connect(url.as_str()).await?;
    connection.execute_unprepared(statement).await?;
    connection.close().await
}

async fn drop_database(maintenance_url: &Url, name: &str) -> Result<(), DbErr> {
    execute(
        maintenance_url,
        &format!("DROP DATABASE {name} WITH (FORCE)"),
    )
    .await
}
