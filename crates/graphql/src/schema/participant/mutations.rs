//! Mutations of participations.

use async_graphql::{Enum, InputObject, SimpleObject};
use entity::participant::{self, Status};
use sea_orm::{
    ActiveModelTrait, ActiveValue::Set, ColumnTrait, EntityTrait, IntoActiveModel, ModelTrait,
    QueryFilter,
};

use super::{
    Participant, ParticipantRole,
    actions::{ACCEPT, DECLINE, JOIN, LEAVE, REMOVE, SET_ROLE},
};
use crate::{
    error::Error,
    error::user_error::{UserError, UserErrorCode},
    read::row::Id,
    schema::meeting::{INVITE, Meeting},
    schema::user::{User, check_active},
    write::{Change, Made, MutationField, One, Removed, Stop, Write, check_length, field},
};

/// The mutations of participations.
pub(crate) const MUTATIONS: &[&dyn MutationField] = &[
    field::<ParticipantsInviteInput>(),
    field::<ParticipantRespondInput>(),
    field::<ParticipantJoinInput>(),
    field::<ParticipantLeaveInput>(),
    field::<ParticipantSetRoleInput>(),
    field::<ParticipantRemoveInput>(),
];

/// How many people one call invites.
const MOST_INVITATIONS: usize = 100;

/// Invites people to a meeting.
#[derive(InputObject)]
pub(crate) struct ParticipantsInviteInput {
    /// To which meeting.
    meeting_id: Id<Meeting>,
    /// Who is to come, at most 100 people.
    invitations: Vec<InvitationInput>,
    /// Whether nobody is invited if one of them cannot be; otherwise the rest are.
    #[graphql(default = true)]
    all_or_nothing: bool,
}

/// Who is to come, and as what.
#[derive(InputObject)]
pub(crate) struct InvitationInput {
    /// An active user of the workspace who is not invited yet.
    user_id: Id<User>,
    /// What they are to do in the meeting.
    #[graphql(default_with = "ParticipantRole::Participant")]
    role: ParticipantRole,
}

/// Who was invited.
#[derive(SimpleObject, Default)]
pub(crate) struct Invited {
    /// The participations that were created, in the order of the input.
    participants: Vec<Participant>,
}

impl Made for Invited {}

impl Change for ParticipantsInviteInput {
    type Outcome = Invited;

    async fn apply(&self, write: &mut Write) -> Result<Self::Outcome, Stop> {
        let meeting = write.act_on(&INVITE, &self.meeting_id, "meetingId").await?;
        let length = check_length(self.invitations.len(), MOST_INVITATIONS, "people");
        write.note(length, ["invitations"]);
        write.settled()?;
        let rows = self.check(write, meeting.id).await?;
        write.settled_or_partial(self.all_or_nothing)?;
        if rows.is_empty() {
            return Ok(Invited::default());
        }
        let mut rows = participant::Entity::insert_many(rows)
            .exec_with_returning(write.transaction())
            .await?;
        // Ids are given in the order of the rows; the answer of the database may have another.
        rows.sort_unstable_by_key(|row| row.id);
        Ok(Invited {
            participants: rows
                .into_iter()
                .map(|row| Participant(row.into()))
                .collect(),
        })
    }
}

impl ParticipantsInviteInput {
    /// The rows of those who can be invited; notes why not of the others.
    async fn check(
        &self,
        write: &mut Write,
        meeting_id: i32,
    ) -> Result<Vec<participant::ActiveModel>, Error> {
        let ids = self
            .invitations
            .iter()
            .map(|invitation| invitation.user_id.database_id());
        let known = participant::Entity::find()
            .filter(participant::Column::MeetingId.eq(meeting_id))
            .filter(participant::Column::UserId.is_in(ids))
            .all(write.transaction())
            .await?;
        let mut invited: Vec<i32> = known.into_iter().map(|known| known.user_id).collect();
        let users = write
            .see_all(
                self.invitations
                    .iter()
                    .map(|invitation| &invitation.user_id),
            )
            .await?;
        let mut rows = Vec::with_capacity(self.invitations.len());
        for (index, InvitationInput { user_id, role }) in self.invitations.iter().enumerate() {
            let path = ["invitations", &index.to_string(), "userId"];
            let user = users.iter().find(|user| user.id == user_id.database_id());
            if let Err(mistake) = check_active(user, user_id) {
                write.mistake(mistake.at(path));
            } else if invited.contains(&user_id.database_id()) {
                let message = "They are invited already, or named before in the list.";
                write.mistake(UserError::new(UserErrorCode::Taken, path, message));
            } else {
                invited.push(user_id.database_id());
                rows.push(participant::ActiveModel {
                    meeting_id: Set(meeting_id),
                    user_id: Set(user_id.database_id()),
                    role: Set(Some((*role).into())),
                    status: Set(Some(Status::Invited)),
                    created_at: Set(Some(write.now())),
                    ..Default::default()
                });
            }
        }
        Ok(rows)
    }
}

/// An answer to an invitation.
#[derive(Clone, Copy, PartialEq, Eq, Enum)]
pub(crate) enum InvitationResponse {
    /// They will come.
    Accept,
    /// They will not come.
    Decline,
}

/// Answers an invitation of the viewer's, or changes the answer.
#[derive(InputObject)]
pub(crate) struct ParticipantRespondInput {
    /// Which participation.
    id: Id<Participant>,
    /// The answer.
    response: InvitationResponse,
}

impl Change for ParticipantRespondInput {
    type Outcome = One<Participant>;

    async fn apply(&self, write: &mut Write) -> Result<Self::Outcome, Stop> {
        let (action, status) = match self.response {
            InvitationResponse::Accept => (&ACCEPT, Status::Accepted),
            InvitationResponse::Decline => (&DECLINE, Status::Declined),
        };
        let participant = write.act(action, &self.id).await?;
        write.settled()?;
        save(write, participant, |participant| {
            participant.status = Set(Some(status));
        })
        .await
    }
}

/// Lets the viewer join a live meeting to which they are invited, also again.
#[derive(InputObject)]
pub(crate) struct ParticipantJoinInput {
    /// Which participation.
    id: Id<Participant>,
}

impl Change for ParticipantJoinInput {
    type Outcome = One<Participant>;

    async fn apply(&self, write: &mut Write) -> Result<Self::Outcome, Stop> {
        let participant = write.act(&JOIN, &self.id).await?;
        write.settled()?;
        // Who comes again has joined when they first came.
        let joined_at = participant.joined_at.unwrap_or(write.now());
        save(write, participant, |participant| {
            participant.status = Set(Some(Status::Attended));
            participant.joined_at = Set(Some(joined_at));
            participant.left_at = Set(None);
        })
        .await
    }
}

/// Lets the viewer leave a meeting that they have joined.
#[derive(InputObject)]
pub(crate) struct ParticipantLeaveInput {
    /// Which participation.
    id: Id<Participant>,
}

impl Change for ParticipantLeaveInput {
    type Outcome = One<Participant>;

    async fn apply(&self, write: &mut Write) -> Result<Self::Outcome, Stop> {
        let participant = write.act(&LEAVE, &self.id).await?;
        write.settled()?;
        let left_at = write.now_after(participant.joined_at);
        save(write, participant, |participant| {
            participant.left_at = Set(Some(left_at));
        })
        .await
    }
}

/// Says what a participant does in a meeting.
#[derive(InputObject)]
pub(crate) struct ParticipantSetRoleInput {
    /// Which participation.
    id: Id<Participant>,
    /// What they are to do in the meeting. What they may do there depends on their role in the
    /// workspace, not on this.
    role: ParticipantRole,
}

impl Change for ParticipantSetRoleInput {
    type Outcome = One<Participant>;

    async fn apply(&self, write: &mut Write) -> Result<Self::Outcome, Stop> {
        let participant = write.act(&SET_ROLE, &self.id).await?;
        save(write, participant, |participant| {
            participant.role = Set(Some(self.role.into()));
        })
        .await
    }
}

/// Takes a participant off the list of a meeting.
#[derive(InputObject)]
pub(crate) struct ParticipantRemoveInput {
    /// Which participation.
    id: Id<Participant>,
}

impl Change for ParticipantRemoveInput {
    type Outcome = Removed;

    async fn apply(&self, write: &mut Write) -> Result<Self::Outcome, Stop> {
        let participant = write.act(&REMOVE, &self.id).await?;
        participant.delete(write.transaction()).await?;
        Ok(Removed::new(&self.id))
    }
}

async fn save(
    write: &Write,
    participant: participant::Model,
    change: impl FnOnce(&mut participant::ActiveModel),
) -> Result<One<Participant>, Stop> {
    let mut participant = participant.into_active_model();
    change(&mut participant);
    Ok(One::new(participant.update(write.transaction()).await?))
}
