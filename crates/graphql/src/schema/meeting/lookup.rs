//! Looks up the meeting that a permission depends on, in the loaders of a request or in a
//! transaction.

use std::sync::Arc;

use entity::meeting;
use sea_orm::{ExprTrait, sea_query::Expr};

use super::Meeting;
use crate::{
    error::Error,
    read::{filter::ROOT_TABLE, key::ById, loader::Loaders},
    schema::session::meeting_of,
    write::{
        action::{MeetingKey, Meetings},
        transaction::Transaction,
    },
};

impl Meetings for Loaders {
    async fn meeting(&self, key: MeetingKey) -> Result<Option<Arc<meeting::Model>>, Error> {
        match key {
            MeetingKey::Id(id) => self.load_one(ById::<Meeting>::new(id)).await,
            MeetingKey::Session(id) => self.load_one(meeting_of(id)).await,
        }
    }
}

impl Meetings for Transaction {
    async fn meeting(&self, key: MeetingKey) -> Result<Option<Arc<meeting::Model>>, Error> {
        let condition = match key {
            MeetingKey::Id(id) => Expr::col((ROOT_TABLE, meeting::Column::Id)).eq(id),
            MeetingKey::Session(id) => Expr::col((ROOT_TABLE, meeting::Column::SessionId)).eq(id),
        };
        Ok(self
            .rows::<Meeting>(condition, None)
            .await?
            .pop()
            .map(Arc::new))
    }
}
