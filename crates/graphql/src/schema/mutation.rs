//! `Mutation`: what changes something.

use std::{collections::HashMap, sync::LazyLock};

use async_graphql::{
    Context, Object, ServerResult, Value,
    indexmap::IndexMap,
    registry::{MetaField, Registry},
};

use crate::{
    directive::cost,
    error::Error,
    schema::analytics,
    schema::marker,
    schema::meeting,
    schema::mutation_field::{MutationField, STATEMENTS},
    schema::participant,
    schema::segment,
    schema::session,
    schema::task,
    schema::user::{self, accounts::TokenRefreshPayload},
    schema::workspace,
    table::{FieldTable, Fields},
};

/// What changes something. Each mutation is done whole or not at all; what the user can mend is in
/// `userErrors`.
pub struct Mutation;

/// What changes something. Each mutation is done whole or not at all; what the user can mend is in
/// `userErrors`.
#[Object]
impl Mutation {
    /// Gives the viewer another bearer token, which lives as long as a new one.
    #[graphql(directive = cost::apply(Some(STATEMENTS), Some(1)))]
    async fn token_refresh(&self, ctx: &Context<'_>) -> Option<Result<TokenRefreshPayload, Error>> {
        Some(user::accounts::token_refresh(ctx).await)
    }

    #[expect(clippy::unused_self, reason = "a field of an object takes it")]
    #[graphql(flatten)]
    fn by_input(&self) -> Fields<ByInput> {
        Fields(ByInput)
    }
}

/// The mutations that take an input, by the types that they are about.
const MUTATIONS: [&[&dyn MutationField]; 15] = [
    user::accounts::MUTATIONS,
    user::mutations::MUTATIONS,
    workspace::mutations::MUTATIONS,
    meeting::mutations::MUTATIONS,
    meeting::lifecycle::MUTATIONS,
    session::mutations::MUTATIONS,
    segment::append::MUTATIONS,
    segment::mutations::MUTATIONS,
    task::mutations::MUTATIONS,
    task::bulk::MUTATIONS,
    participant::mutations::MUTATIONS,
    analytics::mutations::MUTATIONS,
    analytics::queue::MUTATIONS,
    analytics::results::MUTATIONS,
    marker::mutations::MUTATIONS,
];

fn mutations() -> impl Iterator<Item = &'static dyn MutationField> {
    MUTATIONS.into_iter().flatten().copied()
}

/// The same by their names.
static BY_NAME: LazyLock<HashMap<&str, &dyn MutationField>> = LazyLock::new(|| {
    mutations()
        .map(|mutation| (mutation.name(), mutation))
        .collect()
});

/// The mutations that are declared by their inputs.
struct ByInput;

impl FieldTable for ByInput {
    fn name() -> String {
        "MutationByInput".to_owned()
    }

    fn declare(registry: &mut Registry) -> IndexMap<String, MetaField> {
        mutations()
            .map(|mutation| (mutation.name().to_owned(), mutation.declare(registry)))
            .collect()
    }

    async fn resolve(&self, name: &str, ctx: &Context<'_>) -> Option<ServerResult<Value>> {
        Some(BY_NAME.get(name)?.resolve(ctx).await)
    }
}
