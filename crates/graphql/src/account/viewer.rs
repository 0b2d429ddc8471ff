//! The signed-in user of a request.

use std::sync::{Arc, PoisonError, RwLock};

use entity::{scope::Scoped, user};
use sea_orm::sea_query::Expr;

use crate::error::Error;

/// The user on whose behalf a request runs, as stored when the request began.
#[derive(Clone, Debug, PartialEq)]
pub struct Viewer(Arc<user::Model>);

impl Viewer {
    /// The viewer's own row.
    #[must_use]
    pub fn user(&self) -> &Arc<user::Model> {
        &self.0
    }

    /// What the viewer may do in their workspace.
    pub(crate) fn role(&self) -> user::Role {
        self.0.role.unwrap_or_default()
    }

    /// The condition that every select a client can reach must carry: the row of the table known
    /// in the statement as `table` belongs to the viewer's workspace.
    pub(crate) fn scope<E: Scoped>(&self, table: &'static str) -> Expr {
        match self.0.workspace_id {
            Some(workspace_id) => E::in_workspace(table, workspace_id),
            None => E::without_workspace(table, self.0.id),
        }
    }
}

impl From<user::Model> for Viewer {
    fn from(user: user::Model) -> Self {
        Self(Arc::new(user))
    }
}

/// The viewer of a request, shared by everything that runs for it. Signing in replaces the viewer,
/// so that the rest of a mutation's payload is read as the new one.
#[derive(Clone, Debug, Default)]
pub(crate) struct CurrentViewer(Arc<RwLock<Option<Viewer>>>);

impl CurrentViewer {
    /// Begins with this viewer, or anonymously.
    pub(crate) fn new(viewer: Option<Viewer>) -> Self {
        Self(Arc::new(RwLock::new(viewer)))
    }

    /// The viewer, or an error that says how to sign in.
    pub(crate) fn get(&self) -> Result<Viewer, Error> {
        self.0
            .read()
            .unwrap_or_else(PoisonError::into_inner)
            .clone()
            .ok_or(Error::Unauthenticated)
    }

    /// Goes on as another viewer. Returns the one before.
    pub(crate) fn replace(&self, viewer: Viewer) -> Option<Viewer> {
        let mut current = self.0.write().unwrap_or_else(PoisonError::into_inner);
        current.replace(viewer)
    }
}
