//! Connections that nobody uses.

use futures_util::future::{pending, try_join_all};

use super::super::{
    slot::{Outcome, Slot},
    socket::Socket,
};

/// The number of connections of each slot.
const PER_SLOT: usize = 20;

/// Opens connections, and answers their pings.
pub async fn stay(slot: Slot) -> Outcome {
    let sockets = (0..PER_SLOT).map(|_| async {
        let mut socket = match Socket::open(slot.server, slot.from(), None).await {
            Ok(socket) => socket,
            Err(error) => {
                slot.tally
                    .note(|| error.message().unwrap_or_default().to_owned());
                return Err(error);
            }
        };
        loop {
            socket.text().await?;
        }
    });
    try_join_all(sockets)
        .await
        .map(|ended: Vec<()>| drop(ended))?;
    pending().await
}
