//! Looks up the meeting that a permission depends on, in the loaders of a request or in a
//! transaction.

use std::{collections::HashSet, sync::Arc};

use entity::meeting;
use sea_orm::{
    ExprTrait,
    sea_query::{ArrayType, Expr, LockType},
};

use super::Meeting;
use crate::{
    error::Error,
    read::{filter::ROOT_TABLE, key::ById, loader::Loaders},
    schema::session::meeting_of,
    value::is_any_of,
    write::{
        action::{FindMeetings, KnownMeetings, LockMeetings, MeetingKey, Meetings},
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

impl FindMeetings for Transaction {
    async fn meetings(&self, keys: HashSet<MeetingKey>) -> Result<KnownMeetings, Error> {
        let (mut ids, mut sessions) = (Vec::new(), Vec::new());
        for key in keys {
            match key {
                MeetingKey::Id(id) => ids.push(id.into()),
                MeetingKey::Session(id) => sessions.push(id.into()),
            }
        }
        let mut rows = Vec::new();
        for (column, array_type, keys) in [
            (meeting::Column::Id, ArrayType::Int, ids),
            (meeting::Column::SessionId, ArrayType::String, sessions),
        ] {
            if !keys.is_empty() {
                let column = Expr::col((ROOT_TABLE, column));
                let condition = is_any_of(column, array_type, keys, self.backend());
                rows.extend(self.rows::<Meeting>(condition, None).await?);
            }
        }
        let known = rows.into_iter().map(Arc::new).flat_map(|row| {
            let session = row.session_id.clone().map(MeetingKey::Session);
            let keys = session.into_iter().chain([MeetingKey::Id(row.id)]);
            keys.map(move |key| (key, Arc::clone(&row)))
        });
        Ok(KnownMeetings(known.collect()))
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
