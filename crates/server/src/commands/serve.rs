//! `mina serve`: the server.

use std::{
    io,
    net::SocketAddr,
    thread::available_parallelism,
    time::{Duration, Instant},
};

use chrono::Utc;
use clap::Args;
use graphql::{Engine, Passwords, Tokens};
use tokio::{net::TcpListener, time::timeout};
use tracing::info;

use crate::{
    config::Settings,
    database::{self, MissingFile, SchemaState},
    failure::{Failure, Outcome},
    http::{self, AppState},
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

On the first Ctrl-C or SIGTERM no further connections are taken and requests in flight may finish;
on the second the server ends at once.")]
pub struct Serve {
    #[command(flatten)]
    settings: Settings,
}

/// Why the address cannot be listened on.
#[derive(Debug, thiserror::Error)]
enum ListenError {
    #[error("address {0} is in use")]
    InUse(SocketAddr),
    #[error("address {0} needs rights that this user does not have")]
    Forbidden(SocketAddr),
    #[error("address {0} is none of this machine")]
    NotOurs(SocketAddr),
    #[error("cannot listen on {address}: {source}")]
    Other {
        address: SocketAddr,
        source: io::Error,
    },
}

impl Failure for ListenError {
    fn hint(&self) -> Option<String> {
        match self {
            Self::InUse(_) => {
                Some("stop the other program or choose another with --listen".to_owned())
            }
            Self::Forbidden(_) => Some("choose a port above 1023 with --listen".to_owned()),
            Self::NotOurs(_) => Some("0.0.0.0 stands for every address of this machine".to_owned()),
            Self::Other { .. } => None,
        }
    }
}

/// Runs the server until it is told to stop.
pub async fn run(arguments: Serve) -> Outcome {
    let settings = arguments.settings;
    let secret = settings.tokens.secret()?;
    let database = database::connect(&settings.database, MissingFile::Refuse).await?;
    SchemaState::read(&database.reader)
        .await?
        .require_current()?;
    let listener = listen(settings.http.listen).await?;
    announce(&listener, settings.http.listen)?;
    let tokens = Tokens::new(
        secret.expose().as_bytes(),
        settings.tokens.token_lifetime,
        Utc::now,
    );
    let passwords = Passwords::new(settings.passwords.bcrypt_cost, passwords_at_once());
    let state = AppState {
        engine: Engine::new(database.clone(), tokens, passwords),
        started_at: Instant::now(),
    };
    http::serve(
        listener,
        http::router(state),
        settings.http.shutdown_timeout,
    )
    .await?;
    match timeout(CLOSING_LIMIT, database::close(&database)).await {
        Ok(closed) => Ok(closed?),
        Err(_) => Ok(()),
    }
}

/// Bcrypt keeps a core busy: half of them are left to everything else.
fn passwords_at_once() -> usize {
    available_parallelism().map_or(1, |cores| cores.get().div_ceil(2))
}

async fn listen(address: SocketAddr) -> Result<TcpListener, ListenError> {
    TcpListener::bind(address)
        .await
        .map_err(|source| ListenError::new(address, source))
}

/// Says where the server listens, which the caller cannot know when the port was 0.
fn announce(listener: &TcpListener, asked: SocketAddr) -> Result<(), ListenError> {
    let address = listener
        .local_addr()
        .map_err(|source| ListenError::new(asked, source))?;
    info!(%address, "listening on http://{address}");
    Ok(())
}

impl ListenError {
    fn new(address: SocketAddr, source: io::Error) -> Self {
        match source.kind() {
            io::ErrorKind::AddrInUse => Self::InUse(address),
            io::ErrorKind::PermissionDenied => Self::Forbidden(address),
            io::ErrorKind::AddrNotAvailable => Self::NotOurs(address),
            _ => Self::Other { address, source },
        }
    }
}
