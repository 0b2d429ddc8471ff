//! Keys of what can be loaded, and the one loader of them all.
//!
//! Each kind of key is generic over a relation or a type, so that a relation has its own batch:
//! one statement a relation and level, however many parents there are. Every statement carries
//! the viewer's wall; there is no way to load a row without it.

use std::{
    collections::HashMap,
    hash::{Hash, Hasher},
    marker::PhantomData,
    sync::Arc,
};

use async_graphql::dataloader::{DataLoader, HashMapCache, Loader};
use futures_util::future::try_join_all;
use sea_orm::{
    ConnectionTrait, DbBackend, FromQueryResult, ModelTrait, QueryResult,
    sea_query::{SelectStatement, ValueType},
};

use crate::{
    batch::Batches,
    context::Request,
    error::Error,
    node::{ColumnOf, ModelOf, Row},
    page::{Page, PageSpec, Position},
    relation::{Key, Listing, Relation},
    select,
    viewer::Viewer,
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
    pub(crate) fn viewer(&self) -> Result<&Viewer, Error> {
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
        let rows = self.request.database.reader.query_all(statement).await?;
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
        let statement = select::matching::<T, K>(column, keys, self.viewer()?, self.backend());
        let rows = self.request.database.reader.query_all(&statement).await?;
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
pub(crate) struct ById<T>(pub(crate) i32, PhantomData<fn() -> T>);

impl<T> ById<T> {
    pub(crate) fn new(id: i32) -> Self {
        Self(id, PhantomData)
    }
}

impl<T: Row> Loader<ById<T>> for Reader {
    type Value = Arc<ModelOf<T>>;
    type Error = Error;

    async fn load(&self, keys: &[ById<T>]) -> Result<HashMap<ById<T>, Self::Value>, Error> {
        let ids: Vec<i32> = keys.iter().map(|key| key.0).collect();
        let rows = self.matching::<T, i32>(T::ID, ids).await?;
        Ok(rows
            .into_iter()
            .map(|(id, row)| (ById::new(id), row))
            .collect())
    }
}

/// The row that the relation `R` leads to by this key.
pub(crate) struct ToOne<R: Relation>(pub(crate) R::Key);

impl<R: Relation> Loader<ToOne<R>> for Reader {
    type Value = Arc<ModelOf<R::Target>>;
    type Error = Error;

    async fn load(&self, keys: &[ToOne<R>]) -> Result<HashMap<ToOne<R>, Self::Value>, Error> {
        let keys = keys.iter().map(|key| key.0.clone()).collect();
        let rows = self.matching::<R::Target, R::Key>(R::COLUMN, keys).await?;
        Ok(rows
            .into_iter()
            .map(|(key, row)| (ToOne(key), row))
            .collect())
    }
}

/// A page of the list that `L` leads to from one parent.
pub(crate) struct PageOf<L: Listing> {
    pub(crate) parent: L::Key,
    pub(crate) after: Option<Position>,
    pub(crate) before: Option<Position>,
    pub(crate) spec: Arc<PageSpec<L::Target>>,
}

impl<L: Listing> PageOf<L> {
    /// Whether one statement can serve both: they differ in their parent and in the values of
    /// their cursors at most. A NULL in a cursor asks for other SQL than a value does.
    fn fits(&self, other: &Self) -> bool {
        fn nulls(position: Option<&Position>) -> Option<Vec<bool>> {
            position.map(|values| values.iter().map(serde_json::Value::is_null).collect())
        }
        self.spec == other.spec
            && nulls(self.after.as_ref()) == nulls(other.after.as_ref())
            && nulls(self.before.as_ref()) == nulls(other.before.as_ref())
    }
}

impl<L: Listing> Loader<PageOf<L>> for Reader {
    type Value = Arc<Page<L::Target>>;
    type Error = Error;

    async fn load(&self, keys: &[PageOf<L>]) -> Result<HashMap<PageOf<L>, Self::Value>, Error> {
        let mut batches: Vec<Vec<&PageOf<L>>> = Vec::new();
        for key in keys {
            match batches.iter_mut().find(|batch| batch[0].fits(key)) {
                Some(batch) => batch.push(key),
                None => batches.push(vec![key]),
            }
        }
        let loads = batches.into_iter().map(|batch| self.pages(batch));
        Ok(try_join_all(loads).await?.into_iter().flatten().collect())
    }
}

impl Reader {
    /// The pages of a batch whose keys fit each other, by one statement.
    async fn pages<L: Listing>(
        &self,
        batch: Vec<&PageOf<L>>,
    ) -> Result<Vec<(PageOf<L>, Arc<Page<L::Target>>)>, Error> {
        let statement = select::pages(&batch, self.viewer()?, self.backend())?;
        let mut pages: Vec<Vec<Arc<ModelOf<L::Target>>>> = Vec::new();
        pages.resize_with(batch.len(), Vec::new);
        for (index, row) in self.indexed::<L::Target>(&statement).await? {
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

/// The number of rows of the whole list that `L` leads to from one parent.
pub(crate) struct CountOf<L: Listing> {
    pub(crate) parent: L::Key,
    /// Only its filter counts.
    pub(crate) spec: Arc<PageSpec<L::Target>>,
}

impl<L: Listing> Loader<CountOf<L>> for Reader {
    type Value = i64;
    type Error = Error;

    async fn load(&self, keys: &[CountOf<L>]) -> Result<HashMap<CountOf<L>, i64>, Error> {
        let mut batches: Vec<Vec<&CountOf<L>>> = Vec::new();
        for key in keys {
            match batches
                .iter_mut()
                .find(|batch| batch[0].spec.filter == key.spec.filter)
            {
                Some(batch) => batch.push(key),
                None => batches.push(vec![key]),
            }
        }
        let loads = batches.into_iter().map(|batch| self.counts(batch));
        Ok(try_join_all(loads).await?.into_iter().flatten().collect())
    }
}

impl Reader {
    /// The counts of a batch whose keys have the same filter, by one statement.
    async fn counts<L: Listing>(
        &self,
        batch: Vec<&CountOf<L>>,
    ) -> Result<Vec<(CountOf<L>, i64)>, Error> {
        let statement = select::counts(&batch, self.viewer()?, self.backend())?;
        let rows = self.request.database.reader.query_all(&statement).await?;
        let mut counts = Vec::with_capacity(batch.len());
        for row in &rows {
            if let Some(key) = batch.get(index(row)?) {
                counts.push(((*key).clone(), row.try_get("", select::TOTAL)?));
            }
        }
        Ok(counts)
    }
}

/// The index of the parent that a row is for.
fn index(row: &QueryResult) -> Result<usize, Error> {
    let index: i32 = row.try_get("", select::BATCH_INDEX)?;
    usize::try_from(index).map_err(|_| Error::Internal("a negative index in a batch".into()))
}

// Keys are compared by their values. Derives would ask the same of the types that name them.

impl<T> Clone for ById<T> {
    fn clone(&self) -> Self {
        Self::new(self.0)
    }
}

impl<T> PartialEq for ById<T> {
    fn eq(&self, other: &Self) -> bool {
        self.0 == other.0
    }
}

impl<T> Eq for ById<T> {}

impl<T> Hash for ById<T> {
    fn hash<H: Hasher>(&self, state: &mut H) {
        self.0.hash(state);
    }
}

impl<R: Relation> Clone for ToOne<R> {
    fn clone(&self) -> Self {
        Self(self.0.clone())
    }
}

impl<R: Relation> PartialEq for ToOne<R> {
    fn eq(&self, other: &Self) -> bool {
        self.0 == other.0
    }
}

impl<R: Relation> Eq for ToOne<R> {}

impl<R: Relation> Hash for ToOne<R> {
    fn hash<H: Hasher>(&self, state: &mut H) {
        self.0.hash(state);
    }
}

impl<L: Listing> Clone for PageOf<L> {
    fn clone(&self) -> Self {
        Self {
            parent: self.parent.clone(),
            after: self.after.clone(),
            before: self.before.clone(),
            spec: Arc::clone(&self.spec),
        }
    }
}

impl<L: Listing> PartialEq for PageOf<L> {
    fn eq(&self, other: &Self) -> bool {
        self.parent == other.parent
            && self.after == other.after
            && self.before == other.before
            && self.spec == other.spec
    }
}

impl<L: Listing> Eq for PageOf<L> {}

impl<L: Listing> Hash for PageOf<L> {
    fn hash<H: Hasher>(&self, state: &mut H) {
        self.parent.hash(state);
        self.after.hash(state);
        self.before.hash(state);
        self.spec.hash(state);
    }
}

impl<L: Listing> Clone for CountOf<L> {
    fn clone(&self) -> Self {
        Self {
            parent: self.parent.clone(),
            spec: Arc::clone(&self.spec),
        }
    }
}

impl<L: Listing> PartialEq for CountOf<L> {
    fn eq(&self, other: &Self) -> bool {
        self.parent == other.parent && self.spec.filter == other.spec.filter
    }
}

impl<L: Listing> Eq for CountOf<L> {}

impl<L: Listing> Hash for CountOf<L> {
    fn hash<H: Hasher>(&self, state: &mut H) {
        self.parent.hash(state);
        self.spec.filter.hash(state);
    }
}
