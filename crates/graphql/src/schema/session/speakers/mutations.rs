//! Renaming speakers, and saying which users they are.

use async_graphql::{InputObject, SimpleObject};
use entity::{bookkeeping::speaker, segment};
use sea_orm::{ColumnTrait, Condition, ConnectionTrait, EntityTrait, QueryFilter, QuerySelect};

use crate::{
    directive::id_of,
    error::user_error::{UserError, UserErrorCode},
    quota::Stored,
    read::row::Id,
    schema::{
        mutation_field::{MutationField, field},
        payload::ObjectOutcome,
        segment::slice::rename_first,
        session::{Session, actions::CORRECT_SEGMENTS},
        user::User,
    },
    write::{
        input::{Command, Outcome, Writes},
        limit::{Declared, Limit},
        transaction::{Abort, Transaction},
    },
};

/// The mutations of speakers.
pub(crate) const MUTATIONS: &[&dyn MutationField] =
    &[field::<SpeakerRenameInput>(), field::<SpeakerAssignInput>()];

/// How many segments one call renames at most.
const MAX_SEGMENTS: i32 = 10_000;

/// Gives a speaker of a session another name, in all segments. If another speaker has that name, the
/// two become one. One call changes at most 10,000 segments, in the order of the recording; repeat it
/// while `hasMore` is true. Subscribers to the transcript get the changed segments. Markers keep their
/// speakers.
#[derive(InputObject)]
pub(crate) struct SpeakerRenameInput {
    /// The ID of the session.
    #[graphql(directive = id_of::apply(Id::<Session>::of()))]
    session_id: Id<Session>,
    /// The current name. At most 50 characters; must not be blank.
    #[graphql(directive = Declared::apply(Limit::SPEAKER))]
    name: String,
    /// The new name. At most 50 characters; must not be blank.
    #[graphql(directive = Declared::apply(Limit::SPEAKER))]
    new_name: String,
}

/// The outcome of renaming a speaker.
#[derive(Default, SimpleObject)]
pub(crate) struct SpeakerRenamed {
    /// The session after this mutation. Null if `userErrors` is not empty.
    session: Option<Session>,
    /// The number of segments that were changed.
    changed_count: u64,
    /// Whether there are more segments to change.
    has_more: bool,
}

impl Outcome for SpeakerRenamed {}

impl Command for SpeakerRenameInput {
    const NAME: &'static str = "speakerRename";

    type Outcome = SpeakerRenamed;

    const WRITES: Option<Writes> = Some(Writes {
        rows: MAX_SEGMENTS,
        when: None,
        unless: None,
    });

    async fn execute(&self, tx: &mut Transaction) -> Result<Self::Outcome, Abort> {
        let session = tx.lock_for(&CORRECT_SEGMENTS, &self.session_id, "sessionId");
        let session = session.await?;
        let name = tx.text(&self.name, Limit::SPEAKER, "name");
        let new_name = tx.text(&self.new_name, Limit::SPEAKER, "newName");
        tx.ensure_valid()?;
        if name == new_name {
            return Ok(SpeakerRenamed {
                session: Some(Session(session.into())),
                ..SpeakerRenamed::default()
            });
        }
        let of_speaker = Condition::all()
            .add(segment::Column::SessionId.eq(session.id))
            .add(segment::Column::Speaker.eq(name.as_str()));
        let most = MAX_SEGMENTS.unsigned_abs().into();
        let rename = rename_first(of_speaker, most, &new_name);
        let changed_count = tx.connection().execute(&rename).await?.rows_affected();
        let has_more = changed_count == most;
        if !has_more {
            rename_user(tx, session.id, &name, &new_name).await?;
        }
        Ok(SpeakerRenamed {
            session: Some(Session(session.into())),
            changed_count,
            has_more,
        })
    }
}

/// The user of the old name is that of the new one, unless that has a user already.
async fn rename_user(
    tx: &Transaction,
    session_id: i32,
    name: &str,
    new_name: &str,
) -> Result<(), Abort> {
    let of = |name: &str| speaker::Entity::find_by_id((session_id, name.to_owned()));
    let Some(old) = of(name).one(tx.connection()).await? else {
        return Ok(());
    };
    speaker::Entity::delete_by_id((session_id, name.to_owned()))
        .exec(tx.connection())
        .await?;
    if of(new_name).one(tx.connection()).await?.is_none() {
        let renamed = speaker::Model {
            name: new_name.to_owned(),
            ..old
        };
        tx.insert_keyed(&[renamed]).await?;
    }
    Ok(())
}

/// Rejects the name of somebody who does not speak in a session.
async fn ensure_speaks(tx: &mut Transaction, session_id: i32, name: &str) -> Result<(), Abort> {
    let said = segment::Entity::find()
        .select_only()
        .column(segment::Column::Id)
        .filter(segment::Column::SessionId.eq(session_id))
        .filter(segment::Column::Speaker.eq(name))
        .into_tuple::<i32>()
        .one(tx.connection());
    if said.await?.is_some() {
        return Ok(());
    }
    let message = "No segment of the session has this speaker.";
    tx.reject(UserError::new(UserErrorCode::NotFound, ["name"], message))
}

/// Says which user of the workspace a speaker of a session is. Segments with this speaker then lead
/// to the user.
#[derive(InputObject)]
pub(crate) struct SpeakerAssignInput {
    /// The ID of the session.
    #[graphql(directive = id_of::apply(Id::<Session>::of()))]
    session_id: Id<Session>,
    /// The name of the speaker. At most 50 characters; must not be blank.
    #[graphql(directive = Declared::apply(Limit::SPEAKER))]
    name: String,
    /// The ID of the user. If omitted or null, the speaker is no user any more.
    #[graphql(directive = id_of::apply(Id::<User>::of()))]
    user_id: Option<Id<User>>,
}

impl Command for SpeakerAssignInput {
    const NAME: &'static str = "speakerAssign";

    type Outcome = ObjectOutcome<Session>;

    async fn execute(&self, tx: &mut Transaction) -> Result<Self::Outcome, Abort> {
        let session = tx.lock_for(&CORRECT_SEGMENTS, &self.session_id, "sessionId");
        let session = session.await?;
        let name = tx.text(&self.name, Limit::SPEAKER, "name");
        let user = match &self.user_id {
            Some(id) => tx.find_referenced(id, "userId").await?,
            None => None,
        };
        tx.ensure_valid()?;
        if let Some(user) = user {
            ensure_speaks(tx, session.id, &name).await?;
            let known = speaker::Entity::find_by_id((session.id, name.clone()));
            if known.one(tx.connection()).await?.is_none() {
                tx.grow(Stored::rows(1).with_text(Some(&name)))?;
            }
            let row = speaker::Model {
                session_id: session.id,
                name,
                user_id: user.id,
            };
            tx.replace_all(&[row]).await?;
        } else {
            speaker::Entity::delete_many()
                .filter(speaker::Column::SessionId.eq(session.id))
                .filter(speaker::Column::Name.eq(name))
                .exec(tx.connection())
                .await?;
            tx.shrink_unknown();
        }
        Ok(ObjectOutcome::new(session))
    }
}
