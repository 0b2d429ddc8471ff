//! The context of a request, which resolvers use.

use std::{net::IpAddr, sync::Arc};

use async_graphql::Context;

use super::{
    batch::Batches,
    key::{ById, ToOne},
    loader::{Loaders, RowLoader},
    relation::{Key, Relation},
    row::Row,
};
use crate::{
    account::{
        confirmation::Confirmation,
        password::Passwords,
        throttle::Throttle,
        token::Tokens,
        viewer::{CurrentViewer, Viewer},
    },
    database::{Database, usage},
    error::Error,
    guard::document::LargeFields,
    quota::Quotas,
    shares::{FairSemaphore, Place},
};

/// The data of a request, without its loaders.
pub(crate) struct RequestContext {
    pub(crate) database: Database,
    pub(crate) publisher: Arc<dyn Publisher>,
    pub(crate) viewer: CurrentViewer,
    /// The fields with long values that the operation selects.
    pub(crate) large: LargeFields,
    pub(crate) tokens: Arc<Tokens>,
    pub(crate) passwords: Passwords,
    pub(crate) throttle: Arc<Throttle>,
    pub(crate) quotas: Arc<Quotas>,
    /// The client's address, if it is known.
    pub(crate) address: Option<IpAddr>,
    /// The request's place among those that are being answered.
    pub(crate) place: Place,
    /// The places of mutations that may wait for others who write.
    pub(crate) waiting_places: FairSemaphore,
}

impl RequestContext {
    /// Loaders for the request. `batches` decides when they load. If there is a confirmation, the first
    /// statement confirms the viewer.
    pub(crate) fn loaders(
        &self,
        batches: &Batches,
        confirmation: Option<Arc<Confirmation>>,
    ) -> Loaders {
        RowLoader::loaders(
            self.database.clone(),
            self.viewer.clone(),
            self.large.clone(),
            confirmation,
            batches,
        )
    }
}

/// Notifies nodes of committed changes.
pub(crate) trait Publisher: Send + Sync {
    /// Notifies all nodes. Returns immediately.
    fn publish(&self);
}

/// The bytes that a field takes while it waits for other rows: its future, those around it, and its
/// place in a batch.
pub(crate) const WAITING_BYTES: usize = 3_000;

/// Access to the context of a request.
pub(crate) trait ContextExt: Sync {
    /// The context of the request.
    fn request(&self) -> &Arc<RequestContext>;

    /// The loaders of the request.
    fn loaders(&self) -> &Loaders;

    /// The viewer, or an error that says how to sign in.
    fn viewer(&self) -> Result<Viewer, Error> {
        self.request().viewer.get()
    }

    /// Replaces the viewer. Rows that were loaded for the previous viewer are loaded again.
    fn set_viewer(&self, viewer: Viewer) {
        if self.request().viewer.replace(viewer).is_some() {
            self.loaders().enable_all_cache(false);
        }
    }

    /// The object with this database id, if the viewer may see it.
    fn by_id<T: Row>(&self, id: i32) -> impl Future<Output = Result<Option<T>, Error>> + Send {
        async move {
            let row = self.loaders().load_one(ById::<T>::new(id)).await?;
            Ok(row.map(Into::into))
        }
    }

    /// The object that `parent` is related to.
    ///
    /// The result is inside the option, so that an error makes only this field null. If there is no
    /// room for the object, the answer fails as a whole, so what takes its place does not matter.
    fn one<P, T: Row, K: Key>(
        &self,
        relation: &'static Relation<P, T, K>,
        parent: &P,
    ) -> impl Future<Output = Option<Result<T, Error>>> + Send {
        let related = relation.of(parent);
        async move {
            let related = related.filter(|_| usage::admits(WAITING_BYTES))?;
            match self.loaders().load_one(ToOne(related)).await {
                Ok(row) => row.map(|row| Ok(row.into())),
                Err(error) => Some(Err(error)),
            }
        }
    }

    /// The object that `parent` is related to, if the workspace scope guarantees one, because the
    /// parent is visible only through it. If it is missing, it was deleted after the parent was
    /// read.
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
    fn request(&self) -> &Arc<RequestContext> {
        self.data_unchecked()
    }

    fn loaders(&self) -> &Loaders {
        self.data_unchecked::<Arc<Loaders>>()
    }
}
