//! Actions on objects: who may perform them, in which states, and to which state they lead.
//!
//! Each action is a constant beside its type. The mutation enforces it, and `viewerCan…` and
//! `allowedTransitions` are computed from it.

use std::{
    collections::{HashMap, HashSet},
    sync::Arc,
};

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
    /// The states of its life cycle.
    type State: State;
    /// The actions that have a `viewerCan…` field.
    const ACTIONS: &'static [Action<Self>];

    /// The state of a row.
    fn state(row: &ModelOf<Self>) -> Self::State;

    /// The users and the meeting that permissions on a row depend on.
    fn stakeholders(row: &ModelOf<Self>) -> Stakeholders;
}

/// A state of an object.
pub(crate) trait State: Copy + PartialEq + Send + Sync + 'static {
    /// The name of the state in the schema.
    fn name(self) -> String;
}

impl<E: ActiveEnum<Value = String> + Copy + PartialEq + Send + Sync + 'static> State for E {
    fn name(self) -> String {
        self.to_value().to_uppercase()
    }
}

/// The only state of objects without a life cycle.
#[derive(Clone, Copy, PartialEq)]
pub(crate) struct Stateless;

impl State for Stateless {
    fn name(self) -> String {
        String::new()
    }
}

/// The users and the meeting that permissions on a row depend on.
#[derive(Default)]
pub(crate) struct Stakeholders {
    /// The user who owns the row.
    pub(crate) owner: Option<i32>,
    /// The user whom the task is assigned to.
    pub(crate) assignee: Option<i32>,
    /// The meeting that the row belongs to.
    pub(crate) meeting: Option<MeetingLink>,
}

/// How to find the organizer of a meeting.
pub(crate) enum MeetingLink {
    /// The row is the meeting itself; this is its organizer's id.
    Organizer(i32),
    /// The row refers to the meeting.
    Of(MeetingKey),
}

/// A reference to a meeting.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub(crate) enum MeetingKey {
    /// The id of the meeting.
    Id(i32),
    /// The external id of its session.
    Session(String),
}

impl Stakeholders {
    /// The stakeholders of a row that belongs to a meeting and has no owner.
    pub(crate) fn of_meeting(id: Option<i32>) -> Self {
        Self {
            meeting: id.map(|id| MeetingLink::Of(MeetingKey::Id(id))),
            ..Self::default()
        }
    }
}

/// Looks up meetings: with the loaders of a request, or in a transaction.
pub(crate) trait Meetings: Sync {
    /// The meeting, if the viewer may see it.
    fn meeting(
        &self,
        key: MeetingKey,
    ) -> impl Future<Output = Result<Option<Arc<meeting::Model>>, Error>> + Send;
}

/// Meetings that were looked up before, for checks of many rows.
pub(crate) struct KnownMeetings(pub(crate) HashMap<MeetingKey, Arc<meeting::Model>>);

impl Meetings for KnownMeetings {
    async fn meeting(&self, key: MeetingKey) -> Result<Option<Arc<meeting::Model>>, Error> {
        Ok(self.0.get(&key).cloned())
    }
}

/// Looks up many meetings at once.
pub(crate) trait FindMeetings: Sync {
    /// Those of the meetings that the viewer may see.
    fn meetings(
        &self,
        keys: HashSet<MeetingKey>,
    ) -> impl Future<Output = Result<KnownMeetings, Error>> + Send;
}

/// Locks meetings in a transaction.
pub(crate) trait LockMeetings: Meetings {
    /// Keeps the state of the meeting until the transaction has ended. Others can hold the same
    /// lock.
    fn lock_meeting(&self, key: MeetingKey) -> impl Future<Output = Result<(), Error>> + Send;
}

/// Something that users can do with a `T`.
#[derive_where(Clone, Copy)]
pub(crate) struct Action<T: Resource> {
    /// The field that says whether the viewer can do it, such as `viewerCanStart`.
    pub(super) ability: &'static str,
    /// The description of that field.
    pub(super) description: &'static str,
    permission: Permission,
    from: &'static [T::State],
    pub(super) to: Option<T::State>,
    while_meeting: &'static [meeting::Status],
    unless: Option<Exception<T>>,
}

/// Whether a viewer has a permission, as far as a row itself decides it.
enum Permit {
    Decided(bool),
    /// If the viewer organizes this meeting.
    OrganizerOf(MeetingKey),
}

/// Rows for which an action is impossible, and the message that says so.
#[derive_where(Clone, Copy)]
struct Exception<T: Row> {
    applies: fn(&ModelOf<T>) -> bool,
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

    /// An action without a `viewerCan…` field, because it depends on more than its object.
    pub(crate) const fn without_field(permission: Permission) -> Self {
        Self::new("", "", permission)
    }

    /// … in these states only.
    pub(crate) const fn from(self, from: &'static [T::State]) -> Self {
        Self { from, ..self }
    }

    /// … and moves the object to this state.
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

    /// … except for rows to which `applies` applies.
    pub(crate) const fn unless(
        self,
        applies: fn(&ModelOf<T>) -> bool,
        message: &'static str,
    ) -> Self {
        Self {
            unless: Some(Exception { applies, message }),
            ..self
        }
    }

    /// Whether the state of a meeting decides whether the action is possible.
    pub(super) const fn depends_on_meeting(&self) -> bool {
        !self.while_meeting.is_empty()
    }

    /// The meeting whose state decides whether the action is possible, if there is one.
    pub(super) fn decisive_meeting(&self, row: &ModelOf<T>) -> Option<MeetingKey> {
        match T::stakeholders(row).meeting {
            Some(MeetingLink::Of(key)) if self.depends_on_meeting() => Some(key),
            _ => None,
        }
    }

    /// Whether the viewer has the permission, whatever the state of the row.
    ///
    /// The meeting is looked up only if the permission depends on it.
    pub(crate) async fn is_permitted(
        &self,
        row: &ModelOf<T>,
        viewer: &Viewer,
        meetings: &impl Meetings,
    ) -> Result<bool, Error> {
        let organizer = match self.permit(row, viewer) {
            Permit::Decided(is_permitted) => return Ok(is_permitted),
            Permit::OrganizerOf(key) => meetings.meeting(key).await?,
        };
        let organizer = organizer.map(|meeting| meeting.organizer_id);
        Ok(organizer == Some(viewer.user().id))
    }

    /// Whether the viewer has the permission, as far as the row itself decides it.
    fn permit(&self, row: &ModelOf<T>, viewer: &Viewer) -> Permit {
        let stakeholders = T::stakeholders(row);
        let me = Some(viewer.user().id);
        let relationships = self.permission.relationships(viewer.role());
        let is_met = |relationship: &Relationship| match relationship {
            Relationship::Anyone => true,
            Relationship::Owner => stakeholders.owner == me,
            Relationship::Assignee => stakeholders.assignee == me,
            Relationship::MeetingOrganizer => false,
        };
        if relationships.iter().any(is_met) {
            return Permit::Decided(true);
        }
        if !relationships.contains(&Relationship::MeetingOrganizer) {
            return Permit::Decided(false);
        }
        match stakeholders.meeting {
            None => Permit::Decided(false),
            Some(MeetingLink::Organizer(id)) => Permit::Decided(Some(id) == me),
            Some(MeetingLink::Of(key)) => Permit::OrganizerOf(key),
        }
    }

    /// The meetings on which it depends whether the viewer can perform the action on a row now.
    pub(super) fn meetings_of(
        &self,
        row: &ModelOf<T>,
        viewer: &Viewer,
    ) -> impl Iterator<Item = MeetingKey> {
        let of_permit = match self.permit(row, viewer) {
            Permit::Decided(_) => None,
            Permit::OrganizerOf(key) => Some(key),
        };
        of_permit.into_iter().chain(self.decisive_meeting(row))
    }

    /// The reason why the action is impossible in the current state of a row, if it is.
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
            self.unless.filter(|exception| (exception.applies)(row))
        {
            return Ok(Some(UserError::new(
                UserErrorCode::InvalidState,
                [],
                message,
            )));
        }
        let Some(key) = self.decisive_meeting(row) else {
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

    /// The state of a row after the action: the current one, unless the action changes it.
    pub(crate) fn state_after(&self, row: &ModelOf<T>) -> T::State {
        self.to.unwrap_or_else(|| T::state(row))
    }

    /// The error for a viewer without the permission.
    pub(crate) fn forbidden(&self) -> Error {
        Error::Forbidden(format!(
            "You do not have permission to do this. Allowed for: {}.",
            self.permission.holders()
        ))
    }
}

/// The error that names the current state and the states in which the action is possible.
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
