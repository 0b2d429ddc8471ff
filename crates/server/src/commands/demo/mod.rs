//! `mina demo`: a server with something in it, to look around.

mod file;

use std::{
    net::SocketAddr,
    path::{Path, PathBuf},
    time::Duration,
};

use clap::Args;
use demo::SignIn;
use entity::user;
use graphql::{Engine, TokenError, Viewer};
use sea_orm::{ColumnTrait, EntityTrait, QueryFilter};

use self::file::{FileError, Origin};
use super::{rules::rules, serve};
use crate::{
    config::{self, LoadSettings},
    failure::{Failure, Outcome},
    http::{AppState, Options, Signals},
    output,
    progress::Progress,
    telemetry::Metrics,
};

/// How long the printed token is good for.
const TOKEN_LIFETIME: Duration = Duration::from_hours(12);

/// How long requests in flight may take to finish at the end.
const PATIENCE: Duration = Duration::from_secs(2);

/// Try mina out: a server with generated meetings, for this machine only
///
/// Makes a SQLite file with three workspaces, the same every time, and serves it. Nothing has to
/// be set up, and no setting but those below counts.
#[derive(Args, Debug)]
#[command(after_help = "\
Examples:
  mina demo
  mina demo --reset --listen 127.0.0.1:9000")]
pub struct Demo {
    /// The SQLite file of the demo, made if it is missing and used again if it is there
    #[arg(long, value_name = "PATH", default_value = "mina-demo.db")]
    file: PathBuf,

    /// Make the file anew, without what has been changed in it
    #[arg(long)]
    reset: bool,

    /// The loopback address and port to listen on; port 0 takes a free one
    #[arg(
        long = "listen",
        value_name = "ADDRESS",
        default_value = "127.0.0.1:8000",
        value_parser = loopback_address
    )]
    address: SocketAddr,
}

/// Why the demo cannot be shown.
#[derive(Debug, thiserror::Error)]
enum DemoError {
    #[error(transparent)]
    File(#[from] FileError),
    #[error("the demo has no user {username} any more")]
    NoUser { username: String },
    #[error(transparent)]
    Token(#[from] TokenError),
}

impl Failure for DemoError {
    fn hint(&self) -> Option<String> {
        let hint = match self {
            Self::File(FileError::InUse { .. }) => {
                "stop the other program, or name another file with --file"
            }
            Self::File(FileError::Fill(_) | FileError::Database(_)) | Self::Token(_) => {
                return None;
            }
            Self::File(_) => "name another file with --file",
            Self::NoUser { .. } => "make the demo anew with `mina demo --reset`",
        };
        Some(hint.to_owned())
    }
}

/// Makes or finds the demo, and serves it until told to stop.
pub async fn run(arguments: Demo) -> Outcome {
    // Before the file, so that a demo that is running already is not disturbed.
    let listener = serve::listen(arguments.address, "--listen").await?;
    let progress = Progress::of_unknown_length();
    let opened = file::open(&arguments.file, arguments.reset, |count, total| {
        progress.set_length(total);
        progress.advance(count);
    });
    let (database, origin) = opened.await.map_err(DemoError::from)?;
    drop(progress);
    // Nobody else has to know it, and tokens of an earlier demo need not work in this one.
    let secret: [u8; 32] = rand::random();
    let load: LoadSettings = config::defaults()?;
    let rules = rules(
        &config::defaults()?,
        &config::defaults()?,
        load.request_timeout,
    )?;
    let engine = serve::engine(database, &secret, TOKEN_LIFETIME, demo::BCRYPT_COST, rules)?;
    let sign_ins = demo::sign_ins();
    let [first, ..] = &sign_ins;
    let token = bearer_token(&engine, &first.username).await?;
    let signals = Signals::new()?;
    output::print(&banner(
        listener.address,
        &arguments.file,
        origin,
        &sign_ins,
        &token,
    ))?;
    let state = AppState::new(engine, None, &load, config::defaults()?, Metrics::start()?);
    let options = Options {
        metrics_listener: None,
        tls: None,
        cors_origins: Vec::new(),
        max_connections: load.max_connections,
        drain_delay: Duration::ZERO,
        shutdown_timeout: PATIENCE,
    };
    serve::until_stopped(listener, signals, state, options).await
}

/// Reads an address that other machines cannot reach.
fn loopback_address(text: &str) -> Result<SocketAddr, String> {
    match text.parse::<SocketAddr>() {
        Ok(address) if address.ip().to_canonical().is_loopback() => Ok(address),
        Ok(_) => Err(
            "everybody knows the passwords of the demo, so it listens on loopback only, such as \
             127.0.0.1:8000 or [::1]:8000"
                .to_owned(),
        ),
        Err(_) => Err("must be an IP address with a port, such as 127.0.0.1:8000".to_owned()),
    }
}

/// What to know to look around. The token is that of the first sign-in.
fn banner(
    address: SocketAddr,
    file: &Path,
    origin: Origin,
    sign_ins: &[SignIn],
    token: &str,
) -> String {
    let file = file.display();
    let origin = match origin {
        Origin::Made => "made just now",
        Origin::Found => "as it was left",
        Origin::Reset => "made anew",
        Origin::Replaced => "made anew, because the one there was of another version",
    };
    let password = demo::PASSWORD;
    let sign_ins: Vec<String> = sign_ins
        .iter()
        .map(|sign_in| format!("{:<9}{password}   {}", sign_in.username, sign_in.workspace))
        .collect();
    let sign_ins = sign_ins.join("\n              ");
    let now = demo::now().format("%-d %B %Y, %H:%M UTC");
    format!(
        "
The demo is in {file} ({origin}).

  Playground  http://{address}/
  API         http://{address}/graphql

  Sign in     {sign_ins}

  Token       {token}

The token is that of the first of them. Everybody in the demo has the same password, and the
time there is {now}. `mina demo --reset` makes it anew, and Ctrl-C ends it.

"
    )
}

async fn bearer_token(engine: &Engine, username: &str) -> Result<String, Box<dyn Failure>> {
    let user = user::Entity::find()
        .filter(user::Column::Username.eq(username))
        .one(&engine.database().reader)
        .await?;
    let user = user.ok_or_else(|| DemoError::NoUser {
        username: username.to_owned(),
    })?;
    let token = engine.sign(&Viewer::from(user)).await;
    Ok(token.map_err(DemoError::from)?.token)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_loopback_is_listened_on() {
        for address in ["127.0.0.1:8000", "127.1.2.3:0", "[::1]:8000"] {
            assert!(loopback_address(address).is_ok(), "{address}");
        }
        for address in ["0.0.0.0:8000", "[::]:8000", "192.168.1.2:8000"] {
            let error = loopback_address(address).unwrap_err();
            assert!(error.contains("loopback only"), "{error}");
        }
        assert!(loopback_address("localhost").is_err());
    }
}
