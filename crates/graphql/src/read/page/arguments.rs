//! The arguments of a list, checked.

use std::sync::Arc;

use super::{
    cursor,
    keyset::Position,
    listed::{Listed, PageSpec},
};
use crate::{
    error::Error,
    read::order::{OrderBy, TotalOrder},
};

/// The page size where neither `first` nor `last` is given.
pub(crate) const DEFAULT_PAGE_SIZE: u16 = 25;

/// How many steps `orderBy` may have. More would sort no further and cost the database.
const MOST_ORDER_STEPS: usize = 8;

/// The arguments of a list, as a request gives them.
pub(crate) struct Arguments<T: Listed> {
    pub(crate) size: PageSize,
    pub(crate) after: Option<String>,
    pub(crate) before: Option<String>,
    pub(crate) filter: Option<T::Where>,
    pub(crate) order_by: Option<Vec<OrderBy<T::OrderField>>>,
}

/// How many rows are asked for, from which end.
pub(crate) struct PageSize {
    pub(crate) first: Option<i32>,
    pub(crate) last: Option<i32>,
}

impl PageSize {
    /// The number of rows, and whether they are the last ones.
    pub(crate) fn check(&self, most: i32) -> Result<(u16, bool), Error> {
        let (name, size, backward) = match (self.first, self.last) {
            (Some(_), Some(_)) => {
                return Err(Error::BadUserInput(
                    "Give `first` or `last`, not both: they page from opposite ends.".into(),
                ));
            }
            (None, None) => return Ok((DEFAULT_PAGE_SIZE, false)),
            (Some(first), None) => ("first", first, false),
            (None, Some(last)) => ("last", last, true),
        };
        match u16::try_from(size) {
            Ok(limit) if size <= most => Ok((limit, backward)),
            _ => Err(Error::BadUserInput(format!(
                "`{name}` is {size}; it must be from 0 to {most} here."
            ))),
        }
    }
}

/// A checked page: what its batch shares, and where this one begins and ends.
pub(crate) struct Checked<T: Listed> {
    pub(crate) spec: Arc<PageSpec<T>>,
    pub(crate) order: Arc<TotalOrder<T>>,
    pub(crate) after: Option<Position>,
    pub(crate) before: Option<Position>,
}

impl<T: Listed> Arguments<T> {
    pub(crate) fn check(self) -> Result<Checked<T>, Error> {
        let (limit, backward) = self.size.check(T::MAX_PAGE_SIZE)?;
        let order_by = match self.order_by {
            Some(steps) if steps.len() > MOST_ORDER_STEPS => {
                return Err(Error::BadUserInput(format!(
                    "`orderBy` has {} steps; it may have at most {MOST_ORDER_STEPS}.",
                    steps.len()
                )));
            }
            Some(steps) if !steps.is_empty() => steps,
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
                filter: self.filter,
                order_by,
                limit,
                backward,
            }),
            order: Arc::new(order),
        })
    }
}
