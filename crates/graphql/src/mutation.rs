//! `Mutation`: what changes something.

use async_graphql::MergedObject;

use crate::user::UserMutation;

/// What changes something. Every answer says what the user can mend in `userErrors`.
#[derive(MergedObject, Default)]
pub struct Mutation(UserMutation);
