//! The PostgreSQL server of a test run: one that is given, or a throwaway cluster.

use std::{
    env, fs,
    io::{self, BufRead, BufReader, Write},
    net::TcpListener,
    path::{Path, PathBuf},
    process::{Child, ChildStdout, Command, Stdio},
    sync::{Arc, Mutex},
};

use libtest_mimic::Failed;
use reqwest::Url;

/// The environment variable with the URL of a server on which databases may be created.
pub const URL_VARIABLE: &str = "MINA_TEST_POSTGRES_URL";

/// The origin of this run's PostgreSQL.
pub enum Source {
    /// A running server, as the environment gives it.
    Given(String),
    /// A directory that holds `initdb` and `postgres`.
    Binaries(PathBuf),
}

impl Source {
    /// The given server, or else the installed binaries: the first on `PATH`, then the newest
    /// that Debian keeps off it.
    pub fn find() -> Option<Self> {
        if let Ok(url) = env::var(URL_VARIABLE) {
            return Some(Self::Given(url));
        }
        Self::find_binaries().map(Self::Binaries)
    }

    /// The directory of the installed binaries, which a case needs that has a cluster of its own.
    pub fn find_binaries() -> Option<PathBuf> {
        let path = env::var_os("PATH").unwrap_or_default();
        env::split_paths(&path)
            .chain(debian_directories())
            .find(|directory| {
                ["initdb", "postgres"]
                    .iter()
                    .all(|program| directory.join(program).is_file())
            })
    }
}

/// `/usr/lib/postgresql/<version>/bin`, newest version first.
fn debian_directories() -> impl Iterator<Item = PathBuf> {
    let mut versions: Vec<(u32, PathBuf)> = fs::read_dir("/usr/lib/postgresql")
        .into_iter()
        .flatten()
        .filter_map(|entry| {
            let entry = entry.ok()?;
            let version = entry.file_name().to_str()?.parse().ok()?;
            Some((version, entry.path().join("bin")))
        })
        .collect();
    versions.sort_unstable_by(|left, right| right.cmp(left));
    versions.into_iter().map(|(_, directory)| directory)
}

/// A running server. Dropping it ends the cluster that was started for it.
pub struct Server {
    maintenance_url: Url,
    _cluster: Option<Cluster>,
}

impl Server {
    /// Takes the given server, or starts a cluster, which needs most of a second.
    ///
    /// # Errors
    ///
    /// Fails if the URL cannot be read or the cluster does not start.
    pub fn start(source: &Source) -> Result<Self, Failed> {
        match source {
            Source::Given(url) => Ok(Self {
                maintenance_url: url
                    .parse()
                    .map_err(|error| format!("{URL_VARIABLE} is no URL: {error}"))?,
                _cluster: None,
            }),
            Source::Binaries(directory) => {
                // A test run does not outlive its server, so commits need not wait for the log.
                let (cluster, socket) =
                    Cluster::start(directory, &["listen_addresses=", "synchronous_commit=off"])?;
                let url = format!("postgres://postgres@localhost/postgres?host={socket}");
                Ok(Self {
                    maintenance_url: url.parse()?,
                    _cluster: Some(cluster),
                })
            }
        }
    }

    /// The URL of the database that exists already, from which others are created.
    pub fn maintenance_url(&self) -> &Url {
        &self.maintenance_url
    }

    /// The URL of the database called `name`.
    pub fn database_url(&self, name: &str) -> Url {
        let mut url = self.maintenance_url.clone();
        url.set_path(name);
        url
    }
}

/// A port that is free now. It is none of those that the kernel gives to clients, so that no client
/// has it when the server starts again.
pub fn free_port() -> u16 {
    loop {
        let port = rand::random_range(20_000..32_000);
        if TcpListener::bind(("127.0.0.1", port)).is_ok() {
            return port;
        }
    }
}

/// The way to stop a server.
#[derive(Clone, Copy, Debug)]
pub enum Stop {
    /// It ends all connections and shuts down in order.
    Fast,
    /// It ends at once, as in a crash, and recovers when it starts.
    Immediate,
}

/// A server for one case alone, reached over TCP, which can be stopped and started again.
pub struct OwnServer {
    maintenance_url: Url,
    cluster: Arc<Mutex<Cluster>>,
}

impl OwnServer {
    /// Starts a cluster, which needs most of a second.
    ///
    /// # Errors
    ///
    /// Fails if the cluster does not start.
    pub fn start(binaries: &Path) -> Result<Self, Failed> {
        let port = free_port();
        let (cluster, _) = Cluster::start(
            binaries,
            &["listen_addresses=127.0.0.1", &format!("port={port}")],
        )?;
        Ok(Self {
            maintenance_url: format!("postgres://postgres@127.0.0.1:{port}/postgres").parse()?,
            cluster: Arc::new(Mutex::new(cluster)),
        })
    }

    /// The URL of the database that exists already, from which others are created.
    pub fn maintenance_url(&self) -> &Url {
        &self.maintenance_url
    }

    /// Stops the server, and returns when it has ended.
    ///
    /// # Errors
    ///
    /// Fails if it does not end.
    pub async fn stop(&self, how: Stop) -> Result<(), Failed> {
        let signal = match how {
            Stop::Fast => "INT",
            Stop::Immediate => "QUIT",
        };
        self.command(format!("stop {signal}")).await
    }

    /// Starts the server again, and returns when it accepts connections.
    ///
    /// # Errors
    ///
    /// Fails if it does not start.
    pub async fn start_again(&self) -> Result<(), Failed> {
        self.command("start".to_owned()).await
    }

    /// Clients go on meanwhile, so nothing waits on their thread.
    async fn command(&self, command: String) -> Result<(), Failed> {
        let cluster = Arc::clone(&self.cluster);
        let done = tokio::task::spawn_blocking(move || cluster.lock().unwrap().command(&command));
        done.await?
            .map_err(|error| format!("the cluster of the case: {error}").into())
    }
}

/// A cluster in a temporary directory.
struct Cluster {
    shell: Child,
    answers: BufReader<ChildStdout>,
}

impl Cluster {
    /// Starts a cluster with settings of its own and returns it with the directory of its socket.
    fn start(binaries: &Path, settings: &[&str]) -> Result<(Self, String), Failed> {
        Self::try_start(binaries, settings)
            .map_err(|error| format!("no throwaway PostgreSQL: {error}").into())
    }

    fn try_start(binaries: &Path, settings: &[&str]) -> io::Result<(Self, String)> {
        let mut shell = Command::new("sh")
            .args(["-c", include_str!("cluster.sh"), "cluster.sh"])
            .arg(binaries)
            .args(settings.iter().flat_map(|setting| ["-c", setting]))
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .spawn()?;
        let stdout = shell.stdout.take();
        let stdout = stdout.ok_or_else(|| io::Error::other("its output is not piped"))?;
        let mut cluster = Self {
            shell,
            answers: BufReader::new(stdout),
        };
        let socket = cluster.answer()?;
        Ok((cluster, socket))
    }

    /// Gives the shell a command and waits until it is done.
    fn command(&mut self, command: &str) -> io::Result<()> {
        let stdin = self.shell.stdin.as_mut();
        let stdin = stdin.ok_or_else(|| io::Error::other("its input is not piped"))?;
        writeln!(stdin, "{command}")?;
        self.answer().map(drop)
    }

    /// The next line that the shell prints.
    fn answer(&mut self) -> io::Result<String> {
        let mut line = String::new();
        self.answers.read_line(&mut line)?;
        match line.trim_end() {
            "" => Err(io::Error::other("the reason is on standard error")),
            line => Ok(line.to_owned()),
        }
    }
}

impl Drop for Cluster {
    fn drop(&mut self) {
        // Waiting closes the standard input of the shell first, which is its sign to clean up.
        if let Err(error) = self.shell.wait() {
            eprintln!("The throwaway PostgreSQL did not stop: {error}");
        }
    }
}
