//! Subscribers to a transcript, or to changes, which remember what they received.

use std::{collections::HashMap, time::Duration};

use entity::session;
use libtest_mimic::Failed;
use serde_json::{Value, json};
use tokio::time::timeout;

use super::{
    scene::{Scene, Stored},
    socket::Socket,
};
use crate::support::{Outcome, seed::global_id, server::Server};

const TRANSCRIPT: &str = "subscription ($session: ID!, $after: Int) {
    sessionTranscript(sessionId: $session, after: $after) {
        position segment { id text kind }
    }
}";

/// Somebody who follows a transcript.
pub struct Follower {
    socket: Socket,
    pub log: Log,
}

impl Follower {
    /// Follows on a node from the beginning.
    pub async fn of(
        scene: &Scene<'_>,
        node: usize,
        session: &session::Model,
    ) -> Result<Self, Failed> {
        Self::after(scene, node, session, 0).await
    }

    /// Follows on a node after a position.
    pub async fn after(
        scene: &Scene<'_>,
        node: usize,
        session: &session::Model,
        position: i32,
    ) -> Result<Self, Failed> {
        let log = Log {
            received: Vec::new(),
            position,
        };
        Self::resume(&scene.nodes[node], &scene.token, session, log).await
    }

    /// Follows on where a log ends.
    pub async fn resume(
        server: &Server,
        token: &str,
        session: &session::Model,
        log: Log,
    ) -> Result<Self, Failed> {
        let socket = Socket::open(server).await?.sign_in(token).await?;
        Self::over(socket, session, log).await
    }

    /// The same over a socket of one's own.
    pub async fn over(
        mut socket: Socket,
        session: &session::Model,
        log: Log,
    ) -> Result<Self, Failed> {
        let variables = json!({
            "session": global_id("Session", session.id),
            // Nothing and 0 are the same.
            "after": Some(log.position).filter(|it| *it > 0),
        });
        socket.subscribe("t", TRANSCRIPT, variables).await?;
        Ok(Self { socket, log })
    }

    /// Waits for the next event and writes it down.
    pub async fn next(&mut self) -> Result<&Stored, Failed> {
        let data = self.socket.event().await?;
        self.log.note(&data["sessionTranscript"])
    }

    /// Follows until the event at a position has come.
    pub async fn until(&mut self, position: i32) -> Outcome {
        while self.log.position < position {
            self.next().await?;
        }
        assert_eq!(self.log.position, position, "received what is not there");
        Ok(())
    }
}

/// The events of a transcript that a subscriber received.
#[derive(Clone, Default)]
pub struct Log {
    /// In the order in which it came.
    pub received: Vec<Stored>,
    /// The last position.
    pub position: i32,
}

impl Log {
    fn note(&mut self, event: &Value) -> Result<&Stored, Failed> {
        let text = |pointer| {
            let text = event.pointer(pointer).and_then(Value::as_str);
            text.map(str::to_owned).ok_or(format!("no event: {event}"))
        };
        let position = event["position"]
            .as_i64()
            .ok_or("no position")?
            .try_into()?;
        assert!(
            position > self.position,
            "{position} came after {}",
            self.position
        );
        self.position = position;
        self.received.push(Stored {
            position,
            id: text("/segment/id")?,
            text: text("/segment/text")?,
            kind: text("/segment/kind")?,
        });
        Ok(&self.received[self.received.len() - 1])
    }

    pub fn positions(&self) -> Vec<i32> {
        self.received.iter().map(|it| it.position).collect()
    }

    /// The final state of the transcript, in which each version replaces the earlier ones.
    pub fn outcome(&self) -> Vec<Stored> {
        let last: HashMap<&str, i32> = self
            .received
            .iter()
            .map(|it| (it.id.as_str(), it.position))
            .collect();
        let is_last = |it: &&Stored| last[it.id.as_str()] == it.position;
        self.received.iter().filter(is_last).cloned().collect()
    }

    /// Fails unless the log leads to what is stored, row by row.
    pub fn assert_leads_to(&self, stored: &[Stored]) {
        let outcome = self.outcome();
        for (received, stored) in outcome.iter().zip(stored) {
            assert_eq!(received, stored, "the log differs from the table");
        }
        assert_eq!(outcome.len(), stored.len(), "the log misses rows");
    }
}

/// Somebody who follows changes of one type in the workspace.
///
/// Nothing says that a subscription has begun. So the probe, the first row of the table, is touched
/// until that is received; from then on it is left out.
pub struct Watcher {
    socket: Socket,
    field: String,
    probe: String,
}

impl Watcher {
    /// Follows the changes of all objects of a type, such as `Task`, with a selection of each.
    pub async fn of(
        scene: &Scene<'_>,
        node: usize,
        name: &str,
        selection: &str,
    ) -> Result<Self, Failed> {
        let socket = Socket::open(&scene.nodes[node]).await?;
        Self::over(socket, scene, name, selection).await
    }

    /// The same over a socket of one's own.
    pub async fn over(
        socket: Socket,
        scene: &Scene<'_>,
        name: &str,
        selection: &str,
    ) -> Result<Self, Failed> {
        let mut socket = socket.sign_in(&scene.token).await?;
        let object = name.to_lowercase();
        let field = format!("{object}Changed");
        let document =
            format!("subscription {{ {field} {{ kind objectId {object} {{ {selection} }} }} }}");
        socket.subscribe("c", &document, json!({})).await?;
        let mut watcher = Self {
            socket,
            field,
            probe: global_id(name, 1),
        };
        loop {
            scene.touch(&object, 1).await?;
            // Longer than a node takes to look by itself, so that there is an end to it.
            let received = timeout(Duration::from_millis(1500), watcher.socket.event());
            // Events written just before may be received as well.
            if let Ok(received) = received.await
                && received?[watcher.field.as_str()]["objectId"] == watcher.probe.as_str()
            {
                return Ok(watcher);
            }
        }
    }

    /// The next change.
    pub async fn next(&mut self) -> Result<Value, Failed> {
        loop {
            let mut data = self.socket.event().await?;
            let change = data[self.field.as_str()].take();
            if change["objectId"] != self.probe.as_str() {
                return Ok(change);
            }
        }
    }

    /// The messages of the server.
    pub fn socket(&mut self) -> &mut Socket {
        &mut self.socket
    }
}
