//! What can be done to an object: by whom, in which states, and to which state it leads.
//!
//! An action is a constant beside its type. The mutation obeys it; `viewerCan…` and
//! `allowedTransitions` are computed from it.

use std::sync::Arc;

use derive_where::derive_where;
use entity::meeting;
use sea_orm::ActiveEnum;

use super::policy::{Permission, Relationship};
use crate::{
    account::viewer::Viewer,
    error::{
        Error,
        user_error::{UserError, UserErrorCode},
    },
    read::row::{ModelOf, Row},
};

/// A type with actions.
pub(crate) trait Resource: Row {
    /// Its states.
    type State: State;
    /// Its actions.
    const ACTIONS: &'static [Action<Self>];

    /// The state of a row.
    fn state(row: &ModelOf<Self>) -> Self::State;

    /// Who and what a row is tied to.
    fn stakeholders(row: &ModelOf<Self>) -> Stakeholders;
}

/// A state of an object.
pub(crate) trait State: Copy + PartialEq + Send + Sync + 'static {
    /// Its name, as the schema has it.
    fn name(self) -> String;
}

impl<E: ActiveEnum<Value = String> + Copy + PartialEq + Send + Sync + 'static> State for E {
    fn name(self) -> String {
        self.to_value().to_uppercase()
    }
}

/// The one state of what has no life cycle.
#[derive(Clone, Copy, PartialEq)]
pub(crate) struct Stateless;

impl State for Stateless {
    fn name(self) -> String {
        String::new()
    }
}

/// Who and what a row is tied to, as far as rights depend on it.
#[derive(Default)]
pub(crate) struct Stakeholders {
    /// The user whose it is.
    pub(crate) owner: Option<i32>,
    /// The user who is to do it.
    pub(crate) assignee: Option<i32>,
    /// The meeting that it is of.
    pub(crate) meeting: Option<MeetingLink>,
}

/// What leads to the organizer of a meeting.
pub(crate) enum MeetingLink {
    /// The row is the meeting and names them.
    Organizer(i32),
    /// The row has the id of the meeting, or the external id of its session.
    Of(MeetingKey),
}

/// What a meeting is found by.
pub(crate) enum MeetingKey {
    /// Its own id.
    Id(i32),
    /// The external id of its session.
    Session(String),
}

impl Stakeholders {
    /// The ties of what hangs on a meeting.
    pub(crate) fn of_meeting(id: Option<i32>) -> Self {
        Self {
            meeting: id.map(|id| MeetingLink::Of(MeetingKey::Id(id))),
            ..Self::default()
        }
    }
}

/// Where meetings are looked up: in the loaders of a request, or in a transaction.
pub(crate) trait Meetings: Sync {
    /// The meeting, if the viewer may see it.
    fn meeting(
        &self,
        key: MeetingKey,
    ) -> impl Future<Output = Result<Option<Arc<meeting::Model>>, Error>> + Send;
}

/// Something that can be done to a `T`.
#[derive_where(Clone, Copy)]
pub(crate) struct Action<T: Resource> {
    /// The field that foretells it, such as `viewerCanStart`.
    pub(super) ability: &'static str,
    /// The description of that field.
    pub(super) description: &'static str,
    permission: Permission,
    from: &'static [T::State],
    pub(super) to: Option<T::State>,
    while_meeting: &'static [meeting::Status],
    unless: Option<Exception<T>>,
}

/// What makes an action impossible for some rows, and how to say so.
#[derive_where(Clone, Copy)]
struct Exception<T: Row> {
    holds: fn(&ModelOf<T>) -> bool,
    message: &'static str,
}

impl<T: Resource> Action<T> {
    /// An action that is possible in every state.
    pub(crate) const fn new(
        ability: &'static str,
        description: &'static str,
        permission: Permission,
    ) -> Self {
        Self {
            ability,
            description,
            permission,
            from: &[],
            to: None,
            while_meeting: &[],
            unless: None,
        }
    }

    /// An action that no field foretells, because it depends on more than its object.
    pub(crate) const fn without_field(permission: Permission) -> Self {
        Self::new("", "", permission)
    }

    /// … in these states only.
    pub(crate) const fn from(self, from: &'static [T::State]) -> Self {
        Self { from, ..self }
    }

    /// … and leads to this one.
    pub(crate) const fn to(self, to: T::State) -> Self {
        Self {
            to: Some(to),
            ..self
        }
    }

    /// … while the meeting is in one of these states.
    pub(crate) const fn while_meeting(self, states: &'static [meeting::Status]) -> Self {
        Self {
            while_meeting: states,
            ..self
        }
    }

    /// … except for rows for which this holds.
    pub(crate) const fn unless(
        self,
        holds: fn(&ModelOf<T>) -> bool,
        message: &'static str,
    ) -> Self {
        Self {
            unless: Some(Exception { holds, message }),
            ..self
        }
    }

    /// Whether the viewer has the right to do it to a row, whatever its state.
    ///
    /// The meeting is looked up only where the right depends on it.
    pub(crate) async fn is_permitted(
        &self,
        row: &ModelOf<T>,
        viewer: &Viewer,
        meetings: &impl Meetings,
    ) -> Result<bool, Error> {
        let stakeholders = T::stakeholders(row);
        let me = Some(viewer.user().id);
        let relationships = self.permission.relationships(viewer.role());
        let stands = |relationship: &Relationship| match relationship {
            Relationship::Anyone => true,
            Relationship::Owner => stakeholders.owner == me,
            Relationship::Assignee => stakeholders.assignee == me,
            Relationship::MeetingOrganizer => false,
        };
        if relationships.iter().any(stands) {
            return Ok(true);
        }
        if !relationships.contains(&Relationship::MeetingOrganizer) {
            return Ok(false);
        }
        let organizer = match stakeholders.meeting {
            None => None,
            Some(MeetingLink::Organizer(id)) => Some(id),
            Some(MeetingLink::Of(key)) => {
                let meeting = meetings.meeting(key).await?;
                meeting.map(|meeting| meeting.organizer_id)
            }
        };
        Ok(organizer == me)
    }

    /// What keeps it from being done to a row in its present state, if anything.
    pub(crate) async fn obstacle(
        &self,
        row: &ModelOf<T>,
        meetings: &impl Meetings,
    ) -> Result<Option<UserError>, Error> {
        let state = T::state(row);
        if !self.from.is_empty() && !self.from.contains(&state) {
            return Ok(Some(invalid_state(T::NAME, state, self.from)));
        }
        if let Some(Exception { message, .. }) =
            self.unless.filter(|exception| (exception.holds)(row))
        {
            return Ok(Some(UserError::new(
                UserErrorCode::InvalidState,
                [],
                message,
            )));
        }
        if self.while_meeting.is_empty() {
            return Ok(None);
        }
        let Some(MeetingLink::Of(key)) = T::stakeholders(row).meeting else {
            return Ok(None);
        };
        let state = meetings
            .meeting(key)
            .await?
            .map(|meeting| meeting.status.unwrap_or_default());
        Ok(state
            .filter(|state| !self.while_meeting.contains(state))
            .map(|state| invalid_state("Meeting", state, self.while_meeting)))
    }

    /// The state to which it brings a row: the one that the row is in, if it leads to no other.
    pub(crate) fn state_after(&self, row: &ModelOf<T>) -> T::State {
        self.to.unwrap_or_else(|| T::state(row))
    }

    /// The error for who has not the right.
    pub(crate) fn forbidden(&self) -> Error {
        Error::Forbidden(format!(
            "You may not do this. It is allowed to: {}.",
            self.permission.holders()
        ))
    }
}

/// The error that says in which state something is, and in which it would have to be.
fn invalid_state<S: State>(name: &str, state: S, allowed: &[S]) -> UserError {
    let allowed: Vec<String> = allowed.iter().map(|state| state.name()).collect();
    let name = name.to_lowercase();
    UserError::new(
        UserErrorCode::InvalidState,
        [],
        format!(
            "The {name} is {}; this is possible only while it is {}.",
            state.name(),
            allowed.join(" or ")
        ),
    )
}
