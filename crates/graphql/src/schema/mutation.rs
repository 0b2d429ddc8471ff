//! `Mutation`: the root of all mutations.

use std::{collections::HashMap, sync::LazyLock};

use async_graphql::{
    Context, Object, ServerError, ServerResult, Value,
    indexmap::IndexMap,
    registry::{MetaField, Registry},
};

use crate::{
    database::usage,
    directive::cost,
    error::Error,
    guard::document::{MutationInputs, Operation, reached::bind},
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

/// The root of all mutations. Each one is atomic. Problems the user can fix are reported in
/// `userErrors`.
pub struct Mutation;

/// The root of all mutations. Each one is atomic. Problems the user can fix are reported in
/// `userErrors`.
#[Object]
impl Mutation {
    /// Issues a new bearer token for the viewer, which is valid for as long as one from `signIn`.
    /// The current token remains valid until it expires.
    #[graphql(directive = cost::apply(Some(STATEMENTS), Some(1)))]
    async fn token_refresh(&self, ctx: &Context<'_>) -> Option<Result<TokenRefreshPayload, Error>> {
        let field = &ctx.item.node.response_key().node;
        Some(usage::mutating(field, user::accounts::token_refresh(ctx)).await)
    }

    #[expect(clippy::unused_self, reason = "flattened fields take `self`")]
    #[graphql(flatten)]
    fn by_input(&self) -> Fields<ByInput> {
        Fields(ByInput)
    }
}

/// The mutations that take an input, grouped by the types they change.
const MUTATIONS: [&[&dyn MutationField]; 20] = [
    user::accounts::MUTATIONS,
    user::mutations::MUTATIONS,
    workspace::mutations::MUTATIONS,
    workspace::retention::mutations::MUTATIONS,
    meeting::mutations::MUTATIONS,
    meeting::lifecycle::MUTATIONS,
    session::mutations::MUTATIONS,
    session::erasure::MUTATIONS,
    session::speakers::mutations::MUTATIONS,
    session::transcript::link::MUTATIONS,
    segment::append::MUTATIONS,
    segment::import::MUTATIONS,
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

/// The same mutations by name.
static BY_NAME: LazyLock<HashMap<&str, &dyn MutationField>> = LazyLock::new(|| {
    mutations()
        .map(|mutation| (mutation.name(), mutation))
        .collect()
});

/// Parses the inputs of an operation's mutations.
///
/// # Errors
///
/// What is wrong with them.
pub(crate) fn parse_inputs(operation: &Operation) -> Result<MutationInputs, Vec<ServerError>> {
    let mut inputs = MutationInputs::default();
    let mut errors = Vec::new();
    for field in operation.root_fields() {
        let Some(mutation) = BY_NAME.get(field.node.name.node.as_str()) else {
            continue;
        };
        let input = field.node.get_argument("input");
        let value = input.and_then(|it| bind(&it.node, &operation.variables));
        match mutation.parse(value) {
            Ok(input) => inputs.add(&field.node.response_key().node, input),
            Err(problem) => errors.push(ServerError::new(problem, Some(field.pos))),
        }
    }
    if errors.is_empty() {
        Ok(inputs)
    } else {
        Err(errors)
    }
}

/// The mutations that are declared through their inputs.
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
