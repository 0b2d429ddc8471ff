//! The GraphQL schema of Mina: types, relations, paging, filters, policy and errors.
//!
//! The modules are floors: each imports only from those below it, which a test checks. From the
//! ground up:
//!
//! - `metric`, [`error`](Error), `scalar`, `value`, `table`: errors, scalars and SQL values. No SQL
//!   statements and no types of the schema.
//! - `database`: the handles, outages, what an error of the driver means, what a request uses.
//! - `account`: viewers, tokens, passwords, throttling.
//! - `guard`: what a request must pass before it is executed. `document` makes an operation of what a
//!   client sends, `cost` says what it costs at most. Both know the schema as text only.
//! - `read`: rows, relations, filters, orders, pages and the loaders that batch them.
//! - `write`: how a mutation is carried out in one transaction, by whom and in which states.
//! - `schema`: `Query`, `Mutation`, `Subscription`, `Node` and one folder for each type.
//! - `live`: subscriptions to what happens.
//! - [`engine`](Engine): answers a request.
//!
//! This crate knows nothing of HTTP, and the schema builds without a database.

mod account;
mod database;
mod directive;
mod engine;
mod error;
#[cfg(test)]
mod floors;
#[cfg(any(test, feature = "fuzzing"))]
pub mod fuzzing;
mod guard;
mod live;
pub mod metric;
mod read;
mod scalar;
mod schema;
mod table;
mod value;
mod write;

pub use account::{
    password::{Passwords, check_password},
    token::{Clock, Token, TokenError, Tokens},
    viewer::Viewer,
};
pub use database::{
    Database,
    outage::{Outage, Watcher},
    usage::{Usage, observe},
};
pub use engine::{Engine, Rules, sdl};
pub use error::{
    code::{TIMEOUT, UNAVAILABLE},
    response::internal_error,
    user_error::UserError,
};
pub use guard::{
    cost::measure::{Cost, Limits},
    document::{
        Call, CostReport, DocumentRules, Manifest, Operation, UntrustworthyDocument, read_manifest,
    },
};
pub use live::{
    bus::{Bus, LocalBus},
    delivery::{Delivery, Events},
    login::{Login, LoginEnd},
    rendering::Payload,
};
pub use schema::user::names::{check_email, check_username};
