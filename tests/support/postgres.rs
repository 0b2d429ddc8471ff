//! The PostgreSQL server of a test run: one that is given, or a throwaway cluster.

use std::{
    env, fs,
    io::{self, BufRead, BufReader},
    path::{Path, PathBuf},
    process::{Child, Command, Stdio},
};

use libtest_mimic::Failed;
use reqwest::Url;

/// The environment variable with the URL of a server on which databases may be created.
pub const URL_VARIABLE: &str = "MINA_TEST_POSTGRES_URL";

/// Where the PostgreSQL of this run comes from.
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
        let path = env::var_os("PATH").unwrap_or_default();
        env::split_paths(&path)
            .chain(debian_directories())
            .find(|directory| {
                ["initdb", "postgres"]
                    .iter()
                    .all(|program| directory.join(program).is_file())
            })
            .map(Self::Binaries)
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
                let (cluster, socket) = Cluster::start(directory)
                    .map_err(|error| format!("no throwaway PostgreSQL: {error}"))?;
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

/// A cluster in a temporary directory, reached by a Unix socket only.
struct Cluster {
    shell: Child,
}

impl Cluster {
    /// Starts a cluster and returns it with the directory of its socket.
    fn start(binaries: &Path) -> io::Result<(Self, String)> {
        let mut shell = Command::new("sh")
            .args(["-c", include_str!("cluster.sh"), "cluster.sh"])
            .arg(binaries)
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .spawn()?;
        let mut socket = String::new();
        if let Some(stdout) = shell.stdout.take() {
            BufReader::new(stdout).read_line(&mut socket)?;
        }
        let cluster = Self { shell };
        match socket.trim_end() {
            "" => Err(io::Error::other("the reason is on standard error")),
            socket => Ok((cluster, socket.to_owned())),
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
