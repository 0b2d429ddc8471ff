//! The mutations of participants.

use async_graphql::{Enum, InputObject, SimpleObject};
use entity::participant::{self, Status};
use sea_orm::{
    ActiveValue::Set,
    ColumnTrait, EntityTrait, IntoActiveModel, ModelTrait, QueryFilter, QuerySelect,
    sea_query::{ArrayType, Expr},
};

use super::{
    Participant,
    actions::{ACCEPT, DECLINE, JOIN, LEAVE, REMOVE, SET_ROLE},
    enums::ParticipantRole,
};
use crate::{
    directive::id_of,
    error::{
        Error,
        user_error::{UserError, UserErrorCode},
    },
    quota::Stored,
    read::row::Id,
    schema::{
        meeting::{Meeting, actions::INVITE},
        mutation_field::{MutationField, field},
        payload::{DeletedOutcome, ObjectOutcome},
        user::{User, mutations::check_active},
    },
    value::is_any_of,
    write::{
        input::{Command, Outcome},
        limit::{Declared, ListLimit},
        number::check_length,
        transaction::{Abort, Transaction},
    },
};

/// The mutations of participants.
pub(crate) const MUTATIONS: &[&dyn MutationField] = &[
    field::<ParticipantsInviteInput>(),
    field::<ParticipantRespondInput>(),
    field::<ParticipantJoinInput>(),
    field::<ParticipantLeaveInput>(),
    field::<ParticipantSetRoleInput>(),
    field::<ParticipantRemoveInput>(),
];

/// Invites users to a meeting.
#[derive(InputObject)]
pub(crate) struct ParticipantsInviteInput {
    /// The ID of the meeting.
    #[graphql(directive = id_of::apply(Id::<Meeting>::of()))]
    meeting_id: Id<Meeting>,
    /// The users to invite. At most 100, without duplicates.
    #[graphql(directive = Declared::apply(ListLimit::INVITATIONS))]
    invitations: Vec<InvitationInput>,
    /// If true, nobody is invited if any invitation has a problem. If false, the other users are
    /// still invited.
    #[graphql(default = true)]
    all_or_nothing: bool,
}

/// An invitation of one user.
#[derive(InputObject)]
pub(crate) struct InvitationInput {
    /// The ID of the user: an active user of the workspace who is not invited yet.
    #[graphql(directive = id_of::apply(Id::<User>::of()))]
    user_id: Id<User>,
    /// The user's role in the meeting. It does not affect permissions, which depend on the role in
    /// the workspace.
    #[graphql(default_with = "ParticipantRole::Participant")]
    role: ParticipantRole,
}

/// The outcome of `participantsInvite`.
#[derive(SimpleObject, Default)]
pub(crate) struct Invited {
    /// The new participants, in the order of the input.
    participants: Vec<Participant>,
}

impl Outcome for Invited {}

impl Command for ParticipantsInviteInput {
    const NAME: &'static str = "participantsInvite";

    type Outcome = Invited;

    async fn execute(&self, tx: &mut Transaction) -> Result<Self::Outcome, Abort> {
        let meeting = tx.lock_for(&INVITE, &self.meeting_id, "meetingId").await?;
        let length = check_length(self.invitations.len(), ListLimit::INVITATIONS);
        tx.check(length, ["invitations"]);
        tx.ensure_valid()?;
        let rows = self.check(tx, meeting.id).await?;
        tx.ensure_valid_if(self.all_or_nothing)?;
        if rows.is_empty() {
            return Ok(Invited::default());
        }
        tx.grow(Stored::rows(rows.len()))?;
        let rows = tx.insert_all::<Participant>(rows).await?;
        Ok(Invited {
            participants: rows
                .into_iter()
                .map(|row| Participant(row.into()))
                .collect(),
        })
    }
}

impl ParticipantsInviteInput {
    /// New rows for the users who can be invited. Adds a problem for each of the others.
    async fn check(
        &self,
        tx: &mut Transaction,
        meeting_id: i32,
    ) -> Result<Vec<participant::Model>, Error> {
        let ids = self.invitations.iter();
        let ids = ids.map(|invitation| invitation.user_id.database_id().into());
        let user_id = Expr::col((participant::Entity, participant::Column::UserId));
        let mut invited: Vec<i32> = participant::Entity::find()
            .filter(participant::Column::MeetingId.eq(meeting_id))
            .filter(is_any_of(
                user_id,
                ArrayType::Int,
                ids.collect(),
                tx.backend(),
            ))
            .select_only()
            .column(participant::Column::UserId)
            .into_tuple()
            .all(tx.connection())
            .await?;
        let users = tx
            .share_all(
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
                let message =
                    "This user is already invited, or appears more than once in the list.";
                tx.add_problem(UserError::new(UserErrorCode::Taken, path, message));
            } else {
                invited.push(user_id.database_id());
                rows.push(participant::Model {
                    id: 0,
                    meeting_id,
                    user_id: user_id.database_id(),
                    role: Some((*role).into()),
                    status: Some(Status::Invited),
                    joined_at: None,
                    left_at: None,
                    created_at: Some(tx.now()),
                });
            }
        }
        Ok(rows)
    }
}

/// A response to an invitation.
#[derive(Clone, Copy, PartialEq, Eq, Enum)]
pub(crate) enum InvitationResponse {
    /// The viewer plans to attend.
    Accept,
    /// The viewer does not plan to attend.
    Decline,
}

/// Responds to an invitation of the viewer, or changes an earlier response.
#[derive(InputObject)]
pub(crate) struct ParticipantRespondInput {
    /// The ID of the participant.
    #[graphql(directive = id_of::apply(Id::<Participant>::of()))]
    id: Id<Participant>,
    /// The response.
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

/// Joins the viewer to a live meeting they are invited to. They may rejoin after leaving.
#[derive(InputObject)]
pub(crate) struct ParticipantJoinInput {
    /// The ID of the participant.
    #[graphql(directive = id_of::apply(Id::<Participant>::of()))]
    id: Id<Participant>,
}

impl Command for ParticipantJoinInput {
    const NAME: &'static str = "participantJoin";

    type Outcome = ObjectOutcome<Participant>;

    async fn execute(&self, tx: &mut Transaction) -> Result<Self::Outcome, Abort> {
        let participant = tx.lock_by_id_for(&JOIN, &self.id).await?;
        tx.ensure_valid()?;
        // Rejoining does not change when the participant first joined.
        let joined_at = participant.joined_at.unwrap_or(tx.now());
        save(tx, participant, |participant| {
            participant.status = Set(Some(Status::Attended));
            participant.joined_at = Set(Some(joined_at));
            participant.left_at = Set(None);
        })
        .await
    }
}

/// Leaves a meeting that the viewer has joined.
#[derive(InputObject)]
pub(crate) struct ParticipantLeaveInput {
    /// The ID of the participant.
    #[graphql(directive = id_of::apply(Id::<Participant>::of()))]
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

/// Changes a participant's role in a meeting.
#[derive(InputObject)]
pub(crate) struct ParticipantSetRoleInput {
    /// The ID of the participant.
    #[graphql(directive = id_of::apply(Id::<Participant>::of()))]
    id: Id<Participant>,
    /// The new role in the meeting. It does not affect permissions, which depend on the role in the
    /// workspace.
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

/// Removes a participant from a meeting.
#[derive(InputObject)]
pub(crate) struct ParticipantRemoveInput {
    /// The ID of the participant.
    #[graphql(directive = id_of::apply(Id::<Participant>::of()))]
    id: Id<Participant>,
}

impl Command for ParticipantRemoveInput {
    const NAME: &'static str = "participantRemove";

    type Outcome = DeletedOutcome;

    async fn execute(&self, tx: &mut Transaction) -> Result<Self::Outcome, Abort> {
        let participant = tx.lock_by_id_for(&REMOVE, &self.id).await?;
        tx.shrink(Stored::rows(1));
        participant.delete(tx.connection()).await?;
        Ok(DeletedOutcome::new(&self.id))
    }
}

/// Updates a participant and returns it as the outcome of a mutation.
async fn save(
    tx: &Transaction,
    participant: participant::Model,
    change: impl FnOnce(&mut participant::ActiveModel),
) -> Result<ObjectOutcome<Participant>, Abort> {
    let mut participant = participant.into_active_model();
    change(&mut participant);
    Ok(ObjectOutcome::new(tx.update(participant).await?))
}
