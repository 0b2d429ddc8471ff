//! The replica and the proxy of the estate.

use std::{
    env,
    io::{self, BufRead, BufReader, Write},
    path::PathBuf,
    process::{Child, ChildStdout, Command, Stdio},
    sync::{Mutex, PoisonError},
    time::Duration,
};

use libtest_mimic::Failed;
use reqwest::Url;
use sea_orm::{ConnectOptions, Database, DatabaseConnection};
use tokio::time::{sleep, timeout};

use super::PATIENCE;
use crate::support::{
    Outcome,
    database::TestDatabase,
    postgres::{OwnServer, Source, free_port},
};

/// A streaming replica. It ends when it is dropped.
pub struct Replica {
    shell: Mutex<(Child, BufReader<ChildStdout>)>,
    port: u16,
}

impl Replica {
    /// Copies a server and follows it.
    ///
    /// # Errors
    ///
    /// Fails if it does not start.
    pub fn start(primary: &OwnServer) -> Result<Self, Failed> {
        let binaries = Source::find_binaries().ok_or("there is no initdb")?;
        let of_primary = primary.maintenance_url().port().ok_or("no port")?;
        let port = free_port();
        let mut shell = Command::new("sh")
            .args(["-c", include_str!("replica.sh"), "replica.sh"])
            .arg(binaries)
            .args([of_primary.to_string(), port.to_string()])
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .spawn()?;
        let stdout = shell.stdout.take().ok_or("its output is not piped")?;
        let replica = Self {
            shell: Mutex::new((shell, BufReader::new(stdout))),
            port,
        };
        replica.answer()?;
        Ok(replica)
    }

    /// Ends it at once, as in a crash.
    ///
    /// # Errors
    ///
    /// Fails if it has ended before.
    pub fn kill(&self) -> Outcome {
        self.command("kill")
    }

    /// Starts it again.
    ///
    /// # Errors
    ///
    /// Fails if it does not start.
    pub fn start_again(&self) -> Outcome {
        self.command("start")
    }

    /// A connection to its copy of a database.
    ///
    /// # Errors
    ///
    /// Fails if there is none.
    pub async fn connect(&self, database: &TestDatabase) -> Result<DatabaseConnection, Failed> {
        let mut url: Url = database.url().parse()?;
        url.set_port(Some(self.port)).map_err(|()| "no port")?;
        let mut options = ConnectOptions::new(url);
        options.max_connections(1).sqlx_logging(false);
        Ok(Database::connect(options).await?)
    }

    fn command(&self, command: &str) -> Outcome {
        {
            let mut shell = self.shell.lock().unwrap_or_else(PoisonError::into_inner);
            let stdin = shell.0.stdin.as_mut().ok_or("its input is not piped")?;
            writeln!(stdin, "{command}")?;
        }
        self.answer()
    }

    fn answer(&self) -> Outcome {
        let mut shell = self.shell.lock().unwrap_or_else(PoisonError::into_inner);
        let mut line = String::new();
        shell.1.read_line(&mut line)?;
        if line.is_empty() {
            return Err("the replica fails; the reason is on standard error".into());
        }
        Ok(())
    }
}

impl Drop for Replica {
    fn drop(&mut self) {
        let shell = self.shell.get_mut().unwrap_or_else(PoisonError::into_inner);
        // Waiting closes the standard input of the shell first, which is its sign to clean up.
        let _ = shell.0.wait();
    }
}

/// `HAProxy` with the configuration of `ops/`. It is killed when it is dropped.
pub struct Proxy {
    process: Child,
    address: String,
}

impl Proxy {
    /// The installed program: on `PATH`, or where Debian has it.
    pub fn find() -> Option<PathBuf> {
        let path = env::var_os("PATH").unwrap_or_default();
        env::split_paths(&path)
            .chain([PathBuf::from("/usr/sbin")])
            .map(|directory| directory.join("haproxy"))
            .find(|program| program.is_file())
    }

    /// Starts it in front of nodes, and returns when it serves.
    ///
    /// # Errors
    ///
    /// Fails if it does not serve.
    pub async fn start(nodes: [&str; 2], health: [u16; 2]) -> Result<Self, Failed> {
        let program = Self::find().ok_or("there is no haproxy")?;
        let address = format!("127.0.0.1:{}", free_port());
        let configuration = concat!(env!("CARGO_MANIFEST_DIR"), "/../../ops/haproxy/haproxy.cfg");
        let process = Command::new(program)
            .args(["-db", "-f", configuration])
            .env("MINA_PROXY", &address)
            .env("MINA_NODE_A", nodes[0])
            .env("MINA_NODE_B", nodes[1])
            .env("MINA_HEALTH_A", health[0].to_string())
            .env("MINA_HEALTH_B", health[1].to_string())
            .stdin(Stdio::null())
            .stdout(Stdio::null())
            .spawn()?;
        let proxy = Self { process, address };
        let serving = async {
            while !reqwest::get(proxy.url("/health/live"))
                .await
                .is_ok_and(|answer| answer.status().is_success())
            {
                sleep(Duration::from_millis(20)).await;
            }
        };
        timeout(PATIENCE, serving)
            .await
            .map_err(|_| io::Error::other("the proxy does not serve"))?;
        Ok(proxy)
    }

    /// The address of a path through the proxy.
    pub fn url(&self, path: &str) -> String {
        format!("http://{}{path}", self.address)
    }
}

impl Drop for Proxy {
    fn drop(&mut self) {
        let _ = self.process.kill();
        let _ = self.process.wait();
    }
}
