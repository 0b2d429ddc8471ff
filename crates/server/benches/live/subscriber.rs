//! Subscribers that follow transcripts.

use std::{
    net::Ipv4Addr,
    sync::{Arc, atomic::Ordering},
    time::Instant,
};

use libtest_mimic::Failed;
use serde::Deserialize;
use serde_json::json;
use tokio::time::timeout_at;

use super::{Timeline, api::Api, socket::Socket};

/// How many connections are made from one address, which has about 28,000 ports.
const PER_ADDRESS: usize = 20_000;

const SUBSCRIPTION: &str = "subscription ($id: ID!) {
    sessionTranscript(sessionId: $id) {
        position
        segment { id text kind startMs endMs speaker }
    }
}";

/// A subscriber that follows a session and has received its first segment.
pub struct Subscriber {
    socket: Socket,
    /// The number of the session.
    row: usize,
    /// The number of the segment that must arrive next.
    next: u32,
    /// The position of the last segment.
    position: i64,
    /// The latency of each segment, in microseconds.
    latencies: Vec<u64>,
    /// When the last segment arrived.
    last_at: u64,
}

/// What a subscriber has received.
pub struct Received {
    /// The latency of each segment, in microseconds.
    pub latencies: Vec<u64>,
    /// When the last segment arrived, in microseconds since the start.
    pub last_at: u64,
    /// What was wrong, if anything was.
    pub fault: Option<String>,
}

#[derive(Deserialize)]
struct Next {
    payload: Payload,
}

#[derive(Deserialize)]
struct Payload {
    data: Data,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Data {
    session_transcript: Event,
}

#[derive(Deserialize)]
struct Event {
    position: i64,
    segment: Segment,
}

#[derive(Deserialize)]
struct Segment {
    text: String,
}

impl Subscriber {
    /// Follows one of the sessions, and waits for its first segment.
    ///
    /// # Errors
    ///
    /// Fails with the number of the subscriber and what went wrong.
    pub async fn open(api: &Api, number: usize, sessions: &[String]) -> Result<Self, Failed> {
        let opened = Self::try_open(api, number, sessions).await;
        opened.map_err(|error| {
            let why = error.message().unwrap_or_default().to_owned();
            format!("subscriber {number} cannot follow: {why}").into()
        })
    }

    async fn try_open(api: &Api, number: usize, sessions: &[String]) -> Result<Self, Failed> {
        let row = number % sessions.len();
        let host = u8::try_from(1 + number / PER_ADDRESS)?;
        let from = Ipv4Addr::new(127, 0, 0, host);
        let socket = Socket::open(api.address().parse()?, from, Some(api.token())).await?;
        let mut subscriber = Self {
            socket,
            row,
            next: 0,
            position: 0,
            latencies: Vec::new(),
            last_at: 0,
        };
        let variables = json!({"id": sessions[row]});
        let socket = &mut subscriber.socket;
        socket.subscribe("1", SUBSCRIPTION, &variables).await?;
        subscriber.receive().await?;
        Ok(subscriber)
    }

    /// Receives all segments that are appended.
    pub async fn follow(mut self, timeline: Arc<Timeline>, deadline: Instant) -> Received {
        let ended = timeout_at(deadline.into(), self.receive_all(&timeline)).await;
        let fault = match ended {
            Ok(Ok(())) => None,
            Ok(Err(error)) => Some(error.message().unwrap_or_default().to_owned()),
            Err(_) => Some(format!("segment {} has not arrived", self.next)),
        };
        Received {
            latencies: self.latencies,
            last_at: self.last_at,
            fault,
        }
    }

    async fn receive_all(&mut self, timeline: &Timeline) -> Result<(), Failed> {
        let sent = &timeline.sent[self.row];
        for sent in sent {
            self.receive().await?;
            self.last_at = timeline.now();
            let latency = self.last_at - sent.load(Ordering::Relaxed);
            self.latencies.push(latency);
        }
        self.receive().await
    }

    /// Receives a segment, which must be the next one.
    async fn receive(&mut self) -> Result<(), Failed> {
        let text = self.socket.text().await?;
        let Ok(next) = serde_json::from_str::<Next>(&text) else {
            return Err(format!("expected segment {}, received {text}", self.next).into());
        };
        let event = next.payload.data.session_transcript;
        let number = event.segment.text.split(' ').next().map(str::parse);
        if number != Some(Ok(self.next)) || event.position <= self.position {
            let Self { next, position, .. } = self;
            return Err(format!(
                "expected segment {next} after position {position}, received {text}"
            )
            .into());
        }
        self.next += 1;
        self.position = event.position;
        Ok(())
    }
}
