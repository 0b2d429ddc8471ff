//! The data loader for all types of keys.
//!
//! The keys of each relation are a separate batch, so there is one statement per relation and
//! level, however many parents there are. Every statement has the viewer's workspace scope; there
//! is no way to load a row without it.

use std::{collections::HashMap, sync::Arc};

use async_graphql::dataloader::{DataLoader, HashMapCache, Loader};
use futures_util::future::try_join_all;
use sea_orm::{
    DbBackend, ModelTrait, QueryResult,
    sea_query::{SelectStatement, ValueType},
};

use super::{
    batch::Batches,
    columns::Columns,
    key::{ById, CountOf, PageOf, ToOne},
    page::listed::{Listed, Page},
    relation::Key,
    row::{ColumnOf, ModelOf, Row},
    select,
};
use crate::{
    account::{
        confirmation::Confirmation,
        viewer::{CurrentViewer, Viewer},
    },
    database::{Database, model::model, usage},
    error::Error,
    guard::document::LargeFields,
};

/// The loaders of one request. Loaded rows are cached until the request ends.
pub(crate) type Loaders = DataLoader<RowLoader, HashMapCache>;

/// Reads rows on behalf of a request's viewer.
pub(crate) struct RowLoader {
    database: Database,
    viewer: CurrentViewer,
    large: LargeFields,
    /// What the first statement asks, if the viewer is not confirmed yet.
    confirmation: Option<Arc<Confirmation>>,
}

impl RowLoader {
    /// Loaders for a request. `batches` decides when they load.
    pub(crate) fn loaders(
        database: Database,
        viewer: CurrentViewer,
        large: LargeFields,
        confirmation: Option<Arc<Confirmation>>,
        batches: &Batches,
    ) -> Loaders {
        DataLoader::with_cache(
            Self {
                database,
                viewer,
                large,
                confirmation,
            },
            batches.clone(),
            batches.clone(),
            HashMapCache::default(),
        )
        // Splitting a batch would lead to two statements.
        .max_batch_size(usize::MAX)
    }

    /// The viewer, whose workspace scope every statement has.
    pub(crate) fn viewer(&self) -> Result<Viewer, Error> {
        self.viewer.get()
    }

    /// The columns of whole rows.
    pub(crate) fn columns(&self) -> Columns<'_> {
        Columns::All(&self.large)
    }

    /// The database system: SQLite or PostgreSQL.
    pub(crate) fn backend(&self) -> DbBackend {
        self.database.backend()
    }

    /// The rows of a statement.
    pub(crate) async fn query_all(
        &self,
        statement: &SelectStatement,
    ) -> Result<Vec<QueryResult>, Error> {
        Ok(self.database.query_all(statement).await?)
    }

    /// The rows of a statement of a query plan, whose columns are read by their indexes. The statement
    /// also confirms the viewer if that was not done yet.
    pub(super) async fn query_level(
        &self,
        mut statement: SelectStatement,
    ) -> Result<Vec<QueryResult>, Error> {
        let confirmation = self.confirmation.as_ref();
        let asked = confirmation.filter(|it| it.ask(&mut statement));
        let rows = self.query_all(&statement).await?;
        if let Some(asked) = asked {
            asked.receive(&rows)?;
        }
        Ok(rows)
    }

    /// The rows of a batch, each with the index of its parent.
    pub(crate) async fn indexed<T: Row>(
        &self,
        statement: &SelectStatement,
    ) -> Result<Vec<(usize, Arc<ModelOf<T>>)>, Error> {
        let rows = self.query_all(statement).await?;
        // Each row is freed once its model is made.
        rows.into_iter()
            .map(|row| {
                let row_of = model::<ModelOf<T>>(&row)?;
                Ok((index(&row)?, Arc::new(row_of)))
            })
            .collect()
    }

    /// The visible rows in which `column` is one of `keys`, by key.
    async fn matching<T: Row, K: Key>(
        &self,
        column: ColumnOf<T>,
        keys: Vec<K>,
    ) -> Result<HashMap<K, Arc<ModelOf<T>>>, Error> {
        let viewer = self.viewer()?;
        let statement =
            select::matching::<T, K>(column, keys, &viewer, self.columns(), self.backend());
        let rows = self.query_all(&statement).await?;
        rows.into_iter()
            .map(|row| {
                let row = model::<ModelOf<T>>(&row)?;
                let key = <K as ValueType>::try_from(row.get(column)).map_err(|_| {
                    Error::Internal("a row that was found by its key has no key".into())
                })?;
                Ok((key, Arc::new(row)))
            })
            .collect()
    }
}

impl<T: Row> Loader<ById<T>> for RowLoader {
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

impl<T: Row, K: Key> Loader<ToOne<T, K>> for RowLoader {
    type Value = Arc<ModelOf<T>>;
    type Error = Error;

    async fn load(&self, keys: &[ToOne<T, K>]) -> Result<HashMap<ToOne<T, K>, Self::Value>, Error> {
        let batches = batches(keys, |one, other| one.0.has_same_link(&other.0));
        let loads = batches.into_iter().map(|batch| self.ones(batch));
        Ok(try_join_all(loads).await?.into_iter().flatten().collect())
    }
}

impl RowLoader {
    /// Loads the rows of a batch with one statement.
    async fn ones<T: Row, K: Key>(
        &self,
        batch: Vec<&ToOne<T, K>>,
    ) -> Result<Vec<(ToOne<T, K>, Arc<ModelOf<T>>)>, Error> {
        let related = &batch[0].0;
        let column = related.column().ok_or_else(|| {
            Error::Internal("a single object was requested through a link to all rows".into())
        })?;
        let keys = batch.iter().map(|key| key.0.key.clone()).collect();
        let rows = self.matching::<T, K>(column, keys).await?;
        Ok(rows
            .into_iter()
            .map(|(key, row)| (ToOne(related.with_key(key)), row))
            .collect())
    }
}

impl<T: Listed, K: Key> Loader<PageOf<T, K>> for RowLoader {
    type Value = Arc<Page<T>>;
    type Error = Error;

    async fn load(
        &self,
        keys: &[PageOf<T, K>],
    ) -> Result<HashMap<PageOf<T, K>, Self::Value>, Error> {
        let batches = batches(keys, PageOf::shares_statement);
        let loads = batches.into_iter().map(|batch| self.pages(batch));
        Ok(try_join_all(loads).await?.into_iter().flatten().collect())
    }
}

impl RowLoader {
    /// Loads the pages of a batch with one statement.
    async fn pages<T: Listed, K: Key>(
        &self,
        batch: Vec<&PageOf<T, K>>,
    ) -> Result<Vec<(PageOf<T, K>, Arc<Page<T>>)>, Error> {
        let statement = select::pages(
            &batch,
            &self.viewer()?,
            (self.columns(), &[]),
            self.backend(),
        )?;
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

impl<T: Listed, K: Key> Loader<CountOf<T, K>> for RowLoader {
    type Value = i64;
    type Error = Error;

    async fn load(&self, keys: &[CountOf<T, K>]) -> Result<HashMap<CountOf<T, K>, i64>, Error> {
        let batches = batches(keys, |one, other| {
            one.related.has_same_link(&other.related) && one.filter == other.filter
        });
        let loads = batches.into_iter().map(async |batch| {
            let counts = self.counts(&batch).await?;
            Ok::<_, Error>(batch.into_iter().cloned().zip(counts))
        });
        Ok(try_join_all(loads).await?.into_iter().flatten().collect())
    }
}

impl RowLoader {
    /// Loads the counts of a batch with one statement.
    pub(super) async fn counts<T: Listed, K: Key>(
        &self,
        batch: &[&CountOf<T, K>],
    ) -> Result<Vec<i64>, Error> {
        let statement = select::counts(batch, &self.viewer()?, self.backend())?;
        let rows = self.query_all(&statement).await?;
        let mut counts = vec![0; batch.len()];
        for row in &rows {
            if let Some(count) = counts.get_mut(index(row)?) {
                *count = row.try_get("", select::TOTAL)?;
            }
        }
        Ok(counts)
    }
}

/// Groups keys into batches that one statement can load.
pub(super) fn batches<K>(keys: &[K], shares_statement: impl Fn(&K, &K) -> bool) -> Vec<Vec<&K>> {
    let mut batches: Vec<Vec<&K>> = Vec::new();
    for key in keys {
        match batches
            .iter_mut()
            .find(|batch| shares_statement(batch[0], key))
        {
            Some(batch) => batch.push(key),
            None => batches.push(vec![key]),
        }
    }
    for batch in &batches {
        usage::count_batch(batch.len());
    }
    batches
}

/// The index of the parent that a row belongs to, which is its first value.
pub(super) fn index(row: &QueryResult) -> Result<usize, Error> {
    let index: i32 = row.try_get_by_index(0)?;
    usize::try_from(index).map_err(|_| Error::Internal("a negative index in a batch".into()))
}
