//! The actions on objects, as the design has them: their permissions, states and effects.

use entity::user::Role;
use serde_json::Value;

use super::scene::Rows;

use Relationship::{Assignee, MeetingOrganizer, Owner, SessionOwner, Unrelated};

/// The relationship of a viewer to an object. Exactly one applies.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Relationship {
    /// The viewer owns the object, created it, or is the object.
    Owner,
    /// The task is assigned to the viewer.
    Assignee,
    /// The viewer organizes the meeting, or the meeting that the object belongs to.
    MeetingOrganizer,
    /// The viewer owns the session that the object belongs to.
    SessionOwner,
    /// The viewer can only see the object.
    Unrelated,
}

/// The relationships that give a permission to members, organizers and admins.
pub type Rule = [&'static [Relationship]; 3];

const NOBODY: &[Relationship] = &[];
const ANYBODY: &[Relationship] = &[Owner, Assignee, MeetingOrganizer, SessionOwner, Unrelated];

/// The table of the design.        member            organizer                       admin
pub const CREATE_MEETINGS: Rule = [NOBODY, ANYBODY, ANYBODY];
pub const RUN_MEETING: Rule = [NOBODY, &[MeetingOrganizer], ANYBODY];
pub const OWN_ONLY: Rule = [&[Owner], &[Owner], &[Owner]];
pub const EVERYBODY: Rule = [ANYBODY, ANYBODY, ANYBODY];
pub const PROGRESS_TASK: Rule = [
    &[Owner, Assignee],
    &[Owner, Assignee, MeetingOrganizer],
    ANYBODY,
];
pub const CHANGE_TASK: Rule = [&[Owner], &[Owner, MeetingOrganizer], ANYBODY];
pub const CORRECT_SEGMENTS: Rule = [&[Owner], &[Owner, MeetingOrganizer], ANYBODY];
pub const ADMINS: Rule = [NOBODY, NOBODY, ANYBODY];
pub const PROFILE: Rule = [&[Owner], &[Owner], ANYBODY];

/// The state of an object, and that of the meeting around it, in the words of the database.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct State {
    pub object: &'static str,
    pub meeting: &'static str,
}

impl State {
    /// The states of objects for which the state of the meeting does not matter.
    pub fn of_objects(states: &[&'static str]) -> Vec<Self> {
        let states = states.iter();
        states
            .map(|object| Self {
                object,
                meeting: "live",
            })
            .collect()
    }
}

/// The reply to a mutation.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Reply {
    /// The mutation succeeded.
    Done,
    /// There was nothing to do, which is not a problem.
    Nothing,
    /// A GraphQL error with this code.
    Error(&'static str),
    /// A problem that the user can fix, with this code.
    Problem(&'static str),
}

/// The expectation for an action in one state: the value of the fields that predict it, and the
/// reply of the mutation.
pub type Forecast = (bool, Reply);

/// A mutation of one type of object.
#[derive(Clone, Copy)]
pub struct Action {
    /// The field of `Mutation`.
    pub mutation: &'static str,
    /// The fields that predict it, such as `Meeting.viewerCanStart`.
    pub predicted_by: &'static [&'static str],
    rule: Rule,
    /// The input of the mutation; null if the mutation takes none.
    pub input: fn(&Rows) -> Value,
    from: &'static [&'static str],
    while_meeting: &'static [&'static str],
    otherwise: &'static [(&'static str, Forecast)],
    /// The effect on the database: `+ table` and `- table` for rows that are created and deleted,
    /// and `table.column = value` for every column that changes. The value is the one afterwards,
    /// `new` for any other than before, `set` for any, and `any` for any or none.
    pub effect: &'static [&'static str],
    is_bulk: bool,
    /// Whether the input names an object, which must not exist for outsiders.
    pub names_object: bool,
}

impl Action {
    /// An action that is possible in every state.
    pub const fn new(
        mutation: &'static str,
        predicted_by: &'static [&'static str],
        rule: Rule,
        input: fn(&Rows) -> Value,
    ) -> Self {
        Self {
            mutation,
            predicted_by,
            rule,
            input,
            from: &[],
            while_meeting: &[],
            otherwise: &[],
            effect: &[],
            is_bulk: false,
            names_object: true,
        }
    }

    /// … in these states only.
    pub const fn from(self, from: &'static [&'static str]) -> Self {
        Self { from, ..self }
    }

    /// … while the meeting is in one of these states.
    pub const fn while_meeting(self, while_meeting: &'static [&'static str]) -> Self {
        Self {
            while_meeting,
            ..self
        }
    }

    /// … which in these states has another result than success or `INVALID_STATE`.
    pub const fn otherwise(self, otherwise: &'static [(&'static str, Forecast)]) -> Self {
        Self { otherwise, ..self }
    }

    /// … with this effect.
    pub const fn effect(self, effect: &'static [&'static str]) -> Self {
        Self { effect, ..self }
    }

    /// … on several objects, so that an error with one of them is reported as a problem.
    pub const fn bulk(self) -> Self {
        Self {
            is_bulk: true,
            ..self
        }
    }

    /// … on the viewer or the viewer's workspace, without naming either.
    pub const fn nameless(self) -> Self {
        Self {
            names_object: false,
            ..self
        }
    }

    /// The expectation for this relationship to an object in this state.
    pub fn forecast(&self, role: Role, relationship: Relationship, state: State) -> Forecast {
        let [member, organizer, admin] = self.rule;
        let relationships = match role {
            Role::Member => member,
            Role::Organizer => organizer,
            Role::Admin => admin,
        };
        if !relationships.contains(&relationship) {
            return (false, self.rejection("FORBIDDEN"));
        }
        let mut otherwise = self.otherwise.iter();
        if let Some((_, forecast)) = otherwise.find(|(object, _)| *object == state.object) {
            return *forecast;
        }
        let is_among = |states: &[&str], state| states.is_empty() || states.contains(&state);
        if is_among(self.from, state.object) && is_among(self.while_meeting, state.meeting) {
            (true, Reply::Done)
        } else {
            (false, Reply::Problem("INVALID_STATE"))
        }
    }

    /// The rejection for a reason that no input could fix.
    pub fn rejection(&self, code: &'static str) -> Reply {
        if self.is_bulk {
            Reply::Problem(code)
        } else {
            Reply::Error(code)
        }
    }
}
