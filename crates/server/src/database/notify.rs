//! The bus between nodes on one PostgreSQL: `LISTEN` and `NOTIFY`.
//!
//! A notification only says that a node has added to the journal. It is sent after the commit, on a
//! separate connection, because within the transaction it would make all commits wait for each
//! other. Everything that is written while one notification is being sent, or shortly after it, is
//! covered by the next one.

use std::{sync::Arc, time::Duration};

use futures_util::future::BoxFuture;
use mina_graphql::Bus;
use sea_orm::sqlx::{
    self, AssertSqlSafe, Executor, PgPool,
    postgres::{PgConnectOptions, PgListener, PgPoolOptions},
};
use tokio::{
    select,
    sync::Notify,
    time::{sleep, timeout},
};
use tracing::{debug, info, warn};
use uuid::Uuid;

/// The channel shared by all nodes on one database.
const CHANNEL: &str = "mina_changes";

/// The time between two notifications, in which further writes are collected.
const NOTIFY_INTERVAL: Duration = Duration::from_millis(5);

/// How long to wait after a failure before the next attempt.
const RETRY_DELAY: Duration = Duration::from_secs(1);

/// How long a notification may take to be sent.
const NOTIFY_TIMEOUT: Duration = Duration::from_secs(5);

/// Notifies the nodes on one PostgreSQL database of each other's changes.
pub struct PostgresBus {
    /// Something was published, here or by another node.
    received: Notify,
    /// Something was published here, and other nodes have to be notified.
    to_send: Notify,
}

impl Bus for PostgresBus {
    fn publish(&self) {
        self.received.notify_one();
        self.to_send.notify_one();
    }

    fn published(&self) -> BoxFuture<'_, ()> {
        Box::pin(self.received.notified())
    }
}

impl PostgresBus {
    /// Starts to receive and send notifications, until the database is closed. Through a pooler,
    /// they are only sent: `LISTEN` would stay on a session that is lent to others.
    pub fn start(
        options: PgConnectOptions,
        is_pooled: bool,
        closed: impl Future<Output = ()> + Send + 'static,
    ) -> Arc<Self> {
        let bus = Arc::new(Self {
            received: Notify::new(),
            to_send: Notify::new(),
        });
        let node = Uuid::new_v4().simple().to_string();
        tokio::spawn({
            let bus = Arc::clone(&bus);
            async move {
                select! {
                    () = closed => {}
                    () = bus.listen(&options, &node), if !is_pooled => {}
                    () = bus.send(&options, &node) => {}
                }
            }
        });
        bus
    }

    /// Receives notifications of other nodes, and reconnects after failures.
    async fn listen(&self, options: &PgConnectOptions, node: &str) {
        loop {
            if let Err(error) = self.listen_once(options, node).await {
                warn!(%error, "not receiving notifications from other nodes, polling for their changes instead");
            }
            sleep(RETRY_DELAY).await;
        }
    }

    async fn listen_once(&self, options: &PgConnectOptions, node: &str) -> Result<(), sqlx::Error> {
        let pool = one_connection(options);
        let mut listener = PgListener::connect_with(&pool).await?;
        // Reconnecting automatically would hide that notifications may have been missed.
        listener.eager_reconnect(false);
        listener.listen(CHANNEL).await?;
        info!("listening for notifications from other nodes");
        // Notifications sent before this point were missed.
        self.received.notify_one();
        while let Some(notification) = listener.try_recv().await? {
            if notification.payload() != node {
                self.received.notify_one();
            }
        }
        Ok(())
    }

    /// Notifies other nodes whenever something has been written on this one.
    async fn send(&self, options: &PgConnectOptions, node: &str) {
        let pool = one_connection(options);
        loop {
            self.to_send.notified().await;
            // One message, because a pooler may lend another session for the next one.
            let notify = AssertSqlSafe(format!("NOTIFY {CHANNEL}, '{node}'"));
            let notify = pool.execute(notify);
            match timeout(NOTIFY_TIMEOUT, notify).await {
                Ok(Ok(_)) => sleep(NOTIFY_INTERVAL).await,
                // Other nodes poll for changes that they were not notified of.
                Ok(Err(error)) => {
                    debug!(%error, "cannot notify other nodes");
                    sleep(RETRY_DELAY).await;
                }
                Err(_) => debug!("notifying other nodes timed out"),
            }
        }
    }
}

/// A pool of one connection, reserved for the bus and opened when it is needed.
fn one_connection(options: &PgConnectOptions) -> PgPool {
    PgPoolOptions::new()
        .max_connections(1)
        .acquire_timeout(NOTIFY_TIMEOUT)
        .connect_lazy_with(options.clone())
}
