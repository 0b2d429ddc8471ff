//! The open connections: how many there are, whose they are, and which of them have to go when there
//! is no room for another.
//!
//! A connection that only waits for its client is worth less than one that has just arrived. Without
//! this, whoever opens connections and says nothing could keep everybody else out.

use std::{
    collections::HashMap,
    net::IpAddr,
    sync::{
        Arc, Mutex, MutexGuard, PoisonError,
        atomic::{AtomicBool, Ordering},
    },
    time::Duration,
};

use tokio::{
    sync::{Notify, watch},
    time::timeout,
};

use super::{client, in_flight::Activity};
use crate::telemetry::Shed;

/// When there is no room, this part of all connections is closed at once, so that looking for them
/// is rare.
const CLOSED_AT_ONCE: usize = 16;

/// How long to wait for room before looking again for connections to close.
const RETRY_AFTER: Duration = Duration::from_millis(100);

/// The open connections of a server.
#[derive(Clone)]
pub struct ConnectionTable(Arc<Inner>);

struct Inner {
    limit: usize,
    /// The limit for each address, if there is one.
    limit_per_address: Option<usize>,
    open: Mutex<Open>,
    /// The number of open connections, as it changes.
    count: watch::Sender<usize>,
}

#[derive(Default)]
struct Open {
    connections: HashMap<u64, Arc<Connection>>,
    by_address: HashMap<IpAddr, usize>,
    next_number: u64,
}

/// A connection that is open.
pub struct Connection {
    /// What happens on it.
    pub activity: Arc<Activity>,
    address: IpAddr,
    /// Whether it can be closed: it has not become a WebSocket.
    is_http: AtomicBool,
    must_end: AtomicBool,
    end: Notify,
}

impl Connection {
    /// Waits until the connection has to end, to make room.
    pub async fn must_end(&self) {
        self.end.notified().await;
    }

    /// Notes that HTTP has ended on the connection. If it is still open, it is a WebSocket.
    pub fn leave_http(&self) {
        self.is_http.store(false, Ordering::Relaxed);
    }
}

/// The place of a connection, which is free again when this is dropped.
pub struct Place {
    table: Arc<Inner>,
    number: u64,
    connection: Arc<Connection>,
}

impl Place {
    /// The connection that has this place.
    pub fn connection(&self) -> Arc<Connection> {
        Arc::clone(&self.connection)
    }
}

/// Why there is no room.
enum Full {
    Table,
    Address,
}

impl ConnectionTable {
    /// A table with these limits. An address has no limit of its own if `limit_per_address` is 0.
    pub fn new(limit: u32, limit_per_address: u32) -> Self {
        Self(Arc::new(Inner {
            limit: limit as usize,
            limit_per_address: (limit_per_address > 0).then_some(limit_per_address as usize),
            open: Mutex::default(),
            count: watch::Sender::new(0),
        }))
    }

    /// The number of open connections.
    pub fn open(&self) -> usize {
        *self.0.count.borrow()
    }

    /// Waits until all connections are closed, including those that have become a WebSocket.
    pub async fn closed(&self) {
        // The sender lives as long as `self`, so waiting cannot fail.
        let _ = self.0.count.subscribe().wait_for(|count| *count == 0).await;
    }

    /// A place for a connection from this address, as soon as there is one. None if the address has
    /// too many connections that are all in use.
    pub async fn enter(&self, address: IpAddr) -> Option<Place> {
        let address = client::network(address);
        let mut count = self.0.count.subscribe();
        loop {
            count.mark_unchanged();
            match self.try_enter(address) {
                Ok(place) => return Some(place),
                Err(Full::Table) => {
                    self.make_room(None);
                }
                Err(Full::Address) => {
                    if self.make_room(Some(address)) == 0 {
                        Shed::Connections.count();
                        return None;
                    }
                }
            }
            // One that is closed, or one that has just been answered and can be closed.
            let _ = timeout(RETRY_AFTER, count.changed()).await;
        }
    }

    fn try_enter(&self, address: IpAddr) -> Result<Place, Full> {
        let mut open = self.0.lock();
        if open.connections.len() >= self.0.limit {
            return Err(Full::Table);
        }
        let of_address = open.by_address.get(&address).copied().unwrap_or_default();
        if self.0.limit_per_address.is_some_and(|it| of_address >= it) {
            return Err(Full::Address);
        }
        let connection = Arc::new(Connection {
            activity: Arc::new(Activity::new()),
            address,
            is_http: AtomicBool::new(true),
            must_end: AtomicBool::new(false),
            end: Notify::new(),
        });
        let number = open.next_number;
        open.next_number += 1;
        open.by_address.insert(address, of_address + 1);
        open.connections.insert(number, Arc::clone(&connection));
        self.0.count.send_replace(open.connections.len());
        Ok(Place {
            table: Arc::clone(&self.0),
            number,
            connection,
        })
    }

    /// Closes connections that wait for their clients: first those of the address that has most,
    /// and among these first those that have waited longest. Only connections of `address`, if it is
    /// given. Returns how many are being closed.
    fn make_room(&self, address: Option<IpAddr>) -> usize {
        let open = self.0.lock();
        let is_meant = |connection: &&Arc<Connection>| {
            connection.is_http.load(Ordering::Relaxed)
                && address.is_none_or(|it| it == connection.address)
        };
        let mut ending = 0;
        let mut waiting = Vec::new();
        for connection in open.connections.values().filter(is_meant) {
            if connection.must_end.load(Ordering::Relaxed) {
                ending += 1;
            } else if let Some(since) = connection.activity.waiting_since() {
                let of_address = open.by_address.get(&connection.address).copied();
                waiting.push((std::cmp::Reverse(of_address), since, connection));
            }
        }
        if ending > 0 {
            return ending;
        }
        waiting.sort_unstable_by_key(|(of_address, since, _)| (*of_address, *since));
        let limit = match address {
            Some(_) => self.0.limit_per_address.unwrap_or(self.0.limit),
            None => self.0.limit,
        };
        waiting.truncate((limit / CLOSED_AT_ONCE).max(1));
        for (_, _, connection) in &waiting {
            connection.must_end.store(true, Ordering::Relaxed);
            connection.end.notify_one();
        }
        Shed::Waiting.count_many(waiting.len() as u64);
        waiting.len()
    }
}

impl Inner {
    fn lock(&self) -> MutexGuard<'_, Open> {
        self.open.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Drop for Place {
    fn drop(&mut self) {
        let mut open = self.table.lock();
        open.connections.remove(&self.number);
        let address = self.connection.address;
        match open.by_address.get_mut(&address) {
            Some(count) if *count > 1 => *count -= 1,
            _ => {
                open.by_address.remove(&address);
            }
        }
        self.table.count.send_replace(open.connections.len());
    }
}

#[cfg(test)]
mod tests {
    use std::sync::atomic::AtomicUsize;

    use futures_util::FutureExt;

    use super::*;
    use crate::http::in_flight::InFlight;

    const HERE: IpAddr = IpAddr::V4(std::net::Ipv4Addr::LOCALHOST);

    fn there(last: u8) -> IpAddr {
        [10, 0, 0, last].into()
    }

    fn is_ending(place: &Place) -> bool {
        place.connection.must_end().now_or_never().is_some()
    }

    async fn enter(table: &ConnectionTable, address: IpAddr) -> Place {
        table.enter(address).await.expect("there is no room")
    }

    #[tokio::test]
    async fn the_longest_waiting_of_the_busiest_address_makes_room() {
        let table = ConnectionTable::new(4, 0);
        let alone = enter(&table, there(1)).await;
        let busy = enter(&table, HERE).await;
        let request = InFlight::new(&busy.connection().activity, &Arc::new(AtomicUsize::new(0)));
        let first = enter(&table, HERE).await;
        let second = enter(&table, HERE).await;
        let newcomer = table.enter(there(2));
        let mut newcomer = std::pin::pin!(newcomer);
        assert!(futures_util::poll!(&mut newcomer).is_pending());
        assert!(is_ending(&first));
        assert!(![&alone, &busy, &second].into_iter().any(is_ending));
        drop(first);
        let newcomer = newcomer.await.unwrap();
        assert_eq!(table.open(), 4);
        drop((alone, busy, request, second, newcomer));
        table.closed().await;
    }

    #[tokio::test]
    async fn a_websocket_makes_no_room() {
        let table = ConnectionTable::new(1, 0);
        let socket = enter(&table, HERE).await;
        socket.connection().leave_http();
        let newcomer = table.enter(HERE);
        let mut newcomer = std::pin::pin!(newcomer);
        assert!(futures_util::poll!(&mut newcomer).is_pending());
        assert!(!is_ending(&socket));
        drop(socket);
        assert!(newcomer.await.is_some());
    }

    #[tokio::test]
    async fn an_address_has_its_own_limit() {
        let table = ConnectionTable::new(9, 2);
        let requests = Arc::new(AtomicUsize::new(0));
        let places = [enter(&table, HERE).await, enter(&table, HERE).await];
        let in_flight = places
            .each_ref()
            .map(|it| InFlight::new(&it.connection().activity, &requests));
        // All are in use, so the newest is turned away.
        assert!(table.enter(HERE).await.is_none());
        assert!(table.enter(there(1)).await.is_some());
        drop(in_flight);
        let newest = table.enter(HERE);
        let mut newest = std::pin::pin!(newest);
        assert!(futures_util::poll!(&mut newest).is_pending());
        assert!(is_ending(&places[0]) && !is_ending(&places[1]));
        drop(places);
        assert!(newest.await.is_some());
    }
}
