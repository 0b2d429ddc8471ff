//! How nodes tell each other that there is something new to read.

use futures_util::future::BoxFuture;
use tokio::sync::Notify;

/// Tells every node that something has been committed. Who hears it reads the journal, so nothing
/// is said of what it was; and each node reads the journal every now and then anyway, so that what
/// is not heard is read later.
pub trait Bus: Send + Sync + 'static {
    /// Tells all nodes, this one included. Returns at once.
    fn publish(&self);

    /// Waits until something has been published since this was waited for the last time.
    fn published(&self) -> BoxFuture<'_, ()>;
}

/// The bus of a node that is alone.
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
