//! Transcripts and changes as they happen.
//!
//! Triggers write down what changes: each change of a row in a journal, and for each segment its
//! position in the order in which the transcript of its session has changed. One task a node reads
//! the journal whenever the [`Bus`] says that there is something new, and every second in any case;
//! reads once what has changed and is followed on this node; and tells those who follow. A
//! subscriber of a transcript that falls behind reads on from its own position.

pub(crate) mod bus;
mod changes;
pub(crate) mod delivery;
pub(crate) mod event_query;
mod feeds;
mod journal;
pub(crate) mod login;
pub(crate) mod node;
pub(crate) mod rendering;
mod runner;
pub(crate) mod subscriber;
mod transcript;
