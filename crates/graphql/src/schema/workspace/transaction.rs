//! The viewer's workspace within a transaction.

use super::Workspace;
use crate::{
    error::Error,
    read::row::ModelOf,
    write::{action::Action, transaction::Transaction},
};

impl Transaction {
    /// The workspace of the viewer, if they may do something in it.
    pub(crate) async fn in_workspace(
        &mut self,
        action: &Action<Workspace>,
    ) -> Result<ModelOf<Workspace>, Error> {
        let workspace = match self.viewer()?.user().workspace_id {
            Some(id) => self.find::<Workspace>(id).await?,
            None => None,
        };
        let workspace =
            workspace.ok_or_else(|| Error::Forbidden("You belong to no workspace.".to_owned()))?;
        self.authorize(action, &workspace, "id").await?;
        Ok(workspace)
    }

    /// Makes other transactions that call this for the same workspace wait until this one has
    /// ended: for rules about several rows, which locks on each row do not keep.
    pub(crate) async fn lock_workspace(&mut self) -> Result<(), Error> {
        if let Some(id) = self.viewer()?.user().workspace_id {
            self.lock::<Workspace>(id).await?;
            // The transaction that was waited for may have changed what the viewer may do.
            self.refresh_viewer().await?;
        }
        Ok(())
    }
}
