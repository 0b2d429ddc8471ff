//! WebSocket connections, event streams and downloads: how many there may be, in total, for each user
//! and for each address.
//!
//! They stay open for as long as the client likes, so their number is limited more strictly than
//! that of connections, and never so that no connection is left for requests.

use std::net::IpAddr;

use super::{
    counts::{Counts, Held},
    graphql::Rejection,
};
use crate::config::{LiveSettings, LoadSettings};

/// This part of all connections is kept for requests.
const KEPT_FOR_REQUESTS: u64 = 8;

/// No user, and no address without a user, has more than this part of all connections.
const MAX_SHARE: u64 = 4;

/// What is counted, in messages.
const OF_ALL_KINDS: &str = "open WebSockets, event streams and downloads";

/// Whose streams are counted.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
enum Key {
    All,
    Address(IpAddr),
    Viewer(i32),
    /// WebSocket connections on which nobody has signed in.
    Anonymous(IpAddr),
}

/// The WebSocket connections, event streams and downloads of a server.
#[derive(Clone, Debug)]
pub struct Streams {
    counts: Counts<Key>,
    limit: u64,
    per_address: u64,
    per_viewer: u64,
    anonymous: u64,
}

/// The place of a WebSocket, an event stream or a download, until this is dropped.
#[derive(Debug)]
pub struct StreamPlace {
    streams: Streams,
    owner: Held<Key>,
    _address: Held<Key>,
    _one_of_all: Held<Key>,
}

impl Streams {
    /// No streams yet, with limits by the settings.
    pub fn new(load: &LoadSettings, live: &LiveSettings) -> Self {
        let all = u64::from(load.max_connections);
        let or_none = |limit: u32| if limit == 0 { u64::MAX } else { limit.into() };
        let share = (all / MAX_SHARE).max(1);
        let up_to_share = |limit: u32| {
            if limit == 0 {
                u64::MAX
            } else {
                share.min(limit.into())
            }
        };
        Self {
            counts: Counts::default(),
            limit: (all - all / KEPT_FOR_REQUESTS).max(1),
            per_address: or_none(load.max_connections_per_address),
            per_viewer: up_to_share(live.max_streams_per_viewer),
            anonymous: up_to_share(live.max_anonymous_websockets),
        }
    }

    /// A place for a stream of a user, or of nobody yet.
    ///
    /// # Errors
    ///
    /// If there are too many.
    pub fn enter(&self, address: IpAddr, viewer: Option<i32>) -> Result<StreamPlace, Rejection> {
        let one_of_all = self.counts.take(Key::All, 1, self.limit);
        let one_of_all = one_of_all.ok_or(Rejection::StreamsFull)?;
        let of_address = self.counts.take(Key::Address(address), 1, self.per_address);
        let of_address = of_address.ok_or(Rejection::TooManyStreams {
            whose: "This address",
            limit: self.per_address,
            which: OF_ALL_KINDS,
        })?;
        let owner = if let Some(viewer) = viewer {
            self.of_viewer(viewer)?
        } else {
            let held = self.counts.take(Key::Anonymous(address), 1, self.anonymous);
            held.ok_or(Rejection::TooManyStreams {
                whose: "This address",
                limit: self.anonymous,
                which: "open WebSockets that have not signed in",
            })?
        };
        Ok(StreamPlace {
            streams: self.clone(),
            owner,
            _address: of_address,
            _one_of_all: one_of_all,
        })
    }

    /// The number of open streams.
    pub fn open(&self) -> usize {
        usize::try_from(self.counts.of(&Key::All)).unwrap_or(usize::MAX)
    }

    fn of_viewer(&self, viewer: i32) -> Result<Held<Key>, Rejection> {
        let held = self.counts.take(Key::Viewer(viewer), 1, self.per_viewer);
        held.ok_or(Rejection::TooManyStreams {
            whose: "This user",
            limit: self.per_viewer,
            which: OF_ALL_KINDS,
        })
    }
}

impl StreamPlace {
    /// Counts the stream as one of this user from now on.
    ///
    /// # Errors
    ///
    /// If the user has too many.
    pub fn sign_in(&mut self, viewer: i32) -> Result<(), Rejection> {
        self.owner = self.streams.of_viewer(viewer)?;
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::config::defaults;

    fn streams(connections: u32, per_viewer: u32, anonymous: u32) -> Streams {
        let mut load: LoadSettings = defaults().unwrap();
        load.max_connections = connections;
        let mut live: LiveSettings = defaults().unwrap();
        live.max_streams_per_viewer = per_viewer;
        live.max_anonymous_websockets = anonymous;
        Streams::new(&load, &live)
    }

    #[test]
    fn a_user_and_an_address_have_limits() {
        let streams = streams(100, 2, 1);
        let (here, there) = ([10, 0, 0, 1].into(), [10, 0, 0, 2].into());
        let mut socket = streams.enter(here, None).unwrap();
        assert!(streams.enter(here, None).is_err());
        assert!(streams.enter(there, None).is_ok());
        socket.sign_in(1).unwrap();
        let mut second = streams.enter(here, None).unwrap();
        let third = streams.enter(there, Some(1)).unwrap();
        let rejection = second.sign_in(1).unwrap_err();
        assert!(
            rejection.message().contains("already has 2 "),
            "{}",
            rejection.message()
        );
        second.sign_in(2).unwrap();
        assert_eq!(streams.open(), 3);
        drop((socket, second, third));
        assert_eq!(streams.open(), 0);
    }

    #[test]
    fn connections_are_left_for_requests() {
        let streams = streams(16, 200, 100);
        let address = |last| [10, 0, 0, last].into();
        let held: Vec<_> = (0..14)
            .map(|it| streams.enter(address(it), Some(it.into())).unwrap())
            .collect();
        let full = streams.enter(address(99), Some(99)).unwrap_err();
        assert!(matches!(full, Rejection::StreamsFull));
        drop(held);
        let held: Vec<_> = (0..4)
            .map(|_| streams.enter(address(1), None).unwrap())
            .collect();
        assert!(streams.enter(address(1), None).is_err());
        drop(held);
    }
}
