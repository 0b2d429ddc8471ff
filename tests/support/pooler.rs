//! PgBouncer in transaction mode, in front of a test database.

use std::{
    env,
    io::{self, BufRead, BufReader},
    path::PathBuf,
    process::{Child, Command, Stdio},
};

use libtest_mimic::Failed;
use reqwest::Url;
use sea_orm::sqlx::postgres::PgConnectOptions;

use super::{database::TestDatabase, postgres::free_port};

/// A running pooler. It ends when it is dropped.
pub struct Pooler {
    shell: Child,
    url: String,
}

impl Pooler {
    /// The installed program: on `PATH`, or where Debian has it.
    pub fn find() -> Option<PathBuf> {
        let path = env::var_os("PATH").unwrap_or_default();
        env::split_paths(&path)
            .chain([PathBuf::from("/usr/sbin")])
            .map(|directory| directory.join("pgbouncer"))
            .find(|program| program.is_file())
    }

    /// Starts a pooler for the server of a database.
    ///
    /// # Errors
    ///
    /// Fails if it does not start.
    pub fn start(program: PathBuf, database: &TestDatabase) -> Result<Self, Failed> {
        let mut url: Url = database.url().parse()?;
        let port = free_port();
        let mut shell = Command::new("sh")
            .args(["-c", include_str!("pooler.sh"), "pooler.sh"])
            .arg(program)
            .args([port.to_string(), server(&url)?])
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .spawn()?;
        let stdout = shell.stdout.take();
        let stdout = stdout.ok_or_else(|| io::Error::other("its output is not piped"))?;
        let mut line = String::new();
        BufReader::new(stdout).read_line(&mut line)?;
        url.set_query(None);
        url.set_host(Some("127.0.0.1"))?;
        url.set_port(Some(port)).map_err(|()| "no port")?;
        let pooler = Self {
            shell,
            url: url.to_string(),
        };
        if line.is_empty() {
            return Err("PgBouncer does not start; the reason is on standard error".into());
        }
        Ok(pooler)
    }

    /// The URL of the database through the pooler.
    pub fn url(&self) -> &str {
        &self.url
    }
}

/// The server of a URL as `pgbouncer.ini` has it.
fn server(url: &Url) -> Result<String, Failed> {
    let options: PgConnectOptions = url.as_str().parse()?;
    let host = match options.get_socket() {
        Some(directory) => directory.display().to_string(),
        None => options.get_host().to_owned(),
    };
    let mut server = format!(
        "host={host} port={} user={}",
        options.get_port(),
        options.get_username()
    );
    if let Some(password) = url.password() {
        server.push_str(" password=");
        server.push_str(password);
    }
    Ok(server)
}

impl Drop for Pooler {
    fn drop(&mut self) {
        // Waiting closes the standard input of the shell first, which is its sign to clean up.
        if let Err(error) = self.shell.wait() {
            eprintln!("The throwaway PgBouncer did not stop: {error}");
        }
    }
}
