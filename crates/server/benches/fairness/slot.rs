//! One of the requests that an attack has in flight.

use std::{
    net::{Ipv4Addr, SocketAddr},
    sync::{
        Arc, Mutex, PoisonError,
        atomic::{AtomicUsize, Ordering},
    },
    time::Duration,
};

use hyper::{StatusCode, body::Bytes};
use libtest_mimic::Failed;

use super::{
    client::{self, Answer, Http, Post},
    data::{Account, Data},
};

/// How long an attacker waits after a rejected request or a broken connection, so that most of the
/// processors' time is not spent by the clients.
const PAUSE: Duration = Duration::from_millis(100);

/// What an attack returns when its connection has ended. It then begins again.
pub type Outcome = Result<(), Failed>;

/// Waits before an attacker begins again.
///
/// # Errors
///
/// Never fails.
pub async fn pause() -> Outcome {
    tokio::time::sleep(PAUSE).await;
    Ok(())
}

/// The place of one request in flight.
#[derive(Clone)]
pub struct Slot {
    /// Its number, from 0.
    pub number: usize,
    /// How many there are.
    pub of: usize,
    /// The number of the attacker, and none if the requests are anonymous.
    pub attacker: Option<usize>,
    /// The address of the server.
    pub server: SocketAddr,
    /// The accounts and rows.
    pub data: Arc<Data>,
    /// Counts what comes back.
    pub tally: Arc<Tally>,
}

/// What the server answered to an attack.
#[derive(Default)]
pub struct Tally {
    /// Requests that were executed.
    pub answered: AtomicUsize,
    /// Requests that were rejected because there were too many.
    pub refused: AtomicUsize,
    /// Requests with any other error.
    pub rejected: AtomicUsize,
    /// Connections that broke or were refused.
    pub broken: AtomicUsize,
    /// The bytes of all answers.
    pub bytes: AtomicUsize,
    /// The beginning of the first answer with an error.
    error: Mutex<Option<String>>,
    unique: AtomicUsize,
}

impl Tally {
    /// Keeps the first error.
    pub fn note(&self, error: impl FnOnce() -> String) {
        let mut first = self.error.lock().unwrap_or_else(PoisonError::into_inner);
        first.get_or_insert_with(error);
    }

    /// The first error that was kept.
    pub fn first_error(&self) -> Option<String> {
        let first = self.error.lock().unwrap_or_else(PoisonError::into_inner);
        first.clone()
    }
}

impl Slot {
    /// The account of the attacker.
    pub fn account(&self) -> Option<&Account> {
        self.attacker.map(|number| &self.data.attackers[number])
    }

    /// The address of the attacker.
    pub fn from(&self) -> Ipv4Addr {
        let anonymous = Ipv4Addr::new(127, 0, 2, 1);
        self.account().map_or(anonymous, |account| account.from)
    }

    /// The bearer token of the attacker.
    pub fn token(&self) -> Option<&str> {
        self.account().map(|account| account.token.as_str())
    }

    /// A session of the attacker that is being recorded.
    pub fn recording(&self) -> &str {
        let sessions = &self.data.recordings[self.attacker.unwrap_or_default()];
        &sessions[self.number % sessions.len()]
    }

    /// A number that no other request of the run has.
    pub fn unique(&self) -> String {
        let number = self.tally.unique.fetch_add(1, Ordering::Relaxed);
        format!("{}{number}", std::process::id())
    }

    /// Connects from the attacker's address.
    ///
    /// # Errors
    ///
    /// Fails if the server does not accept the connection.
    pub async fn connect(&self) -> Result<Http, Failed> {
        Http::connect(self.server, self.from()).await
    }

    /// A GraphQL request of the attacker.
    pub fn post(&self, body: Bytes) -> Post {
        client::post(self.token(), body)
    }

    /// Sends the same request again and again.
    ///
    /// # Errors
    ///
    /// Fails when the connection breaks.
    pub async fn repeat(self, body: Bytes) -> Outcome {
        let mut http = self.connect().await?;
        loop {
            self.ask(&mut http, body.clone()).await?;
        }
    }

    /// Sends a request, and counts its answer.
    ///
    /// # Errors
    ///
    /// Fails when the connection breaks.
    pub async fn ask(&self, http: &mut Http, body: Bytes) -> Outcome {
        let answer = http.ask(self.post(body)).await?;
        if !self.count(&answer) {
            return pause().await;
        }
        Ok(())
    }

    /// Counts an answer, and says whether the request was executed.
    pub fn count(&self, answer: &Answer) -> bool {
        let tally = &self.tally;
        tally.bytes.fetch_add(answer.bytes, Ordering::Relaxed);
        let start = String::from_utf8_lossy(&answer.start);
        let counter = match answer.status {
            StatusCode::SERVICE_UNAVAILABLE | StatusCode::TOO_MANY_REQUESTS => &tally.refused,
            StatusCode::OK
                if !start.contains(r#""errors":"#) && !start.contains(r#""userErrors":[{"#) =>
            {
                tally.answered.fetch_add(1, Ordering::Relaxed);
                return true;
            }
            _ => &tally.rejected,
        };
        counter.fetch_add(1, Ordering::Relaxed);
        tally.note(|| format!("{} {start:.300}", answer.status.as_u16()));
        false
    }
}
