//! The arguments of a list, and their checks.

use std::sync::Arc;

use super::{
    cursor,
    keyset::Position,
    listed::{Listed, PageSpec},
};
use crate::{
    error::Error,
    read::argument::Argument,
    read::filter::Filter,
    read::order::{OrderBy, TotalOrder},
};

/// The page size if neither `first` nor `last` is given.
pub(crate) const DEFAULT_PAGE_SIZE: u16 = 25;

/// The maximum number of fields in `orderBy`. More would not sort any further, but cost the
/// database.
const MAX_ORDER_FIELDS: usize = 8;

/// The arguments of a list, as they were requested.
pub(crate) struct PageArguments<T: Listed> {
    pub(crate) size: PageSize,
    pub(crate) after: Option<String>,
    pub(crate) before: Option<String>,
    pub(crate) filter: Option<Argument<Filter<T::Where>>>,
    pub(crate) order_by: Option<Vec<OrderBy<T::OrderField>>>,
}

/// The number of rows requested, and from which end of the list.
pub(crate) struct PageSize {
    pub(crate) first: Option<i32>,
    pub(crate) last: Option<i32>,
}

impl PageSize {
    /// The number of rows, and whether they are taken from the end of the list.
    pub(crate) fn check(&self, max: i32) -> Result<(u16, bool), Error> {
        let (name, size, backward) = match (self.first, self.last) {
            (Some(_), Some(_)) => {
                return Err(Error::BadUserInput(
                    "Give either `first` or `last`, not both: they page from opposite ends.".into(),
                ));
            }
            (None, None) => return Ok((DEFAULT_PAGE_SIZE, false)),
            (Some(first), None) => ("first", first, false),
            (None, Some(last)) => ("last", last, true),
        };
        match u16::try_from(size) {
            Ok(limit) if size <= max => Ok((limit, backward)),
            _ => Err(Error::BadUserInput(format!(
                "`{name}` is {size}; it must be from 0 to {max}."
            ))),
        }
    }
}

/// The checked arguments of a page: the part shared by its batch, and where this page starts and
/// ends.
pub(crate) struct Checked<T: Listed> {
    pub(crate) spec: Arc<PageSpec<T>>,
    pub(crate) order: Arc<TotalOrder<T>>,
    pub(crate) after: Option<Position>,
    pub(crate) before: Option<Position>,
}

impl<T: Listed> PageArguments<T> {
    pub(crate) fn check(self) -> Result<Checked<T>, Error> {
        let (limit, backward) = self.size.check(T::MAX_PAGE_SIZE)?;
        let order_by = match self.order_by {
            Some(fields) if fields.len() > MAX_ORDER_FIELDS => {
                return Err(Error::BadUserInput(format!(
                    "`orderBy` has {} fields; at most {MAX_ORDER_FIELDS} are allowed.",
                    fields.len()
                )));
            }
            Some(fields) if !fields.is_empty() => fields,
            _ => T::default_order(),
        };
        let order = TotalOrder::new(&order_by);
        let read = |argument, cursor: Option<String>| {
            cursor
                .map(|cursor| cursor::decode(&order, argument, &cursor))
                .transpose()
        };
        Ok(Checked {
            after: read("after", self.after)?,
            before: read("before", self.before)?,
            spec: Arc::new(PageSpec {
                filter: self
                    .filter
                    .map(Argument::valid)
                    .transpose()?
                    .map(|it| it.0.into()),
                order_by,
                limit,
                backward,
            }),
            order: Arc::new(order),
        })
    }
}
