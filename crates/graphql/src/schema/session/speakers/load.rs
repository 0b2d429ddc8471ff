//! Reads the speakers of all sessions of a level at once, and the users that they are.

use std::{collections::HashMap, sync::Arc};

use async_graphql::dataloader::Loader;
use entity::{bookkeeping::speaker, segment, user};
use sea_orm::{
    ExprTrait, Order,
    sea_query::{ArrayType, Asterisk, Expr, JoinType, Query},
};

use super::Speaker;
use crate::{
    database::{model::model, usage},
    error::Error,
    read::{filter::ROOT_TABLE, loader::RowLoader, source::visible_rows},
    schema::{segment::Segment, user::User},
    value::is_any_of,
};

/// The first speakers of a session.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub(super) struct SpeakersOf {
    pub(super) session_id: i32,
    pub(super) limit: i32,
}

/// The user that a speaker of a session is.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub(super) struct SpeakerUserOf {
    pub(super) session_id: i32,
    pub(super) name: String,
}

/// The speakers of some sessions, of each with their number in it.
const SPEAKERS: &str = "speakers";

/// About how many bytes a speaker has beside the name.
const SPEAKER_BYTES: usize = 200;

impl Loader<SpeakersOf> for RowLoader {
    type Value = Arc<Vec<Speaker>>;
    type Error = Error;

    async fn load(&self, keys: &[SpeakersOf]) -> Result<HashMap<SpeakersOf, Self::Value>, Error> {
        let most = keys.iter().map(|key| key.limit).max().unwrap_or_default();
        if most == 0 {
            return Ok(HashMap::new());
        }
        let of = |column| Expr::col((ROOT_TABLE, column));
        let ids = keys.iter().map(|key| key.session_id.into()).collect();
        let is_one = is_any_of(
            of(segment::Column::SessionId),
            ArrayType::Int,
            ids,
            self.backend(),
        );
        let number = "row_number() OVER (PARTITION BY row.session_id \
                      ORDER BY coalesce(min(row.start_ms), 0), min(row.id))";
        let number = number.replace("row.", &format!("{ROOT_TABLE}."));
        let speakers = visible_rows::<Segment>(&self.viewer()?)
            .column((ROOT_TABLE, segment::Column::SessionId))
            .column((ROOT_TABLE, segment::Column::Speaker))
            .expr_as(Expr::cust("count(*)"), "segment_count")
            .expr_as(of(segment::Column::StartMs).min(), "first_ms")
            .expr_as(of(segment::Column::EndMs).max(), "last_ms")
            .expr_as(Expr::cust(number), "number")
            .and_where(is_one)
            .and_where(of(segment::Column::Speaker).is_not_null())
            .group_by_col((ROOT_TABLE, segment::Column::SessionId))
            .group_by_col((ROOT_TABLE, segment::Column::Speaker))
            .take();
        let session = Expr::col((speaker::Entity, speaker::Column::SessionId));
        let name = Expr::col((speaker::Entity, speaker::Column::Name));
        let statement = Query::select()
            .column((SPEAKERS, Asterisk))
            .column((speaker::Entity, speaker::Column::UserId))
            .from_subquery(speakers, SPEAKERS)
            .join(
                JoinType::LeftJoin,
                speaker::Entity,
                session
                    .equals((SPEAKERS, segment::Column::SessionId))
                    .and(name.equals((SPEAKERS, segment::Column::Speaker))),
            )
            .and_where(Expr::col((SPEAKERS, "number")).lte(most))
            .order_by((SPEAKERS, segment::Column::SessionId), Order::Asc)
            .order_by((SPEAKERS, "number"), Order::Asc)
            .take();
        let mut of_sessions: HashMap<i32, Vec<Speaker>> = HashMap::new();
        for row in self.query_all(&statement).await? {
            let name: String = row.try_get("", "speaker")?;
            if !usage::admits(SPEAKER_BYTES + name.len()) {
                return Err(Error::AnswersFull);
            }
            let speakers = of_sessions.entry(row.try_get("", "session_id")?);
            speakers.or_default().push(Speaker {
                name,
                segment_count: row.try_get("", "segment_count")?,
                first_ms: row.try_get("", "first_ms")?,
                last_ms: row.try_get("", "last_ms")?,
                user_id: row.try_get("", "user_id")?,
            });
        }
        let of_keys = keys.iter().map(|key| {
            let speakers = of_sessions.get(&key.session_id);
            let limit = usize::try_from(key.limit).unwrap_or_default();
            let speakers = speakers.into_iter().flatten().take(limit).cloned();
            (*key, Arc::new(speakers.collect()))
        });
        Ok(of_keys.collect())
    }
}

impl Loader<SpeakerUserOf> for RowLoader {
    type Value = Arc<user::Model>;
    type Error = Error;

    async fn load(
        &self,
        keys: &[SpeakerUserOf],
    ) -> Result<HashMap<SpeakerUserOf, Self::Value>, Error> {
        let of = |column| Expr::col((speaker::Entity, column));
        let ids = keys.iter().map(|key| key.session_id.into()).collect();
        let names = keys.iter().map(|key| key.name.clone().into()).collect();
        let is_session = is_any_of(
            of(speaker::Column::SessionId),
            ArrayType::Int,
            ids,
            self.backend(),
        );
        let is_name = is_any_of(
            of(speaker::Column::Name),
            ArrayType::String,
            names,
            self.backend(),
        );
        let statement = visible_rows::<User>(&self.viewer()?)
            .expr_as(of(speaker::Column::SessionId), "of_session")
            .expr_as(of(speaker::Column::Name), "of_speaker")
            .column((ROOT_TABLE, Asterisk))
            .join(
                JoinType::InnerJoin,
                speaker::Entity,
                of(speaker::Column::UserId).equals((ROOT_TABLE, user::Column::Id)),
            )
            .and_where(is_session)
            .and_where(is_name)
            .take();
        let rows = self.query_all(&statement).await?;
        let users = rows.iter().map(|row| {
            let key = SpeakerUserOf {
                session_id: row.try_get("", "of_session")?,
                name: row.try_get("", "of_speaker")?,
            };
            Ok((key, Arc::new(model::<user::Model>(row)?)))
        });
        users.collect()
    }
}
