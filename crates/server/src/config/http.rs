//! The settings of the listener and of how much it takes at once.

use std::{net::SocketAddr, path::PathBuf, time::Duration};

use axum::http::HeaderName;
use clap::Args;

use super::value::{self, Origins};

/// Where the server listens, and how it stops.
#[derive(Args, Clone, Debug)]
#[command(next_help_heading = "HTTP")]
pub struct HttpSettings {
    /// The address and port to listen on; port 0 takes a free one
    #[arg(
        long,
        env = "MINA_LISTEN",
        value_name = "ADDRESS",
        default_value = "127.0.0.1:8000",
        value_parser = value::socket_address
    )]
    pub listen: SocketAddr,

    /// The certificate chain (PEM) to serve HTTPS with; a reverse proxy can do that instead
    #[arg(
        long,
        env = "MINA_TLS_CERTIFICATE",
        value_name = "PATH",
        requires = "tls_key"
    )]
    pub tls_certificate: Option<PathBuf>,

    /// The private key (PEM) of the certificate
    #[arg(
        long,
        env = "MINA_TLS_KEY",
        value_name = "PATH",
        requires = "tls_certificate"
    )]
    pub tls_key: Option<PathBuf>,

    /// The header in which a reverse proxy says whom it asks for, such as X-Forwarded-For: the last
    /// address in it counts; set it only if a proxy does, as clients can send any header
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

    /// How long /health/ready says no before connections are refused, when SIGTERM ends the server
    #[arg(
        long,
        env = "MINA_DRAIN_DELAY",
        value_name = "DURATION",
        default_value = "2s",
        value_parser = humantime::parse_duration
    )]
    pub drain_delay: Duration,

    /// How long requests in flight may take to finish when the server is told to stop
    #[arg(
        long,
        env = "MINA_SHUTDOWN_TIMEOUT",
        value_name = "DURATION",
        default_value = "10s",
        value_parser = humantime::parse_duration
    )]
    pub shutdown_timeout: Duration,
}

/// How much is taken at once, and for how long.
#[derive(Args, Clone, Debug)]
#[command(next_help_heading = "Load")]
pub struct LoadSettings {
    /// The most bytes in the body of a request
    #[arg(
        long,
        env = "MINA_MAX_BODY_SIZE",
        value_name = "BYTES",
        default_value_t = 4 * 1024 * 1024,
        value_parser = clap::value_parser!(u32).range(1024..)
    )]
    pub max_body_size: u32,

    /// The most connections open at once
    #[arg(
        long,
        env = "MINA_MAX_CONNECTIONS",
        value_name = "N",
        default_value_t = 10_000,
        value_parser = clap::value_parser!(u32).range(1..)
    )]
    pub max_connections: u32,

    /// The most requests answered at once, 0 for eight a core; those beyond are told to come back
    #[arg(
        long,
        env = "MINA_MAX_REQUESTS_IN_FLIGHT",
        value_name = "N",
        default_value_t = 0
    )]
    pub max_requests_in_flight: u32,

    /// How long a request may take, and any SQL statement
    #[arg(
        long,
        env = "MINA_REQUEST_TIMEOUT",
        value_name = "DURATION",
        default_value = "30s",
        value_parser = value::positive_duration
    )]
    pub request_timeout: Duration,

    /// The points that one viewer may spend a minute; 0 for any number
    #[arg(
        long,
        env = "MINA_RATE_LIMIT_VIEWER",
        value_name = "POINTS",
        default_value_t = 300_000
    )]
    pub rate_limit_viewer: u32,

    /// The points that one address may spend a minute; 0 for any number
    #[arg(
        long,
        env = "MINA_RATE_LIMIT_ADDRESS",
        value_name = "POINTS",
        default_value_t = 600_000
    )]
    pub rate_limit_address: u32,
}
