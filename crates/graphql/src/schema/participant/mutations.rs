//! Mutations of participations.

use async_graphql::{Enum, InputObject, SimpleObject};
use entity::participant::{self, Status};
use sea_orm::{
    ActiveModelTrait, ActiveValue::Set, ColumnTrait, EntityTrait, IntoActiveModel, ModelTrait,
    QueryFilter,
};

use super::{
    Participant,
    actions::{ACCEPT, DECLINE, JOIN, LEAVE, REMOVE, SET_ROLE},
    enums::ParticipantRole,
};
use crate::{
    error::Error,
    error::user_error::{UserError, UserErrorCode},
    read::row::Id,
    schema::meeting::{Meeting, actions::INVITE},
    schema::mutation_field::{MutationField, field},
    schema::payload::{DeletedOutcome, ObjectOutcome},
    schema::user::{User, mutations::check_active},
    write::input::{Command, Outcome},
    write::number::check_length,
    write::transaction::{Abort, Transaction},
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

impl Outcome for Invited {}

impl Command for ParticipantsInviteInput {
    const NAME: &'static str = "participantsInvite";

    type Outcome = Invited;

    async fn execute(&self, tx: &mut Transaction) -> Result<Self::Outcome, Abort> {
        let meeting = tx.lock_for(&INVITE, &self.meeting_id, "meetingId").await?;
        let length = check_length(self.invitations.len(), MOST_INVITATIONS, "people");
        tx.check(length, ["invitations"]);
        tx.ensure_valid()?;
        let rows = self.check(tx, meeting.id).await?;
        tx.ensure_valid_if(self.all_or_nothing)?;
        if rows.is_empty() {
            return Ok(Invited::default());
        }
        let mut rows = participant::Entity::insert_many(rows)
            .exec_with_returning(tx.connection())
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
        tx: &mut Transaction,
        meeting_id: i32,
    ) -> Result<Vec<participant::ActiveModel>, Error> {
        let ids = self
            .invitations
            .iter()
            .map(|invitation| invitation.user_id.database_id());
        let known = participant::Entity::find()
            .filter(participant::Column::MeetingId.eq(meeting_id))
            .filter(participant::Column::UserId.is_in(ids))
            .all(tx.connection())
            .await?;
        let mut invited: Vec<i32> = known.into_iter().map(|known| known.user_id).collect();
        let users = tx
            .find_all(
                self.invitations
                    .iter()
                    .map(|invitation| &invitation.user_id),
            )
            .await?;
        let mut rows = Vec::with_capacity(self.invitations.len());
        for (index, InvitationInput { user_id, role }) in self.invitations.iter().enumerate() {
            let path = ["invitations", &index.to_string(), "userId"];
            let user = users.iter().find(|user| user.id == user_id.database_id());
            if let Err(problem) = check_active(user, user_id) {
                tx.add_problem(problem.at(path));
            } else if invited.contains(&user_id.database_id()) {
                let message = "They are invited already, or named before in the list.";
                tx.add_problem(UserError::new(UserErrorCode::Taken, path, message));
            } else {
                invited.push(user_id.database_id());
                rows.push(participant::ActiveModel {
                    meeting_id: Set(meeting_id),
                    user_id: Set(user_id.database_id()),
                    role: Set(Some((*role).into())),
                    status: Set(Some(Status::Invited)),
                    created_at: Set(Some(tx.now())),
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

impl Command for ParticipantRespondInput {
    const NAME: &'static str = "participantRespond";

    type Outcome = ObjectOutcome<Participant>;

    async fn execute(&self, tx: &mut Transaction) -> Result<Self::Outcome, Abort> {
        let (action, status) = match self.response {
            InvitationResponse::Accept => (&ACCEPT, Status::Accepted),
            InvitationResponse::Decline => (&DECLINE, Status::Declined),
        };
        let participant = tx.lock_by_id_for(action, &self.id).await?;
        tx.ensure_valid()?;
        save(tx, participant, |participant| {
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

impl Command for ParticipantJoinInput {
    const NAME: &'static str = "participantJoin";

    type Outcome = ObjectOutcome<Participant>;

    async fn execute(&self, tx: &mut Transaction) -> Result<Self::Outcome, Abort> {
        let participant = tx.lock_by_id_for(&JOIN, &self.id).await?;
        tx.ensure_valid()?;
        // Who comes again has joined when they first came.
        let joined_at = participant.joined_at.unwrap_or(tx.now());
        save(tx, participant, |participant| {
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

impl Command for ParticipantLeaveInput {
    const NAME: &'static str = "participantLeave";

    type Outcome = ObjectOutcome<Participant>;

    async fn execute(&self, tx: &mut Transaction) -> Result<Self::Outcome, Abort> {
        let participant = tx.lock_by_id_for(&LEAVE, &self.id).await?;
        tx.ensure_valid()?;
        let left_at = tx.now_after(participant.joined_at);
        save(tx, participant, |participant| {
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

impl Command for ParticipantSetRoleInput {
    const NAME: &'static str = "participantSetRole";

    type Outcome = ObjectOutcome<Participant>;

    async fn execute(&self, tx: &mut Transaction) -> Result<Self::Outcome, Abort> {
        let participant = tx.lock_by_id_for(&SET_ROLE, &self.id).await?;
        save(tx, participant, |participant| {
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

impl Command for ParticipantRemoveInput {
    const NAME: &'static str = "participantRemove";

    type Outcome = DeletedOutcome;

    async fn execute(&self, tx: &mut Transaction) -> Result<Self::Outcome, Abort> {
        let participant = tx.lock_by_id_for(&REMOVE, &self.id).await?;
        participant.delete(tx.connection()).await?;
        Ok(DeletedOutcome::new(&self.id))
    }
}

async fn save(
    tx: &Transaction,
    participant: participant::Model,
    change: impl FnOnce(&mut participant::ActiveModel),
) -> Result<ObjectOutcome<Participant>, Abort> {
    let mut participant = participant.into_active_model();
    change(&mut participant);
    Ok(ObjectOutcome::new(
        participant.update(tx.connection()).await?,
    ))
}
