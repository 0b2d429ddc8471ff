//! The GraphQL schema of Mina: types, relations, paging, filters, policy and errors.
//!
//! One module for each type, in the order type, fields, inputs, actions, mutations. What they share
//! is at the root:
//!
//! - [`Engine`] answers a request; `context` is what resolvers reach.
//! - `document` makes an operation of what a client sends, `cost` says what it costs at most.
//! - `node` says what a row needs to be an object, `relation` how objects lead to others, `page`
//!   how lists are paged, `filter` and `order` what `where` and `orderBy` mean.
//! - `policy` says who may do what, `action` what can be done to an object and when, `write` how a
//!   mutation is carried out, in one transaction.
//! - `live` tells what happens to those who have subscribed to it.
//! - `loader` and `select` read: keys in, rows out, one statement for all parents, with the
//!   viewer's wall in each. `batch` decides when.
//!
//! This crate knows nothing of HTTP, and the schema builds without a database.

mod action;
mod analytics;
mod batch;
mod context;
mod cost;
mod database;
mod document;
mod engine;
mod error;
mod filter;
#[cfg(any(test, feature = "fuzzing"))]
pub mod fuzzing;
mod live;
mod loader;
mod marker;
mod meeting;
pub mod metric;
mod mutation;
mod node;
mod order;
mod outage;
mod page;
mod participant;
mod password;
mod policy;
mod query;
mod relation;
mod scalar;
mod search;
mod segment;
mod select;
mod session;
mod subscription;
mod table;
mod task;
mod throttle;
mod token;
mod trouble;
mod usage;
mod user;
mod user_error;
mod value;
mod viewer;
mod workspace;
mod write;

pub use cost::{Cost, Limits};
pub use database::Database;
pub use document::{
    Call, CostReport, DocumentRules, Manifest, Operation, UntrustworthyDocument, read_manifest,
};
pub use engine::{Engine, Rules, sdl};
pub use error::{TIMEOUT, UNAVAILABLE, internal_error};
pub use live::{Bus, Delivery, Events, LocalBus, Login, LoginEnd, Payload};
pub use outage::{Outage, Watcher};
pub use password::{Passwords, check_password};
pub use token::{Clock, Token, TokenError, Tokens};
pub use trouble::is_suspect;
pub use usage::{Usage, observe};
pub use user::{check_email, check_username};
pub use user_error::UserError;
pub use viewer::Viewer;
