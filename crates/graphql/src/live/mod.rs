//! Live delivery of transcripts and changes.
//!
//! Database triggers record each change of a row in a journal, and for each segment its position in
//! the order of changes of its transcript. One task per node reads the journal whenever the
//! [bus](bus::Bus) notifies it, and at least every second. It loads the changed rows that somebody on this node
//! follows, once for all, and sends them to the followers. A subscriber of a transcript that lags
//! behind reads the stored segments after its own position.

mod batch;
pub(crate) mod bus;
mod changes;
pub(crate) mod delivery;
pub(crate) mod event_query;
mod feeds;
mod history;
mod journal;
pub(crate) mod login;
pub(crate) mod node;
pub(crate) mod payer;
mod price;
mod pruning;
pub(crate) mod rendering;
mod runner;
mod selection;
pub(crate) mod subscriber;
mod transcript;
pub(crate) mod turns;
