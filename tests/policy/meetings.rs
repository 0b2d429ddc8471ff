//! Meetings and their participants.

use serde_json::json;

use super::{
    action::{
        Action, EVERYBODY, OWN_ONLY, RUN_MEETING,
        Relationship::{self, MeetingOrganizer, Owner, Unrelated},
        State,
    },
    matrix::Matrix,
    scene::{Scene, TaskScene, Who},
};

/// The states of a meeting.
pub const STATUSES: &[&str] = &["draft", "scheduled", "live", "completed", "cancelled"];

/// The states of a participation.
pub const PARTICIPANT_STATUSES: &[&str] = &["invited", "accepted", "declined", "attended"];

/// The state of a participant who attended and left. The table has a column of its own for that.
const LEFT: &str = "left";

/// The states of a meeting that has not ended.
const OPEN: &[&str] = &["draft", "scheduled", "live"];

/// Meetings.
pub static MEETINGS: Matrix = Matrix {
    type_name: "Meeting",
    actions: &[
        Action::new(
            "meetingUpdate",
            &["Meeting.viewerCanUpdate"],
            RUN_MEETING,
            |rows| json!({"id": rows.id("Meeting"), "title": "Changed"}),
        )
        .effect(&["meeting.title = Changed", "meeting.updated_at = new"]),
        Action::new(
            "meetingSchedule",
            &["Meeting.viewerCanSchedule"],
            RUN_MEETING,
            |rows| json!({"id": rows.id("Meeting"), "scheduledStart": "2030-01-01T10:00:00Z"}),
        )
        .from(&["draft", "scheduled"])
        .effect(&[
            "meeting.status = scheduled",
            "meeting.scheduled_start = new",
            "meeting.updated_at = new",
        ]),
        START.from(&["draft", "scheduled"]).effect(&[
            "meeting.status = live",
            "meeting.session_id = new",
            "meeting.updated_at = new",
            "+ session",
        ]),
        Action::new(
            "meetingComplete",
            &["Meeting.viewerCanComplete"],
            RUN_MEETING,
            |rows| json!({"id": rows.id("Meeting")}),
        )
        .from(&["live"])
        .effect(&["meeting.status = completed", "meeting.updated_at = new"]),
        Action::new(
            "meetingCancel",
            &["Meeting.viewerCanCancel"],
            RUN_MEETING,
            |rows| json!({"id": rows.id("Meeting")}),
        )
        .from(&["draft", "scheduled"])
        .effect(&["meeting.status = cancelled", "meeting.updated_at = new"]),
        Action::new(
            "meetingDelete",
            &["Meeting.viewerCanDelete"],
            RUN_MEETING,
            |rows| json!({"id": rows.id("Meeting")}),
        )
        .from(&["draft", "scheduled", "completed", "cancelled"])
        .effect(&["- meeting", "- participant", "- task"]),
        Action::new(
            "sessionCreate",
            &["Meeting.viewerCanLinkSession"],
            RUN_MEETING,
            |rows| json!({"meetingId": rows.id("Meeting")}),
        )
        .from(OPEN)
        .effect(&[
            "meeting.session_id = new",
            "meeting.updated_at = new",
            "+ session",
        ]),
        Action::new(
            "participantsInvite",
            &["Meeting.viewerCanInvite"],
            RUN_MEETING,
            |rows| {
                let invitations = [json!({"userId": rows.guest()})];
                json!({"meetingId": rows.id("Meeting"), "invitations": invitations})
            },
        )
        .from(OPEN)
        .effect(&["+ participant"]),
        Action::new(
            "analyticsRequest",
            &["Meeting.viewerCanRequestAnalytics"],
            RUN_MEETING,
            |rows| json!({"meetingId": rows.id("Meeting")}),
        )
        .effect(&["+ analytics"]),
        Action::new(
            "taskCreate",
            &["Meeting.viewerCanCreateTask"],
            EVERYBODY,
            |rows| json!({"meetingId": rows.id("Meeting"), "title": "New"}),
        )
        .effect(&["+ task"]),
    ],
    relationships: &[MeetingOrganizer, Unrelated],
    states: || {
        let states = STATUSES.iter().map(|status| State {
            object: status,
            meeting: status,
        });
        states.collect()
    },
    scene: |relationship, state| {
        Some(Scene {
            organizer: organizer(relationship),
            meeting: state.meeting,
            participant: Some((Who::Other, "invited")),
            task: Some(TaskScene {
                created_by: Who::Other,
                assigned_to: Who::Other,
                status: "todo",
            }),
            ..Scene::default()
        })
    },
    transitions: Some(|state| match state.object {
        "draft" | "scheduled" => vec!["scheduled", "live", "cancelled"],
        "live" => vec!["completed"],
        _ => vec![],
    }),
    is_alone: false,
};

/// Drafts of meetings that link a session that can record.
pub static MEETINGS_WITH_A_SESSION: Matrix = Matrix {
    type_name: "Meeting",
    actions: &[
        START.effect(&[
            "meeting.status = live",
            "meeting.updated_at = new",
            "session.status = recording",
            "session.started_at = set",
        ]),
        ONE_SESSION,
    ],
    relationships: &[MeetingOrganizer, Unrelated],
    states: || drafts_with(&["pending", "recording"]),
    scene: draft_with_session,
    transitions: None,
    is_alone: false,
};

/// Drafts of meetings that link a session that has ended: a new one records.
pub static MEETINGS_WITH_AN_ENDED_SESSION: Matrix = Matrix {
    type_name: "Meeting",
    actions: &[
        START.effect(&[
            "meeting.status = live",
            "meeting.session_id = new",
            "meeting.updated_at = new",
            "+ session",
        ]),
        ONE_SESSION,
    ],
    relationships: &[MeetingOrganizer, Unrelated],
    states: || drafts_with(&["processing", "completed", "error"]),
    scene: draft_with_session,
    transitions: None,
    is_alone: false,
};

const START: Action = Action::new(
    "meetingStart",
    &["Meeting.viewerCanStart"],
    RUN_MEETING,
    |rows| json!({"id": rows.id("Meeting")}),
);

/// A meeting has at most one session, whatever its status.
const ONE_SESSION: Action = Action::new(
    "sessionCreate",
    &["Meeting.viewerCanLinkSession"],
    RUN_MEETING,
    |rows| json!({"meetingId": rows.id("Meeting")}),
)
.from(&["no session"]);

fn drafts_with(sessions: &[&'static str]) -> Vec<State> {
    let states = sessions.iter().map(|object| State {
        object,
        meeting: "draft",
    });
    states.collect()
}

#[expect(
    clippy::unnecessary_wraps,
    reason = "other matrices have relationships for which there is no scene"
)]
fn draft_with_session(relationship: Relationship, state: State) -> Option<Scene> {
    Some(Scene {
        organizer: organizer(relationship),
        meeting: state.meeting,
        session: Some((Who::Other, state.object)),
        ..Scene::default()
    })
}

fn organizer(relationship: Relationship) -> Who {
    if relationship == MeetingOrganizer {
        Who::Viewer
    } else {
        Who::Other
    }
}

/// Participations.
pub static PARTICIPANTS: Matrix = Matrix {
    type_name: "Participant",
    actions: &[
        Action::new(
            "participantRespond",
            &["Participant.viewerCanAccept"],
            OWN_ONLY,
            |rows| json!({"id": rows.id("Participant"), "response": "ACCEPT"}),
        )
        .from(&["invited", "declined"])
        .while_meeting(OPEN)
        .effect(&["participant.status = accepted"]),
        Action::new(
            "participantRespond",
            &["Participant.viewerCanDecline"],
            OWN_ONLY,
            |rows| json!({"id": rows.id("Participant"), "response": "DECLINE"}),
        )
        .from(&["invited", "accepted"])
        .while_meeting(OPEN)
        .effect(&["participant.status = declined"]),
        Action::new(
            "participantJoin",
            &["Participant.viewerCanJoin"],
            OWN_ONLY,
            |rows| json!({"id": rows.id("Participant")}),
        )
        .from(&["invited", "accepted", "declined", LEFT])
        .while_meeting(&["live"])
        .effect(&[
            "participant.status = attended",
            "participant.joined_at = set",
            "participant.left_at = null",
        ]),
        Action::new(
            "participantLeave",
            &["Participant.viewerCanLeave"],
            OWN_ONLY,
            |rows| json!({"id": rows.id("Participant")}),
        )
        .from(&["attended"])
        .effect(&["participant.left_at = new"]),
        Action::new(
            "participantSetRole",
            &["Participant.viewerCanSetRole"],
            RUN_MEETING,
            |rows| json!({"id": rows.id("Participant"), "role": "PRESENTER"}),
        )
        .effect(&["participant.role = presenter"]),
        Action::new(
            "participantRemove",
            &["Participant.viewerCanRemove"],
            RUN_MEETING,
            |rows| json!({"id": rows.id("Participant")}),
        )
        .effect(&["- participant"]),
    ],
    relationships: &[Owner, MeetingOrganizer, Unrelated],
    states: || {
        let presences = PARTICIPANT_STATUSES.iter().chain([&LEFT]);
        let states = presences.flat_map(|object| {
            let meetings = STATUSES.iter();
            meetings.map(|meeting| State { object, meeting })
        });
        states.collect()
    },
    scene: |relationship, state| {
        let (organizer, user) = match relationship {
            MeetingOrganizer => (Who::Viewer, Who::Other),
            Owner => (Who::Other, Who::Viewer),
            _ => (Who::Other, Who::Other),
        };
        Some(Scene {
            organizer,
            meeting: state.meeting,
            participant: Some((user, state.object)),
            ..Scene::default()
        })
    },
    transitions: Some(|state| {
        let is_live = state.meeting == "live";
        match state.object {
            _ if !OPEN.contains(&state.meeting) => vec![],
            "invited" if is_live => vec!["accepted", "declined", "attended"],
            "invited" => vec!["accepted", "declined"],
            "accepted" if is_live => vec!["declined", "attended"],
            "accepted" => vec!["declined"],
            "declined" if is_live => vec!["accepted", "attended"],
            "declined" => vec!["accepted"],
            LEFT if is_live => vec!["attended"],
            _ => vec![],
        }
    }),
    is_alone: false,
};
