//! `mina serve`: the server.

use std::{io, net::SocketAddr, thread::available_parallelism, time::Duration};

use chrono::Utc;
use clap::Args;
use mina_graphql::{Database, Engine, Passwords, Rules, Tokens};
use tokio::{net::TcpListener, select, time::timeout};
use tracing::info;
use url::Url;

use super::rules::{TrustedDocumentsError, rules};
use crate::{
    config::Settings,
    database::{self, MissingFile, SchemaState},
    failure::{Failure, Outcome},
    http::{self, AppState, Options, Signals},
    telemetry::Metrics,
};

/// How long closing the database may take. A request that was cut off holds its connection for as
/// long as its statement runs.
const CLOSING_LIMIT: Duration = Duration::from_secs(1);

/// Serve the API until Ctrl-C or SIGTERM
#[derive(Args, Debug)]
#[command(after_help = "\
Examples:
  MINA_TOKEN_SECRET=$(openssl rand -hex 32) mina serve
  mina serve --token-secret-file /run/secrets/mina --listen 0.0.0.0:8000

On SIGTERM /health/ready says no for the drain delay, so that load balancers look elsewhere; then, and
on Ctrl-C at once, no further connections are taken, requests in flight may finish, and subscribers
are told to connect anew. On a second signal the server ends at once.")]
pub struct Serve {
    #[command(flatten)]
    settings: Settings,
}

impl Serve {
    /// Where traces go, if they go anywhere.
    pub fn otlp_endpoint(&self) -> Option<&Url> {
        self.settings.telemetry.otlp_endpoint.as_ref()
    }
}

/// Why the address cannot be listened on.
#[derive(Debug, thiserror::Error)]
pub enum ListenError {
    /// Another program listens there.
    #[error("address {address} is in use")]
    InUse {
        /// The address.
        address: SocketAddr,
        /// The flag that chooses another one.
        flag: &'static str,
    },
    /// Ports below 1024 are for the superuser.
    #[error("address {address} needs rights that this user does not have")]
    Forbidden {
        /// The address.
        address: SocketAddr,
        /// The flag that chooses another one.
        flag: &'static str,
    },
    /// The address belongs to another machine.
    #[error("address {0} is none of this machine")]
    NotOurs(SocketAddr),
    /// Anything else.
    #[error("cannot listen on {address}: {source}")]
    Other {
        /// The address.
        address: SocketAddr,
        /// Why.
        source: io::Error,
    },
}

impl Failure for ListenError {
    fn hint(&self) -> Option<String> {
        match self {
            Self::InUse { flag, .. } => Some(format!(
                "stop the other program or choose another with {flag}"
            )),
            Self::Forbidden { flag, .. } => Some(format!("choose a port above 1023 with {flag}")),
            Self::NotOurs(_) => Some("0.0.0.0 stands for every address of this machine".to_owned()),
            Self::Other { .. } => None,
        }
    }
}

/// Runs the server until it is told to stop.
pub async fn run(arguments: Serve) -> Outcome {
    let settings = arguments.settings;
    let secret = settings.tokens.secret()?;
    let http = settings.http;
    let tls = match (&http.tls_certificate, &http.tls_key) {
        (Some(certificate), Some(key)) => Some(http::acceptor(certificate, key)?),
        _ => None,
    };
    let database = database::connect(
        &settings.database,
        MissingFile::Refuse,
        Some(settings.load.request_timeout),
    )
    .await?;
    SchemaState::read(&database.reader)
        .await?
        .require_current()?;
    let rules = rules(
        &settings.documents,
        &settings.cost,
        settings.load.request_timeout,
    )?;
    let listener = listen(http.listen, "--listen").await?;
    let engine = engine(
        database,
        secret.expose().as_bytes(),
        settings.tokens.token_lifetime,
        settings.passwords.bcrypt_cost,
        rules,
    )?;
    let metrics = Metrics::start()?;
    let state = AppState::new(
        engine,
        http.client_address_header,
        &settings.load,
        settings.live,
        metrics,
    );
    let metrics_listener = match settings.telemetry.metrics_listen {
        Some(address) => Some(listen(address, "--metrics-listen").await?),
        None => None,
    };
    if let Some(listener) = &metrics_listener {
        let metrics_address = listener.address;
        info!(%metrics_address, "metrics are at http://{metrics_address}/metrics");
    }
    let options = Options {
        metrics_listener: metrics_listener.map(|listener| listener.socket),
        tls,
        cors_origins: http.cors_origins.unwrap_or_default().0,
        max_connections: settings.load.max_connections,
        drain_delay: http.drain_delay,
        shutdown_timeout: http.shutdown_timeout,
    };
    // Before anybody hears that the server is there, so that whoever ends it then ends it well.
    let signals = Signals::new()?;
    let scheme = if options.tls.is_some() {
        "https"
    } else {
        "http"
    };
    info!(address = %listener.address, "listening on {scheme}://{}", listener.address);
    until_stopped(listener, signals, state, options).await
}

/// An engine on a database that tells the real time.
///
/// # Errors
/// If a trusted document is not valid.
pub fn engine(
    database: Database,
    secret: &[u8],
    token_lifetime: Duration,
    bcrypt_cost: u32,
    rules: Rules,
) -> Result<Engine, TrustedDocumentsError> {
    let bus = database::bus(&database);
    let tokens = Tokens::new(secret, token_lifetime, Utc::now);
    let passwords = Passwords::new(bcrypt_cost, passwords_at_once());
    Ok(Engine::new(database, bus, tokens, passwords, rules)?)
}

/// Serves until told to stop, lets requests in flight finish, and closes the database.
///
/// # Errors
/// If a second signal comes before the end.
pub async fn until_stopped(
    listener: Listener,
    signals: Signals,
    state: AppState,
    options: Options,
) -> Outcome {
    let engine = state.engine.clone();
    let database = engine.database().clone();
    select! {
        served = http::serve(listener.socket, signals, state, options) => served?,
        never = engine.follow_changes() => match never {},
    }
    match timeout(CLOSING_LIMIT, database::close(&database)).await {
        Ok(closed) => Ok(closed?),
        Err(_) => Ok(()),
    }
}

/// Bcrypt keeps a core busy: half of them are left to everything else.
fn passwords_at_once() -> usize {
    available_parallelism().map_or(1, |cores| cores.get().div_ceil(2))
}

/// A socket that is listened on.
pub struct Listener {
    socket: TcpListener,
    /// Its address, which the caller cannot know when the port was 0.
    pub address: SocketAddr,
}

/// Listens on an address, which `flag` has chosen.
///
/// # Errors
/// If that is not possible; the error says why.
pub async fn listen(address: SocketAddr, flag: &'static str) -> Result<Listener, ListenError> {
    let failed = |source| ListenError::new(address, flag, source);
    let socket = TcpListener::bind(address).await.map_err(failed)?;
    let address = socket.local_addr().map_err(failed)?;
    Ok(Listener { socket, address })
}

impl ListenError {
    fn new(address: SocketAddr, flag: &'static str, source: io::Error) -> Self {
        match source.kind() {
            io::ErrorKind::AddrInUse => Self::InUse { address, flag },
            io::ErrorKind::PermissionDenied => Self::Forbidden { address, flag },
            io::ErrorKind::AddrNotAvailable => Self::NotOurs(address),
            _ => Self::Other { address, source },
        }
    }
}
