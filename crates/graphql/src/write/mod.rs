//! How the graph is changed: one transaction for each mutation, whole or not at all.
//!
//! A mutation is declared by its input: the input object says what it does in [`Change::apply`],
//! and `mutation` makes the field and its payload of it. The transaction is begun anew where another
//! one came between, so that what `apply` finds is what it decides upon.

pub(crate) mod action;
mod input;
mod key;
mod number;
mod payload;
pub(crate) mod policy;
mod text;

pub(crate) use input::{Answer, Change, Mutation, MutationField, change, field, lower_camel_case};
pub(crate) use number::{check_length, check_position, check_share};
pub(crate) use payload::{Made, One, Removed};
pub(crate) use text::{Limit, check_json, check_text, is_invisible};

use std::sync::Arc;

use async_graphql::Context;
use chrono::{NaiveDateTime, SubsecRound, TimeDelta};
use entity::{meeting, user};
use sea_orm::{
    ConnectionTrait, DatabaseTransaction, DbBackend, EntityTrait, ExprTrait, FromQueryResult,
    SqliteTransactionMode, Statement, TransactionOptions, TransactionTrait,
    sea_query::{Asterisk, Expr, LockType, SelectStatement},
};

use crate::{
    account::viewer::Viewer,
    error::Error,
    error::user_error::{UserError, UserErrorCode},
    read::context::ContextExt,
    read::filter::ROOT_TABLE,
    read::row::{Id, ModelOf, Row},
    read::select,
    scalar::DateTime,
    schema::meeting::Meeting,
    schema::workspace::Workspace,
    write::action::{Action, Governed, MeetingKey, Meetings},
};

/// Why a mutation stops before its end. Nothing of it stays.
pub(crate) enum Stop {
    /// The user can mend it; [`Write::mistakes`] says what.
    Refused,
    /// They cannot.
    Failed(Error),
}

impl<E: Into<Error>> From<E> for Stop {
    fn from(error: E) -> Self {
        Self::Failed(error.into())
    }
}

/// A transaction, on behalf of a viewer, at one moment.
pub(crate) struct Write {
    transaction: DatabaseTransaction,
    viewer: Option<Viewer>,
    now: NaiveDateTime,
    mistakes: Vec<UserError>,
    /// Whether what is right is kept although there are mistakes.
    partial: bool,
    reservation: Option<key::Reservation>,
}

impl Write {
    /// Begins a transaction. The viewer is looked up anew: an earlier mutation, or somebody else,
    /// may have changed their role or ended their account since the request began.
    async fn begin(ctx: &Context<'_>) -> Result<Self, Error> {
        let request = ctx.request();
        let options = TransactionOptions {
            sqlite_transaction_mode: Some(SqliteTransactionMode::Immediate),
            ..TransactionOptions::default()
        };
        let database = &request.database;
        let transaction = database.retried(|| database.writer.begin_with_options(options));
        let transaction = transaction.await?;
        let viewer = match ctx.viewer() {
            Err(_) => None,
            Ok(viewer) => viewer_now(&transaction, &viewer).await?,
        };
        Ok(Self {
            transaction,
            viewer,
            now: request.tokens.now().naive_utc().trunc_subsecs(6),
            mistakes: Vec::new(),
            partial: false,
            reservation: None,
        })
    }

    /// The connection on which everything happens.
    pub(crate) fn transaction(&self) -> &DatabaseTransaction {
        &self.transaction
    }

    /// On whose behalf.
    pub(crate) fn viewer(&self) -> Result<&Viewer, Error> {
        self.viewer.as_ref().ok_or(Error::Unauthenticated)
    }

    /// Tells that a user was changed: if it is the viewer, what follows goes by what they are now.
    pub(crate) fn viewer_changed(&mut self, user: &user::Model) {
        if self
            .viewer
            .as_ref()
            .is_some_and(|viewer| viewer.user().id == user.id)
        {
            self.viewer = Some(user.clone().into());
        }
    }

    /// When, in UTC with microseconds.
    pub(crate) fn now(&self) -> NaiveDateTime {
        self.now
    }

    /// When, but later than `before`: two changes of a row never have the same time, so that the
    /// time tells one version from another.
    pub(crate) fn now_after(&self, before: Option<NaiveDateTime>) -> NaiveDateTime {
        match before {
            Some(before) if before >= self.now => before + TimeDelta::microseconds(1),
            _ => self.now,
        }
    }

    /// Notes what the user can mend. Unless [`Write::settled_or_partial`] lets the rest stay,
    /// nothing of the mutation does.
    pub(crate) fn mistake(&mut self, mistake: UserError) {
        self.mistakes.push(mistake);
    }

    /// Ends here if there were mistakes.
    pub(crate) fn settled(&self) -> Result<(), Stop> {
        if self.mistakes.is_empty() {
            Ok(())
        } else {
            Err(Stop::Refused)
        }
    }

    /// Ends here if there were mistakes, or goes on with what was right, as a bulk mutation was told.
    pub(crate) fn settled_or_partial(&mut self, all_or_nothing: bool) -> Result<(), Stop> {
        self.partial = !all_or_nothing;
        if all_or_nothing {
            self.settled()
        } else {
            Ok(())
        }
    }

    /// Notes what a check found, if it found anything, about the part of the input at `path`.
    pub(crate) fn note<'a>(
        &mut self,
        checked: Result<(), UserError>,
        path: impl IntoIterator<Item = &'a str>,
    ) {
        if let Err(mistake) = checked {
            self.mistake(mistake.at(path));
        }
    }

    /// Notes a mistake and ends.
    pub(crate) fn refuse<T>(&mut self, mistake: UserError) -> Result<T, Stop> {
        self.mistake(mistake);
        Err(Stop::Refused)
    }

    /// A trimmed text, if it is one; otherwise notes why not and gives it as it is.
    pub(crate) fn text(&mut self, text: &str, limit: Limit, field: &str) -> String {
        match check_text(text, limit) {
            Ok(text) => text,
            Err(mistake) => {
                self.mistake(mistake.at([field]));
                text.to_owned()
            }
        }
    }

    /// A trimmed text of any length; none if nothing is left of it.
    pub(crate) fn prose(&mut self, text: Option<&str>, field: &str) -> Option<String> {
        text.map(|text| self.text(text, Limit::ANY, field))
            .filter(|text| !text.is_empty())
    }

    /// The row that an action is about, locked against other writers, if the viewer may do it.
    /// Notes a mistake where the state of the row does not allow it.
    pub(crate) async fn act<T: Governed>(
        &mut self,
        action: &Action<T>,
        id: &Id<T>,
    ) -> Result<ModelOf<T>, Error> {
        self.act_on(action, id, "id").await
    }

    /// The same where another field of the input than `id` names the row.
    pub(crate) async fn act_on<T: Governed>(
        &mut self,
        action: &Action<T>,
        id: &Id<T>,
        field: &str,
    ) -> Result<ModelOf<T>, Error> {
        let row = self.lock::<T>(id.database_id()).await?;
        let row = row.ok_or_else(|| not_found(id))?;
        self.authorize(action, &row, field).await?;
        Ok(row)
    }

    /// The same for an action that adds something to a row and leaves the row as it is: others may
    /// do so at the same time.
    pub(crate) async fn act_in<T: Governed>(
        &mut self,
        action: &Action<T>,
        id: &Id<T>,
        field: &str,
    ) -> Result<ModelOf<T>, Error> {
        let row = self.see::<T>(id.database_id()).await?;
        let row = row.ok_or_else(|| not_found(id))?;
        self.authorize(action, &row, field).await?;
        Ok(row)
    }

    /// The same for a row that is at hand.
    pub(crate) async fn authorize<T: Governed>(
        &mut self,
        action: &Action<T>,
        row: &ModelOf<T>,
        field: &str,
    ) -> Result<(), Error> {
        if !action.is_permitted(row, self.viewer()?, self).await? {
            return Err(action.forbidden());
        }
        if let Some(mistake) = action.obstacle(row, self).await? {
            self.mistake(mistake.at([field]));
        }
        Ok(())
    }

    /// The same for one of many rows: what is wrong with it is a mistake, whatever it is. Returns
    /// whether nothing is.
    pub(crate) async fn try_authorize<T: Governed>(
        &mut self,
        action: &Action<T>,
        row: Option<&ModelOf<T>>,
        id: &Id<T>,
        path: &[&str],
    ) -> Result<bool, Error> {
        let mistake = match row {
            None => Some(UserError::new(
                UserErrorCode::NotFound,
                [],
                not_found(id).to_string(),
            )),
            Some(row) if !action.is_permitted(row, self.viewer()?, self).await? => {
                let message = action.forbidden().to_string();
                Some(UserError::new(UserErrorCode::Forbidden, [], message))
            }
            Some(row) => action.obstacle(row, self).await?,
        };
        let is_right = mistake.is_none();
        if let Some(mistake) = mistake {
            self.mistake(mistake.at(path.iter().copied()));
        }
        Ok(is_right)
    }

    /// The workspace of the viewer, if they may do something in it.
    pub(crate) async fn in_workspace(
        &mut self,
        action: &Action<Workspace>,
    ) -> Result<ModelOf<Workspace>, Error> {
        let workspace = match self.viewer()?.user().workspace_id {
            Some(id) => self.see::<Workspace>(id).await?,
            None => None,
        };
        let workspace =
            workspace.ok_or_else(|| Error::Forbidden("You belong to no workspace.".to_owned()))?;
        self.authorize(action, &workspace, "id").await?;
        Ok(workspace)
    }

    /// Makes all writers wait that call this for the same workspace, until this one has ended:
    /// for rules about several rows, which locks on each of them do not keep.
    pub(crate) async fn lock_workspace(&mut self) -> Result<(), Error> {
        if let Some(id) = self.viewer()?.user().workspace_id {
            self.lock::<Workspace>(id).await?;
            // Who was waited for may have changed what the viewer may do.
            self.viewer = viewer_now(&self.transaction, self.viewer()?).await?;
        }
        Ok(())
    }

    /// Makes all writers wait that call this for the same name, until this one has ended: for names
    /// that are chosen by what is free, for which many would choose the same one.
    pub(crate) async fn lock_name(&self, name: &str) -> Result<(), Error> {
        // SQLite has one writer anyway.
        if self.backend() == DbBackend::Postgres {
            let statement = Statement::from_sql_and_values(
                DbBackend::Postgres,
                "SELECT 1 FROM pg_advisory_xact_lock(hashtext($1))",
                [name.into()],
            );
            self.transaction.query_one_raw(statement).await?;
        }
        Ok(())
    }

    /// A row, if the viewer may see it.
    pub(crate) async fn see<T: Row>(&self, id: i32) -> Result<Option<ModelOf<T>>, Error> {
        Ok(self
            .rows::<T>(Expr::col((ROOT_TABLE, T::ID)).eq(id), None)
            .await?
            .pop())
    }

    /// A row, if the viewer may see it, locked against other writers.
    pub(crate) async fn lock<T: Row>(&self, id: i32) -> Result<Option<ModelOf<T>>, Error> {
        let is_it = Expr::col((ROOT_TABLE, T::ID)).eq(id);
        Ok(self
            .rows::<T>(is_it, Some(LockType::NoKeyUpdate))
            .await?
            .pop())
    }

    /// Rows, if the viewer may see them, locked against other writers, in the order of their ids:
    /// everybody locks several in the same order, so that no two wait for each other.
    pub(crate) async fn lock_all<T: Row>(
        &self,
        ids: impl IntoIterator<Item = &Id<T>> + Send,
    ) -> Result<Vec<ModelOf<T>>, Error> {
        self.rows::<T>(is_one_of(ids), Some(LockType::NoKeyUpdate))
            .await
    }

    /// Rows, if the viewer may see them.
    pub(crate) async fn see_all<T: Row>(
        &self,
        ids: impl IntoIterator<Item = &Id<T>> + Send,
    ) -> Result<Vec<ModelOf<T>>, Error> {
        self.rows::<T>(is_one_of(ids), None).await
    }

    /// The rows for which a condition on the table called [`ROOT_TABLE`] holds and that the
    /// viewer may see, in the order of their ids.
    pub(crate) async fn rows<T: Row>(
        &self,
        condition: Expr,
        lock: Option<LockType>,
    ) -> Result<Vec<ModelOf<T>>, Error> {
        let mut statement: SelectStatement = select::visible::<T>(self.viewer()?);
        statement
            .column((ROOT_TABLE, Asterisk))
            .and_where(condition)
            .order_by((ROOT_TABLE, T::ID), sea_orm::Order::Asc);
        if let Some(lock) = lock {
            statement.lock(lock);
        }
        let rows = self.transaction.query_all(&statement).await?;
        let rows = rows
            .iter()
            .map(|row| ModelOf::<T>::from_query_result(row, ""));
        Ok(rows.collect::<Result<_, _>>()?)
    }

    /// Another row that the input names, if the viewer may see it; otherwise notes that there is
    /// none.
    pub(crate) async fn named<T: Row>(
        &mut self,
        id: &Id<T>,
        field: &str,
    ) -> Result<Option<ModelOf<T>>, Error> {
        let row = self.see::<T>(id.database_id()).await?;
        if row.is_none() {
            let message = not_found(id).to_string();
            self.mistake(UserError::new(UserErrorCode::NotFound, [field], message));
        }
        Ok(row)
    }

    /// Notes a mistake if the row has changed since the user saw it. `field` is the field of the
    /// input that says what they saw.
    pub(crate) fn expect_unchanged(&mut self, is_unchanged: bool, field: &str) {
        if !is_unchanged {
            self.mistake(UserError::new(
                UserErrorCode::Conflict,
                [field],
                "Somebody has changed it in the meantime. Read it again, and repeat the change if \
                 it still makes sense.",
            ));
        }
    }

    /// Notes a mistake if the row was changed at another time than the user saw.
    pub(crate) fn expect_updated_at(
        &mut self,
        seen: Option<DateTime>,
        updated_at: Option<NaiveDateTime>,
    ) {
        let is_unchanged = seen.is_none_or(|seen| seen.0 == updated_at.unwrap_or_default());
        self.expect_unchanged(is_unchanged, "expectedUpdatedAt");
    }

    /// Which of the two databases this is.
    pub(crate) fn backend(&self) -> DbBackend {
        self.transaction.get_database_backend()
    }
}

impl Meetings for Write {
    async fn meeting(&self, key: MeetingKey) -> Result<Option<Arc<meeting::Model>>, Error> {
        let is_it = match key {
            MeetingKey::Id(id) => Expr::col((ROOT_TABLE, meeting::Column::Id)).eq(id),
            MeetingKey::Session(id) => Expr::col((ROOT_TABLE, meeting::Column::SessionId)).eq(id),
        };
        Ok(self.rows::<Meeting>(is_it, None).await?.pop().map(Arc::new))
    }
}

/// The viewer as they are now, unless their account has ended.
async fn viewer_now(
    transaction: &DatabaseTransaction,
    viewer: &Viewer,
) -> Result<Option<Viewer>, Error> {
    let user = user::Entity::find_by_id(viewer.user().id)
        .one(transaction)
        .await?;
    Ok(user
        .filter(|user| user.is_active.unwrap_or(true))
        .map(Viewer::from))
}

fn is_one_of<'a, T: Row>(ids: impl IntoIterator<Item = &'a Id<T>>) -> Expr {
    Expr::col((ROOT_TABLE, T::ID)).is_in(ids.into_iter().map(Id::database_id))
}

/// The error for an id that leads to nothing which the viewer may see.
pub(crate) fn not_found<T: Row>(id: &Id<T>) -> Error {
    Error::NotFound {
        of: T::NAME,
        id: id.to_string(),
    }
}
