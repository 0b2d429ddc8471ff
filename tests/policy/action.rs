//! What can be done to an object, as the design has it: by whom, in which states, with what effect.

use entity::user::Role;
use serde_json::Value;

use super::scene::Rows;

use Relationship::{Assignee, MeetingOrganizer, Owner, SessionOwner, Unrelated};

/// The relationship of a viewer to an object. Where one holds, the others do not.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Relationship {
    /// It is theirs: they own it, created it, or are it.
    Owner,
    /// They are to do it.
    Assignee,
    /// It is a meeting that they organize, or of one.
    MeetingOrganizer,
    /// It is in a session that they own.
    SessionOwner,
    /// They only see it.
    Unrelated,
}

/// The relationships that have a permission: of members, of organizers, of admins.
pub type Rule = [&'static [Relationship]; 3];

const NOBODY: &[Relationship] = &[];
const ANYHOW: &[Relationship] = &[Owner, Assignee, MeetingOrganizer, SessionOwner, Unrelated];

/// The table of the design.        member            organizer                       admin
pub const CREATE_MEETINGS: Rule = [NOBODY, ANYHOW, ANYHOW];
pub const RUN_MEETING: Rule = [NOBODY, &[MeetingOrganizer], ANYHOW];
pub const OWN_ONLY: Rule = [&[Owner], &[Owner], &[Owner]];
pub const EVERYBODY: Rule = [ANYHOW, ANYHOW, ANYHOW];
pub const PROGRESS_TASK: Rule = [
    &[Owner, Assignee],
    &[Owner, Assignee, MeetingOrganizer],
    ANYHOW,
];
pub const CHANGE_TASK: Rule = [&[Owner], &[Owner, MeetingOrganizer], ANYHOW];
pub const CORRECT_SEGMENTS: Rule = [&[Owner], &[Owner, MeetingOrganizer], ANYHOW];
pub const ADMINS: Rule = [NOBODY, NOBODY, ANYHOW];
pub const PROFILE: Rule = [&[Owner], &[Owner], ANYHOW];

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

/// What is answered to a mutation.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Reply {
    /// It was done.
    Done,
    /// There was nothing to do, which is no problem.
    Nothing,
    /// An error of GraphQL with this code.
    Error(&'static str),
    /// A problem that the user can fix, with this code.
    Problem(&'static str),
}

/// What is expected of an action in one state: the values of the fields that predict it, and the
/// reply of the mutation.
pub type Forecast = (bool, Reply);

/// A mutation of a sort of object.
#[derive(Clone, Copy)]
pub struct Action {
    /// The field of `Mutation`.
    pub mutation: &'static str,
    /// The fields that predict it, such as `Meeting.viewerCanStart`.
    pub predicted_by: &'static [&'static str],
    rule: Rule,
    /// What the mutation is given; null where it takes nothing.
    pub input: fn(&Rows) -> Value,
    from: &'static [&'static str],
    while_meeting: &'static [&'static str],
    otherwise: &'static [(&'static str, Forecast)],
    /// What it does to the database: `+ table` and `- table` for rows that come and go, and
    /// `table.column = value` for every column that changes. The value is the one that is there
    /// afterwards, `new` for any other than before, `set` for any, and `any` for that or none.
    pub effect: &'static [&'static str],
    is_bulk: bool,
    /// Whether it names an object, which outsiders then are not to find.
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

    /// … where in these states what it says is something else than success or `INVALID_STATE`.
    pub const fn otherwise(self, otherwise: &'static [(&'static str, Forecast)]) -> Self {
        Self { otherwise, ..self }
    }

    /// … with this effect.
    pub const fn effect(self, effect: &'static [&'static str]) -> Self {
        Self { effect, ..self }
    }

    /// … on several objects, so that whatever is wrong with one of them is a problem.
    pub const fn bulk(self) -> Self {
        Self {
            is_bulk: true,
            ..self
        }
    }

    /// … that is done in the viewer's workspace or to the viewer, without naming either.
    pub const fn nameless(self) -> Self {
        Self {
            names_object: false,
            ..self
        }
    }

    /// What is expected, for this relationship to an object in this state.
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

    /// How it is rejected for reasons that no input could fix.
    pub fn rejection(&self, code: &'static str) -> Reply {
        if self.is_bulk {
            Reply::Problem(code)
        } else {
            Reply::Error(code)
        }
    }
}
