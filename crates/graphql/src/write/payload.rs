//! The answers of mutations.

use std::{borrow::Cow, sync::Arc};

use async_graphql::{
    ContainerType, Context, ID, OutputType, ServerResult, SimpleObject, TypeName, Value,
    indexmap::IndexMap,
    registry::{MetaField, Registry},
};
use derive_where::derive_where;

use super::input::{Answer, Mutation, lower_camel_case};
use crate::{
    error::user_error::UserError,
    read::row::{Id, ModelOf, Row},
    schema::query::Query,
    table::{self, FieldTable, Fields},
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
pub(crate) type One<T> = Fields<OneObject<T>>;

/// See [`One`].
#[derive_where(Default)]
pub(crate) struct OneObject<T> {
    object: Option<T>,
    database_id: Option<i32>,
}

impl<T: Row> One<T> {
    /// The object, as it is now.
    pub(crate) fn new(row: ModelOf<T>) -> Self {
        Self(OneObject {
            database_id: Some(T::database_id(&row)),
            object: Some(Arc::new(row).into()),
        })
    }
}

impl<T: Row> Made for One<T> {
    fn database_id(&self) -> Option<i32> {
        self.0.database_id
    }
}

impl<T: Row> FieldTable for OneObject<T> {
    fn name() -> String {
        format!("One{}", T::NAME)
    }

    fn declare(registry: &mut Registry) -> IndexMap<String, MetaField> {
        let description =
            "The object as it is now. Null where `userErrors` says why nothing was done.";
        let field_type = <Option<T>>::create_type_info(registry);
        let name = lower_camel_case(T::NAME);
        IndexMap::from_iter([table::field(&name, field_type, description)])
    }

    async fn resolve(&self, name: &str, ctx: &Context<'_>) -> Option<ServerResult<Value>> {
        if name == lower_camel_case(T::NAME) {
            Some(table::resolve(ctx, &self.object).await)
        } else {
            None
        }
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
