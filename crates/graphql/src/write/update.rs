//! Updating a row that may have values which do not fit its model.

use sea_orm::{
    ActiveModelTrait, ColumnTrait, ConnectionTrait, DbErr, EntityTrait, Iterable,
    PrimaryKeyToColumn, QueryFilter, QueryTrait, sea_query::Query,
};

use super::transaction::Transaction;
use crate::{database::model::model, error::Error};

impl Transaction {
    /// Updates the columns of a row that are set, and returns the row as it is then. SeaORM's own
    /// method fails if the row has a value of another program that does not fit its column.
    pub(crate) async fn update<A>(&self, row: A) -> Result<<A::Entity as EntityTrait>::Model, Error>
    where
        A: ActiveModelTrait,
        <A::Entity as EntityTrait>::Model: Default,
    {
        let is_changed =
            <A::Entity as EntityTrait>::Column::iter().any(|column| row.get(column).is_set());
        let keys = <A::Entity as EntityTrait>::PrimaryKey::iter().map(|key| {
            let column = key.into_column();
            row.get(column).into_value().map(|value| column.eq(value))
        });
        let keys: Vec<_> = keys.flatten().collect();
        let found = if is_changed {
            let update = A::Entity::update_many().set(row);
            let update = keys.into_iter().fold(update, QueryFilter::filter);
            let mut statement = update.into_query();
            statement.returning(Query::returning().all());
            self.connection.query_all(&statement).await?
        } else {
            let select = A::Entity::find();
            let select = keys.into_iter().fold(select, QueryFilter::filter);
            self.connection.query_all(&select.into_query()).await?
        };
        // A single row would be rejected if it has a time that the driver cannot read.
        let found = found.into_iter().next().ok_or(DbErr::RecordNotUpdated)?;
        Ok(model(&found)?)
    }
}
