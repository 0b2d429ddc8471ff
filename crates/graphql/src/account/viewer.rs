//! Who asks.

use std::sync::Arc;

use entity::{scope::Scoped, user};
use sea_orm::sea_query::Expr;

/// The user on whose behalf a request runs, as the database knew them when it began.
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

    /// The condition that every select which a client can reach must carry: the row of the table
    /// known as `table` is on the viewer's side of the wall.
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
