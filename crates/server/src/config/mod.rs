//! The settings of `mina`, and the precedence of their sources.
//!
//! A setting is declared once, as a field below with `#[arg(long, env = …)]`. Its flag, its
//! environment variable, its key in `mina.toml` and its line in `mina config` all follow from
//! that declaration. Precedence: flags, environment variables, `mina.toml`, defaults.

mod backup;
mod database_url;
mod documents;
mod file;
mod http;
mod live;
mod quota;
mod report;
mod retention;
mod secret;
mod value;

use std::{net::SocketAddr, path::PathBuf, time::Duration};

use clap::{Args, ValueEnum};
use url::Url;

pub use self::{
    backup::{BackupFolderSettings, BackupKeepSettings, BackupKeySettings, BackupSettings},
    database_url::DatabaseUrl,
    documents::{CostSettings, DocumentSettings, DocumentsTaken, Switch},
    file::{FileError, SettingsFile},
    http::{HttpSettings, LoadSettings, PlaygroundPage},
    live::LiveSettings,
    quota::QuotaSettings,
    report::{explain, report},
    retention::RetentionSettings,
    secret::{Secret, SecretError, TokenSecrets},
    value::number,
};

/// The environment variable that names the settings file.
pub const FILE_VARIABLE: &str = "MINA_CONFIG";

/// All settings except those of the log, which every command has.
#[derive(Args, Clone, Debug)]
pub struct Settings {
    /// The settings of the database.
    #[command(flatten)]
    pub database: DatabaseSettings,

    /// The settings of backups.
    #[command(flatten)]
    pub backup: BackupSettings,

    /// The settings of the HTTP server.
    #[command(flatten)]
    pub http: HttpSettings,

    /// The limits under load.
    #[command(flatten)]
    pub load: LoadSettings,

    /// The settings of subscriptions.
    #[command(flatten)]
    pub live: LiveSettings,

    /// The settings for documents.
    #[command(flatten)]
    pub documents: DocumentSettings,

    /// The limits on the cost of a request.
    #[command(flatten)]
    pub cost: CostSettings,

    /// How much a workspace may store.
    #[command(flatten)]
    pub quota: QuotaSettings,

    /// How old transcripts are deleted.
    #[command(flatten)]
    pub retention: RetentionSettings,

    /// The settings of bearer tokens.
    #[command(flatten)]
    pub tokens: TokenSettings,

    /// The settings of passwords.
    #[command(flatten)]
    pub passwords: PasswordSettings,

    /// The settings of metrics and traces.
    #[command(flatten)]
    pub telemetry: TelemetrySettings,
}

/// Which database to use, and how to connect to it.
#[derive(Args, Clone, Debug)]
#[command(next_help_heading = "Database")]
pub struct DatabaseSettings {
    /// The database: `sqlite:PATH` or `postgres://USER:PASSWORD@HOST/NAME`
    #[arg(
        long,
        env = "MINA_DATABASE_URL",
        value_name = "URL",
        default_value = "sqlite:mina.db",
        hide_env_values = true
    )]
    pub database_url: DatabaseUrl,

    /// The maximum number of connections for reading, on SQLite at most four per core (PostgreSQL: in
    /// total, a quarter of them, but at least two, for writing)
    #[arg(
        long,
        env = "MINA_DATABASE_POOL_SIZE",
        value_name = "N",
        default_value_t = 20,
        value_parser = value::number(1..=1000)
    )]
    pub database_pool_size: u32,

    /// How long a request waits for a free connection, and a command for the database to respond
    #[arg(
        long,
        env = "MINA_DATABASE_ACQUIRE_TIMEOUT",
        value_name = "DURATION",
        default_value = "10s",
        value_parser = value::positive_duration
    )]
    pub database_acquire_timeout: Duration,

    /// Log every SQL statement that takes longer than this
    #[arg(
        long,
        env = "MINA_SLOW_STATEMENT",
        value_name = "DURATION",
        default_value = "500ms",
        value_parser = value::duration
    )]
    pub slow_statement: Duration,

    /// What an acknowledged change survives on SQLite (PostgreSQL has `synchronous_commit`)
    #[arg(
        long,
        env = "MINA_DURABILITY",
        value_name = "LEVEL",
        default_value = "full"
    )]
    pub durability: Durability,
}

/// What an acknowledged change survives on SQLite.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub enum Durability {
    /// The end of the process. A power failure can undo the latest changes
    Normal,
    /// A power failure, too, because each change waits for the disk
    Full,
}

/// How bearer tokens are signed.
#[derive(Args, Clone, Debug)]
#[command(next_help_heading = "Bearer tokens")]
#[expect(
    clippy::struct_field_names,
    reason = "the fields name the flags, which stand alone"
)]
pub struct TokenSettings {
    /// The secret that signs bearer tokens, at least 32 bytes. Prefer the environment variable or a
    /// file, because other users of the machine can see flags. Of several lines, the first signs, and
    /// tokens of the others are accepted
    #[arg(
        long,
        env = "MINA_TOKEN_SECRET",
        value_name = "SECRET",
        hide_env_values = true
    )]
    pub token_secret: Option<Secret>,

    /// A file with the secret, instead of --token-secret. Changes are noticed within 30 seconds
    #[arg(long, env = "MINA_TOKEN_SECRET_FILE", value_name = "PATH")]
    pub token_secret_file: Option<PathBuf>,

    /// How long a bearer token is valid, such as 12h or 30m
    #[arg(
        long,
        env = "MINA_TOKEN_LIFETIME",
        value_name = "DURATION",
        default_value = "12h",
        value_parser = value::positive_duration
    )]
    pub token_lifetime: Duration,
}

/// How passwords are hashed.
#[derive(Args, Clone, Debug)]
#[command(next_help_heading = "Passwords")]
pub struct PasswordSettings {
    /// The bcrypt cost of password hashes: each increment doubles the work
    #[arg(
        long,
        env = "MINA_BCRYPT_COST",
        value_name = "N",
        default_value_t = 12,
        value_parser = value::number(4..=31)
    )]
    pub bcrypt_cost: u32,
}

/// Where metrics are served and traces are sent.
#[derive(Args, Clone, Debug)]
#[command(next_help_heading = "Telemetry")]
pub struct TelemetrySettings {
    /// Serve /metrics only at this address, and not with the API
    #[arg(
        long,
        env = "MINA_METRICS_LISTEN",
        value_name = "ADDRESS",
        value_parser = value::socket_address
    )]
    pub metrics_listen: Option<SocketAddr>,

    /// Send traces to this OpenTelemetry collector (OTLP over HTTP)
    #[arg(
        long,
        env = "MINA_OTLP_ENDPOINT",
        value_name = "URL",
        value_parser = value::collector
    )]
    pub otlp_endpoint: Option<Url>,

    /// A file with the certificates (PEM) that the collector's must be signed by, if it is reached over
    /// https:// and not signed by a public authority
    #[arg(long, env = "MINA_OTLP_CA_FILE", value_name = "PATH")]
    pub otlp_ca_file: Option<PathBuf>,
}

/// What is logged, and in which format.
#[derive(Args, Clone, Debug)]
#[command(next_help_heading = "Log")]
pub struct LogSettings {
    /// What to log: a level, or filters such as info,sqlx=debug
    #[arg(
        long,
        global = true,
        env = "MINA_LOG",
        value_name = "FILTER",
        default_value = "info",
        value_parser = value::log_filter
    )]
    pub log: String,

    /// The format of the log; auto is human on a terminal and json otherwise
    #[arg(
        long,
        global = true,
        env = "MINA_LOG_FORMAT",
        value_name = "FORMAT",
        default_value = "auto"
    )]
    pub log_format: LogFormat,
}

/// The format of the log.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub enum LogFormat {
    /// Human on a terminal, json otherwise
    Auto,
    /// One line of text per event
    Human,
    /// One JSON object per event
    Json,
}

/// The default settings.
pub fn defaults<S: Args>() -> Result<S, clap::Error> {
    let command = S::augment_args(clap::Command::new("defaults").no_binary_name(true));
    let command = command.mut_args(|argument| argument.env(None::<&'static str>));
    S::from_arg_matches(&command.try_get_matches_from([""; 0])?)
}

/// The arguments of a parsed command line that are settings, in the order of their declaration.
///
/// Every argument with an environment variable is a setting, except the one that names the settings
/// file, which cannot be in that file.
pub fn settings(command: &clap::Command) -> impl Iterator<Item = &clap::Arg> {
    command.get_arguments().filter(|argument| {
        argument
            .get_env()
            .is_some_and(|variable| variable != FILE_VARIABLE)
    })
}
