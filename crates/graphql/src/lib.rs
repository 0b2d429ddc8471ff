//! The GraphQL schema of Mina: types, relations, paging, filters, policy and errors.
//!
//! The modules form layers: each imports only from those below it, which a test checks. From the
//! bottom up:
//!
//! - `metric`, `error`, `scalar`, `value`, `table`, `directive`: errors, scalars, SQL values, and
//!   what fields declare. No SQL statements and no types of the schema. `shares`: how places,
//!   connections, hashing and memory are divided among those who ask.
//! - `database`: the handles, outages, the meanings of driver errors, what a request uses.
//! - `account`: viewers, tokens, passwords, throttling.
//! - `guard`: the checks before execution. `document` turns a call into an operation, `cost`
//!   computes its maximum cost. Both know the schema as SDL only.
//! - `read`: rows, relations, filters, orders, pages and the loaders that batch them.
//! - `write`: transactions of mutations, permissions and states.
//! - `schema`: `Query`, `Mutation`, `Subscription`, `Node` and one folder for each type.
//! - `plan`: query plans, the fast way to execute columns, relations and lists.
//! - `live`: delivery of changes to subscribers.
//! - [`engine`](Engine): executes requests.
//!
//! This crate knows nothing of HTTP, and the schema builds without a database.

mod account;
mod database;
mod directive;
mod engine;
mod error;
#[cfg(any(test, feature = "fuzzing"))]
pub mod fuzzing;
mod global_id;
mod guard;
mod json;
#[cfg(test)]
mod layers;
mod live;
pub mod metric;
pub mod moment;
mod plan;
mod quota;
mod read;
mod scalar;
mod schema;
mod shares;
mod table;
mod value;
mod write;

pub use account::{
    caller::Caller,
    link::LinkClaims,
    membership::SeenViewer,
    password::{Passwords, check_password},
    token::{Claims, Clock, Token, TokenError, Tokens},
    viewer::Viewer,
};
pub use database::{
    Canceller, Connect, Database, DatabaseFile, PoolOptions, PoolUsage, Reader, WriteTransaction,
    Writer,
    outage::{Outage, Watcher},
    usage::Usage,
};
pub use engine::{
    Data, Engine, Response, Rules, TranscriptError, TranscriptFile, TranscriptPart, Upload,
    UploadOptions, UploadResult, UploadTarget, sdl,
};
pub use error::{
    code::{TIMEOUT, UNAVAILABLE},
    count::counted,
    response::internal_error,
    user_error::{UserError, UserErrorCode},
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
    payer::{Payer, Unaffordable},
    rendering::EventPayload,
};
pub use quota::Quota;
pub use schema::user::names::{check_email, check_username};
pub use shares::{
    AnswerMemory, Bounds, Exhausted, FairPermit, FairSemaphore, Meter, Party, Place, QueueFull,
    background,
};
pub use write::limit::{MAX_DESCRIPTION_BYTES, MAX_SPOKEN_TEXT_BYTES};
