//! Types that are listed, and one page of such a list.

use std::sync::Arc;

use derive_where::derive_where;

use crate::read::{
    filter::Where,
    order::{OrderBy, OrderField},
    row::{ModelOf, Row},
};

/// A type that is listed in connections.
pub(crate) trait Listed: Row {
    /// Its `where`.
    type Where: Where<Of = Self>;
    /// What its lists can be sorted by.
    type OrderField: OrderField<Of = Self>;
    /// How many rows a page has at most.
    const MAX_PAGE_SIZE: i32 = 100;

    /// The order of a list that names none, in words.
    const DEFAULT_ORDER_DESCRIPTION: &'static str;

    /// The order of a list that names none.
    fn default_order() -> Vec<OrderBy<Self::OrderField>>;
}

/// What the parents of one batch share: all of a page but the parent and the cursors.
#[derive_where(PartialEq, Eq, Hash)]
pub(crate) struct PageSpec<T: Listed> {
    pub(crate) filter: Option<T::Where>,
    pub(crate) order_by: Vec<OrderBy<T::OrderField>>,
    /// How many rows to answer with.
    pub(crate) limit: u16,
    /// Whether the page is the end of the range rather than its beginning.
    pub(crate) backward: bool,
}

/// The rows of a page, in the order that was asked for.
pub(crate) struct Page<T: Row> {
    pub(crate) rows: Vec<Arc<ModelOf<T>>>,
    /// Whether the range goes on beyond the page, in the direction of paging.
    pub(crate) more: bool,
}

impl<T: Listed> Page<T> {
    /// The page of rows that were read from its beginning on, with one more than it holds where
    /// there is one.
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
