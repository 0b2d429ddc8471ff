//! Clients that take their time, and some that do not.

use std::{sync::atomic::Ordering, time::Duration};

use futures_util::future::pending;
use hyper::body::Bytes;
use libtest_mimic::Failed;
use serde_json::json;
use tokio::{
    io::AsyncWriteExt,
    net::TcpSocket,
    time::{Instant, interval_at, sleep},
};

use super::{
    super::{
        client::{self, Http, Http2, connect},
        slot::{Outcome, Slot, pause},
    },
    aliases,
};

const LIGHT: &str = "{ viewer { id } meetings(first: 5) { nodes { title } } }";

/// The time between two bursts.
const BURST_INTERVAL: Duration = Duration::from_millis(250);

/// An answer of some megabytes.
fn long_answer(slot: &Slot) -> Bytes {
    let lists = aliases(
        "segments(first: 1000) {
            nodes { id databaseId text kind startMs endMs speaker confidence language createdAt }
        }",
    );
    let query = format!("query ($id: ID!) {{ session(id: $id) {{ {lists} }} }}");
    client::body(&query, &json!({"id": slot.data.transcript}))
}

/// Sends a light query at the moment at which all other slots do so.
pub async fn burst(slot: Slot) -> Outcome {
    let body = client::body(LIGHT, &json!({}));
    let mut http = slot.connect().await?;
    // The interval of each slot begins at a multiple of its period.
    let since = std::time::SystemTime::UNIX_EPOCH.elapsed()?;
    let rest = since.as_millis() % BURST_INTERVAL.as_millis();
    let first = BURST_INTERVAL.saturating_sub(Duration::from_millis(u64::try_from(rest)?));
    let mut interval = interval_at(Instant::now() + first, BURST_INTERVAL);
    loop {
        interval.tick().await;
        let answer = http.ask(slot.post(body.clone())).await?;
        slot.count(&answer);
    }
}

/// Keeps the server from sending any of the answers. The first slot's connection has all requests.
pub async fn window(slot: Slot) -> Outcome {
    if slot.number > 0 {
        return pending().await;
    }
    let http = Http2::connect(slot.server, slot.from(), Some(0)).await?;
    let body = long_answer(&slot);
    let held = (0..slot.of).map(|_| async {
        loop {
            let mut sender = http.sender.clone();
            sender.ready().await?;
            let response = sender.send_request(slot.post(body.clone())).await?;
            if response.status().is_success() {
                return Ok::<_, Failed>(response);
            }
            slot.tally.refused.fetch_add(1, Ordering::Relaxed);
            pause().await?;
        }
    });
    let _held = futures_util::future::try_join_all(held).await?;
    pending().await
}

/// Does not read the answer.
pub async fn reader(slot: Slot) -> Outcome {
    let socket = TcpSocket::new_v4()?;
    socket.set_recv_buffer_size(16 * 1024)?;
    socket.bind((slot.from(), 0).into())?;
    let mut http = Http::over(socket.connect(slot.server).await?).await?;
    let response = http.send(slot.post(long_answer(&slot))).await?;
    if !response.status().is_success() {
        slot.count(&client::read(response).await?);
        return pause().await;
    }
    // A body that nobody polls is not read from the connection.
    pending().await
}

/// Sends the body very slowly.
pub async fn sender(slot: Slot) -> Outcome {
    let mut stream = connect(slot.server, slot.from()).await?;
    let authorization = slot
        .token()
        .map(|token| format!("authorization: Bearer {token}\r\n"))
        .unwrap_or_default();
    let head = format!(
        "POST /graphql HTTP/1.1\r\nhost: mina.test\r\ncontent-type: application/json\r\n\
        content-length: 4000\r\n{authorization}\r\n{{"
    );
    stream.write_all(head.as_bytes()).await?;
    loop {
        sleep(Duration::from_secs(1)).await;
        stream.write_all(b" ").await?;
    }
}
