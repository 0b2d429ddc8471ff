//! Looks up the meeting that a permission depends on, in the loaders of a request or in a
//! transaction.

use std::sync::Arc;

use entity::meeting;
use sea_orm::{
    ExprTrait,
    sea_query::{Expr, LockType},
};

use super::Meeting;
use crate::{
    error::Error,
    read::{filter::ROOT_TABLE, key::ById, loader::Loaders},
    schema::session::meeting_of,
    write::{
        action::{LockMeetings, MeetingKey, Meetings},
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
        let mut rows = self.rows::<Meeting>(has_key(key), None).await?;
        Ok(rows.pop().map(Arc::new))
    }
}

impl LockMeetings for Transaction {
    async fn lock_meeting(&self, key: MeetingKey) -> Result<(), Error> {
        let lock = Some(LockType::Share);
        self.rows::<Meeting>(has_key(key), lock).await.map(drop)
    }
}

fn has_key(key: MeetingKey) -> Expr {
    match key {
        MeetingKey::Id(id) => Expr::col((ROOT_TABLE, meeting::Column::Id)).eq(id),
        MeetingKey::Session(id) => Expr::col((ROOT_TABLE, meeting::Column::SessionId)).eq(id),
    }
}
