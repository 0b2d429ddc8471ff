//! Types that can be listed, and the pages of their lists.

use std::sync::Arc;

use async_graphql::{InputType, Value};
use derive_where::derive_where;

use crate::read::{
    filter::Where,
    order::{OrderBy, OrderField},
    row::{ModelOf, Row},
};

/// A type that can be listed in connections.
pub(crate) trait Listed: Row {
    /// The filter of the lists.
    type Where: Where<Of = Self>;
    /// The fields that the lists can be sorted by.
    type OrderField: OrderField<Of = Self>;
    /// The maximum number of rows on a page.
    const MAX_PAGE_SIZE: i32 = 100;

    /// The description of the default order.
    const DEFAULT_ORDER_DESCRIPTION: &'static str;

    /// The default order.
    fn default_order() -> Vec<OrderBy<Self::OrderField>>;
}

/// The name of the field that lists of the type are sorted by if there is no `orderBy`.
pub(crate) fn default_order_field<T: Listed>() -> Option<String> {
    match T::default_order().first()?.field.to_value() {
        Value::Enum(name) => Some(name.to_string()),
        _ => None,
    }
}

/// The arguments that are the same for all parents of a batch: all except the cursors.
#[derive_where(PartialEq, Eq, Hash)]
pub(crate) struct PageSpec<T: Listed> {
    pub(crate) filter: Option<Arc<T::Where>>,
    pub(crate) order_by: Vec<OrderBy<T::OrderField>>,
    /// The number of rows to return.
    pub(crate) limit: u16,
    /// Whether the page is at the end of the range instead of the start.
    pub(crate) backward: bool,
}

/// The rows of a page, in the requested order.
pub(crate) struct Page<T: Row> {
    pub(crate) rows: Vec<Arc<ModelOf<T>>>,
    /// Whether the range continues beyond the page in the direction of paging.
    pub(crate) more: bool,
}

impl<T: Listed> Page<T> {
    /// Cuts a page from rows that start where the page starts. If the range continues, there is one
    /// row more than the page holds.
    pub(crate) fn cut(mut rows: Vec<Arc<ModelOf<T>>>, spec: &PageSpec<T>) -> Self {
        let limit = usize::from(spec.limit);
        let more = rows.len() > limit;
        rows.truncate(limit);
        if spec.backward {
            rows.reverse();
        }
        Self { rows, more }
    }
}
