//! What can be done to an object: by whom, in which states, and to which state it leads.
//!
//! An action is a constant beside its type. The mutation obeys it; `viewerCan…` and
//! `allowedTransitions` foretell it.

use std::sync::Arc;

use async_graphql::{
    Context, OutputType, ServerResult, Value,
    indexmap::IndexMap,
    registry::{MetaField, Registry},
};
use derive_where::derive_where;
use entity::meeting;
use sea_orm::ActiveEnum;

use crate::{
    account::viewer::Viewer,
    error::Error,
    error::user_error::{UserError, UserErrorCode},
    read::context::ContextExt,
    read::loader::{ById, Loads},
    read::row::{ModelOf, Row},
    schema::meeting::Meeting,
    schema::session,
    table::{self, FieldTable},
    write::policy::{Right, Standing},
};

/// A type with actions.
pub(crate) trait Governed: Row {
    /// Its states.
    type Stage: Stage;
    /// Its actions.
    const ACTIONS: &'static [Action<Self>];

    /// The state of a row.
    fn stage(row: &ModelOf<Self>) -> Self::Stage;

    /// Who and what a row is tied to.
    fn ties(row: &ModelOf<Self>) -> Ties;
}

/// A state of an object.
pub(crate) trait Stage: Copy + PartialEq + Send + Sync + 'static {
    /// Its name, as the schema has it.
    fn name(self) -> String;
}

impl<E: ActiveEnum<Value = String> + Copy + PartialEq + Send + Sync + 'static> Stage for E {
    fn name(self) -> String {
        self.to_value().to_uppercase()
    }
}

/// The one state of what has no life cycle.
#[derive(Clone, Copy, PartialEq)]
pub(crate) struct Unstaged;

impl Stage for Unstaged {
    fn name(self) -> String {
        String::new()
    }
}

/// Who and what a row is tied to, as far as rights depend on it.
#[derive(Default)]
pub(crate) struct Ties {
    /// The user whose it is.
    pub(crate) own: Option<i32>,
    /// The user who is to do it.
    pub(crate) assigned: Option<i32>,
    /// The meeting that it is of.
    pub(crate) meeting: Option<MeetingTie>,
}

/// What leads to the organizer of a meeting.
pub(crate) enum MeetingTie {
    /// The row is the meeting and names them.
    OrganizedBy(i32),
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

impl Ties {
    /// The ties of what hangs on a meeting.
    pub(crate) fn of_meeting(id: Option<i32>) -> Self {
        Self {
            meeting: id.map(|id| MeetingTie::Of(MeetingKey::Id(id))),
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

impl Meetings for Loads {
    async fn meeting(&self, key: MeetingKey) -> Result<Option<Arc<meeting::Model>>, Error> {
        match key {
            MeetingKey::Id(id) => self.load_one(ById::<Meeting>::new(id)).await,
            MeetingKey::Session(id) => self.load_one(session::meeting_of(id)).await,
        }
    }
}

/// Something that can be done to a `T`.
#[derive_where(Clone, Copy)]
pub(crate) struct Action<T: Governed> {
    /// The field that foretells it, such as `viewerCanStart`.
    ability: &'static str,
    /// What that field says.
    description: &'static str,
    right: Right,
    from: &'static [T::Stage],
    to: Option<T::Stage>,
    while_meeting: &'static [meeting::Status],
    unless: Option<Exception<T>>,
}

/// What makes an action impossible for some rows, and how to say so.
#[derive_where(Clone, Copy)]
struct Exception<T: Row> {
    holds: fn(&ModelOf<T>) -> bool,
    message: &'static str,
}

impl<T: Governed> Action<T> {
    /// An action that is possible in every state.
    pub(crate) const fn new(
        ability: &'static str,
        description: &'static str,
        right: Right,
    ) -> Self {
        Self {
            ability,
            description,
            right,
            from: &[],
            to: None,
            while_meeting: &[],
            unless: None,
        }
    }

    /// An action that no field foretells, because it depends on more than its object.
    pub(crate) const fn unforetold(right: Right) -> Self {
        Self::new("", "", right)
    }

    /// … in these states only.
    pub(crate) const fn from(self, from: &'static [T::Stage]) -> Self {
        Self { from, ..self }
    }

    /// … and leads to this one.
    pub(crate) const fn to(self, to: T::Stage) -> Self {
        Self {
            to: Some(to),
            ..self
        }
    }

    /// … while the meeting is in one of these states.
    pub(crate) const fn while_meeting(self, stages: &'static [meeting::Status]) -> Self {
        Self {
            while_meeting: stages,
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
        let ties = T::ties(row);
        let me = Some(viewer.user().id);
        let standings = self.right.standings(viewer.role());
        let stands = |standing: &Standing| match standing {
            Standing::Anyone => true,
            Standing::Own => ties.own == me,
            Standing::Assigned => ties.assigned == me,
            Standing::InOwnMeeting => false,
        };
        if standings.iter().any(stands) {
            return Ok(true);
        }
        if !standings.contains(&Standing::InOwnMeeting) {
            return Ok(false);
        }
        let organizer = match ties.meeting {
            None => None,
            Some(MeetingTie::OrganizedBy(id)) => Some(id),
            Some(MeetingTie::Of(key)) => {
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
        let stage = T::stage(row);
        if !self.from.is_empty() && !self.from.contains(&stage) {
            return Ok(Some(untimely(T::NAME, stage, self.from)));
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
        let Some(MeetingTie::Of(key)) = T::ties(row).meeting else {
            return Ok(None);
        };
        let stage = meetings
            .meeting(key)
            .await?
            .map(|meeting| meeting.status.unwrap_or_default());
        Ok(stage
            .filter(|stage| !self.while_meeting.contains(stage))
            .map(|stage| untimely(Meeting::NAME, stage, self.while_meeting)))
    }

    /// The state to which it brings a row: the one that the row is in, if it leads to no other.
    pub(crate) fn stage_after(&self, row: &ModelOf<T>) -> T::Stage {
        self.to.unwrap_or_else(|| T::stage(row))
    }

    /// The error for who has not the right.
    pub(crate) fn forbidden(&self) -> Error {
        Error::Forbidden(format!(
            "You may not do this. It is allowed to: {}.",
            self.right.holders()
        ))
    }
}

/// The error that says in which state something is, and in which it would have to be.
fn untimely<S: Stage>(name: &str, stage: S, allowed: &[S]) -> UserError {
    let allowed: Vec<String> = allowed.iter().map(|stage| stage.name()).collect();
    let name = name.to_lowercase();
    UserError::new(
        UserErrorCode::InvalidState,
        [],
        format!(
            "The {name} is {}; this is possible only while it is {}.",
            stage.name(),
            allowed.join(" or ")
        ),
    )
}

/// Whether the viewer can do it to a row now.
pub(crate) async fn can<T: Governed>(
    ctx: &Context<'_>,
    action: &Action<T>,
    row: &ModelOf<T>,
) -> Result<bool, Error> {
    let (viewer, loads) = (ctx.viewer()?, ctx.loads());
    Ok(action.is_permitted(row, &viewer, loads).await?
        && action.obstacle(row, loads).await?.is_none())
}

/// The states to which something can go from where it is, whoever asks.
pub(crate) async fn allowed_transitions<T: Governed, G: From<T::Stage>>(
    ctx: &Context<'_>,
    row: &ModelOf<T>,
) -> Result<Vec<G>, Error> {
    let mut reached = Vec::new();
    for action in T::ACTIONS {
        if let Some(to) = action.to
            && !reached.contains(&to)
            && action.obstacle(row, ctx.loads()).await?.is_none()
        {
            reached.push(to);
        }
    }
    Ok(reached.into_iter().map(Into::into).collect())
}

/// The fields that foretell what the viewer can do to an object.
pub(crate) struct Abilities<T: Row>(pub(crate) Arc<ModelOf<T>>);

impl<T: Governed> FieldTable for Abilities<T> {
    fn name() -> String {
        format!("{}Abilities", T::NAME)
    }

    fn declare(registry: &mut Registry) -> IndexMap<String, MetaField> {
        let boolean = bool::create_type_info(registry);
        T::ACTIONS
            .iter()
            .map(|action| table::field(action.ability, boolean.clone(), action.description))
            .collect()
    }

    async fn resolve(&self, name: &str, ctx: &Context<'_>) -> Option<ServerResult<Value>> {
        let action = T::ACTIONS.iter().find(|action| action.ability == name)?;
        let can = can(ctx, action, &self.0).await;
        Some(table::resolve(ctx, &can).await)
    }
}
