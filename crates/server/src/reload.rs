//! Reads secrets and certificates from their files again while the server runs: on SIGHUP, and
//! regularly, because many programs that replace files send no signal.

use std::{convert::Infallible, io, time::Duration};

use mina_graphql::Engine;
use tokio::{select, time::sleep};
use tracing::{error, info};

use crate::{
    command_error::CommandError,
    config::{SecretError, TokenSettings},
    http::{Certificate, TlsError},
};

/// The time between two looks at the files.
const INTERVAL: Duration = Duration::from_secs(30);

/// What is read again.
pub struct Reload {
    engine: Engine,
    tokens: TokenSettings,
    certificate: Option<Certificate>,
    hangups: Hangups,
    /// The errors of the last time, which are not logged again.
    logged: Vec<String>,
}

impl Reload {
    /// Begins to receive SIGHUP, which does not end the process from now on.
    ///
    /// # Errors
    /// If the operating system cannot deliver signals.
    pub fn new(
        engine: Engine,
        tokens: TokenSettings,
        certificate: Option<Certificate>,
    ) -> io::Result<Self> {
        Ok(Self {
            engine,
            tokens,
            certificate,
            hangups: Hangups::new()?,
            logged: Vec::new(),
        })
    }

    /// Reads the files again whenever it is time. A file that cannot be used changes nothing: the
    /// server keeps what it has, and logs why.
    pub async fn run(mut self) -> Infallible {
        loop {
            select! {
                () = self.hangups.next() => {
                    info!("SIGHUP: reading secrets and certificates again");
                    self.logged.clear();
                }
                () = sleep(INTERVAL) => {}
            }
            self.read_again();
        }
    }

    fn read_again(&mut self) {
        let mut errors = Vec::new();
        match self.read_secrets() {
            Ok(true) => info!("the token secrets have changed"),
            Ok(false) => {}
            Err(error) => errors.push(describe(&error)),
        }
        match self.read_certificate() {
            Ok(true) => info!("the certificate has changed"),
            Ok(false) => {}
            Err(error) => errors.push(describe(&error)),
        }
        for error in errors.iter().filter(|error| !self.logged.contains(error)) {
            error!("{error}");
        }
        self.logged = errors;
    }

    fn read_secrets(&self) -> Result<bool, SecretError> {
        let secrets = self.tokens.secrets()?;
        let signing = secrets.signing.expose().as_bytes();
        let retired = secrets.retired();
        Ok(self.engine.replace_token_secrets(signing, &retired))
    }

    fn read_certificate(&self) -> Result<bool, TlsError> {
        self.certificate
            .as_ref()
            .map_or(Ok(false), Certificate::read_again)
    }
}

/// What the log says about an error, in one line.
fn describe(error: &dyn CommandError) -> String {
    let effect = "the server goes on with what it has";
    match error.hint() {
        Some(hint) => format!("{error}; {effect} ({hint})"),
        None => format!("{error}; {effect}"),
    }
}

/// The signals that ask a program to read its files again.
#[cfg(unix)]
struct Hangups(tokio::signal::unix::Signal);

#[cfg(unix)]
impl Hangups {
    fn new() -> io::Result<Self> {
        use tokio::signal::unix::{SignalKind, signal};
        signal(SignalKind::hangup()).map(Self)
    }

    async fn next(&mut self) {
        self.0.recv().await;
    }
}

/// Windows has no such signal.
#[cfg(windows)]
struct Hangups;

#[cfg(windows)]
impl Hangups {
    #[expect(clippy::unnecessary_wraps, reason = "it is fallible elsewhere")]
    fn new() -> io::Result<Self> {
        Ok(Self)
    }

    async fn next(&mut self) {
        std::future::pending().await
    }
}
