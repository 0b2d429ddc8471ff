//! The speakers of sessions, and the users that they are.

pub(crate) mod load;
pub(crate) mod mutations;

use std::sync::Arc;

use async_graphql::{Context, Object};
use entity::user;

use self::load::{SpeakerUserOf, SpeakersOf};
use crate::{
    database::usage,
    directive::cost,
    error::Error,
    read::{
        context::{ContextExt, WAITING_BYTES},
        page::items::Items,
        relation::Relation,
    },
    schema::{segment::Segment, session::Session, user::User},
};

/// How many speakers a list has if the client does not say.
pub(crate) const DEFAULT_SPEAKERS: i32 = 25;

/// How many speakers a list has at most.
pub(crate) const MAX_SPEAKERS: i32 = 100;

/// How many rows each list counts as at least: all segments of its session are read, however few
/// speakers it has.
pub(crate) const ROWS: i32 = 1000;

/// How many rows a speaker counts as: all of their segments are read.
pub(crate) const ROWS_PER_SPEAKER: i32 = 20;

/// Somebody who speaks in a session, by the name that the segments have.
#[derive(Clone, Debug)]
pub struct Speaker {
    /// The name.
    pub(super) name: String,
    pub(super) segment_count: i64,
    pub(super) first_ms: Option<i32>,
    pub(super) last_ms: Option<i32>,
    pub(super) user_id: Option<i32>,
}

static USER: Relation<Speaker, User> = Relation::new(user::Column::Id, |speaker| speaker.user_id);

/// Somebody who speaks in a session, by the name that the segments have.
#[Object]
impl Speaker {
    /// The name. At most 50 characters.
    async fn name(&self) -> &str {
        &self.name
    }

    /// The number of segments that have this speaker.
    async fn segment_count(&self) -> i64 {
        self.segment_count
    }

    /// Where the first of these segments starts, in milliseconds from the start of the recording.
    /// Null if unknown.
    async fn first_ms(&self) -> Option<i32> {
        self.first_ms
    }

    /// Where the last of these segments ends, in milliseconds from the start of the recording. Null
    /// if unknown.
    async fn last_ms(&self) -> Option<i32> {
        self.last_ms
    }

    /// The user that the speaker is. Null if nobody has said so with `speakerAssign`, or if that user
    /// is not in the viewer's workspace.
    #[graphql(directive = cost::apply(Some(1), Some(1)))]
    async fn user(&self, ctx: &Context<'_>) -> Option<Result<User, Error>> {
        ctx.one(&USER, self).await
    }
}

/// The speakers of a session, in the order in which they first speak.
pub(crate) async fn speakers(
    ctx: &Context<'_>,
    session: &Session,
    first: Option<i32>,
) -> Result<Items<Speaker>, Error> {
    let limit = first.unwrap_or(DEFAULT_SPEAKERS);
    if !(0..=MAX_SPEAKERS).contains(&limit) {
        return Err(Error::BadUserInput(format!(
            "`first` is {limit}; it must be from 0 to {MAX_SPEAKERS}."
        )));
    }
    if !usage::admits(WAITING_BYTES) {
        return Err(Error::AnswersFull);
    }
    let key = SpeakersOf {
        session_id: session.0.id,
        limit,
    };
    let speakers = ctx.loaders().load_one(key).await?;
    Ok(Items(speakers.as_deref().cloned().unwrap_or_default()))
}

/// The user that the speaker of a segment is.
pub(crate) async fn speaker_user(
    ctx: &Context<'_>,
    segment: &Segment,
) -> Option<Result<User, Error>> {
    let key = SpeakerUserOf {
        session_id: segment.0.session_id,
        name: segment.0.speaker.clone()?,
    };
    if !usage::admits(WAITING_BYTES) {
        return None;
    }
    match ctx.loaders().load_one(key).await {
        Ok(user) => user.map(|user: Arc<user::Model>| Ok(user.into())),
        Err(error) => Some(Err(error)),
    }
}
