//! People who write all the time, and retry until they get an answer.

use std::{
    sync::{
        Arc, Mutex,
        atomic::{AtomicBool, AtomicUsize, Ordering},
    },
    time::Duration,
};

use libtest_mimic::Failed;
use serde_json::{Value, json};
use tokio::{
    task::JoinHandle,
    time::{sleep, timeout},
};

use super::PATIENCE;
use crate::support::{Outcome, client::document};

/// How many write at once.
const WRITERS: usize = 8;

/// After so many further writes of each, something has worked.
const ENOUGH: usize = WRITERS * 5;

/// A client gives up an attempt after this, and retries.
const ATTEMPT: Duration = Duration::from_secs(10);

/// The pause before a retry.
const PAUSE: Duration = Duration::from_millis(20);

/// What all writers share.
#[derive(Default)]
struct Shared {
    acknowledged: Mutex<Vec<String>>,
    failed: AtomicUsize,
    stops: AtomicBool,
}

/// The writers.
pub struct Writers {
    shared: Arc<Shared>,
    tasks: Vec<JoinHandle<Outcome>>,
}

/// What they did.
pub struct Report {
    /// The titles of the meetings whose creation was acknowledged.
    pub acknowledged: Vec<String>,
    /// How many attempts failed, and were repeated.
    pub failed: usize,
}

impl Writers {
    /// Lets them begin.
    pub fn start(url: &str, token: &str) -> Self {
        let shared = Arc::<Shared>::default();
        let tasks = (0..WRITERS)
            .map(|number| {
                let (url, token, shared) = (url.to_owned(), token.to_owned(), Arc::clone(&shared));
                tokio::spawn(write(number, url, token, shared))
            })
            .collect();
        Self { shared, tasks }
    }

    /// Waits until further writes were acknowledged.
    ///
    /// # Errors
    ///
    /// Fails if that does not happen.
    pub async fn go_on(&self, when: &str) -> Outcome {
        let count = || self.shared.acknowledged.lock().unwrap().len();
        let before = count();
        let waiting = async {
            while count() < before + ENOUGH {
                sleep(PAUSE).await;
            }
        };
        let gone_on = timeout(PATIENCE, waiting).await;
        gone_on.map_err(|_| format!("nobody can write {when}").into())
    }

    /// Stops them when their last writes are acknowledged.
    ///
    /// # Errors
    ///
    /// Fails if one of them has failed.
    pub async fn stop(self) -> Result<Report, Failed> {
        self.shared.stops.store(true, Ordering::Relaxed);
        for task in self.tasks {
            timeout(PATIENCE, task)
                .await
                .map_err(|_| "a writer does not end")???;
        }
        let acknowledged = std::mem::take(&mut *self.shared.acknowledged.lock().unwrap());
        Ok(Report {
            acknowledged,
            failed: self.shared.failed.load(Ordering::Relaxed),
        })
    }
}

/// Creates one meeting after the other. Each is repeated with its key until it is acknowledged.
async fn write(number: usize, url: String, token: String, shared: Arc<Shared>) -> Outcome {
    let client = reqwest::Client::builder().timeout(ATTEMPT).build()?;
    let query = document("meetingCreate", "meeting { title }");
    for round in 0.. {
        if shared.stops.load(Ordering::Relaxed) {
            break;
        }
        let title = format!("{number} {round}");
        let input = json!({"title": title, "idempotencyKey": title});
        let body = json!({"query": query, "variables": {"input": input}});
        loop {
            let request = client.post(&url).bearer_auth(&token).json(&body);
            let answer = async { request.send().await?.json::<Value>().await }.await;
            if let Ok(answer) = &answer {
                let payload = &answer["data"]["meetingCreate"];
                if payload["meeting"]["title"] == title.as_str() {
                    break;
                }
                if payload.is_object() {
                    return Err(format!("{title} is rejected: {answer}").into());
                }
            }
            shared.failed.fetch_add(1, Ordering::Relaxed);
            sleep(PAUSE).await;
        }
        shared.acknowledged.lock().unwrap().push(title);
    }
    Ok(())
}
