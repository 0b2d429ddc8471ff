//! The viewer's workspace within a transaction.

use super::Workspace;
use crate::{
    error::Error,
    read::row::ModelOf,
    write::{action::Action, transaction::Transaction},
};

impl Transaction {
    /// The viewer's workspace, provided that the viewer may perform the action on it.
    pub(crate) async fn in_workspace(
        &mut self,
        action: &Action<Workspace>,
    ) -> Result<ModelOf<Workspace>, Error> {
        let workspace = match self.viewer()?.user().workspace_id {
            Some(id) => self.find::<Workspace>(id).await?,
            None => None,
        };
        let workspace = workspace
            .ok_or_else(|| Error::Forbidden("You do not belong to a workspace.".to_owned()))?;
        self.authorize(action, &workspace, "id").await?;
        Ok(workspace)
    }

    /// Makes other transactions that call this for the same workspace wait until this one has
    /// ended. Row locks are not enough for rules about several rows.
    pub(crate) async fn lock_workspace(&mut self) -> Result<(), Error> {
        if let Some(id) = self.viewer()?.user().workspace_id {
            self.lock::<Workspace>(id).await?;
            // The transaction that held the lock may have changed the viewer's permissions.
            self.refresh_viewer().await?;
        }
        Ok(())
    }
}
