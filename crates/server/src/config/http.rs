//! The settings of the HTTP server and its limits under load.

use std::{net::SocketAddr, path::PathBuf, time::Duration};

use axum::http::HeaderName;
use clap::{Args, ValueEnum};

use super::value::{self, Origins};

/// Where the server listens, and how it shuts down.
#[derive(Args, Clone, Debug)]
#[command(next_help_heading = "HTTP")]
pub struct HttpSettings {
    /// The address and port to listen on; port 0 chooses a free one
    #[arg(
        long,
        env = "MINA_LISTEN",
        value_name = "ADDRESS",
        default_value = "127.0.0.1:8000",
        value_parser = value::socket_address
    )]
    pub listen: SocketAddr,

    /// The certificate chain (PEM) for HTTPS; a reverse proxy can serve HTTPS instead
    #[arg(long, env = "MINA_TLS_CERTIFICATE", value_name = "PATH")]
    pub tls_certificate: Option<PathBuf>,

    /// The private key (PEM) of the certificate
    #[arg(long, env = "MINA_TLS_KEY", value_name = "PATH")]
    pub tls_key: Option<PathBuf>,

    /// The header in which a reverse proxy sends the client's address, such as X-Forwarded-For; its
    /// last address is used. Set it only behind a proxy, because clients can send any header
    #[arg(
        long,
        env = "MINA_CLIENT_ADDRESS_HEADER",
        value_name = "NAME",
        value_parser = value::header_name
    )]
    pub client_address_header: Option<HeaderName>,

    /// Web origins whose pages may use the API, such as `https://a.example,https://b.example`
    #[arg(long, env = "MINA_CORS_ORIGINS", value_name = "ORIGINS")]
    pub cors_origins: Option<Origins>,

    /// The page at /, for people who explore the API
    #[arg(
        long,
        env = "MINA_PLAYGROUND",
        value_name = "PAGE",
        default_value = "full"
    )]
    pub playground: PlaygroundPage,

    /// How long /health/ready fails after SIGTERM before connections are refused
    #[arg(
        long,
        env = "MINA_DRAIN_DELAY",
        value_name = "DURATION",
        default_value = "2s",
        value_parser = value::duration
    )]
    pub drain_delay: Duration,

    /// How long requests in flight may take to finish when the server shuts down
    #[arg(
        long,
        env = "MINA_SHUTDOWN_TIMEOUT",
        value_name = "DURATION",
        default_value = "10s",
        value_parser = value::duration
    )]
    pub shutdown_timeout: Duration,
}

/// The page at `/`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub enum PlaygroundPage {
    /// The page that the binary was built with
    #[value(alias = "on")]
    Full,
    /// The page that every binary has, which only runs queries
    Plain,
    /// None
    Off,
}

/// How much the server does at once, and for how long.
#[derive(Args, Clone, Debug)]
#[command(next_help_heading = "Load")]
pub struct LoadSettings {
    /// The maximum size of a request body, in bytes
    #[arg(
        long,
        env = "MINA_MAX_BODY_SIZE",
        value_name = "BYTES",
        default_value_t = 4 * 1024 * 1024,
        value_parser = value::number(1024..=u32::MAX)
    )]
    pub max_body_size: u32,

    /// The maximum size of a transcript that is uploaded, in bytes
    #[arg(
        long,
        env = "MINA_MAX_UPLOAD_SIZE",
        value_name = "BYTES",
        default_value_t = 64 * 1024 * 1024,
        value_parser = value::number(1024..=u32::MAX)
    )]
    pub max_upload_size: u32,

    /// The maximum number of open connections
    #[arg(
        long,
        env = "MINA_MAX_CONNECTIONS",
        value_name = "N",
        default_value_t = 10_000,
        value_parser = value::number(1..=u32::MAX)
    )]
    pub max_connections: u32,

    /// The maximum number of open connections from one address, and of its WebSocket connections,
    /// event streams and downloads; 0 means no limit. With --client-address-header, only the latter
    /// are limited, by the address in that header, because all connections come from the proxy
    #[arg(
        long,
        env = "MINA_MAX_CONNECTIONS_PER_ADDRESS",
        value_name = "N",
        default_value_t = 1000,
        value_parser = value::number(0..=u32::MAX)
    )]
    pub max_connections_per_address: u32,

    /// The maximum number of requests executed at once; 0 means eight per core. Others wait for up
    /// to a second, subscriptions also for --request-timeout, and are then rejected with 503. One
    /// user gets half of the places at most, and one workspace two thirds, but each at least one
    #[arg(
        long,
        env = "MINA_MAX_REQUESTS_IN_FLIGHT",
        value_name = "N",
        default_value_t = 0,
        value_parser = value::number(0..=u32::MAX)
    )]
    pub max_requests_in_flight: u32,

    /// The memory that one answer may need while it is built and sent, in bytes
    #[arg(
        long,
        env = "MINA_MAX_ANSWER_SIZE",
        value_name = "BYTES",
        default_value_t = 32 * 1024 * 1024,
        value_parser = value::number(1024 * 1024..=u32::MAX)
    )]
    pub max_answer_size: u32,

    /// The memory for all answers that are being built or have not been read, in bytes. One user
    /// gets half of it at most, and one workspace two thirds. The first 256 KiB of each answer are
    /// built in any case, unless its user holds half of the memory already
    #[arg(
        long,
        env = "MINA_ANSWER_MEMORY",
        value_name = "BYTES",
        default_value_t = 128 * 1024 * 1024,
        value_parser = value::number(1024 * 1024..=u32::MAX)
    )]
    pub answer_memory: u32,

    /// The time limit of a request, and of each SQL statement
    #[arg(
        long,
        env = "MINA_REQUEST_TIMEOUT",
        value_name = "DURATION",
        default_value = "30s",
        value_parser = value::positive_duration
    )]
    pub request_timeout: Duration,

    /// The points that one user may spend per minute; 0 means no limit
    #[arg(
        long,
        env = "MINA_RATE_LIMIT_VIEWER",
        value_name = "POINTS",
        default_value_t = 300_000,
        value_parser = value::number(0..=u32::MAX)
    )]
    pub rate_limit_viewer: u32,

    /// The points that one client address may spend per minute; 0 means no limit
    #[arg(
        long,
        env = "MINA_RATE_LIMIT_ADDRESS",
        value_name = "POINTS",
        default_value_t = 600_000,
        value_parser = value::number(0..=u32::MAX)
    )]
    pub rate_limit_address: u32,
}
