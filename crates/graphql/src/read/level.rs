//! Whole levels of the graph: for all parents that are known at once, the related rows, each with
//! one statement.
//!
//! The loaders of single rows and pages have one key for each parent. Query plans know the parents of
//! a level together, so one key has all of them, and only the columns that are selected are read.
//! Keys of the same relation that are queued at the same time share a statement.

use std::{
    collections::{HashMap, HashSet},
    ops::Range,
    sync::Arc,
};

use async_graphql::dataloader::Loader;
use derive_where::derive_where;
use futures_util::future::try_join_all;
use sea_orm::QueryResult;

use super::{
    columns::{ColumnSet, Columns, number_of},
    filter::ROOT_TABLE,
    join::{self, Join},
    key::{CountOf, PageOf},
    loader::{RowLoader, batches, index},
    page::{
        keyset::Position,
        listed::{Listed, PageSpec},
    },
    relation::{Key, LinkTo},
    row::Row,
    select,
};
use crate::error::Error;

/// Rows as the driver has received them, with some of the columns of a type.
#[derive(Clone, Default)]
pub(crate) struct Rows {
    received: Arc<Vec<QueryResult>>,
    columns: ColumnSet,
    /// The number of values before the columns.
    offset: usize,
}

impl Rows {
    /// A row.
    pub(crate) fn get(&self, row: u32) -> Option<&QueryResult> {
        self.received.get(row as usize)
    }

    /// The index of a column, by its number, in each row.
    pub(crate) fn index(&self, number: usize) -> usize {
        self.offset + self.columns.index(number)
    }

    /// The objects that these joins have added to the rows. The values of an object that does not exist
    /// are NULL.
    pub(crate) fn joined(&self, joins: &[Join]) -> Vec<Self> {
        let mut offset = self.offset + self.columns.len();
        let joined = joins.iter().map(|join| {
            let rows = Self {
                received: Arc::clone(&self.received),
                columns: join.columns,
                offset,
            };
            offset += join.columns.len();
            rows
        });
        joined.collect()
    }
}

/// The single rows that parents with these keys are related to.
#[derive_where(Clone, PartialEq, Eq, Hash)]
pub(crate) struct OnesOf<T: Row, K: Key> {
    pub(crate) link: LinkTo<T, K>,
    pub(crate) keys: Arc<[K]>,
    pub(crate) columns: ColumnSet,
    pub(crate) joins: Arc<[Join]>,
}

/// The rows that were found for [`OnesOf`].
pub(crate) struct Ones<K> {
    pub(crate) rows: Rows,
    /// The row of each key that has one.
    pub(crate) by_key: HashMap<K, u32>,
}

impl<T: Row, K: Key> Loader<OnesOf<T, K>> for RowLoader {
    type Value = Arc<Ones<K>>;
    type Error = Error;

    async fn load(
        &self,
        keys: &[OnesOf<T, K>],
    ) -> Result<HashMap<OnesOf<T, K>, Self::Value>, Error> {
        let batches = batches(keys, |one, other| {
            one.link == other.link && one.joins == other.joins
        });
        let loads = batches.into_iter().map(async |batch| {
            let ones = Arc::new(self.ones_of(&batch).await?);
            let keys = batch.into_iter().cloned();
            Ok::<_, Error>(keys.map(move |key| (key, Arc::clone(&ones))))
        });
        Ok(try_join_all(loads).await?.into_iter().flatten().collect())
    }
}

impl RowLoader {
    async fn ones_of<T: Row, K: Key>(&self, batch: &[&OnesOf<T, K>]) -> Result<Ones<K>, Error> {
        let column = batch[0].link.column().ok_or_else(|| {
            Error::Internal("a single object was requested through a link to all rows".into())
        })?;
        let key_column = ColumnSet::of_column::<T>(column);
        let columns = union(batch.iter().map(|it| it.columns)).union(key_column);
        let mut keys: Vec<K> = batch
            .iter()
            .flat_map(|it| it.keys.iter().cloned())
            .collect();
        if batch.len() > 1 {
            let mut known = HashSet::with_capacity(keys.len());
            keys.retain(|key| known.insert(key.clone()));
        }
        let viewer = self.viewer()?;
        let only = Columns::Only(columns);
        let backend = self.backend();
        let mut statement = select::matching::<T, K>(column, keys, &viewer, only, backend);
        let joins = &batch[0].joins;
        join::add_to::<T>(joins, &mut statement, ROOT_TABLE, &viewer, backend);
        let received = self.query_level(statement).await?;
        let index = columns.index(number_of::<T>(column));
        let mut by_key = HashMap::with_capacity(received.len());
        for (number, row) in (0..).zip(&received) {
            by_key.insert(row.try_get_by_index(index)?, number);
        }
        Ok(Ones {
            rows: Rows {
                received: Arc::new(received),
                columns,
                offset: 0,
            },
            by_key,
        })
    }
}

/// A page of the list of each of these parents, all with the same arguments.
#[derive_where(Clone, PartialEq, Eq, Hash)]
pub(crate) struct PagesOf<T: Listed, K: Key> {
    pub(crate) link: LinkTo<T, K>,
    pub(crate) keys: Arc<[K]>,
    pub(crate) after: Option<Position>,
    pub(crate) before: Option<Position>,
    pub(crate) spec: Arc<PageSpec<T>>,
    pub(crate) columns: ColumnSet,
    pub(crate) joins: Arc<[Join]>,
}

impl<T: Listed, K: Key> PagesOf<T, K> {
    /// The page of each parent.
    fn pages(&self) -> impl Iterator<Item = PageOf<T, K>> {
        self.keys.iter().map(|key| PageOf {
            related: self.link.related(key.clone()),
            after: self.after.clone(),
            before: self.before.clone(),
            spec: Arc::clone(&self.spec),
        })
    }

    /// Whether one statement can load both.
    fn shares_statement(&self, key: &Self) -> bool {
        let (Some(one), Some(other)) = (self.pages().next(), key.pages().next()) else {
            return false;
        };
        self.joins == key.joins && one.shares_statement(&other)
    }
}

/// The rows of [`PagesOf`].
pub(crate) struct Pages {
    pub(crate) rows: Rows,
    /// Where the rows of each parent are, from the start of its page, which is at the end if it was
    /// requested backward. If the list goes on, there is one row more than the page holds.
    pub(crate) ranges: Vec<Range<u32>>,
}

impl<T: Listed, K: Key> Loader<PagesOf<T, K>> for RowLoader {
    type Value = Arc<Pages>;
    type Error = Error;

    async fn load(
        &self,
        keys: &[PagesOf<T, K>],
    ) -> Result<HashMap<PagesOf<T, K>, Self::Value>, Error> {
        let batches = batches(keys, PagesOf::shares_statement);
        let loads = batches.into_iter().map(|batch| self.pages_of(batch));
        Ok(try_join_all(loads).await?.into_iter().flatten().collect())
    }
}

impl RowLoader {
    async fn pages_of<T: Listed, K: Key>(
        &self,
        batch: Vec<&PagesOf<T, K>>,
    ) -> Result<Vec<(PagesOf<T, K>, Arc<Pages>)>, Error> {
        let pages: Vec<PageOf<T, K>> = batch.iter().flat_map(|it| it.pages()).collect();
        let columns = union(batch.iter().map(|it| it.columns));
        let (statement, is_one_list) = {
            let pages: Vec<&PageOf<T, K>> = pages.iter().collect();
            let statement = select::pages(
                &pages,
                &self.viewer()?,
                (Columns::Only(columns), &batch[0].joins),
                self.backend(),
            )?;
            (statement, select::is_one_list(&pages))
        };
        let received = self.query_level(statement).await?;
        let mut ranges: Vec<Range<u32>> = vec![0..0; pages.len()];
        for (number, row) in (0..).zip(&received) {
            let Some(range) = ranges.get_mut(index(row)?) else {
                continue;
            };
            if range.start == range.end {
                *range = number..number;
            }
            if range.end != number {
                return Err(Error::Internal("the pages of parents are mixed".into()));
            }
            range.end += 1;
        }
        if is_one_list {
            let range = ranges[0].clone();
            ranges.fill(range);
        }
        let rows = Rows {
            received: Arc::new(received),
            columns,
            offset: 1,
        };
        let mut ranges = ranges.into_iter();
        let loaded = batch.into_iter().map(|key| {
            let pages = Pages {
                rows: rows.clone(),
                ranges: ranges.by_ref().take(key.keys.len()).collect(),
            };
            (key.clone(), Arc::new(pages))
        });
        Ok(loaded.collect())
    }
}

/// The length of the list of each of these parents.
#[derive_where(Clone, PartialEq, Eq, Hash)]
pub(crate) struct CountsOf<T: Listed, K: Key> {
    pub(crate) link: LinkTo<T, K>,
    pub(crate) keys: Arc<[K]>,
    pub(crate) filter: Option<Arc<T::Where>>,
}

impl<T: Listed, K: Key> Loader<CountsOf<T, K>> for RowLoader {
    type Value = Arc<[i64]>;
    type Error = Error;

    async fn load(
        &self,
        keys: &[CountsOf<T, K>],
    ) -> Result<HashMap<CountsOf<T, K>, Self::Value>, Error> {
        let batches = batches(keys, |one, other| {
            one.link == other.link && one.filter == other.filter
        });
        let loads = batches.into_iter().map(|batch| self.counts_of(batch));
        Ok(try_join_all(loads).await?.into_iter().flatten().collect())
    }
}

impl RowLoader {
    async fn counts_of<T: Listed, K: Key>(
        &self,
        batch: Vec<&CountsOf<T, K>>,
    ) -> Result<Vec<(CountsOf<T, K>, Arc<[i64]>)>, Error> {
        let lists: Vec<CountOf<T, K>> = batch
            .iter()
            .flat_map(|it| {
                it.keys.iter().map(|key| CountOf {
                    related: it.link.related(key.clone()),
                    filter: it.filter.clone(),
                })
            })
            .collect();
        let lists: Vec<&CountOf<T, K>> = lists.iter().collect();
        let mut counts = self.counts(&lists).await?.into_iter();
        let loaded = batch.into_iter().map(|key| {
            let counts = counts.by_ref().take(key.keys.len());
            (key.clone(), counts.collect())
        });
        Ok(loaded.collect())
    }
}

fn union(sets: impl Iterator<Item = ColumnSet>) -> ColumnSet {
    sets.fold(ColumnSet::default(), ColumnSet::union)
}
