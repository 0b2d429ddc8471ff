//! What resolvers reach through the context of a request.

use std::sync::{Arc, OnceLock};

use async_graphql::Context;

use crate::{
    database::Database,
    error::Error,
    loader::{Loads, ToOne},
    password::Passwords,
    relation::Relation,
    token::Tokens,
    viewer::Viewer,
};

/// One request: its database, its viewer and what it has loaded.
pub(crate) struct Request {
    pub(crate) database: Database,
    /// Signing in sets it, so that a mutation's answer can be read on as the new viewer.
    pub(crate) viewer: OnceLock<Viewer>,
    pub(crate) tokens: Arc<Tokens>,
    pub(crate) passwords: Passwords,
}

impl Request {
    /// The viewer, or an error that says how to become one.
    pub(crate) fn viewer(&self) -> Result<&Viewer, Error> {
        self.viewer.get().ok_or(Error::Unauthenticated)
    }
}

/// What resolvers ask of their context.
pub(crate) trait ContextExt: Sync {
    /// The request.
    fn request(&self) -> &Arc<Request>;

    /// The loaders of the request.
    fn loads(&self) -> &Loads;

    /// The viewer, or an error that says how to become one.
    fn viewer(&self) -> Result<&Viewer, Error> {
        self.request().viewer()
    }

    /// The object that the relation `R` leads to from `parent`.
    ///
    /// The result is within the option, so that a field that fails is null alone.
    fn one<R: Relation>(
        &self,
        parent: &R::Parent,
    ) -> impl Future<Output = Option<Result<R::Target, Error>>> + Send {
        let load = R::key(parent).map(|key| self.loads().load_one(ToOne::<R>(key)));
        async move {
            match load?.await {
                Ok(row) => row.map(|row| Ok(row.into())),
                Err(error) => Some(Err(error)),
            }
        }
    }

    /// The object that the relation `R` leads to from `parent`, where the wall guarantees one: the
    /// parent itself is visible only through it.
    fn required<R: Relation>(
        &self,
        parent: &R::Parent,
    ) -> impl Future<Output = Result<R::Target, Error>> + Send {
        let load = self.one::<R>(parent);
        async move {
            load.await
                .unwrap_or_else(|| Err(Error::Internal("a parent is gone".into())))
        }
    }
}

impl ContextExt for Context<'_> {
    fn request(&self) -> &Arc<Request> {
        self.data_unchecked()
    }

    fn loads(&self) -> &Loads {
        self.data_unchecked()
    }
}
