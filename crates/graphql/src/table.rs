//! Fields that are declared by a table instead of methods, because they are all alike.

use std::{borrow::Cow, future::Future};

use async_graphql::{
    ContainerType, Context, ContextSelectionSet, OutputType, Positioned, ServerResult, Value,
    indexmap::IndexMap,
    parser::types::Field,
    registry::{MetaField, MetaTypeId, ObjectBuilder, Registry},
    resolver_utils::resolve_container,
};

/// A table of fields.
pub(crate) trait FieldTable: Send + Sync {
    /// A name that no type and no other table has. It does not appear in the public schema.
    fn name() -> String;

    /// The fields, in order.
    fn declare(registry: &mut Registry) -> IndexMap<String, MetaField>;

    /// Resolves the field of this name, if the table has it.
    fn resolve(
        &self,
        name: &str,
        ctx: &Context<'_>,
    ) -> impl Future<Output = Option<ServerResult<Value>>> + Send;
}

/// The fields of a table, to be flattened into an object type.
#[derive(Default)]
pub(crate) struct Fields<T>(pub(crate) T);

impl<T: FieldTable> OutputType for Fields<T> {
    fn type_name() -> Cow<'static, str> {
        T::name().into()
    }

    fn create_type_info(registry: &mut Registry) -> String {
        registry.create_output_type::<Self, _>(MetaTypeId::Object, |registry| {
            ObjectBuilder::new(Self::type_name(), T::declare(registry)).build()
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

impl<T: FieldTable> ContainerType for Fields<T> {
    async fn resolve_field(&self, ctx: &Context<'_>) -> ServerResult<Option<Value>> {
        let name = ctx.item.node.name.node.as_str();
        self.0.resolve(name, ctx).await.transpose()
    }
}

/// A field, with its name and description.
pub(crate) fn field(name: &str, field_type: String, description: &str) -> (String, MetaField) {
    let mut field = MetaField::new(name, field_type);
    field.description = Some(description.to_owned());
    (name.to_owned(), field)
}

/// Resolves the value of a field, with the selections on it.
pub(crate) async fn resolve(ctx: &Context<'_>, value: &impl OutputType) -> ServerResult<Value> {
    let selection = ctx.with_selection_set(&ctx.item.node.selection_set);
    value.resolve(&selection, ctx.item).await
}
