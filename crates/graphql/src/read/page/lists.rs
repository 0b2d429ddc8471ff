//! The list fields of a type, as a table: every list takes the same arguments, so their names,
//! their descriptions and the reading of them are here once, and a type says only where each of
//! its lists leads.

use async_graphql::{
    Context, Error as GraphqlError, InputType, OutputType, ServerResult, Value,
    indexmap::IndexMap,
    registry::{MetaField, MetaInputValue, Registry},
};
use futures_util::future::BoxFuture;

use super::{
    arguments::{Arguments, DEFAULT_PAGE_SIZE, PageSize},
    connection::Connection,
    listed::Listed,
};
use crate::{
    error::Error,
    read::order::OrderBy,
    read::relation::{Key, Relation},
    table::{self, FieldTable},
};

/// A type with list fields.
pub(crate) trait HasLists: Send + Sync + Sized + 'static {
    /// The name of the GraphQL type.
    const TYPE_NAME: &'static str;
    /// Its list fields.
    const LISTS: &'static [List<Self>];
}

/// A list field of the type `P`.
pub(crate) struct List<P: 'static> {
    relation: &'static dyn ListRelation<P>,
    name: &'static str,
    description: &'static str,
}

impl<P> List<P> {
    /// The list of what a relation leads to.
    pub(crate) const fn of(
        relation: &'static dyn ListRelation<P>,
        name: &'static str,
        description: &'static str,
    ) -> Self {
        Self {
            relation,
            name,
            description,
        }
    }
}

/// A relation to a type that is listed, whatever that type is.
pub(crate) trait ListRelation<P>: Sync {
    /// Declares the field: its type and its arguments.
    fn declare(&self, name: &str, registry: &mut Registry) -> MetaField;

    /// Resolves the field.
    fn resolve<'a>(
        &'static self,
        ctx: &'a Context<'a>,
        parent: &'a P,
    ) -> BoxFuture<'a, ServerResult<Value>>;
}

impl<P: Sync, T: Listed, K: Key> ListRelation<P> for Relation<P, T, K> {
    fn declare(&self, name: &str, registry: &mut Registry) -> MetaField {
        let mut field = MetaField::new(name, Connection::<T>::create_type_info(registry));
        let most = T::MOST;
        let mut argument = |name: &str, input_type: String, description: String| {
            let mut value = MetaInputValue::new(name, input_type);
            value.description = Some(description);
            field.args.insert(name.to_owned(), value);
        };
        let int = <Option<i32> as InputType>::create_type_info(registry);
        let cursor = <Option<String> as InputType>::create_type_info(registry);
        argument(
            "first",
            int.clone(),
            format!(
                "How many objects to give from the beginning, at most {most}. \
                 Without `first` and `last` it is {DEFAULT_PAGE_SIZE}."
            ),
        );
        argument(
            "after",
            cursor.clone(),
            "Only objects after the one with this cursor.".into(),
        );
        argument(
            "last",
            int,
            format!(
                "How many objects to give from the end, at most {most}. Not together with `first`."
            ),
        );
        argument(
            "before",
            cursor,
            "Only objects before the one with this cursor.".into(),
        );
        argument(
            "where",
            <Option<T::Where>>::create_type_info(registry),
            "Only objects for which this holds.".into(),
        );
        argument(
            "orderBy",
            <Option<Vec<OrderBy<T::OrderField>>>>::create_type_info(registry),
            format!(
                "What to sort by: the first step decides, the next one among equals. \
                 Without it: {}.",
                T::DEFAULT_ORDER_DESCRIPTION
            ),
        );
        field
    }

    fn resolve<'a>(
        &'static self,
        ctx: &'a Context<'a>,
        parent: &'a P,
    ) -> BoxFuture<'a, ServerResult<Value>> {
        Box::pin(async move {
            let arguments = Arguments::<T> {
                size: PageSize {
                    first: ctx.param_value("first", None)?.1,
                    last: ctx.param_value("last", None)?.1,
                },
                after: ctx.param_value("after", None)?.1,
                before: ctx.param_value("before", None)?.1,
                filter: ctx.param_value("where", None)?.1,
                order_by: ctx.param_value("orderBy", None)?.1,
            };
            let connection = self
                .of(parent)
                .ok_or_else(|| Error::Internal("the parent of a list has no key".into()))
                .and_then(|related| Connection::new(related, arguments))
                .map_err(|error| {
                    let error = GraphqlError::from(error).into_server_error(ctx.item.pos);
                    ctx.set_error_path(error)
                })?;
            table::resolve(ctx, &connection).await
        })
    }
}

/// The list fields of an object.
pub(crate) struct Lists<P>(pub(crate) P);

impl<P: HasLists> FieldTable for Lists<P> {
    fn name() -> String {
        format!("{}Lists", P::TYPE_NAME)
    }

    fn declare(registry: &mut Registry) -> IndexMap<String, MetaField> {
        P::LISTS
            .iter()
            .map(|list| {
                let mut field = list.relation.declare(list.name, registry);
                field.description = Some(list.description.to_owned());
                (list.name.to_owned(), field)
            })
            .collect()
    }

    async fn resolve(&self, name: &str, ctx: &Context<'_>) -> Option<ServerResult<Value>> {
        let list = P::LISTS.iter().find(|list| list.name == name)?;
        Some(list.relation.resolve(ctx, &self.0).await)
    }
}
