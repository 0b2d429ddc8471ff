//! Serving until a signal, and then not dropping what is under way.

use std::io;

use tokio::{net::TcpListener, select, sync::watch, time::sleep};
use tracing::{info, warn};

use super::{AppState, Options, connections::Connections, metrics_router, router};
use crate::failure::Failure;

/// Why serving ended otherwise than by one signal.
#[derive(Debug, thiserror::Error)]
pub enum ServeError {
    /// The operating system cannot tell of signals.
    #[error("cannot serve: {0}")]
    Signals(#[from] io::Error),
    /// A second signal came before the server had ended.
    #[error("ended by a second signal, before the requests in flight had finished")]
    Interrupted,
}

impl Failure for ServeError {}

/// How far the server is on its way to the end. All clones tell of the same server.
#[derive(Clone, Debug)]
pub struct Draining(watch::Sender<Phase>);

#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
enum Phase {
    Serving,
    /// Load balancers are told to look elsewhere, and what they still send is answered.
    Draining,
    /// No more connections are taken, and those that are open end after their last answer.
    Stopping,
}

impl Default for Draining {
    fn default() -> Self {
        Self(watch::Sender::new(Phase::Serving))
    }
}

impl Draining {
    /// Whether the server has been told to end.
    pub fn has_begun(&self) -> bool {
        *self.0.borrow() > Phase::Serving
    }

    /// Waits until what is open must be brought to its end.
    pub async fn stopping(&self) {
        let mut phases = self.0.subscribe();
        // The sender lives as long as `self`, so waiting cannot fail.
        let _ = phases.wait_for(|phase| *phase == Phase::Stopping).await;
    }

    fn enter(&self, phase: Phase) {
        self.0.send_replace(phase);
    }

    /// Begins the last phase.
    pub(super) fn stop(&self) {
        self.enter(Phase::Stopping);
    }
}

/// Serves until Ctrl-C or SIGTERM, then lets requests in flight finish.
///
/// SIGTERM is what orchestrators send, while load balancers do not know of it yet: for
/// `drain_delay` readiness is denied and everything else goes on. Ctrl-C is a person who waits.
///
/// # Errors
/// If a second signal comes before the end.
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
        max_connections,
        tls,
        ..
    } = options;
    if let Some(listener) = metrics_listener {
        // It ends with the process: whoever watches wants to see the end too.
        tokio::spawn(axum::serve(listener, metrics_router(state)).into_future());
    }
    let connections = Connections::new(routes, tls, max_connections, draining.clone());
    // In a box, because it has to be dropped for the listener to be closed.
    let mut accepting = Box::pin(connections.clone().accept(listener));

    let signal = select! {
        signal = signals.next() => signal,
        never = &mut accepting => match never {},
    };
    if signal.drains && !drain_delay.is_zero() {
        let delay = humantime::format_duration(drain_delay);
        info!(
            "{}: not ready any more, and serving for {delay}",
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

/// A signal that asks the program to end.
struct Signal {
    name: &'static str,
    /// Whether whoever sent it may not have told the load balancers yet.
    drains: bool,
}

const INTERRUPT: Signal = Signal {
    name: "Ctrl-C",
    drains: false,
};

/// The signals that ask a program to end. From now on they do not end it by themselves.
#[cfg(unix)]
pub struct Signals {
    interrupt: tokio::signal::unix::Signal,
    terminate: tokio::signal::unix::Signal,
}

#[cfg(unix)]
impl Signals {
    /// Begins to take them.
    ///
    /// # Errors
    /// If the operating system cannot tell of signals.
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

/// The signals that ask a program to end. From now on they do not end it by themselves.
#[cfg(windows)]
pub struct Signals(tokio::signal::windows::CtrlC);

#[cfg(windows)]
impl Signals {
    /// Begins to take them.
    ///
    /// # Errors
    /// If the operating system cannot tell of signals.
    pub fn new() -> Result<Self, ServeError> {
        Ok(Self(tokio::signal::windows::ctrl_c()?))
    }

    /// Waits for the next signal.
    async fn next(&mut self) -> Signal {
        self.0.recv().await;
        INTERRUPT
    }
}
