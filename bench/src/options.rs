//! The command line.

use std::path::PathBuf;

use clap::{Args, ValueEnum};

use crate::{database::Backend, server::Kind};

pub const ABOUT: &str = "Compare the speed of Mina with that of SQL written by hand\n\n\
    Starts a temporary database with generated data, and one server after another on it: Mina, \
    one that reads plain rows with a statement for each relation, and one that lets the database \
    build the JSON in one statement. The load generator oha sends each of them the same requests \
    in turns. The result is a table of speed, processor time, memory and statements.\n\n\
    Needs Linux, oha (`cargo install --locked oha`) and, for --database postgres, the binaries of \
    PostgreSQL. Mina runs without limits on rates and costs.";

pub const EXAMPLES: &str = "Examples:\n  \
    just bench\n  \
    just bench --database sqlite --queries graph,list --rounds 5\n  \
    just bench --queries append --servers mina,rows --mina ../other/target/release/mina";

#[derive(Args)]
pub struct Options {
    /// The database; both, one after the other, if not given
    #[arg(long, value_enum)]
    database: Option<Backend>,

    /// The size of the data: 1 is 5,000 meetings, 50,000 tasks, 40,000 participants and 500,000
    /// segments
    #[arg(long, default_value_t = 1.0)]
    pub scale: f64,

    /// The seed of the data: the same seed and scale make the same data
    #[arg(long, default_value_t = 1)]
    pub seed: u64,

    /// How many connections send requests at the same time
    #[arg(long, default_value_t = 16)]
    pub connections: u32,

    /// How many seconds a window lasts
    #[arg(long, default_value_t = 5)]
    pub seconds: u32,

    /// How many windows each query and server gets
    #[arg(long, default_value_t = 3)]
    pub rounds: usize,

    /// Only the queries whose names begin with one of these, such as `graph` or `append-20`
    #[arg(long, value_delimiter = ',', value_name = "NAMES")]
    pub queries: Vec<String>,

    /// Only these servers
    #[arg(long, value_enum, value_delimiter = ',')]
    servers: Vec<Kind>,

    /// The binary of Mina; its release build is built and used if not given
    #[arg(long, value_name = "PATH")]
    pub mina: Option<PathBuf>,

    /// More flags for `mina serve`, in one argument: `--mina-flags="--log warn"`
    #[arg(
        long,
        value_name = "FLAGS",
        default_value = "",
        allow_hyphen_values = true
    )]
    pub mina_flags: String,

    /// The binary of oha
    #[arg(long, value_name = "PATH", default_value = "oha")]
    pub oha: PathBuf,

    /// The maximum number of connections from a server to its database, on SQLite at most four per
    /// core, as in Mina
    #[arg(long, default_value_t = 20)]
    pub pool: u32,

    /// How much of the machine others may use in a window that counts, in percent
    #[arg(long, value_name = "PERCENT", default_value_t = 5.0)]
    pub max_others: f64,

    /// How often a window is repeated in which others used more; after that, the quietest counts
    #[arg(long, value_name = "TIMES", default_value_t = 10)]
    pub retries: usize,

    /// Instead of measuring, count the instructions of each server with callgrind, and write a
    /// profile of each query to this folder
    #[arg(long, value_name = "FOLDER", conflicts_with = "json")]
    pub callgrind: Option<PathBuf>,

    /// Print JSON instead of tables
    #[arg(long)]
    pub json: bool,
}

impl Options {
    pub fn backends(&self) -> Vec<Backend> {
        match self.database {
            Some(backend) => vec![backend],
            None => Backend::value_variants().to_vec(),
        }
    }

    pub fn servers(&self) -> Vec<Kind> {
        if self.servers.is_empty() {
            return Kind::value_variants().to_vec();
        }
        self.servers.clone()
    }
}
