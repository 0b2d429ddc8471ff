//! The answers of mutations.

use std::{borrow::Cow, sync::Arc};

use async_graphql::{
    ContainerType, Context, ContextSelectionSet, ID, OutputType, Positioned, ServerResult,
    SimpleObject, TypeName, Value,
    indexmap::IndexMap,
    parser::types::Field,
    registry::{MetaField, MetaTypeId, ObjectBuilder, Registry},
    resolver_utils::resolve_container,
};
use derive_where::derive_where;

use super::input::{Answer, Mutation, lower_camel_case};
use crate::{
    node::{Id, ModelOf, Row},
    query::Query,
    user_error::UserError,
};

/// What has come of a change. By default that nothing was done.
pub(crate) trait Made: Default + Send + Sync {
    /// The one row that was created or changed, if it was one.
    fn database_id(&self) -> Option<i32> {
        None
    }
}

impl<T: Send + Sync> Made for Option<T> {}

/// What the answer of a mutation shows beside `userErrors` and `query`: fields that are null, or
/// empty lists, where nothing was done.
pub(crate) trait Outcome: Made + ContainerType {}

impl<T: Made + ContainerType> Outcome for T {}

/// The answer of a mutation.
#[derive(SimpleObject)]
#[graphql(name_type)]
pub(crate) struct Payload<M: Mutation> {
    #[graphql(flatten)]
    outcome: M::Outcome,
    /// What the user can mend. Where there is something, nothing was done, unless the mutation was
    /// told to do what it can.
    user_errors: Vec<UserError>,
    /// To read on: what it shows is the state after the mutation.
    query: Query,
}

impl<M: Mutation> Payload<M> {
    pub(super) fn new((outcome, user_errors): Answer<M::Outcome>) -> Self {
        Self {
            outcome,
            user_errors,
            query: Query,
        }
    }
}

impl<M: Mutation> TypeName for Payload<M> {
    fn type_name() -> Cow<'static, str> {
        format!("{}Payload", M::mutation_name()).into()
    }
}

/// The outcome of what creates or changes one object, in a field with the name of its type.
#[derive_where(Default)]
pub(crate) struct One<T> {
    object: Option<T>,
    database_id: Option<i32>,
}

impl<T: Row> One<T> {
    /// The object, as it is now.
    pub(crate) fn new(row: ModelOf<T>) -> Self {
        Self {
            database_id: Some(T::database_id(&row)),
            object: Some(Arc::new(row).into()),
        }
    }
}

impl<T: Row> Made for One<T> {
    fn database_id(&self) -> Option<i32> {
        self.database_id
    }
}

impl<T: Row> OutputType for One<T> {
    fn type_name() -> Cow<'static, str> {
        format!("One{}", T::NAME).into()
    }

    fn create_type_info(registry: &mut Registry) -> String {
        registry.create_output_type::<Self, _>(MetaTypeId::Object, |registry| {
            let name = lower_camel_case(T::NAME);
            let mut field = MetaField::new(name.clone(), <Option<T>>::create_type_info(registry));
            field.description = Some(
                "The object as it is now. Null where `userErrors` says why nothing was done."
                    .to_owned(),
            );
            let fields = IndexMap::from_iter([(name, field)]);
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

impl<T: Row> ContainerType for One<T> {
    async fn resolve_field(&self, ctx: &Context<'_>) -> ServerResult<Option<Value>> {
        if ctx.item.node.name.node != lower_camel_case(T::NAME) {
            return Ok(None);
        }
        let selection = ctx.with_selection_set(&ctx.item.node.selection_set);
        self.object.resolve(&selection, ctx.item).await.map(Some)
    }
}

/// The outcome of what deletes an object.
#[derive(SimpleObject, Default)]
pub(crate) struct Removed {
    /// The id of the object that is gone. Null where `userErrors` says why nothing was done.
    deleted_id: Option<ID>,
}

impl Removed {
    /// The object with this id is gone.
    pub(crate) fn new<T: Row>(id: &Id<T>) -> Self {
        Self {
            deleted_id: Some(id.to_string().into()),
        }
    }
}

impl Made for Removed {}
