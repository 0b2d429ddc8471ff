//! How nodes notify each other of new changes.

use futures_util::future::BoxFuture;
use tokio::sync::Notify;

/// Notifies every node that something was committed. A notification has no content, because nodes
/// read the changes from the journal. They also poll the journal, so a lost notification only
/// delays changes.
pub trait Bus: Send + Sync + 'static {
    /// Notifies all nodes, including this one. Returns immediately.
    fn publish(&self);

    /// Waits for a notification, including one that was sent since the last call.
    fn published(&self) -> BoxFuture<'_, ()>;
}

/// The bus of a single node.
#[derive(Debug, Default)]
pub struct LocalBus(Notify);

impl Bus for LocalBus {
    fn publish(&self) {
        self.0.notify_one();
    }

    fn published(&self) -> BoxFuture<'_, ()> {
        Box::pin(self.0.notified())
    }
}
