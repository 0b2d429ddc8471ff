//! The table: every action, who may take it, and in which states it is possible.

use entity::user::Role;
use serde_json::{Value, json};

use super::{
    Verdict,
    subject::{
        Kind, LEASE_TOKEN, Scene,
        Standing::{self, Assigned, InOwnMeeting, Own, Unrelated},
        Subject,
    },
};

/// The roles, in the order of the columns of `who`.
pub const ROLES: [(&str, Role); 3] = [
    ("member", Role::Member),
    ("organizer", Role::Organizer),
    ("admin", Role::Admin),
];

/// Mutations that have no object and no role: whoever has the password, or the token, may.
pub const WITHOUT_POLICY: [&str; 4] = ["signUp", "signIn", "passwordChange", "tokenRefresh"];

/// What is done, by whom, when, and what it leads to.
pub struct Action {
    pub of: Kind,
    /// The field that foretells it.
    pub ability: Option<&'static str>,
    /// Nothing where another row of the table tries it.
    pub mutation: Option<&'static str>,
    pub input: fn(&Subject) -> Value,
    /// The standings that suffice for a member, an organizer and an admin.
    who: [&'static [Standing]; 3],
    /// The states in which it is possible; empty if it is in all.
    from: &'static [&'static str],
    /// The states of the meeting in which it is possible; empty if it is in all.
    while_meeting: &'static [&'static str],
    /// The status afterwards, where it leads from one to another.
    pub becomes: Option<&'static str>,
    pub effect: Effect,
    /// Whether its input has an id.
    pub names_object: bool,
}

/// What it does to the row.
#[derive(Clone, Copy, PartialEq, Eq)]
pub enum Effect {
    /// Something of it changes.
    Changes,
    /// It is gone.
    Removes,
    /// Something is added elsewhere, or the row happens to be as it is to be.
    Adds,
    /// Something of it changes, and who does it to themself is out: it is tried on others only.
    EndsAccess,
}

impl Action {
    /// What it comes to for somebody of this role.
    pub fn expected(&self, role: usize, scene: &Scene) -> Verdict {
        if !self.who[role].contains(&scene.standing) {
            Verdict::Forbidden
        } else if self.is_timely(scene) {
            Verdict::Done
        } else {
            Verdict::Untimely
        }
    }

    /// Whether it is possible in this state.
    pub fn is_timely(&self, scene: &Scene) -> bool {
        (self.from.is_empty() || self.from.contains(&scene.state))
            && (self.while_meeting.is_empty() || self.while_meeting.contains(&scene.meeting_state))
    }

    /// Whether somebody who does it here is out themself.
    pub fn would_end(&self, scene: &Scene) -> bool {
        self.effect == Effect::EndsAccess && scene.standing == Own
    }

    /// What to call it.
    pub fn name(&self) -> &'static str {
        self.mutation.or(self.ability).unwrap_or("?")
    }

    const fn from(mut self, from: &'static [&'static str]) -> Self {
        self.from = from;
        self
    }

    const fn while_meeting(mut self, states: &'static [&'static str]) -> Self {
        self.while_meeting = states;
        self
    }

    const fn becomes(mut self, status: &'static str) -> Self {
        self.becomes = Some(status);
        self
    }

    const fn effect(mut self, effect: Effect) -> Self {
        self.effect = effect;
        self
    }

    /// An action that no field foretells under this name.
    const fn unforetold(mut self) -> Self {
        self.ability = None;
        self
    }

    const fn anonymous(mut self) -> Self {
        self.names_object = false;
        self
    }
}

/// An action that changes the row, in whatever state it is.
const fn action(
    of: Kind,
    ability: &'static str,
    mutation: &'static str,
    who: [&'static [Standing]; 3],
    input: fn(&Subject) -> Value,
) -> Action {
    Action {
        of,
        ability: Some(ability),
        mutation: Some(mutation),
        input,
        who,
        from: &[],
        while_meeting: &[],
        becomes: None,
        effect: Effect::Changes,
        names_object: true,
    }
}

/// A prediction whose mutation another row tries.
const fn prediction(of: Kind, ability: &'static str, who: [&'static [Standing]; 3]) -> Action {
    Action {
        mutation: None,
        ..action(of, ability, "", who, by_id)
    }
}

const ALL: &[Standing] = &[Unrelated, Own, Assigned, InOwnMeeting];
const NONE: &[Standing] = &[];

const EVERYBODY: [&[Standing]; 3] = [ALL, ALL, ALL];
const OWNERS: [&[Standing]; 3] = [&[Own], &[Own], &[Own]];
const ADMINS: [&[Standing]; 3] = [NONE, NONE, ALL];
const MEETING_MAKERS: [&[Standing]; 3] = [NONE, ALL, ALL];
const RUNS_MEETING: [&[Standing]; 3] = [NONE, &[InOwnMeeting], ALL];
const CORRECTS: [&[Standing]; 3] = [&[Own], &[Own, InOwnMeeting], ALL];
const CHANGES_TASK: [&[Standing]; 3] = [&[Own], &[Own, InOwnMeeting], ALL];
const DOES_TASK: [&[Standing]; 3] = [&[Own, Assigned], &[Own, Assigned, InOwnMeeting], ALL];
const EDITS_PROFILE: [&[Standing]; 3] = [&[Own], &[Own], ALL];

const OPEN: &[&str] = &["draft", "scheduled", "live"];

fn by_id(subject: &Subject) -> Value {
    json!({"id": subject.global_id()})
}

fn of_meeting(subject: &Subject) -> Value {
    json!({"meetingId": subject.meeting_id()})
}

fn leased(subject: &Subject) -> Value {
    json!({"id": subject.global_id(), "leaseToken": LEASE_TOKEN})
}

fn with(subject: &Subject, field: &str, value: impl Into<Value>) -> Value {
    let mut input = by_id(subject);
    input[field] = value.into();
    input
}

/// A name that nobody has.
fn fresh(prefix: &str) -> String {
    format!(
        "{prefix}{}",
        &uuid::Uuid::new_v4().simple().to_string()[..12]
    )
}

/// Every action.
pub static ACTIONS: &[Action] = &[
    action(
        Kind::Workspace,
        "viewerCanUpdate",
        "workspaceUpdate",
        ADMINS,
        |s| with(s, "name", fresh("W")),
    ),
    action(
        Kind::Workspace,
        "viewerCanCreateUser",
        "userCreate",
        ADMINS,
        |_| {
            let name = fresh("u");
            json!({"username": name, "email": format!("{name}@x.org"), "password": "long enough"})
        },
    )
    .effect(Effect::Adds)
    .anonymous(),
    action(
        Kind::Workspace,
        "viewerCanCreateMeeting",
        "meetingCreate",
        MEETING_MAKERS,
        |_| json!({"title": "M"}),
    )
    .effect(Effect::Adds)
    .anonymous(),
    action(
        Kind::Workspace,
        "viewerCanCreateSession",
        "sessionCreate",
        EVERYBODY,
        |_| json!({}),
    )
    .effect(Effect::Adds)
    .anonymous(),
    action(
        Kind::Workspace,
        "viewerCanClaimAnalytics",
        "analyticsClaim",
        ADMINS,
        |_| json!({}),
    )
    .effect(Effect::Adds)
    .anonymous(),
    action(
        Kind::User,
        "viewerCanUpdate",
        "userUpdate",
        EDITS_PROFILE,
        |s| with(s, "username", fresh("n")),
    ),
    action(Kind::User, "viewerCanSetRole", "userSetRole", ADMINS, |s| {
        with(s, "role", "ORGANIZER")
    })
    .effect(Effect::EndsAccess),
    action(
        Kind::User,
        "viewerCanSetPassword",
        "userSetPassword",
        ADMINS,
        |s| with(s, "newPassword", "long enough"),
    )
    .effect(Effect::EndsAccess),
    action(
        Kind::User,
        "viewerCanDeactivate",
        "userDeactivate",
        ADMINS,
        by_id,
    )
    .effect(Effect::EndsAccess),
    action(
        Kind::User,
        "viewerCanReactivate",
        "userReactivate",
        ADMINS,
        by_id,
    )
    .effect(Effect::Adds),
    action(
        Kind::Meeting,
        "viewerCanUpdate",
        "meetingUpdate",
        RUNS_MEETING,
        |s| with(s, "title", "New"),
    ),
    action(
        Kind::Meeting,
        "viewerCanSchedule",
        "meetingSchedule",
        RUNS_MEETING,
        |s| with(s, "scheduledStart", "2027-01-01T10:00:00Z"),
    )
    .from(&["draft", "scheduled"])
    .becomes("scheduled"),
    action(
        Kind::Meeting,
        "viewerCanStart",
        "meetingStart",
        RUNS_MEETING,
        by_id,
    )
    .from(&["draft", "scheduled"])
    .becomes("live"),
    action(
        Kind::Meeting,
        "viewerCanComplete",
        "meetingComplete",
        RUNS_MEETING,
        by_id,
    )
    .from(&["live"])
    .becomes("completed"),
    action(
        Kind::Meeting,
        "viewerCanCancel",
        "meetingCancel",
        RUNS_MEETING,
        by_id,
    )
    .from(&["draft", "scheduled"])
    .becomes("cancelled"),
    action(
        Kind::Meeting,
        "viewerCanDelete",
        "meetingDelete",
        RUNS_MEETING,
        by_id,
    )
    .from(&["draft", "scheduled", "completed", "cancelled"])
    .effect(Effect::Removes),
    action(
        Kind::Meeting,
        "viewerCanInvite",
        "participantsInvite",
        RUNS_MEETING,
        |s| {
            let mut input = of_meeting(s);
            input["invitations"] = json!([{"userId": s.other_id()}]);
            input
        },
    )
    .from(OPEN)
    .effect(Effect::Adds),
    action(
        Kind::Meeting,
        "viewerCanLinkSession",
        "sessionCreate",
        RUNS_MEETING,
        of_meeting,
    )
    .from(OPEN),
    action(
        Kind::Meeting,
        "viewerCanRequestAnalytics",
        "analyticsRequest",
        RUNS_MEETING,
        of_meeting,
    )
    .effect(Effect::Adds),
    action(
        Kind::Meeting,
        "viewerCanCreateTask",
        "taskCreate",
        EVERYBODY,
        |s| {
            let mut input = of_meeting(s);
            input["title"] = json!("T");
            input
        },
    )
    .effect(Effect::Adds),
    action(
        Kind::Session,
        "viewerCanStart",
        "sessionStart",
        OWNERS,
        by_id,
    )
    .from(&["pending"])
    .becomes("recording"),
    action(Kind::Session, "viewerCanStop", "sessionStop", OWNERS, by_id)
        .from(&["recording"])
        .becomes("processing"),
    action(
        Kind::Session,
        "viewerCanComplete",
        "sessionComplete",
        OWNERS,
        by_id,
    )
    .from(&["processing"])
    .becomes("completed"),
    action(Kind::Session, "viewerCanFail", "sessionFail", OWNERS, by_id)
        .from(&["pending", "recording", "processing"])
        .becomes("error"),
    action(
        Kind::Session,
        "viewerCanAppendSegments",
        "segmentsAppend",
        OWNERS,
        |s| json!({"sessionId": s.global_id(), "segments": [{"text": "T"}]}),
    )
    .from(&["recording", "processing"])
    .effect(Effect::Adds),
    action(
        Kind::Session,
        "viewerCanMark",
        "markerCreate",
        EVERYBODY,
        |s| json!({"sessionId": s.global_id(), "type": "RISK", "content": "C"}),
    )
    .effect(Effect::Adds),
    prediction(Kind::Session, "viewerCanCorrectSegments", CORRECTS),
    action(
        Kind::Segment,
        "viewerCanCorrect",
        "segmentCorrect",
        CORRECTS,
        |s| with(s, "text", "New"),
    ),
    action(
        Kind::Task,
        "viewerCanUpdate",
        "taskUpdate",
        CHANGES_TASK,
        |s| with(s, "title", "New"),
    ),
    action(
        Kind::Task,
        "viewerCanUpdate",
        "taskSetDependency",
        CHANGES_TASK,
        by_id,
    ),
    action(
        Kind::Task,
        "viewerCanAssign",
        "taskAssign",
        CHANGES_TASK,
        by_id,
    ),
    action(
        Kind::Task,
        "viewerCanAssign",
        "tasksAssign",
        CHANGES_TASK,
        |s| json!({"ids": [s.global_id()]}),
    ),
    action(
        Kind::Task,
        "viewerCanDelete",
        "taskDelete",
        CHANGES_TASK,
        by_id,
    )
    .effect(Effect::Removes),
    action(Kind::Task, "viewerCanStart", "taskStart", DOES_TASK, by_id)
        .from(&["todo"])
        .becomes("in_progress"),
    action(
        Kind::Task,
        "viewerCanComplete",
        "taskComplete",
        DOES_TASK,
        by_id,
    )
    .from(&["todo", "in_progress"])
    .becomes("completed"),
    action(
        Kind::Task,
        "viewerCanComplete",
        "tasksComplete",
        DOES_TASK,
        |s| json!({"ids": [s.global_id()]}),
    )
    .from(&["todo", "in_progress"])
    .becomes("completed"),
    action(
        Kind::Task,
        "viewerCanReopen",
        "taskReopen",
        DOES_TASK,
        by_id,
    )
    .from(&["completed", "cancelled"])
    .becomes("todo"),
    action(
        Kind::Task,
        "viewerCanCancel",
        "taskCancel",
        DOES_TASK,
        by_id,
    )
    .from(&["todo", "in_progress"])
    .becomes("cancelled"),
    action(
        Kind::Participant,
        "viewerCanAccept",
        "participantRespond",
        OWNERS,
        |s| with(s, "response", "ACCEPT"),
    )
    .from(&["invited", "declined"])
    .while_meeting(OPEN)
    .becomes("accepted"),
    action(
        Kind::Participant,
        "viewerCanDecline",
        "participantRespond",
        OWNERS,
        |s| with(s, "response", "DECLINE"),
    )
    .from(&["invited", "accepted"])
    .while_meeting(OPEN)
    .becomes("declined"),
    action(
        Kind::Participant,
        "viewerCanJoin",
        "participantJoin",
        OWNERS,
        by_id,
    )
    .from(&["invited", "accepted", "declined", "left"])
    .while_meeting(&["live"])
    .becomes("attended"),
    action(
        Kind::Participant,
        "viewerCanLeave",
        "participantLeave",
        OWNERS,
        by_id,
    )
    .from(&["present"]),
    action(
        Kind::Participant,
        "viewerCanSetRole",
        "participantSetRole",
        RUNS_MEETING,
        |s| with(s, "role", "PRESENTER"),
    ),
    action(
        Kind::Participant,
        "viewerCanRemove",
        "participantRemove",
        RUNS_MEETING,
        by_id,
    )
    .effect(Effect::Removes),
    prediction(Kind::Analytics, "viewerCanClaim", ADMINS)
        .from(&["pending", "processing"])
        .becomes("processing"),
    prediction(Kind::Analytics, "viewerCanRequestAgain", RUNS_MEETING)
        .from(&["completed", "error"])
        .becomes("pending"),
    // Asking for what is on its way changes nothing.
    action(
        Kind::Analytics,
        "",
        "analyticsRequest",
        RUNS_MEETING,
        of_meeting,
    )
    .unforetold()
    .effect(Effect::Adds),
    action(
        Kind::Analytics,
        "viewerCanRenew",
        "analyticsRenew",
        ADMINS,
        leased,
    )
    .from(&["processing"])
    .effect(Effect::Adds),
    action(
        Kind::Analytics,
        "viewerCanComplete",
        "analyticsComplete",
        ADMINS,
        leased,
    )
    .from(&["processing"])
    .becomes("completed"),
    action(
        Kind::Analytics,
        "viewerCanFail",
        "analyticsFail",
        ADMINS,
        leased,
    )
    .from(&["processing"])
    .becomes("error"),
    action(
        Kind::Marker,
        "viewerCanUpdate",
        "markerUpdate",
        OWNERS,
        |s| with(s, "content", "New"),
    ),
    action(
        Kind::Marker,
        "viewerCanDelete",
        "markerDelete",
        OWNERS,
        by_id,
    )
    .effect(Effect::Removes),
    action(
        Kind::Marker,
        "viewerCanConvertToTask",
        "markerConvertToTask",
        EVERYBODY,
        |s| with(s, "meetingId", s.meeting_id()),
    )
    .from(&["todo"])
    .effect(Effect::Adds),
];
