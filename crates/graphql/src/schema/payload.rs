//! The payloads of mutations.

use std::{borrow::Cow, sync::Arc};

use async_graphql::{
    Context, ID, OutputType, ServerResult, SimpleObject, TypeName, Value,
    indexmap::IndexMap,
    registry::{MetaField, Registry},
};
use derive_where::derive_where;
use heck::{ToLowerCamelCase, ToUpperCamelCase};

use super::query::Query;
use crate::{
    error::user_error::UserError,
    read::row::{Id, ModelOf, Row},
    table::{self, FieldTable, Fields},
    write::input::{MutationInput, MutationResult, Outcome},
};

/// The result of a mutation.
#[derive(SimpleObject)]
#[graphql(name_type)]
pub(crate) struct Payload<M: MutationInput> {
    #[graphql(flatten)]
    outcome: M::Outcome,
    /// Problems the user can fix. If this list is not empty, nothing was changed.
    user_errors: Vec<UserError>,
    /// The root query, for reading anything else as it is after this mutation.
    query: Query,
}

impl<M: MutationInput> From<MutationResult<M::Outcome>> for Payload<M> {
    fn from(result: MutationResult<M::Outcome>) -> Self {
        Self {
            outcome: result.outcome,
            user_errors: result.user_errors,
            query: Query,
        }
    }
}

impl<M: MutationInput> TypeName for Payload<M> {
    fn type_name() -> Cow<'static, str> {
        format!("{}Payload", M::NAME.to_upper_camel_case()).into()
    }
}

/// The outcome of a mutation that creates or changes one object, in a field named after its type.
pub(crate) type ObjectOutcome<T> = Fields<OneObject<T>>;

/// See [`ObjectOutcome`].
#[derive_where(Default)]
pub(crate) struct OneObject<T> {
    object: Option<T>,
    database_id: Option<i32>,
}

impl<T: Row> ObjectOutcome<T> {
    /// The outcome with the object as it is now.
    pub(crate) fn new(row: ModelOf<T>) -> Self {
        Self(OneObject {
            database_id: Some(T::database_id(&row)),
            object: Some(Arc::new(row).into()),
        })
    }
}

impl<T: Row> Outcome for ObjectOutcome<T> {
    fn database_id(&self) -> Option<i32> {
        self.0.database_id
    }
}

impl<T: Row> FieldTable for OneObject<T> {
    fn name() -> String {
        format!("One{}", T::NAME)
    }

    fn declare(registry: &mut Registry) -> IndexMap<String, MetaField> {
        let noun = match T::NAME {
            "Analytics" => "analysis".to_owned(),
            name => name.to_lowercase(),
        };
        let description =
            format!("The {noun} after this mutation. Null if `userErrors` is not empty.");
        let field_type = <Option<T>>::create_type_info(registry);
        let name = T::NAME.to_lower_camel_case();
        IndexMap::from_iter([table::field(&name, field_type, &description)])
    }

    async fn resolve(&self, name: &str, ctx: &Context<'_>) -> Option<ServerResult<Value>> {
        if name == T::NAME.to_lower_camel_case() {
            Some(table::resolve(ctx, &self.object).await)
        } else {
            None
        }
    }
}

/// The outcome of a mutation that deletes an object.
#[derive(SimpleObject, Default)]
pub(crate) struct DeletedOutcome {
    /// The ID of the deleted object. Null if `userErrors` is not empty.
    deleted_id: Option<ID>,
}

impl DeletedOutcome {
    /// The outcome after the object with this ID was deleted.
    pub(crate) fn new<T: Row>(id: &Id<T>) -> Self {
        Self {
            deleted_id: Some(id.to_string().into()),
        }
    }
}

impl Outcome for DeletedOutcome {}
