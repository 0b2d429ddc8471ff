//! Relations whose types are erased, so that query plans can hold any of them.

use std::{collections::HashMap, hash::Hash, ops::Range, sync::Arc};

use async_graphql::{InputType, Value};
use futures_util::future::BoxFuture;
use sea_orm::{
    DbBackend, Value as SqlValue,
    sea_query::{Expr, SelectStatement, ValueType},
};

use super::{
    columns::{ColumnSet, number_of},
    join::{self, Join},
    level::{CountsOf, OnesOf, PagesOf, Rows},
    loader::Loaders,
    order::TotalOrder,
    page::{
        arguments::{Checked, PageArguments, PageSize},
        connection::PageRange,
        cursor,
        listed::Listed,
    },
    relation::{Key, LinkTo, Relation},
    row::Row,
};
use crate::{account::viewer::Viewer, error::Error};

/// The rows that a relation leads from.
#[derive(Clone)]
pub(crate) enum Parents<'a> {
    /// The only parent has this key.
    One(SqlValue),
    /// These rows, whose keys have this index.
    Rows {
        rows: &'a Rows,
        picked: &'a [u32],
        index: usize,
    },
}

impl Parents<'_> {
    /// The root, of which there is only one. Its key does not matter.
    pub(crate) fn root() -> Self {
        Self::One(SqlValue::Int(Some(0)))
    }

    /// The key of each parent, if it has one.
    fn keys<K: Key>(&self) -> Result<Vec<Option<K>>, Error> {
        match self {
            Self::One(key) => Ok(vec![<K as ValueType>::try_from(key.clone()).ok()]),
            Self::Rows {
                rows,
                picked,
                index,
            } => {
                let keys = picked.iter().map(|&row| match rows.get(row) {
                    Some(row) => Ok(row.try_get_by_index::<Option<K>>(*index)?),
                    None => Ok(None),
                });
                keys.collect()
            }
        }
    }
}

/// A relation to single objects.
pub(crate) trait ToOneEdge: Sync {
    /// Loads these columns of the objects that the parents are related to, and joins others to them.
    fn load<'a>(
        &'static self,
        parents: Parents<'a>,
        loaders: &'a Loaders,
        columns: ColumnSet,
        joins: Arc<[Join]>,
    ) -> BoxFuture<'a, Result<Related, Error>>;

    /// How these columns of the objects can be read by the statement of the parents, which have the
    /// keys in the column with the number `key`. None if there may be several objects with a key, or
    /// long values, which would come once for each parent.
    fn join(&'static self, key: usize, columns: ColumnSet) -> Option<Join>;

    /// Adds the object with a key and its columns to a select.
    fn add_to(
        &'static self,
        select: &mut SelectStatement,
        alias: &'static str,
        key: Expr,
        columns: ColumnSet,
        viewer: &Viewer,
        backend: DbBackend,
    );

    /// The objects in joined rows.
    fn joined(&'static self, rows: Rows, parents: &[u32]) -> Result<Related, Error>;
}

/// The objects that parents are related to.
pub(crate) struct Related {
    pub(crate) rows: Rows,
    /// The numbers of the rows, each once.
    pub(crate) picked: Vec<u32>,
    /// For each parent that has an object, its index in `picked`.
    pub(crate) of_parent: Vec<Option<usize>>,
}

impl<P: 'static, T: Row, K: Key> ToOneEdge for Relation<P, T, K> {
    fn load<'a>(
        &'static self,
        parents: Parents<'a>,
        loaders: &'a Loaders,
        columns: ColumnSet,
        joins: Arc<[Join]>,
    ) -> BoxFuture<'a, Result<Related, Error>> {
        Box::pin(async move {
            let of_parent = parents.keys::<K>()?;
            let (keys, mut indexes) = distinct(of_parent.iter().flatten());
            if keys.is_empty() {
                return Ok(Related {
                    rows: Rows::default(),
                    picked: Vec::new(),
                    of_parent: vec![None; of_parent.len()],
                });
            }
            let ones = OnesOf {
                link: self.link(),
                keys: Arc::clone(&keys),
                columns,
                joins,
            };
            let ones = loaders.load_one(ones).await?;
            let ones = ones.ok_or_else(|| Error::Internal("a level was not loaded".into()))?;
            let mut picked = Vec::with_capacity(keys.len());
            for key in keys.iter() {
                match ones.by_key.get(key) {
                    Some(&row) => {
                        if let Some(index) = indexes.get_mut(key) {
                            *index = picked.len();
                        }
                        picked.push(row);
                    }
                    None => {
                        indexes.remove(key);
                    }
                }
            }
            let of_parent = of_parent.iter();
            let of_parent = of_parent.map(|key| indexes.get(key.as_ref()?).copied());
            Ok(Related {
                rows: ones.rows.clone(),
                picked,
                of_parent: of_parent.collect(),
            })
        })
    }

    fn join(&'static self, key: usize, columns: ColumnSet) -> Option<Join> {
        let can_join = join::is_by_id(&self.link()) && !columns.has_long::<T>();
        can_join.then(|| Join {
            edge: self,
            key,
            columns: columns.union(ColumnSet::of_column::<T>(T::ID)),
        })
    }

    fn add_to(
        &'static self,
        select: &mut SelectStatement,
        alias: &'static str,
        key: Expr,
        columns: ColumnSet,
        viewer: &Viewer,
        backend: DbBackend,
    ) {
        join::add_one::<T>(select, alias, key, columns, viewer, backend);
    }

    fn joined(&'static self, rows: Rows, parents: &[u32]) -> Result<Related, Error> {
        let id = rows.index(number_of::<T>(T::ID));
        let mut picked = Vec::with_capacity(parents.len());
        let mut of_parent = Vec::with_capacity(parents.len());
        for &number in parents {
            let id: Option<i32> = match rows.get(number) {
                Some(row) => row.try_get_by_index(id)?,
                None => None,
            };
            of_parent.push(id.map(|_| picked.len()));
            picked.extend(id.map(|_| number));
        }
        Ok(Related {
            rows,
            picked,
            of_parent,
        })
    }
}

/// Each of these keys once.
fn distinct<'a, K: Clone + Eq + Hash + 'a>(
    keys: impl Iterator<Item = &'a K>,
) -> (Arc<[K]>, HashMap<&'a K, usize>) {
    let mut indexes = HashMap::new();
    let mut each = Vec::new();
    for key in keys {
        indexes.entry(key).or_insert_with(|| {
            each.push(key.clone());
            0
        });
    }
    (each.into(), indexes)
}

/// A relation to lists.
pub(crate) trait ListEdge: Sync {
    /// The request for a page of each list, or why an argument is invalid. None if one is not even of
    /// its type.
    fn request(&'static self, arguments: &mut Arguments) -> Option<CheckedRequest>;
}

/// The request for a page of each list, or why it is invalid.
pub(crate) type CheckedRequest = Result<Arc<dyn ListRequest>, Error>;

/// The arguments of a field that are given.
pub(crate) struct Arguments(pub(crate) HashMap<String, Value>);

impl Arguments {
    /// Takes the value of an argument. None if it is invalid.
    pub(crate) fn take<T: InputType>(&mut self, name: &str) -> Option<T> {
        T::parse(self.0.remove(name)).ok()
    }
}

/// A page of each list of a level.
pub(crate) trait ListRequest: Send + Sync {
    /// The columns that determine the order.
    fn order_columns(&self) -> ColumnSet;

    /// Which part of the lists is requested.
    fn range(&self) -> PageRange;

    /// The cursor of a row.
    fn cursor(&self, rows: &Rows, row: u32) -> Result<String, Error>;

    /// Loads these columns of the rows, among which are those of the order, and joins objects to them.
    fn pages<'a>(
        &'a self,
        parents: Parents<'a>,
        loaders: &'a Loaders,
        columns: ColumnSet,
        joins: Arc<[Join]>,
    ) -> BoxFuture<'a, Result<Listing, Error>>;

    /// Loads the length of each list.
    fn totals<'a>(
        &'a self,
        parents: Parents<'a>,
        loaders: &'a Loaders,
    ) -> BoxFuture<'a, Result<Arc<[i64]>, Error>>;
}

/// The pages of some lists.
pub(crate) struct Listing {
    pub(crate) rows: Rows,
    /// The numbers of the rows of all pages, page by page in the requested order.
    pub(crate) picked: Vec<u32>,
    /// The page of each parent.
    pub(crate) pages: Vec<ListedPage>,
}

/// One page.
pub(crate) struct ListedPage {
    /// Its rows in [`Listing::picked`].
    pub(crate) range: Range<usize>,
    /// Whether the list continues beyond the page in the direction of paging.
    pub(crate) more: bool,
}

struct Request<T: Listed, K: Key> {
    link: LinkTo<T, K>,
    checked: Checked<T>,
}

impl<P: 'static, T: Listed, K: Key> ListEdge for Relation<P, T, K> {
    fn request(&'static self, arguments: &mut Arguments) -> Option<CheckedRequest> {
        let arguments = PageArguments::<T> {
            size: PageSize {
                first: arguments.take("first")?,
                last: arguments.take("last")?,
            },
            after: arguments.take("after")?,
            before: arguments.take("before")?,
            filter: arguments.take("where")?,
            order_by: arguments.take("orderBy")?,
        };
        let request = arguments.check().map(|checked| {
            let link = self.link();
            Arc::new(Request { link, checked }) as _
        });
        Some(request)
    }
}

impl<T: Listed, K: Key> Request<T, K> {
    /// The keys of the parents, all of which have one.
    fn keys(parents: &Parents<'_>) -> Result<Arc<[K]>, Error> {
        let keys = parents.keys()?.into_iter().map(|key| {
            key.ok_or_else(|| Error::Internal("the parent of a list has no key".into()))
        });
        keys.collect()
    }
}

impl<T: Listed, K: Key> ListRequest for Request<T, K> {
    fn order_columns(&self) -> ColumnSet {
        self.checked.order.columns()
    }

    fn range(&self) -> PageRange {
        PageRange {
            backward: self.checked.spec.backward,
            after: self.checked.after.is_some(),
            before: self.checked.before.is_some(),
        }
    }

    fn cursor(&self, rows: &Rows, row: u32) -> Result<String, Error> {
        let order: &TotalOrder<T> = &self.checked.order;
        Ok(cursor::encode(order, &order.position_in(rows, row)?))
    }

    fn pages<'a>(
        &'a self,
        parents: Parents<'a>,
        loaders: &'a Loaders,
        columns: ColumnSet,
        joins: Arc<[Join]>,
    ) -> BoxFuture<'a, Result<Listing, Error>> {
        Box::pin(async move {
            let keys = Self::keys(&parents)?;
            if keys.is_empty() {
                return Ok(Listing::default());
            }
            let Checked {
                spec,
                after,
                before,
                ..
            } = &self.checked;
            let pages = PagesOf {
                link: self.link.clone(),
                keys,
                after: after.clone(),
                before: before.clone(),
                spec: Arc::clone(spec),
                columns,
                joins,
            };
            let loaded = loaders.load_one(pages).await?;
            let loaded = loaded.ok_or_else(|| Error::Internal("a level was not loaded".into()))?;
            Ok(Listing::cut(
                loaded.rows.clone(),
                &loaded.ranges,
                u32::from(spec.limit),
                spec.backward,
            ))
        })
    }

    fn totals<'a>(
        &'a self,
        parents: Parents<'a>,
        loaders: &'a Loaders,
    ) -> BoxFuture<'a, Result<Arc<[i64]>, Error>> {
        Box::pin(async move {
            let keys = Self::keys(&parents)?;
            if keys.is_empty() {
                return Ok([].into());
            }
            let counts = CountsOf {
                link: self.link.clone(),
                keys,
                filter: self.checked.spec.filter.clone(),
            };
            let counts = loaders.load_one(counts).await?;
            counts.ok_or_else(|| Error::Internal("lists were not counted".into()))
        })
    }
}

impl Listing {
    /// Cuts pages of at most `limit` rows.
    fn cut(rows: Rows, ranges: &[Range<u32>], limit: u32, backward: bool) -> Self {
        let mut picked = Vec::with_capacity(ranges.iter().map(ExactSizeIterator::len).sum());
        let pages = ranges.iter().map(|range| {
            let start = picked.len();
            let end = range.end.min(range.start + limit);
            if backward {
                picked.extend((range.start..end).rev());
            } else {
                picked.extend(range.start..end);
            }
            ListedPage {
                range: start..picked.len(),
                more: end < range.end,
            }
        });
        let pages = pages.collect();
        Self {
            rows,
            picked,
            pages,
        }
    }
}

impl Default for Listing {
    fn default() -> Self {
        Self::cut(Rows::default(), &[], 0, false)
    }
}
