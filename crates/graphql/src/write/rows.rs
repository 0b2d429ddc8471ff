//! Reading the rows that the viewer may see, within a transaction.

use sea_orm::{
    ConnectionTrait, ExprTrait, Order,
    sea_query::{ArrayType, Asterisk, Expr, LockType, SelectStatement},
};

use super::transaction::Transaction;
use crate::{
    database::model::model,
    error::{
        Error,
        user_error::{UserError, UserErrorCode},
    },
    read::{
        filter::ROOT_TABLE,
        row::{Id, ModelOf, Row},
        source,
    },
    value::is_any_of,
};

impl Transaction {
    /// A row, if the viewer may see it.
    pub(crate) async fn find<T: Row>(&self, id: i32) -> Result<Option<ModelOf<T>>, Error> {
        Ok(self
            .rows::<T>(Expr::col((ROOT_TABLE, T::ID)).eq(id), None)
            .await?
            .pop())
    }

    /// A row, if the viewer may see it, locked against other writers.
    pub(crate) async fn lock<T: Row>(&self, id: i32) -> Result<Option<ModelOf<T>>, Error> {
        let is_row = Expr::col((ROOT_TABLE, T::ID)).eq(id);
        Ok(self
            .rows::<T>(is_row, Some(LockType::NoKeyUpdate))
            .await?
            .pop())
    }

    /// A row, if the viewer may see it, which nobody can delete until this transaction has ended.
    /// Others can hold the same lock, and change the row.
    pub(crate) async fn hold<T: Row>(&self, id: i32) -> Result<Option<ModelOf<T>>, Error> {
        let is_row = Expr::col((ROOT_TABLE, T::ID)).eq(id);
        Ok(self
            .rows::<T>(is_row, Some(LockType::KeyShare))
            .await?
            .pop())
    }

    /// A row, if the viewer may see it, once nobody holds it any more, see [`Self::hold`]. Nobody can
    /// do so until this transaction has ended.
    pub(crate) async fn lock_to_delete<T: Row>(
        &self,
        id: i32,
    ) -> Result<Option<ModelOf<T>>, Error> {
        let is_row = Expr::col((ROOT_TABLE, T::ID)).eq(id);
        let rows = self.rows::<T>(is_row, Some(LockType::Update));
        Ok(rows.await?.pop())
    }

    /// Rows, if the viewer may see them, locked against other writers in the order of their ids.
    /// All transactions lock rows in this order, so they cannot deadlock.
    pub(crate) async fn lock_all<T: Row>(
        &self,
        ids: impl IntoIterator<Item = &Id<T>> + Send,
    ) -> Result<Vec<ModelOf<T>>, Error> {
        let are_rows = self.are_any_of(ids);
        self.rows::<T>(are_rows, Some(LockType::NoKeyUpdate)).await
    }

    /// Rows, if the viewer may see them, which nobody can change until this transaction has ended.
    /// Others can hold the same lock.
    pub(crate) async fn share_all<T: Row>(
        &self,
        ids: impl IntoIterator<Item = &Id<T>> + Send,
    ) -> Result<Vec<ModelOf<T>>, Error> {
        let are_rows = self.are_any_of(ids);
        self.rows::<T>(are_rows, Some(LockType::Share)).await
    }

    fn are_any_of<'a, T: Row>(&self, ids: impl IntoIterator<Item = &'a Id<T>>) -> Expr {
        let ids = ids.into_iter().map(|id| id.database_id().into());
        let column = Expr::col((ROOT_TABLE, T::ID));
        is_any_of(column, ArrayType::Int, ids.collect(), self.backend())
    }

    /// The rows that match a condition on the table [`ROOT_TABLE`] and that the viewer may see, in
    /// the order of their ids.
    pub(crate) async fn rows<T: Row>(
        &self,
        condition: Expr,
        lock: Option<LockType>,
    ) -> Result<Vec<ModelOf<T>>, Error> {
        let mut statement: SelectStatement = source::visible_rows::<T>(self.viewer()?);
        statement
            .column((ROOT_TABLE, Asterisk))
            .and_where(condition)
            .order_by((ROOT_TABLE, T::ID), Order::Asc);
        if let Some(lock) = lock
            && !self.is_check
        {
            statement.lock(lock);
        }
        let rows = self.connection.query_all(&statement).await?;
        let rows = rows.iter().map(model::<ModelOf<T>>);
        Ok(rows.collect::<Result<_, _>>()?)
    }

    /// The row that `field` of the input refers to, if the viewer may see it. Otherwise adds a
    /// problem.
    pub(crate) async fn find_referenced<T: Row>(
        &mut self,
        id: &Id<T>,
        field: &str,
    ) -> Result<Option<ModelOf<T>>, Error> {
        let row = self.find::<T>(id.database_id()).await?;
        if row.is_none() {
            let message = not_found(id).to_string();
            self.add_problem(UserError::new(UserErrorCode::NotFound, [field], message));
        }
        Ok(row)
    }
}

/// The error for the id of an object that does not exist, or that the viewer may not see.
pub(crate) fn not_found<T: Row>(id: &Id<T>) -> Error {
    Error::NotFound {
        of: T::NAME,
        id: id.to_string(),
    }
}
