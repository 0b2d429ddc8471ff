//! `mina health`: whether the server is ready, for containers that have no other program to ask it.

use std::{
    io,
    net::{IpAddr, Ipv4Addr, Ipv6Addr, SocketAddr},
    time::Duration,
};

use clap::Args;
use tokio::{
    io::{AsyncReadExt, AsyncWriteExt},
    net::TcpStream,
    time::timeout,
};

use crate::{
    command_error::{CommandError, Outcome},
    config::{HttpSettings, TelemetrySettings},
    output,
};

/// How long the server may take to answer.
const PATIENCE: Duration = Duration::from_secs(5);

/// The most bytes of an answer that are read. It has a few hundred.
const MAX_ANSWER: u64 = 16 * 1024;

/// Ask the server of this machine whether it is ready
///
/// Asks /health/ready at `metrics_listen` if that is set, or else at `listen`, and prints the answer. The
/// exit code is 0 if the server is ready. HTTPS is not supported: with a certificate, set
/// `metrics_listen`.
#[derive(Args, Debug)]
pub struct Health {
    #[command(flatten)]
    http: HttpSettings,

    #[command(flatten)]
    telemetry: TelemetrySettings,
}

/// Why the server is not ready.
#[derive(Debug, thiserror::Error)]
enum HealthError {
    #[error("{0} speaks HTTPS, which this command does not")]
    Https(SocketAddr),
    #[error("cannot ask {address}: {source}")]
    Unreachable {
        address: SocketAddr,
        source: io::Error,
    },
    #[error("{0} did not answer within 5 seconds")]
    NoAnswer(SocketAddr),
    #[error("the server at {address} is not ready: {answer}")]
    NotReady { address: SocketAddr, answer: String },
}

impl CommandError for HealthError {
    fn hint(&self) -> Option<String> {
        match self {
            Self::Https(_) => Some("set --metrics-listen, for the server too".to_owned()),
            _ => None,
        }
    }
}

/// Asks once.
pub async fn run(arguments: Health) -> Outcome {
    let address = match arguments.telemetry.metrics_listen {
        Some(address) => reachable(address),
        None if arguments.http.tls_certificate.is_some() => {
            return Err(HealthError::Https(arguments.http.listen).into());
        }
        None => reachable(arguments.http.listen),
    };
    let answer = timeout(PATIENCE, ask(address))
        .await
        .map_err(|_| HealthError::NoAnswer(address))?
        .map_err(|source| HealthError::Unreachable { address, source })?;
    let (head, body) = answer.split_once("\r\n\r\n").unwrap_or((&answer, ""));
    let mut words = head.split(' ');
    if words.nth(1) == Some("200") {
        output::line(body.trim())?;
        return Ok(());
    }
    let answer = if body.is_empty() { head } else { body };
    let answer = answer.trim().to_owned();
    Err(HealthError::NotReady { address, answer }.into())
}

/// The loopback address, if the server listens on all addresses.
fn reachable(address: SocketAddr) -> SocketAddr {
    let ip = match address.ip() {
        IpAddr::V4(ip) if ip.is_unspecified() => Ipv4Addr::LOCALHOST.into(),
        IpAddr::V6(ip) if ip.is_unspecified() => Ipv6Addr::LOCALHOST.into(),
        ip => ip,
    };
    SocketAddr::new(ip, address.port())
}

async fn ask(address: SocketAddr) -> io::Result<String> {
    let mut stream = TcpStream::connect(address).await?;
    // Version 1.0, so that the body is not in chunks.
    stream
        .write_all(b"GET /health/ready HTTP/1.0\r\nhost: localhost\r\nconnection: close\r\n\r\n")
        .await?;
    let mut answer = Vec::new();
    stream.take(MAX_ANSWER).read_to_end(&mut answer).await?;
    Ok(String::from_utf8_lossy(&answer).into_owned())
}
