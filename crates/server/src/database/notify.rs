//! The bus between nodes on one PostgreSQL: `LISTEN` and `NOTIFY`.
//!
//! A notification says nothing but that there is something new in the journal, and from which node
//! it is. It is sent after the commit, on a connection of its own: within the transaction it would
//! make all commits wait for each other. What is written while one is under way is told by the
//! next, and so is what is written shortly after it.

use std::{sync::Arc, time::Duration};

use futures_util::future::BoxFuture;
use mina_graphql::Bus;
use sea_orm::sqlx::{
    self, PgPool,
    postgres::{PgConnectOptions, PgListener, PgPoolOptions},
};
use tokio::{
    select,
    sync::Notify,
    time::{sleep, timeout},
};
use tracing::{debug, info, warn};
use uuid::Uuid;

/// The channel, which all nodes on one database share.
const CHANNEL: &str = "mina_changes";

/// How long what is written shortly after a notification waits for the next.
const COALESCING: Duration = Duration::from_millis(5);

/// How long to wait before the server is asked again that has failed.
const RETRY: Duration = Duration::from_secs(1);

/// How long a notification may take to be sent.
const PATIENCE: Duration = Duration::from_secs(5);

/// Tells the nodes on one PostgreSQL of each other's changes.
pub struct PostgresBus {
    heard: Notify,
    said: Notify,
}

impl Bus for PostgresBus {
    fn publish(&self) {
        self.heard.notify_one();
        self.said.notify_one();
    }

    fn published(&self) -> BoxFuture<'_, ()> {
        Box::pin(self.heard.notified())
    }
}

impl PostgresBus {
    /// Begins to listen and to tell, until the pool of the database is closed.
    pub fn start(pool: &PgPool) -> Arc<Self> {
        let bus = Arc::new(Self {
            heard: Notify::new(),
            said: Notify::new(),
        });
        let node = Uuid::new_v4().simple().to_string();
        let options = pool.connect_options().as_ref().clone();
        let closed = pool.close_event();
        tokio::spawn({
            let bus = Arc::clone(&bus);
            async move {
                select! {
                    () = closed => {}
                    () = bus.listen(&options, &node) => {}
                    () = bus.tell(&options, &node) => {}
                }
            }
        });
        bus
    }

    /// Listens for other nodes, again and again.
    async fn listen(&self, options: &PgConnectOptions, node: &str) {
        loop {
            if let Err(error) = self.listen_once(options, node).await {
                warn!(%error, "does not hear of other nodes' changes, and looks for them instead");
            }
            sleep(RETRY).await;
        }
    }

    async fn listen_once(&self, options: &PgConnectOptions, node: &str) -> Result<(), sqlx::Error> {
        let pool = one_connection(options);
        let mut listener = PgListener::connect_with(&pool).await?;
        // It would connect anew by itself, and so hide that something may have been missed.
        listener.eager_reconnect(false);
        listener.listen(CHANNEL).await?;
        info!("listening to other nodes");
        // What was said before is not heard any more.
        self.heard.notify_one();
        while let Some(notification) = listener.try_recv().await? {
            if notification.payload() != node {
                self.heard.notify_one();
            }
        }
        Ok(())
    }

    /// Tells other nodes whenever something has been written on this one.
    async fn tell(&self, options: &PgConnectOptions, node: &str) {
        let pool = one_connection(options);
        loop {
            self.said.notified().await;
            let notify = sqlx::query("SELECT pg_notify($1, $2)")
                .bind(CHANNEL)
                .bind(node)
                .execute(&pool);
            match timeout(PATIENCE, notify).await {
                Ok(Ok(_)) => sleep(COALESCING).await,
                // Others look for what they are not told of.
                Ok(Err(error)) => {
                    debug!(%error, "cannot tell other nodes");
                    sleep(RETRY).await;
                }
                Err(_) => debug!("cannot tell other nodes in time"),
            }
        }
    }
}

/// A connection that requests cannot take, opened when it is needed.
fn one_connection(options: &PgConnectOptions) -> PgPool {
    PgPoolOptions::new()
        .max_connections(1)
        .acquire_timeout(PATIENCE)
        .connect_lazy_with(options.clone())
}
