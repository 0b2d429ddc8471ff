//! Serving until a signal, and then not dropping what is under way.

use std::{io, net::SocketAddr, time::Duration};

use axum::{Router, serve::ListenerExt};
use tokio::{net::TcpListener, select, sync::oneshot, time::sleep};
use tracing::{info, warn};

use crate::failure::Failure;

/// Why serving ended otherwise than by one signal.
#[derive(Debug, thiserror::Error)]
pub enum ServeError {
    /// The operating system cannot tell of signals, or the listener failed.
    #[error("cannot serve: {0}")]
    Io(#[from] io::Error),
    /// A second signal came while requests were finishing.
    #[error("ended by a second signal, before the requests in flight had finished")]
    Interrupted,
}

impl Failure for ServeError {}

/// Serves until Ctrl-C or SIGTERM, then lets requests in flight finish for up to `patience`.
///
/// # Errors
/// If the listener fails, or if a second signal ends the wait.
pub async fn serve(
    listener: TcpListener,
    router: Router,
    patience: Duration,
) -> Result<(), ServeError> {
    let mut signals = Signals::new()?;
    let (stop, stopping) = oneshot::channel::<()>();
    // Small answers must not wait in the kernel for more to send.
    let listener = listener.tap_io(|connection| {
        if let Err(error) = connection.set_nodelay(true) {
            warn!(%error, "cannot turn off delayed sending");
        }
    });
    let service = router.into_make_service_with_connect_info::<SocketAddr>();
    let server = axum::serve(listener, service).with_graceful_shutdown(async {
        // A dropped sender means stop too.
        let _ = stopping.await;
    });
    let mut server = std::pin::pin!(server.into_future());

    select! {
        ended = &mut server => return Ok(ended?),
        name = signals.next() => info!("{name}: finishing the requests in flight"),
    }
    let _ = stop.send(());
    select! {
        ended = &mut server => {
            info!("stopped");
            Ok(ended?)
        }
        () = sleep(patience) => {
            warn!("stopped with requests still in flight after {}", humantime::format_duration(patience));
            Ok(())
        }
        _ = signals.next() => Err(ServeError::Interrupted),
    }
}

/// The signals that ask a program to end.
#[cfg(unix)]
struct Signals {
    interrupt: tokio::signal::unix::Signal,
    terminate: tokio::signal::unix::Signal,
}

#[cfg(unix)]
impl Signals {
    fn new() -> io::Result<Self> {
        use tokio::signal::unix::{SignalKind, signal};
        Ok(Self {
            interrupt: signal(SignalKind::interrupt())?,
            terminate: signal(SignalKind::terminate())?,
        })
    }

    /// Waits for the next signal and says which it is.
    async fn next(&mut self) -> &'static str {
        select! {
            _ = self.interrupt.recv() => "SIGINT",
            _ = self.terminate.recv() => "SIGTERM",
        }
    }
}

/// The signals that ask a program to end.
#[cfg(windows)]
struct Signals(tokio::signal::windows::CtrlC);

#[cfg(windows)]
impl Signals {
    fn new() -> io::Result<Self> {
        tokio::signal::windows::ctrl_c().map(Self)
    }

    /// Waits for the next signal and says which it is.
    async fn next(&mut self) -> &'static str {
        self.0.recv().await;
        "Ctrl-C"
    }
}
