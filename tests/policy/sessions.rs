//! Sessions, their segments and markers.

use serde_json::json;

use super::{
    action::{
        Action, CORRECT_SEGMENTS, EVERYBODY, OWN_ONLY,
        Relationship::{MeetingOrganizer, Owner, SessionOwner, Unrelated},
        State,
    },
    matrix::Matrix,
    scene::{Scene, Who},
};

/// The states of a session.
pub const STATUSES: &[&str] = &["pending", "recording", "processing", "completed", "error"];

/// The types of a marker, which decide whether it can become a task.
pub const MARKER_TYPES: &[&str] = &["decision", "todo", "risk", "question"];

/// Sessions and their segments.
pub static SESSIONS: Matrix = Matrix {
    type_name: "Session",
    actions: &[
        Action::new(
            "sessionStart",
            &["Session.viewerCanStart"],
            OWN_ONLY,
            |rows| json!({"id": rows.id("Session")}),
        )
        .from(&["pending"])
        .effect(&["session.status = recording", "session.started_at = new"]),
        Action::new(
            "sessionStop",
            &["Session.viewerCanStop"],
            OWN_ONLY,
            |rows| json!({"id": rows.id("Session")}),
        )
        .from(&["recording"])
        .effect(&["session.status = processing", "session.ended_at = new"]),
        Action::new(
            "sessionComplete",
            &["Session.viewerCanComplete"],
            OWN_ONLY,
            |rows| json!({"id": rows.id("Session")}),
        )
        .from(&["processing"])
        .effect(&["session.status = completed"]),
        Action::new(
            "sessionFail",
            &["Session.viewerCanFail"],
            OWN_ONLY,
            |rows| json!({"id": rows.id("Session")}),
        )
        .from(&["pending", "recording", "processing"])
        // The session ends unless it has ended already.
        .effect(&["session.status = error", "session.ended_at = any"]),
        Action::new(
            "segmentsAppend",
            &["Session.viewerCanAppendSegments"],
            OWN_ONLY,
            |rows| json!({"sessionId": rows.id("Session"), "segments": [{"text": "more"}]}),
        )
        .from(&["recording", "processing"])
        .effect(&["+ segment"]),
        Action::new(
            "segmentCorrect",
            &[
                "Session.viewerCanCorrectSegments",
                "Segment.viewerCanCorrect",
            ],
            CORRECT_SEGMENTS,
            |rows| json!({"id": rows.id("Segment"), "text": "said"}),
        )
        .effect(&["segment.text = said", "segment.kind = corrected"]),
        Action::new(
            "speakerRename",
            &["Session.viewerCanCorrectSegments"],
            CORRECT_SEGMENTS,
            |rows| json!({"sessionId": rows.id("Session"), "name": "Max", "newName": "Maxine"}),
        )
        .effect(&["segment.speaker = Maxine"]),
        Action::new(
            "speakerAssign",
            &["Session.viewerCanCorrectSegments"],
            CORRECT_SEGMENTS,
            |rows| json!({"sessionId": rows.id("Session"), "name": "Max", "userId": rows.guest()}),
        )
        .effect(&["+ mina_speaker"]),
        Action::new(
            "transcriptImport",
            &["Session.viewerCanImportTranscript"],
            CORRECT_SEGMENTS,
            |rows| {
                let content = "1\n00:00:01,000 --> 00:00:02,000\nHello\n";
                json!({"sessionId": rows.id("Session"), "content": content})
            },
        )
        .effect(&["+ segment", "+ mina_segment_key"]),
        Action::new(
            "segmentsDelete",
            &["Session.viewerCanDeleteSegments"],
            CORRECT_SEGMENTS,
            |rows| json!({"sessionId": rows.id("Session"), "all": true}),
        )
        .effect(&["- segment"]),
        Action::new(
            "sessionDelete",
            &["Session.viewerCanDelete"],
            CORRECT_SEGMENTS,
            |rows| json!({"id": rows.id("Session")}),
        )
        .effect(&[
            "- session",
            "- segment",
            "meeting.session_id = null",
            "meeting.updated_at = new",
        ]),
        Action::new(
            "transcriptLinkCreate",
            &[],
            EVERYBODY,
            |rows| json!({"sessionId": rows.id("Session"), "format": "WEBVTT"}),
        ),
        Action::new(
            "markerCreate",
            &["Session.viewerCanMark"],
            EVERYBODY,
            |rows| json!({"sessionId": rows.id("Session"), "type": "RISK", "content": "that"}),
        )
        .effect(&["+ marker"]),
    ],
    relationships: &[Owner, MeetingOrganizer, Unrelated],
    states: || State::of_objects(STATUSES),
    scene: |relationship, state| {
        let (organizer, owner) = match relationship {
            MeetingOrganizer => (Who::Viewer, Who::Other),
            Owner => (Who::Other, Who::Viewer),
            _ => (Who::Other, Who::Other),
        };
        Some(Scene {
            organizer,
            meeting: state.meeting,
            session: Some((owner, state.object)),
            ..Scene::default()
        })
    },
    transitions: Some(|state| match state.object {
        "pending" => vec!["recording", "error"],
        "recording" => vec!["processing", "error"],
        "processing" => vec!["completed", "error"],
        _ => vec![],
    }),
    is_alone: false,
};

/// Markers.
pub static MARKERS: Matrix = Matrix {
    type_name: "Marker",
    actions: &[
        Action::new(
            "markerUpdate",
            &["Marker.viewerCanUpdate"],
            OWN_ONLY,
            |rows| json!({"id": rows.id("Marker"), "content": "that"}),
        )
        .effect(&["marker.content = that"]),
        Action::new(
            "markerDelete",
            &["Marker.viewerCanDelete"],
            OWN_ONLY,
            |rows| json!({"id": rows.id("Marker")}),
        )
        .effect(&["- marker"]),
        Action::new(
            "markerConvertToTask",
            &["Marker.viewerCanConvertToTask"],
            EVERYBODY,
            |rows| json!({"id": rows.id("Marker")}),
        )
        .from(&["todo"])
        .effect(&["+ task", "+ mina_marker_task"]),
    ],
    relationships: &[Owner, SessionOwner, MeetingOrganizer, Unrelated],
    states: || State::of_objects(MARKER_TYPES),
    scene: |relationship, state| {
        let who = |that| {
            if relationship == that {
                Who::Viewer
            } else {
                Who::Other
            }
        };
        Some(Scene {
            organizer: who(MeetingOrganizer),
            meeting: state.meeting,
            session: Some((who(SessionOwner), "recording")),
            marker: Some((who(Owner), state.object)),
            ..Scene::default()
        })
    },
    transitions: None,
    is_alone: false,
};
