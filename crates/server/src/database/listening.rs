//! Finding out that nobody listens where PostgreSQL should be.
//!
//! The driver's pool takes a refused connection for a server that is about to start, and lets
//! whoever asks for one wait as long as anybody may wait for a connection at all. Requests would
//! pile up for seconds, each to hear in the end what could have been known at once.

use std::{io, path::PathBuf, time::Duration};

use mina_graphql::Watcher;
use sea_orm::sqlx::{PgPool, postgres::PgConnectOptions};
use tokio::{
    net::TcpStream,
    select,
    time::{sleep, timeout},
};
use tracing::{info, warn};

/// How often it is looked whether a server is back that was away.
const PERIOD: Duration = Duration::from_millis(250);

/// How long a server may take to accept a connection. One that is slow is there.
const PATIENCE: Duration = Duration::from_secs(1);

/// Where a server listens.
#[derive(Clone, Debug)]
enum Address {
    Host(String, u16),
    Socket(PathBuf),
}

/// Watches the server of a pool until that is closed.
pub fn watch(pool: &PgPool, options: &PgConnectOptions, watcher: Watcher) {
    let address = Address::of(options);
    let closed = pool.close_event();
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

    /// Looks, whenever there is reason to, whether somebody listens, and tells.
    async fn watch(&self, watcher: &Watcher) {
        loop {
            let was_away = watcher.is_away();
            if was_away {
                sleep(PERIOD).await;
            } else {
                watcher.suspected().await;
            }
            let is_away = self.refuses().await;
            watcher.tell(is_away);
            match (was_away, is_away) {
                (false, true) => warn!(address = ?self, "nobody listens: PostgreSQL is away"),
                (true, false) => info!(address = ?self, "PostgreSQL listens again"),
                _ => {}
            }
        }
    }

    /// Whether it is certain that nobody listens.
    async fn refuses(&self) -> bool {
        match timeout(PATIENCE, self.connect()).await {
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
    async fn a_port_refuses_when_nobody_listens_there() {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let port = listener.local_addr().unwrap().port();
        let address = Address::of(&PgConnectOptions::new().host("127.0.0.1").port(port));
        assert!(!address.refuses().await);
        drop(listener);
        assert!(address.refuses().await);
    }

    #[cfg(unix)]
    #[tokio::test]
    async fn a_socket_refuses_when_nobody_listens_there() {
        let folder = tempfile::tempdir().unwrap();
        let options = PgConnectOptions::new().socket(folder.path()).port(5432);
        let path = folder.path().join(".s.PGSQL.5432");
        let listener = tokio::net::UnixListener::bind(&path).unwrap();
        let address = Address::of(&options);
        assert!(!address.refuses().await);
        drop(listener);
        assert!(address.refuses().await);
        // The driver fails at once where there is no socket at all.
        std::fs::remove_file(&path).unwrap();
        assert!(!address.refuses().await);
    }
}
