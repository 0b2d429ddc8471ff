//! Lists whose errors keep their paths.

use std::borrow::Cow;

use async_graphql::{
    ContextSelectionSet, OutputType, Positioned, ServerResult, Value, parser::types::Field,
    registry::Registry,
};
use futures_util::future::try_join_all;

use crate::database::usage;

/// The bytes that an item takes while an answer is built, beside the columns that are selected: its
/// future, its object, its cursor.
const ITEM_BYTES: usize = 500;

/// A list of objects.
///
/// If a field of an item fails and cannot be null, the error leaves the item. async-graphql's own
/// lists then replace its path by that of the item, so clients would not learn which field failed.
pub(crate) struct Items<T>(pub(crate) Vec<T>);

impl<T: OutputType> OutputType for Items<T> {
    fn type_name() -> Cow<'static, str> {
        Vec::<T>::type_name()
    }

    fn qualified_type_name() -> String {
        Vec::<T>::qualified_type_name()
    }

    fn create_type_info(registry: &mut Registry) -> String {
        Vec::<T>::create_type_info(registry)
    }

    async fn resolve(
        &self,
        ctx: &ContextSelectionSet<'_>,
        field: &Positioned<Field>,
    ) -> ServerResult<Value> {
        if !usage::admits(self.0.len() * ITEM_BYTES) {
            return Ok(Value::List(Vec::new()));
        }
        let items = self.0.iter().enumerate().map(async |(index, item)| {
            let ctx = ctx.with_index(index);
            let resolved = item.resolve(&ctx, field).await;
            resolved.map_err(|error| {
                if error.path.is_empty() {
                    ctx.set_error_path(error)
                } else {
                    error
                }
            })
        });
        Ok(Value::List(try_join_all(items).await?))
    }
}
