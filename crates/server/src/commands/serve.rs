//! `mina serve`: the server.

use std::{io, net::SocketAddr, thread::available_parallelism, time::Duration};

use chrono::Utc;
use clap::Args;
use mina_graphql::{Database, Engine, Passwords, Rules, Tokens};
use tokio::{net::TcpListener, select, time::timeout};
use tracing::info;

use super::rules::{TrustedDocumentsError, rules};
use crate::{
    backup::{BackupStatus, Schedule},
    command_error::{CommandError, Outcome},
    config::{DatabaseUrl, HttpSettings, Settings, TelemetrySettings, TokenSecrets},
    database::{self, MissingFile, SchemaState},
    http::{self, AllowedOrigins, AppState, Certificate, Options, ServeError, Signals, TlsError},
    reload::Reload,
    telemetry::Metrics,
};

/// How long closing the database may take. A request that was cut off holds its connection until
/// its statement has ended.
const CLOSE_TIMEOUT: Duration = Duration::from_millis(500);

/// Serve the API until Ctrl-C or SIGTERM
#[derive(Args, Debug)]
#[command(after_help = "\
Examples:
  MINA_TOKEN_SECRET=$(openssl rand -hex 32) mina serve
  mina serve --token-secret-file /run/secrets/mina --listen 0.0.0.0:8000

On SIGHUP and every 30 seconds, the files of the token secrets and of the certificate are read again.
On SIGTERM, /health/ready fails for the drain delay, so that load balancers stop sending requests.
After that, and immediately on Ctrl-C, the server accepts no more connections, finishes the requests
in flight and tells subscribers to reconnect. A second signal stops it immediately.")]
pub struct Serve {
    #[command(flatten)]
    settings: Settings,
}

impl Serve {
    /// Where metrics are served and traces are sent.
    pub fn telemetry(&self) -> &TelemetrySettings {
        &self.settings.telemetry
    }
}

/// Why the address cannot be listened on.
#[derive(Debug, thiserror::Error)]
pub enum ListenError {
    /// Another program listens on it.
    #[error("address {address} is in use")]
    InUse {
        /// The address.
        address: SocketAddr,
        /// The flag that chooses another one.
        flag: &'static str,
    },
    /// Ports below 1024 are reserved for the superuser.
    #[error("this user has no permission to listen on {address}")]
    Forbidden {
        /// The address.
        address: SocketAddr,
        /// The flag that chooses another one.
        flag: &'static str,
    },
    /// The address belongs to another machine.
    #[error("address {0} does not belong to this machine")]
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

impl CommandError for ListenError {
    fn hint(&self) -> Option<String> {
        match self {
            Self::InUse { flag, .. } => Some(format!(
                "stop the other program, or choose another address with {flag}"
            )),
            Self::Forbidden { flag, .. } => Some(format!("choose a port above 1023 with {flag}")),
            Self::NotOurs(_) => Some("use 0.0.0.0 for every address of this machine".to_owned()),
            Self::Other { .. } => None,
        }
    }
}

/// Runs the server until it is told to stop.
pub async fn run(arguments: Serve) -> Outcome {
    let settings = arguments.settings;
    let secrets = settings.tokens.secrets()?;
    let certificate = certificate(&settings.http)?;
    let database = database(&settings).await?;
    let rules = rules(
        &settings.documents,
        &settings.cost,
        &settings.quota,
        &settings.load,
    )?;
    let listener = listen(settings.http.listen, "--listen").await?;
    let engine = engine(
        database,
        tokens(&secrets, settings.tokens.token_lifetime),
        settings.passwords.bcrypt_cost,
        rules,
    )?;
    let metrics = Metrics::start()?;
    let backups = BackupStatus::default();
    let schedule = Schedule::new(
        &settings.backup,
        &settings.database.database_url,
        backups.clone(),
    )?;
    let metrics_listener = metrics_listener(settings.telemetry.metrics_listen).await?;
    let reload = Reload::new(engine.clone(), settings.tokens, certificate.clone())
        .map_err(ServeError::System)?;
    let database = engine.database().clone();
    let state = AppState::new(
        engine,
        settings.http.client_address_header,
        &settings.load,
        settings.live,
        metrics,
        backups,
    );
    let options = Options {
        metrics_listener,
        tls: certificate,
        cors_origins: AllowedOrigins::Listed(settings.http.cors_origins.unwrap_or_default().0),
        only_loopback: false,
        playground: settings.http.playground,
        demo_sign_ins: Vec::new(),
        retention_interval: settings.retention.retention_interval,
        drain_delay: settings.http.drain_delay,
        shutdown_timeout: settings.http.shutdown_timeout,
    };
    // Before the address is announced, so that a signal sent right after it stops the server in
    // an orderly way.
    let signals = Signals::new()?;
    announce(&listener, options.tls.is_some());
    // The process does not wait for a backup when it ends: what is unfinished is no backup.
    if let Some(schedule) = schedule {
        tokio::spawn(schedule.run(database));
    }
    select! {
        outcome = until_stopped(listener, signals, state, options) => outcome,
        never = reload.run() => match never {},
    }
}

/// The certificate for HTTPS, if it and its key are set.
///
/// # Errors
/// If the files cannot be used, or one is set without the other, also in the settings file: the server
/// would silently speak plain HTTP.
pub fn certificate(settings: &HttpSettings) -> Result<Option<Certificate>, TlsError> {
    match (&settings.tls_certificate, &settings.tls_key) {
        (Some(certificate), Some(key)) => {
            Certificate::read(certificate.clone(), key.clone()).map(Some)
        }
        (Some(_), None) => Err(TlsError::MissingKey),
        (None, Some(_)) => Err(TlsError::MissingCertificate),
        (None, None) => Ok(None),
    }
}

/// Connects to the database, and checks that it has the schema of this binary.
async fn database(settings: &Settings) -> Result<Database, Box<dyn CommandError>> {
    if matches!(settings.database.database_url, DatabaseUrl::Sqlite(_)) {
        // A file of another program is not even switched to a write-ahead log.
        let database = database::connect_to_look(&settings.database).await?;
        SchemaState::read(&database).await?.require_own()?;
        database.close().await?;
    }
    let database = database::connect(
        &settings.database,
        MissingFile::Fail,
        Some(settings.load.request_timeout),
    )
    .await?;
    SchemaState::read(&database.reader)
        .await?
        .require_current()?;
    Ok(database)
}

/// Listens for requests for metrics, if these have an address of their own.
async fn metrics_listener(address: Option<SocketAddr>) -> Result<Option<TcpListener>, ListenError> {
    let Some(address) = address else {
        return Ok(None);
    };
    let listener = listen(address, "--metrics-listen").await?;
    let metrics_address = listener.address;
    info!(%metrics_address, "metrics are at http://{metrics_address}/metrics");
    Ok(Some(listener.socket))
}

/// Logs where the server listens.
fn announce(listener: &Listener, https: bool) {
    let address = listener.address;
    let scheme = if https { "https" } else { "http" };
    info!(%address, "listening on {scheme}://{address}");
}

/// Signs and accepts bearer tokens with these secrets, by the real clock.
fn tokens(secrets: &TokenSecrets, lifetime: Duration) -> Tokens {
    let signing = secrets.signing.expose().as_bytes();
    Tokens::new(signing, &secrets.retired(), lifetime, Utc::now)
}

/// An engine that runs on a database.
///
/// # Errors
/// If a trusted document is not valid.
pub fn engine(
    database: Database,
    tokens: Tokens,
    bcrypt_cost: u32,
    rules: Rules,
) -> Result<Engine, TrustedDocumentsError> {
    let bus = database::bus(&database);
    let passwords = Passwords::new(bcrypt_cost, passwords_at_once());
    Ok(Engine::new(database, bus, tokens, passwords, rules)?)
}

/// Serves until told to stop, finishes the requests in flight, and closes the database.
///
/// # Errors
/// If a second signal arrives before that is done.
pub async fn until_stopped(
    listener: Listener,
    signals: Signals,
    state: AppState,
    options: Options,
) -> Outcome {
    let engine = state.engine.clone();
    let database = engine.database().clone();
    let interval = options.retention_interval;
    select! {
        served = http::serve(listener.socket, signals, state, options) => served?,
        never = engine.follow_changes() => match never {},
        never = Box::pin(engine.keep_retention(interval)) => match never {},
        never = Box::pin(engine.clean_up_uploads()) => match never {},
    }
    // Otherwise, the operating system closes them.
    let _ = timeout(CLOSE_TIMEOUT, database::close(&database)).await;
    Ok(())
}

/// Bcrypt keeps a core busy, so half of the cores are left to everything else.
fn passwords_at_once() -> usize {
    available_parallelism().map_or(1, |cores| cores.get().div_ceil(2))
}

/// A socket that accepts connections.
pub struct Listener {
    socket: TcpListener,
    /// Its address. The caller cannot know it if the requested port was 0.
    pub address: SocketAddr,
}

/// Listens on an address, which the user chose with `flag`.
///
/// # Errors
/// If that is not possible. The error says why.
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
