//! What resolvers reach through the context of a request.

use std::{
    net::IpAddr,
    sync::{Arc, PoisonError, RwLock},
};

use async_graphql::Context;
use sea_orm::{ConnectionTrait, QueryResult, sea_query::SelectStatement};

use crate::{
    account::password::Passwords,
    account::throttle::Throttle,
    account::token::Tokens,
    account::viewer::Viewer,
    database::Database,
    database::usage,
    error::Error,
    live::Live,
    read::loader::{ById, Loads, ToOne},
    read::relation::{Key, Relation},
    read::row::Row,
};

/// One request: its database, its viewer and what it has loaded.
pub(crate) struct Request {
    pub(crate) database: Database,
    /// Who hears of what is written.
    pub(crate) live: Arc<Live>,
    /// Signing in replaces it, so that a mutation's answer can be read on as the new viewer.
    pub(crate) viewer: RwLock<Option<Viewer>>,
    pub(crate) tokens: Arc<Tokens>,
    pub(crate) passwords: Passwords,
    pub(crate) throttle: Arc<Throttle>,
    /// Where the request has come from, if that is known.
    pub(crate) address: Option<IpAddr>,
}

impl Request {
    /// The viewer, or an error that says how to become one.
    pub(crate) fn viewer(&self) -> Result<Viewer, Error> {
        self.viewer
            .read()
            .unwrap_or_else(PoisonError::into_inner)
            .clone()
            .ok_or(Error::Unauthenticated)
    }

    /// The rows of a statement that reads for the answer.
    pub(crate) async fn query_all(
        &self,
        statement: &SelectStatement,
    ) -> Result<Vec<QueryResult>, Error> {
        let reader = &self.database.reader;
        let rows = self.database.retried(|| reader.query_all(statement));
        let rows = rows.await?;
        usage::count_rows(rows.len());
        Ok(rows)
    }
}

/// What resolvers ask of their context.
pub(crate) trait ContextExt: Sync {
    /// The request.
    fn request(&self) -> &Arc<Request>;

    /// The loaders of the request.
    fn loads(&self) -> &Loads;

    /// The viewer, or an error that says how to become one.
    fn viewer(&self) -> Result<Viewer, Error> {
        self.request().viewer()
    }

    /// Goes on as another viewer. What was loaded for the one before is not used any more.
    fn set_viewer(&self, viewer: Viewer) {
        let mut current = self
            .request()
            .viewer
            .write()
            .unwrap_or_else(PoisonError::into_inner);
        if current.replace(viewer).is_some() {
            self.loads().enable_all_cache(false);
        }
    }

    /// The object with this database id, if the viewer may see it.
    fn by_id<T: Row>(&self, id: i32) -> impl Future<Output = Result<Option<T>, Error>> + Send {
        async move {
            let row = self.loads().load_one(ById::<T>::new(id)).await?;
            Ok(row.map(Into::into))
        }
    }

    /// The object that a relation leads to from `parent`.
    ///
    /// The result is within the option, so that a field that fails is null alone.
    fn one<P, T: Row, K: Key>(
        &self,
        relation: &'static Relation<P, T, K>,
        parent: &P,
    ) -> impl Future<Output = Option<Result<T, Error>>> + Send {
        let related = relation.of(parent);
        async move {
            match self.loads().load_one(ToOne(related?)).await {
                Ok(row) => row.map(|row| Ok(row.into())),
                Err(error) => Some(Err(error)),
            }
        }
    }

    /// The object that a relation leads to from `parent`, where the wall guarantees one: the
    /// parent itself is visible only through it. If it is not there, it was deleted after the
    /// parent was read.
    fn required<P, T: Row, K: Key>(
        &self,
        relation: &'static Relation<P, T, K>,
        parent: &P,
    ) -> impl Future<Output = Result<T, Error>> + Send {
        let load = self.one(relation, parent);
        async move { load.await.unwrap_or(Err(Error::Gone(T::NAME))) }
    }
}

impl ContextExt for Context<'_> {
    fn request(&self) -> &Arc<Request> {
        self.data_unchecked()
    }

    fn loads(&self) -> &Loads {
        self.data_unchecked::<Arc<Loads>>()
    }
}
