//! The signed-in user of a request.

use std::sync::{Arc, PoisonError, RwLock};

use entity::{scope::Scoped, user};
use sea_orm::sea_query::Expr;

use crate::{error::Error, shares::Party};

/// The user on whose behalf a request runs, as stored when the request began.
#[derive(Clone, Debug, PartialEq)]
pub struct Viewer(Arc<user::Model>);

impl Viewer {
    /// The viewer's own row.
    #[must_use]
    pub fn user(&self) -> &Arc<user::Model> {
        &self.0
    }

    /// For whom the work of the viewer's requests is done.
    #[must_use]
    pub fn party(&self) -> Party {
        Party::User {
            id: self.0.id,
            workspace_id: self.0.workspace_id,
        }
    }

    /// The viewer's role in their workspace.
    pub(crate) fn role(&self) -> user::Role {
        self.0.role.unwrap_or_default()
    }

    /// The condition that restricts rows of `table` to the viewer's workspace. Every select that a
    /// client can trigger must have it. `table` is the name or alias of the table in the statement.
    pub(crate) fn scope<E: Scoped>(&self, table: &'static str) -> Expr {
        match self.0.workspace_id {
            Some(workspace_id) => E::in_workspace(table, workspace_id),
            None => E::without_workspace(table, self.0.id),
        }
    }

    /// The same for the rows in which `column` is `key`, if there is a parent. Where all rows of a
    /// parent belong to the same workspace, the condition is on the parent alone, so that it is
    /// checked once.
    pub(crate) fn scope_of_list<E: Scoped>(
        &self,
        table: &'static str,
        parent: Option<(&str, &Expr)>,
    ) -> Expr {
        let of_parent = |workspace_id| {
            let (column, key) = parent?;
            let owner = E::OWNER.filter(|owner| owner.key == column)?;
            Some(owner.is_in_workspace(key.clone(), workspace_id))
        };
        let of_parent = self.0.workspace_id.and_then(of_parent);
        of_parent.unwrap_or_else(|| self.scope::<E>(table))
    }
}

impl From<user::Model> for Viewer {
    fn from(user: user::Model) -> Self {
        Self(Arc::new(user))
    }
}

/// The current viewer of a request, shared by everything that runs for it. Signing in replaces the
/// viewer, so that the rest of the mutation's payload is read as the new one.
#[derive(Clone, Debug, Default)]
pub(crate) struct CurrentViewer(Arc<RwLock<Option<Viewer>>>);

impl CurrentViewer {
    /// Starts with this viewer, or anonymously.
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

    /// Replaces the viewer. Returns the previous one.
    pub(crate) fn replace(&self, viewer: Viewer) -> Option<Viewer> {
        let mut current = self.0.write().unwrap_or_else(PoisonError::into_inner);
        current.replace(viewer)
    }
}
