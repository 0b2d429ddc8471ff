//! Finding rows for an action, with a check of the viewer's permission and of the row's state.

use super::{
    action::{Action, FindMeetings, KnownMeetings, LockMeetings, Resource},
    rows::not_found,
    transaction::Transaction,
};
use crate::{
    error::{
        Error,
        user_error::{UserError, UserErrorCode},
    },
    read::row::{Id, ModelOf},
};

impl Transaction {
    /// The row for an action, locked against other writers, if the viewer has the permission. Adds
    /// a problem if the action is impossible in the row's state.
    ///
    /// # Errors
    ///
    /// [`Error::NotFound`] if the viewer cannot see the row, [`Error::Forbidden`] if they may not
    /// do it.
    pub(crate) async fn lock_by_id_for<T: Resource>(
        &mut self,
        action: &Action<T>,
        id: &Id<T>,
    ) -> Result<ModelOf<T>, Error> {
        self.lock_for(action, id, "id").await
    }

    /// Like [`Self::lock_by_id_for`], if the id is in another field of the input than `id`.
    pub(crate) async fn lock_for<T: Resource>(
        &mut self,
        action: &Action<T>,
        id: &Id<T>,
        field: &str,
    ) -> Result<ModelOf<T>, Error> {
        self.lock_decisive_meeting(action, id).await?;
        let row = self.lock::<T>(id.database_id()).await?;
        let row = row.ok_or_else(|| not_found(id))?;
        self.authorize(action, &row, field).await?;
        Ok(row)
    }

    /// If the state of a meeting decides whether the action is possible, locks the meeting, so that
    /// its state stays the same until this transaction has ended. Others can hold the same lock.
    ///
    /// Everything that locks a meeting and something in it locks the meeting first, so that no
    /// deadlock arises.
    async fn lock_decisive_meeting<T: Resource>(
        &self,
        action: &Action<T>,
        id: &Id<T>,
    ) -> Result<(), Error> {
        if !action.depends_on_meeting() {
            return Ok(());
        }
        let row = self.find::<T>(id.database_id()).await?;
        if let Some(key) = row.and_then(|row| action.decisive_meeting(&row)) {
            self.lock_meeting(key).await?;
        }
        Ok(())
    }

    /// Like [`Self::lock_for`], but without the lock: for actions that add something to a row
    /// without changing the row itself, so that several of them can run at the same time.
    pub(crate) async fn find_for<T: Resource>(
        &mut self,
        action: &Action<T>,
        id: &Id<T>,
        field: &str,
    ) -> Result<ModelOf<T>, Error> {
        let row = self.find::<T>(id.database_id()).await?;
        let row = row.ok_or_else(|| not_found(id))?;
        self.authorize(action, &row, field).await?;
        Ok(row)
    }

    /// Like [`Self::find_for`], but nobody can delete the row until this transaction has ended: for
    /// actions that add something to a row to which no foreign key refers.
    pub(crate) async fn hold_for<T: Resource>(
        &mut self,
        action: &Action<T>,
        id: &Id<T>,
        field: &str,
    ) -> Result<ModelOf<T>, Error> {
        let row = self.hold::<T>(id.database_id()).await?;
        let row = row.ok_or_else(|| not_found(id))?;
        self.authorize(action, &row, field).await?;
        Ok(row)
    }

    /// Checks an action on a row that was already read.
    pub(crate) async fn authorize<T: Resource>(
        &mut self,
        action: &Action<T>,
        row: &ModelOf<T>,
        field: &str,
    ) -> Result<(), Error> {
        if !action.is_permitted(row, self.viewer()?, self).await? {
            return Err(action.forbidden());
        }
        if let Some(problem) = action.obstacle(row, self).await? {
            self.add_problem(problem.at([field]));
        }
        Ok(())
    }

    /// The meetings that checks of an action on these rows look up.
    pub(crate) async fn meetings_of<T: Resource>(
        &self,
        action: &Action<T>,
        rows: &[ModelOf<T>],
    ) -> Result<KnownMeetings, Error> {
        let viewer = self.viewer()?;
        let keys = rows.iter().flat_map(|row| action.meetings_of(row, viewer));
        self.meetings(keys.collect()).await
    }

    /// Checks an action on one of many rows, with the meetings of all of them. If it is not allowed,
    /// adds a problem with `path`. Returns whether it is allowed.
    pub(crate) async fn try_authorize<T: Resource>(
        &mut self,
        action: &Action<T>,
        row: Option<&ModelOf<T>>,
        id: &Id<T>,
        path: &[&str],
        meetings: &KnownMeetings,
    ) -> Result<bool, Error> {
        let problem = match row {
            None => Some(UserError::new(
                UserErrorCode::NotFound,
                [],
                not_found(id).to_string(),
            )),
            Some(row) if !action.is_permitted(row, self.viewer()?, meetings).await? => {
                let message = action.forbidden().to_string();
                Some(UserError::new(UserErrorCode::Forbidden, [], message))
            }
            Some(row) => action.obstacle(row, meetings).await?,
        };
        let is_valid = problem.is_none();
        if let Some(problem) = problem {
            self.add_problem(problem.at(path.iter().copied()));
        }
        Ok(is_valid)
    }
}
