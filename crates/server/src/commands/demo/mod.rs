//! `mina demo`: a server with demo data, to explore.

mod file;

use std::{
    fmt,
    net::SocketAddr,
    path::{Path, PathBuf},
    time::Duration,
};

use chrono::{Datelike, NaiveDate, Utc};
use clap::Args;
use demo::SignIn;
use entity::user::{self, Role};
use mina_graphql::{Engine, TokenError, Tokens, Viewer};
use playground::DemoSignIn;
use sea_orm::{ColumnTrait, EntityTrait, QueryFilter};

use self::file::{DemoFileError, Opened, Origin};
use super::{rules::rules, serve};
use crate::{
    backup::BackupStatus,
    command_error::{CommandError, Outcome},
    config::{self, LoadSettings, PlaygroundPage, RetentionSettings},
    database,
    http::{AllowedOrigins, AppState, Options, Signals},
    output,
    progress::Progress,
    telemetry::Metrics,
};

/// How long the printed token is valid.
const TOKEN_LIFETIME: Duration = Duration::from_hours(12);

/// How long requests in progress may take to finish when the server stops.
const SHUTDOWN_TIMEOUT: Duration = Duration::from_secs(2);

/// Try mina: a server with generated meetings, for this machine only
///
/// Creates a SQLite file with three workspaces, the same every time for a given day, and serves it.
/// Nothing has to be set up. All settings except those below have their defaults, whatever
/// `mina.toml` says.
#[derive(Args, Debug)]
#[command(after_help = "\
Examples:
  mina demo
  mina demo --reset --listen 127.0.0.1:9000
  mina demo --file test.db --today 2026-01-15")]
pub struct Demo {
    /// The SQLite file of the demo, created if it does not exist
    #[arg(long, value_name = "PATH", default_value = "mina-demo.db")]
    file: PathBuf,

    /// Replace the file with a new demo, and lose the changes that were made in it
    #[arg(long)]
    reset: bool,

    /// The day that the data is made for, such as 2026-01-15; the default is today (UTC)
    #[arg(long, value_name = "DATE", value_parser = day)]
    today: Option<NaiveDate>,

    /// The loopback address and port to listen on; port 0 picks a free one
    #[arg(
        long = "listen",
        value_name = "ADDRESS",
        default_value = "127.0.0.1:8000",
        value_parser = loopback_address
    )]
    address: SocketAddr,
}

/// Why the demo cannot be started.
#[derive(Debug, thiserror::Error)]
enum DemoError {
    #[error(transparent)]
    File(#[from] DemoFileError),
    #[error("{} was made for {found}", file.display())]
    OtherDay { file: PathBuf, found: NaiveDate },
    #[error("the demo no longer has a user {username}")]
    NoUser { username: String },
    #[error(transparent)]
    Token(#[from] TokenError),
}

impl CommandError for DemoError {
    fn hint(&self) -> Option<String> {
        let hint = match self {
            Self::File(DemoFileError::InUse { .. }) => {
                "stop the other program, or choose another file with --file"
            }
            Self::File(DemoFileError::Fill(_) | DemoFileError::Database(_)) | Self::Token(_) => {
                return None;
            }
            Self::File(_) => "choose another file with --file",
            Self::OtherDay { .. } => {
                "add --reset to replace it, and lose the changes that were made in it, or choose \
                 another file with --file"
            }
            Self::NoUser { .. } => "start with a new demo: `mina demo --reset`",
        };
        Some(hint.to_owned())
    }
}

/// Opens or creates the demo, and serves it until a signal stops it.
pub async fn run(arguments: Demo) -> Outcome {
    // Before the file is opened, so that a demo that is already running is not disturbed.
    let listener = serve::listen(arguments.address, "--listen").await?;
    let progress = Progress::of_unknown_length();
    let today = arguments.today.unwrap_or_else(|| Utc::now().date_naive());
    let opened = file::open(&arguments.file, today, arguments.reset, |count, total| {
        progress.set_length(total);
        progress.advance(count);
    });
    let Opened {
        database,
        origin,
        today: found,
    } = opened.await.map_err(DemoError::from)?;
    drop(progress);
    if arguments.today.is_some() && found != today {
        database::close(&database).await;
        let file = arguments.file;
        return Err(DemoError::OtherDay { file, found }.into());
    }
    // A new secret for each run: tokens of an earlier run do not have to stay valid.
    let secret: [u8; 32] = rand::random();
    let load: LoadSettings = config::defaults()?;
    let rules = rules(
        &config::defaults()?,
        &config::defaults()?,
        &config::defaults()?,
        &load,
    )?;
    let tokens = Tokens::new(&secret, &[], TOKEN_LIFETIME, Utc::now);
    let engine = serve::engine(database, tokens, demo::BCRYPT_COST, rules)?;
    let sign_ins = demo::sign_ins();
    let first = sign_ins.first().map(|first| first.username.as_str());
    let token = bearer_token(&engine, first.unwrap_or_default()).await?;
    let signals = Signals::new()?;
    let banner = Banner {
        address: listener.address,
        file: &arguments.file,
        origin,
        today: found,
        sign_ins: &sign_ins,
        token: &token,
    };
    output::print(&banner.to_string())?;
    let state = AppState::new(
        engine,
        None,
        &load,
        config::defaults()?,
        Metrics::start()?,
        BackupStatus::default(),
    );
    let options = Options {
        metrics_listener: None,
        tls: None,
        cors_origins: AllowedOrigins::Loopback,
        only_loopback: true,
        playground: PlaygroundPage::Full,
        demo_sign_ins: sign_ins.into_iter().map(playground_sign_in).collect(),
        retention_interval: config::defaults::<RetentionSettings>()?.retention_interval,
        drain_delay: Duration::ZERO,
        shutdown_timeout: SHUTDOWN_TIMEOUT,
    };
    serve::until_stopped(listener, signals, state, options).await
}

/// The playground may sign in with the password of the demo, which is public.
fn playground_sign_in(sign_in: SignIn) -> DemoSignIn {
    DemoSignIn {
        username: sign_in.username,
        password: demo::PASSWORD,
        role: role_name(sign_in.role),
        workspace: sign_in.workspace,
    }
}

/// Parses an address that other machines cannot reach.
fn loopback_address(text: &str) -> Result<SocketAddr, String> {
    match text.parse::<SocketAddr>() {
        Ok(address) if address.ip().to_canonical().is_loopback() => Ok(address),
        Ok(_) => Err(
            "the passwords of the demo are public, so it listens on loopback only, such as \
             127.0.0.1:8000 or [::1]:8000"
                .to_owned(),
        ),
        Err(_) => Err("must be an IP address with a port, such as 127.0.0.1:8000".to_owned()),
    }
}

/// Parses a day of this century. The file has it in a number that has no room for all others.
fn day(text: &str) -> Result<NaiveDate, String> {
    let day: Option<NaiveDate> = text.parse().ok();
    day.filter(|day| (2000..2100).contains(&day.year()))
        .ok_or_else(|| "must be a day of the years 2000 to 2099, such as 2026-01-15".to_owned())
}

fn role_name(role: Role) -> &'static str {
    match role {
        Role::Admin => "admin",
        Role::Organizer => "organizer",
        Role::Member => "member",
    }
}

/// What people need to know to explore the demo.
struct Banner<'a> {
    address: SocketAddr,
    file: &'a Path,
    origin: Origin,
    /// The day of its data.
    today: NaiveDate,
    sign_ins: &'a [SignIn],
    /// For the first sign-in.
    token: &'a str,
}

impl fmt::Display for Banner<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { address, token, .. } = self;
        let origin = match self.origin {
            Origin::Created => "created just now",
            Origin::Found => "with the changes of earlier runs",
            Origin::Reset => "replaced with a new one",
            Origin::Replaced => {
                "replaced with a new one, because it was made by another version of mina"
            }
        };
        let now = demo::now(self.today).format("%-d %B %Y, %H:%M UTC");
        write!(
            f,
            "
The demo is in {file} ({origin}).

  Playground  http://{address}/
  API         http://{address}/graphql
  Schema      http://{address}/schema.graphql

Sign in, with the password {password}, as
",
            file = self.file.display(),
            password = demo::PASSWORD,
        )?;
        for sign_in in self.sign_ins {
            let (username, role) = (&sign_in.username, role_name(sign_in.role));
            writeln!(f, "  {username:<10}  {role:<9}  of {}", sign_in.workspace)?;
        }
        write!(
            f,
            "
or paste this into a shell, and send \"Authorization: Bearer $TOKEN\":

  export TOKEN={token}

In the data, it is {now}. `mina demo --reset` starts with new data as of today,
and Ctrl-C stops the server.

"
        )
    }
}

async fn bearer_token(engine: &Engine, username: &str) -> Result<String, Box<dyn CommandError>> {
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
    fn only_days_of_this_century_are_accepted() {
        assert_eq!(
            day("2026-01-15"),
            Ok(NaiveDate::from_ymd_opt(2026, 1, 15).unwrap())
        );
        for text in [
            "",
            "today",
            "2026-02-30",
            "1999-12-31",
            "2100-01-01",
            "-2026-01-15",
        ] {
            assert!(day(text).is_err(), "{text}");
        }
    }

    #[test]
    fn only_loopback_addresses_are_accepted() {
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
