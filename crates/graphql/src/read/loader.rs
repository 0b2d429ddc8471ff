//! Keys of what can be loaded, and the one loader of them all.
//!
//! Keys are generic over the type that they lead to. Those of one relation make a batch of their
//! own: one statement a relation and level, however many parents there are. Every statement
//! carries the viewer's wall; there is no way to load a row without it.

use std::{collections::HashMap, marker::PhantomData, sync::Arc};

use async_graphql::dataloader::{DataLoader, HashMapCache, Loader};
use derive_where::derive_where;
use futures_util::future::try_join_all;
use sea_orm::{
    DbBackend, FromQueryResult, ModelTrait, QueryResult,
    sea_query::{SelectStatement, ValueType},
};

use crate::{
    account::viewer::Viewer,
    database::usage,
    error::Error,
    read::batch::Batches,
    read::context::Request,
    read::page::{Listed, Page, PageSpec, Position},
    read::relation::{Key, Related},
    read::row::{ColumnOf, ModelOf, Row},
    read::select,
};

/// The loaders of one request. What has been loaded stays for the rest of it.
pub(crate) type Loads = DataLoader<Reader, HashMapCache>;

/// Reads for one request, as its viewer.
pub(crate) struct Reader {
    request: Arc<Request>,
}

impl Reader {
    /// Loaders that send their keys when `batches` lets them.
    pub(crate) fn loads(request: Arc<Request>, batches: &Batches) -> Loads {
        DataLoader::with_cache(
            Self { request },
            batches.clone(),
            batches.clone(),
            HashMapCache::default(),
        )
        // A batch that is cut would be two statements.
        .max_batch_size(usize::MAX)
    }

    /// The viewer, whose wall every statement carries.
    pub(crate) fn viewer(&self) -> Result<Viewer, Error> {
        self.request.viewer()
    }

    /// Which database is read.
    pub(crate) fn backend(&self) -> DbBackend {
        self.request.database.backend()
    }

    /// The rows of a batch, each with the index of its parent.
    pub(crate) async fn indexed<T: Row>(
        &self,
        statement: &SelectStatement,
    ) -> Result<Vec<(usize, Arc<ModelOf<T>>)>, Error> {
        let rows = self.request.query_all(statement).await?;
        rows.iter()
            .map(|row| {
                let row_of = ModelOf::<T>::from_query_result(row, "")?;
                Ok((index(row)?, Arc::new(row_of)))
            })
            .collect()
    }

    /// The rows that the viewer may see in which `column` is one of `keys`, by that key.
    async fn matching<T: Row, K: Key>(
        &self,
        column: ColumnOf<T>,
        keys: Vec<K>,
    ) -> Result<HashMap<K, Arc<ModelOf<T>>>, Error> {
        let statement = select::matching::<T, K>(column, keys, &self.viewer()?, self.backend());
        let rows = self.request.query_all(&statement).await?;
        rows.iter()
            .map(|row| {
                let row = ModelOf::<T>::from_query_result(row, "")?;
                let key = <K as ValueType>::try_from(row.get(column))
                    .map_err(|_| Error::Internal("a row without its key was found by it".into()))?;
                Ok((key, Arc::new(row)))
            })
            .collect()
    }
}

/// The row of `T` with this database id.
#[derive_where(Clone, PartialEq, Eq, Hash)]
pub(crate) struct ById<T>(i32, PhantomData<fn() -> T>);

impl<T> ById<T> {
    pub(crate) fn new(id: i32) -> Self {
        Self(id, PhantomData)
    }
}

impl<T: Row> Loader<ById<T>> for Reader {
    type Value = Arc<ModelOf<T>>;
    type Error = Error;

    async fn load(&self, keys: &[ById<T>]) -> Result<HashMap<ById<T>, Self::Value>, Error> {
        usage::count_batch(keys.len());
        let ids: Vec<i32> = keys.iter().map(|key| key.0).collect();
        let rows = self.matching::<T, i32>(T::ID, ids).await?;
        Ok(rows
            .into_iter()
            .map(|(id, row)| (ById::new(id), row))
            .collect())
    }
}

/// The one row that a parent is related to.
#[derive_where(Clone, PartialEq, Eq, Hash)]
pub(crate) struct ToOne<T: Row, K: Key>(pub(crate) Related<T, K>);

impl<T: Row, K: Key> Loader<ToOne<T, K>> for Reader {
    type Value = Arc<ModelOf<T>>;
    type Error = Error;

    async fn load(&self, keys: &[ToOne<T, K>]) -> Result<HashMap<ToOne<T, K>, Self::Value>, Error> {
        let batches = batches(keys, |one, other| one.0.goes_with(&other.0));
        let loads = batches.into_iter().map(|batch| self.ones(batch));
        Ok(try_join_all(loads).await?.into_iter().flatten().collect())
    }
}

impl Reader {
    /// The rows of a batch through one link, by one statement.
    async fn ones<T: Row, K: Key>(
        &self,
        batch: Vec<&ToOne<T, K>>,
    ) -> Result<Vec<(ToOne<T, K>, Arc<ModelOf<T>>)>, Error> {
        let related = &batch[0].0;
        let column = related.column().ok_or_else(|| {
            Error::Internal("one object is asked for through a link to all".into())
        })?;
        let keys = batch.iter().map(|key| key.0.key.clone()).collect();
        let rows = self.matching::<T, K>(column, keys).await?;
        Ok(rows
            .into_iter()
            .map(|(key, row)| (ToOne(related.with_key(key)), row))
            .collect())
    }
}

/// A page of the list that a parent is related to.
#[derive_where(Clone, PartialEq, Eq, Hash)]
pub(crate) struct PageOf<T: Listed, K: Key> {
    pub(crate) related: Related<T, K>,
    pub(crate) after: Option<Position>,
    pub(crate) before: Option<Position>,
    pub(crate) spec: Arc<PageSpec<T>>,
}

impl<T: Listed, K: Key> PageOf<T, K> {
    /// Whether one statement can serve both: they differ in the key of their parent and in the
    /// values of their cursors at most. A NULL in a cursor asks for other SQL than a value does.
    fn goes_with(&self, other: &Self) -> bool {
        fn nulls(position: Option<&Position>) -> Option<Vec<bool>> {
            position.map(|values| values.iter().map(serde_json::Value::is_null).collect())
        }
        self.related.goes_with(&other.related)
            && self.spec == other.spec
            && nulls(self.after.as_ref()) == nulls(other.after.as_ref())
            && nulls(self.before.as_ref()) == nulls(other.before.as_ref())
    }
}

impl<T: Listed, K: Key> Loader<PageOf<T, K>> for Reader {
    type Value = Arc<Page<T>>;
    type Error = Error;

    async fn load(
        &self,
        keys: &[PageOf<T, K>],
    ) -> Result<HashMap<PageOf<T, K>, Self::Value>, Error> {
        let batches = batches(keys, PageOf::goes_with);
        let loads = batches.into_iter().map(|batch| self.pages(batch));
        Ok(try_join_all(loads).await?.into_iter().flatten().collect())
    }
}

impl Reader {
    /// The pages of a batch, by one statement.
    async fn pages<T: Listed, K: Key>(
        &self,
        batch: Vec<&PageOf<T, K>>,
    ) -> Result<Vec<(PageOf<T, K>, Arc<Page<T>>)>, Error> {
        let statement = select::pages(&batch, &self.viewer()?, self.backend())?;
        let mut pages: Vec<Vec<Arc<ModelOf<T>>>> = Vec::new();
        pages.resize_with(batch.len(), Vec::new);
        for (index, row) in self.indexed::<T>(&statement).await? {
            if let Some(page) = pages.get_mut(index) {
                page.push(row);
            }
        }
        Ok(batch
            .into_iter()
            .zip(pages)
            .map(|(key, rows)| (key.clone(), Arc::new(Page::cut(rows, &key.spec))))
            .collect())
    }
}

/// The number of rows of the whole list that a parent is related to.
#[derive_where(Clone, PartialEq, Eq, Hash)]
pub(crate) struct CountOf<T: Listed, K: Key> {
    pub(crate) related: Related<T, K>,
    pub(crate) filter: Option<T::Where>,
}

impl<T: Listed, K: Key> Loader<CountOf<T, K>> for Reader {
    type Value = i64;
    type Error = Error;

    async fn load(&self, keys: &[CountOf<T, K>]) -> Result<HashMap<CountOf<T, K>, i64>, Error> {
        let batches = batches(keys, |one, other| {
            one.related.goes_with(&other.related) && one.filter == other.filter
        });
        let loads = batches.into_iter().map(|batch| self.counts(batch));
        Ok(try_join_all(loads).await?.into_iter().flatten().collect())
    }
}

impl Reader {
    /// The counts of a batch, by one statement.
    async fn counts<T: Listed, K: Key>(
        &self,
        batch: Vec<&CountOf<T, K>>,
    ) -> Result<Vec<(CountOf<T, K>, i64)>, Error> {
        let statement = select::counts(&batch, &self.viewer()?, self.backend())?;
        let rows = self.request.query_all(&statement).await?;
        let mut counts = Vec::with_capacity(batch.len());
        for row in &rows {
            if let Some(key) = batch.get(index(row)?) {
                counts.push(((*key).clone(), row.try_get("", select::TOTAL)?));
            }
        }
        Ok(counts)
    }
}

/// Keys in batches of such as go with each other.
fn batches<K>(keys: &[K], goes_with: impl Fn(&K, &K) -> bool) -> Vec<Vec<&K>> {
    let mut batches: Vec<Vec<&K>> = Vec::new();
    for key in keys {
        match batches.iter_mut().find(|batch| goes_with(batch[0], key)) {
            Some(batch) => batch.push(key),
            None => batches.push(vec![key]),
        }
    }
    for batch in &batches {
        usage::count_batch(batch.len());
    }
    batches
}

/// The index of the parent that a row is for.
fn index(row: &QueryResult) -> Result<usize, Error> {
    let index: i32 = row.try_get("", select::BATCH_INDEX)?;
    usize::try_from(index).map_err(|_| Error::Internal("a negative index in a batch".into()))
}
