//! Fair shares: how everything that is scarce is divided between those who ask for it.
//!
//! Places among the requests that are answered, database connections, hashing of passwords and
//! rendering of events are each a [`FairSemaphore`]. Each piece of work belongs to a [`Party`]; who
//! has much under way waits behind those who have little, and nobody can hold everything. The
//! memory of answers is counted by [`Meter`]s, and long work runs in the [`background`].

pub mod background;
mod ledger;
mod memory;
mod party;
mod place;
mod semaphore;

pub use self::{
    memory::{AnswerMemory, Exhausted, Meter},
    party::Party,
    place::Place,
    semaphore::{Bounds, FairPermit, FairSemaphore, QueueFull},
};
