//! Serves until a signal, and then shuts down without dropping requests in flight.

use std::io;

use tokio::{net::TcpListener, select, sync::watch, time::sleep};
use tracing::{error, info, warn};

use super::{AppState, Options, connections::Connections, metrics_router, router};
use crate::{command_error::CommandError, telemetry::log_what_is_shed};

/// Why the server ended in another way than by an orderly shutdown.
#[derive(Debug, thiserror::Error)]
pub enum ServeError {
    /// The operating system cannot deliver signals, or has no thread for the metrics.
    #[error("cannot serve: {0}")]
    System(#[from] io::Error),
    /// A second signal arrived during the shutdown.
    #[error("ended by a second signal, before the requests in flight had finished")]
    Interrupted,
}

impl CommandError for ServeError {}

/// The progress of the shutdown. All clones share it.
#[derive(Clone, Debug)]
pub struct Draining(watch::Sender<Phase>);

#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
enum Phase {
    Serving,
    /// Readiness fails, so that load balancers stop sending requests. Those that still arrive are
    /// answered.
    Draining,
    /// No more connections are accepted, and open ones are closed after their last response.
    Stopping,
}

impl Default for Draining {
    fn default() -> Self {
        Self(watch::Sender::new(Phase::Serving))
    }
}

impl Draining {
    /// Whether the shutdown has begun.
    pub fn has_begun(&self) -> bool {
        *self.0.borrow() > Phase::Serving
    }

    /// Waits until open connections must be closed.
    pub async fn stopping(&self) {
        let mut phases = self.0.subscribe();
        // The sender lives as long as `self`, so waiting cannot fail.
        let _ = phases.wait_for(|phase| *phase == Phase::Stopping).await;
    }

    fn enter(&self, phase: Phase) {
        self.0.send_replace(phase);
    }

    /// Begins the last phase of the shutdown.
    pub(super) fn stop(&self) {
        self.enter(Phase::Stopping);
    }
}

/// Serves until Ctrl-C or SIGTERM, then finishes the requests in flight.
///
/// Orchestrators send SIGTERM before load balancers know of it, so for `drain_delay` readiness fails
/// and everything else continues. Ctrl-C is sent by a person who is waiting, so it has no delay.
///
/// # Errors
/// If a second signal arrives during the shutdown, or the metrics cannot be served.
pub async fn serve(
    listener: TcpListener,
    mut signals: Signals,
    state: AppState,
    options: Options,
) -> Result<(), ServeError> {
    let draining = state.draining.clone();
    let routes = router(state.clone(), &options);
    let Options {
        metrics_listener,
        drain_delay,
        shutdown_timeout,
        tls,
        ..
    } = options;
    let connections = Connections::new(routes, tls, state.connections.clone(), draining.clone());
    tokio::spawn(log_what_is_shed());
    if let Some(listener) = metrics_listener {
        serve_metrics(listener, state)?;
    }
    // Boxed, because it has to be dropped to close the listener.
    let mut accepting = Box::pin(connections.clone().accept(listener));

    let signal = select! {
        signal = signals.next() => signal,
        never = &mut accepting => match never {},
    };
    if signal.drains && !drain_delay.is_zero() {
        let delay = humantime::format_duration(drain_delay);
        info!(
            "{}: readiness fails from now on, and the server stops in {delay}",
            signal.name
        );
        draining.enter(Phase::Draining);
        select! {
            () = sleep(drain_delay) => {}
            _ = signals.next() => return Err(ServeError::Interrupted),
            never = &mut accepting => match never {},
        }
    }
    info!("{}: finishing the requests in flight", signal.name);
    draining.stop();
    drop(accepting);
    select! {
        () = connections.closed() => info!("stopped"),
        () = sleep(shutdown_timeout) => warn!(
            requests = connections.requests_in_flight(),
            connections = connections.open(),
            "stopped after {}, with connections still open",
            humantime::format_duration(shutdown_timeout)
        ),
        _ = signals.next() => return Err(ServeError::Interrupted),
    }
    Ok(())
}

/// Serves metrics and health on a thread of its own, which answers however busy all others are. It
/// runs until the process ends, so that the shutdown can be monitored too.
fn serve_metrics(listener: TcpListener, state: AppState) -> io::Result<()> {
    let listener = listener.into_std()?;
    let runtime = tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .build()?;
    let serving = async move {
        let listener = TcpListener::from_std(listener)?;
        axum::serve(listener, metrics_router(state)).await
    };
    std::thread::Builder::new()
        .name("metrics".to_owned())
        .spawn(move || {
            if let Err(error) = runtime.block_on(serving) {
                error!(%error, "metrics are not served any more");
            }
        })?;
    Ok(())
}

/// A signal that asks the program to stop.
struct Signal {
    name: &'static str,
    /// Whether load balancers may not know of the shutdown yet.
    drains: bool,
}

const INTERRUPT: Signal = Signal {
    name: "Ctrl-C",
    drains: false,
};

/// The signals that ask a program to stop. From now on, they do not end the process by themselves.
#[cfg(unix)]
pub struct Signals {
    interrupt: tokio::signal::unix::Signal,
    terminate: tokio::signal::unix::Signal,
}

#[cfg(unix)]
impl Signals {
    /// Begins to receive them.
    ///
    /// # Errors
    /// If the operating system cannot deliver signals.
    pub fn new() -> Result<Self, ServeError> {
        use tokio::signal::unix::{SignalKind, signal};
        Ok(Self {
            interrupt: signal(SignalKind::interrupt())?,
            terminate: signal(SignalKind::terminate())?,
        })
    }

    /// Waits for the next signal.
    async fn next(&mut self) -> Signal {
        select! {
            _ = self.interrupt.recv() => INTERRUPT,
            _ = self.terminate.recv() => Signal { name: "SIGTERM", drains: true },
        }
    }
}

/// The signals that ask a program to stop. From now on, they do not end the process by themselves.
#[cfg(windows)]
pub struct Signals(tokio::signal::windows::CtrlC);

#[cfg(windows)]
impl Signals {
    /// Begins to receive them.
    ///
    /// # Errors
    /// If the operating system cannot deliver signals.
    pub fn new() -> Result<Self, ServeError> {
        Ok(Self(tokio::signal::windows::ctrl_c()?))
    }

    /// Waits for the next signal.
    async fn next(&mut self) -> Signal {
        self.0.recv().await;
        INTERRUPT
    }
}
