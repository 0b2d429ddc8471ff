//! Detects that PostgreSQL is not listening.
//!
//! The pools treat a refused connection as a server that is starting, and retry until the timeout for
//! a connection. Requests would pile up for seconds, only to fail in the end with what
//! could have been known immediately.

use std::{io, path::PathBuf, time::Duration};

use mina_graphql::Watcher;
use sea_orm::sqlx::postgres::PgConnectOptions;
use tokio::{
    net::TcpStream,
    select,
    time::{sleep, timeout},
};
use tracing::{info, warn};

/// How often to check whether a server that was unavailable is back.
const CHECK_INTERVAL: Duration = Duration::from_millis(250);

/// How long a server may take to accept a connection. A slow one is still available.
const CONNECT_TIMEOUT: Duration = Duration::from_secs(1);

/// The address that a server listens on.
#[derive(Clone, Debug)]
enum Address {
    Host(String, u16),
    Socket(PathBuf),
}

/// Watches a server until the database is closed.
pub fn watch(
    options: &PgConnectOptions,
    watcher: Watcher,
    closed: impl Future<Output = ()> + Send + 'static,
) {
    let address = Address::of(options);
    tokio::spawn(async move {
        select! {
            () = closed => {}
            () = address.watch(&watcher) => {}
        }
    });
}

impl Address {
    fn of(options: &PgConnectOptions) -> Self {
        let port = options.get_port();
        match options.get_socket() {
            Some(directory) => Self::Socket(directory.join(format!(".s.PGSQL.{port}"))),
            None => Self::Host(options.get_host().to_owned(), port),
        }
    }

    /// Checks whether the server listens whenever that is in doubt, and reports it.
    async fn watch(&self, watcher: &Watcher) {
        loop {
            let was_away = watcher.is_down();
            if was_away {
                sleep(CHECK_INTERVAL).await;
            } else {
                watcher.check_requested().await;
            }
            let is_away = self.refuses().await;
            watcher.report(is_away);
            match (was_away, is_away) {
                (false, true) => warn!(address = ?self, "PostgreSQL is not listening"),
                (true, false) => info!(address = ?self, "PostgreSQL is listening again"),
                _ => {}
            }
        }
    }

    /// Whether the server certainly does not listen.
    async fn refuses(&self) -> bool {
        match timeout(CONNECT_TIMEOUT, self.connect()).await {
            Ok(Err(error)) => error.kind() == io::ErrorKind::ConnectionRefused,
            Ok(Ok(())) | Err(_) => false,
        }
    }

    async fn connect(&self) -> io::Result<()> {
        match self {
            Self::Host(host, port) => TcpStream::connect((host.as_str(), *port)).await.map(drop),
            #[cfg(unix)]
            Self::Socket(path) => tokio::net::UnixStream::connect(path).await.map(drop),
            #[cfg(not(unix))]
            Self::Socket(_) => Ok(()),
        }
    }
}

#[cfg(test)]
mod tests {
    use tokio::net::TcpListener;

    use super::*;

    #[tokio::test]
    async fn a_port_without_a_listener_refuses() {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let port = listener.local_addr().unwrap().port();
        let address = Address::of(&PgConnectOptions::new().host("127.0.0.1").port(port));
        assert!(!address.refuses().await);
        drop(listener);
        assert!(address.refuses().await);
    }

    #[cfg(unix)]
    #[tokio::test]
    async fn a_unix_socket_without_a_listener_refuses() {
        let folder = tempfile::tempdir().unwrap();
        let options = PgConnectOptions::new().socket(folder.path()).port(5432);
        let path = folder.path().join(".s.PGSQL.5432");
        let listener = tokio::net::UnixListener::bind(&path).unwrap();
        let address = Address::of(&options);
        assert!(!address.refuses().await);
        drop(listener);
        assert!(address.refuses().await);
        // If the socket does not exist, the driver fails immediately by itself.
        std::fs::remove_file(&path).unwrap();
        assert!(!address.refuses().await);
    }
}
