//! `Mutation`: what changes something.

use std::borrow::Cow;

use async_graphql::{
    ContainerType, Context, ContextSelectionSet, Object, OutputType, Positioned, ServerResult,
    Value,
    indexmap::IndexMap,
    parser::types::Field,
    registry::{MetaTypeId, ObjectBuilder, Registry},
    resolver_utils::resolve_container,
};

use crate::{
    analytics,
    error::Error,
    marker, meeting, participant, segment, session, task,
    user::{self, TokenRefreshPayload},
    workspace,
    write::MutationField,
};

/// What changes something. Each mutation is done whole or not at all; what the user can mend is in
/// `userErrors`.
pub struct Mutation;

/// What changes something. Each mutation is done whole or not at all; what the user can mend is in
/// `userErrors`.
#[Object]
impl Mutation {
    /// Gives the viewer another bearer token, which lives as long as a new one.
    async fn token_refresh(&self, ctx: &Context<'_>) -> Option<Result<TokenRefreshPayload, Error>> {
        Some(user::token_refresh(ctx).await)
    }

    #[expect(clippy::unused_self, reason = "a field of an object takes it")]
    #[graphql(flatten)]
    fn by_input(&self) -> ByInput {
        ByInput
    }
}

/// The mutations that take an input, by the types that they are about.
const MUTATIONS: [&[&dyn MutationField]; 10] = [
    user::ACCOUNT_MUTATIONS,
    user::MUTATIONS,
    workspace::MUTATIONS,
    meeting::MUTATIONS,
    session::MUTATIONS,
    segment::MUTATIONS,
    task::MUTATIONS,
    participant::MUTATIONS,
    analytics::MUTATIONS,
    marker::MUTATIONS,
];

fn mutations() -> impl Iterator<Item = &'static dyn MutationField> {
    MUTATIONS.into_iter().flatten().copied()
}

/// The mutations that are declared by their inputs, to be flattened into [`Mutation`].
struct ByInput;

impl OutputType for ByInput {
    fn type_name() -> Cow<'static, str> {
        "MutationByInput".into()
    }

    fn create_type_info(registry: &mut Registry) -> String {
        registry.create_output_type::<Self, _>(MetaTypeId::Object, |registry| {
            let fields: IndexMap<_, _> = mutations()
                .map(|mutation| (mutation.name().into_owned(), mutation.declare(registry)))
                .collect();
            ObjectBuilder::new(Self::type_name(), fields).build()
        })
    }

    async fn resolve(
        &self,
        ctx: &ContextSelectionSet<'_>,
        _field: &Positioned<Field>,
    ) -> ServerResult<Value> {
        resolve_container(ctx, self).await
    }
}

impl ContainerType for ByInput {
    async fn resolve_field(&self, ctx: &Context<'_>) -> ServerResult<Option<Value>> {
        let name = ctx.item.node.name.node.as_str();
        match mutations().find(|mutation| mutation.name() == name) {
            Some(mutation) => mutation.resolve(ctx).await.map(Some),
            None => Ok(None),
        }
    }
}
