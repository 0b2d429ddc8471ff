//! The servers that are measured.

use std::{
    env,
    fs::File,
    io,
    net::{SocketAddr, TcpListener},
    num::NonZero,
    path::{Path, PathBuf},
    process::{Child, Command, Stdio},
    thread::{available_parallelism, sleep},
    time::{Duration, Instant},
};

use clap::ValueEnum;
use serde::Serialize;
use serde_json::{Value, json};
use tempfile::NamedTempFile;

use crate::{Outcome, data::LOGIN, options::Options, process};

/// How long a server may take to start.
const START_TIMEOUT: Duration = Duration::from_secs(30);

/// Flags that lift Mina's limits on rates and costs.
const NO_LIMITS: [&str; 8] = [
    "--rate-limit-viewer=0",
    "--rate-limit-address=0",
    "--max-tokens=4000000000",
    "--max-depth=4000000000",
    "--max-fields=4000000000",
    "--max-rows=4000000000",
    "--max-statements=4000000000",
    "--max-scans=4000000000",
];

/// How many connections to SQLite a server has for each core, at most. Each has a thread of its
/// own, so more would only take the processors from each other.
const SQLITE_CONNECTIONS_PER_CORE: u32 = 4;

/// A server.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, ValueEnum)]
#[serde(rename_all = "lowercase")]
pub enum Kind {
    /// Mina
    Mina,
    /// Plain rows, with a statement for each relation
    Rows,
    /// One statement that builds the JSON
    Aggregate,
}

impl Kind {
    pub fn name(self) -> &'static str {
        match self {
            Self::Mina => "Mina",
            Self::Rows => "rows by hand",
            Self::Aggregate => "JSON by SQL",
        }
    }
}

/// Knows how to start each server.
pub struct Launcher {
    mina: PathBuf,
    mina_flags: Vec<String>,
    /// This program, which is also the servers written by hand.
    by_hand: PathBuf,
    pool: u32,
}

impl Launcher {
    /// Builds Mina, unless a binary is given.
    pub fn new(options: &Options) -> Outcome<Self> {
        let mina = match &options.mina {
            Some(path) => path.canonicalize()?,
            None => build_mina()?,
        };
        let flags = options.mina_flags.split_whitespace();
        Ok(Self {
            mina,
            mina_flags: flags.map(str::to_owned).collect(),
            by_hand: env::current_exe()?,
            pool: options.pool,
        })
    }

    /// The binary of Mina.
    pub fn mina(&self) -> &Path {
        &self.mina
    }

    /// Starts a server on a database, and returns when it answers.
    pub fn start(&self, kind: Kind, database_url: &str) -> Outcome<Server> {
        self.start_under(&[], kind, database_url)
    }

    /// Starts a server under callgrind, which writes a profile to a file when the server ends. It
    /// counts nothing until it is switched on.
    pub fn start_counted(&self, kind: Kind, database_url: &str, file: &Path) -> Outcome<Server> {
        let file = format!("--callgrind-out-file={}", file.display());
        let tool = ["valgrind", "--tool=callgrind", "--instr-atstart=no", &file];
        self.start_under(&tool, kind, database_url)
    }

    /// Starts a server under another program.
    fn start_under(&self, program: &[&str], kind: Kind, database_url: &str) -> Outcome<Server> {
        // The port is free now, and nobody else is expected to take it in the meantime.
        let address = TcpListener::bind(("127.0.0.1", 0))?.local_addr()?;
        let direct = match kind {
            Kind::Mina => self.mina_command(address, database_url),
            Kind::Rows => self.by_hand_command("rows", address, database_url),
            Kind::Aggregate => self.by_hand_command("aggregate", address, database_url),
        };
        let mut command = match program {
            [] => direct,
            [first, rest @ ..] => {
                let mut command = Command::new(first);
                command
                    .args(rest)
                    .arg(direct.get_program())
                    .args(direct.get_args());
                command
            }
        };
        let log = NamedTempFile::new()?;
        let child = command
            .env_clear()
            .envs(env::var_os("PATH").map(|path| ("PATH", path)))
            .stdin(Stdio::null())
            .stdout(Stdio::null())
            .stderr(File::create(log.path())?)
            .spawn()?;
        let mut server = Server {
            kind,
            child,
            address,
            log,
            token: None,
        };
        server.wait()?;
        if kind == Kind::Mina {
            server.sign_in()?;
        }
        Ok(server)
    }

    fn mina_command(&self, address: SocketAddr, database_url: &str) -> Command {
        let mut command = Command::new(&self.mina);
        command
            .args(["serve", "--log-format=json"])
            .args(["--token-secret=the secret that signs the tokens of a benchmark"])
            // The data has a password hash of this cost, which would otherwise be replaced.
            .args(["--bcrypt-cost=4", "--drain-delay=0s"])
            .args(NO_LIMITS)
            .args(["--listen", &address.to_string()])
            .args(["--database-url", database_url])
            .args(["--database-pool-size", &self.pool.to_string()])
            .args(&self.mina_flags);
        command
    }

    fn by_hand_command(&self, way: &str, address: SocketAddr, database_url: &str) -> Command {
        let mut pool = self.pool;
        if database_url.starts_with("sqlite:") {
            let cores = available_parallelism().map_or(1, NonZero::get);
            let cores = u32::try_from(cores).unwrap_or(u32::MAX);
            pool = pool.min(cores.saturating_mul(SQLITE_CONNECTIONS_PER_CORE));
        }
        let mut command = Command::new(&self.by_hand);
        command
            .args(["serve", way, &address.to_string(), database_url])
            .arg(pool.to_string());
        command
    }
}

/// Builds the release build of Mina, and returns its binary.
fn build_mina() -> Outcome<PathBuf> {
    let manifest = concat!(env!("CARGO_MANIFEST_DIR"), "/../Cargo.toml");
    let cargo = env::var_os("CARGO").unwrap_or_else(|| "cargo".into());
    let output = Command::new(cargo)
        .args(["build", "--release", "--locked", "--bin", "mina"])
        .args(["--message-format=json-render-diagnostics"])
        .args(["--manifest-path", manifest])
        .stderr(Stdio::inherit())
        .output()?;
    if !output.status.success() {
        return Err("the release build of Mina failed".into());
    }
    let messages = String::from_utf8(output.stdout)?;
    let mut executables = messages.lines().rev().filter_map(|message| {
        let message: Value = serde_json::from_str(message).ok()?;
        Some(PathBuf::from(message["executable"].as_str()?))
    });
    Ok(executables.next().ok_or("cargo built no executable")?)
}

/// A running server. It is killed when it is dropped.
pub struct Server {
    kind: Kind,
    child: Child,
    address: SocketAddr,
    log: NamedTempFile,
    token: Option<String>,
}

impl Server {
    /// Where requests are sent to.
    pub fn url(&self) -> String {
        format!("http://{}/graphql", self.address)
    }

    /// The header with the bearer token, if the server has a sign-in.
    pub fn authorization(&self) -> Option<String> {
        self.token.as_ref().map(|token| format!("Bearer {token}"))
    }

    /// Sends a request.
    pub fn send(&self, body: &str) -> Outcome<Value> {
        let mut request = ureq::post(self.url()).header("content-type", "application/json");
        if let Some(authorization) = self.authorization() {
            request = request.header("authorization", authorization);
        }
        let answer = request.send(body).map_err(|error| self.failed(&error))?;
        let mut answer = answer.into_body();
        Ok(serde_json::from_reader(answer.as_reader())?)
    }

    /// The number of SQL statements so far, without those that begin or end transactions.
    pub fn statements(&self) -> Outcome<u64> {
        let get = |path: &str| {
            let url = format!("http://{}/{path}", self.address);
            ureq::get(url).call()?.into_body().read_to_string()
        };
        if self.kind != Kind::Mina {
            return Ok(get("statements")?.parse()?);
        }
        let metrics = get("metrics")?;
        let line = "mina_sql_statements_total{source=\"requests\"} ";
        let count = metrics.lines().find_map(|text| text.strip_prefix(line));
        Ok(count.unwrap_or("0").parse()?)
    }

    /// Asks the server to end, and waits until it has.
    pub fn terminate(mut self) -> Outcome {
        let id = self.process_id().to_string();
        Command::new("kill").arg(id).status()?;
        self.child.wait()?;
        Ok(())
    }

    pub fn process_id(&self) -> u32 {
        self.child.id()
    }

    /// The processor time that it has used.
    pub fn cpu(&self) -> Outcome<Duration> {
        process::cpu(self.child.id())
    }

    /// The most memory that it has had, in MiB.
    pub fn peak_memory(&self) -> Outcome<f64> {
        process::peak_memory(self.child.id())
    }

    /// Waits until it accepts connections.
    fn wait(&mut self) -> Outcome {
        let began = Instant::now();
        while let Err(error) = self.statements() {
            if self.child.try_wait()?.is_some() || began.elapsed() > START_TIMEOUT {
                return Err(self.failed(&*error));
            }
            sleep(Duration::from_millis(20));
        }
        Ok(())
    }

    fn sign_in(&mut self) -> Outcome {
        let [login, password] = LOGIN;
        let body = json!({
            "query": "mutation ($input: SignInInput!) {
                signIn(input: $input) { token userErrors { message } }
            }",
            "variables": {"input": {"login": login, "password": password}},
        });
        let answer = self.send(&body.to_string())?;
        let token = answer["data"]["signIn"]["token"].as_str();
        let token = token.ok_or_else(|| format!("no token: {answer}"))?;
        self.token = Some(token.to_owned());
        Ok(())
    }

    /// An error, with what the server has said.
    pub fn failed(
        &self,
        error: &dyn std::fmt::Display,
    ) -> Box<dyn std::error::Error + Send + Sync> {
        let log = std::fs::read_to_string(self.log.path()).unwrap_or_default();
        let mut lines: Vec<&str> = log.lines().rev().take(5).collect();
        lines.reverse();
        let name = self.kind.name();
        io::Error::other(format!("{name}: {error}\n{}", lines.join("\n"))).into()
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        // There is nothing to do if it has ended by itself.
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}
