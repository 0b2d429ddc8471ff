//! Analyses, and the queue from which workers take them.

use serde_json::json;

use super::{
    action::{
        ADMINS, Action, RUN_MEETING,
        Relationship::{MeetingOrganizer, Unrelated},
        Reply, State,
    },
    matrix::Matrix,
    scene::{LEASE_TOKEN, Scene, Who},
};

/// The states of an analysis.
pub const STATUSES: &[&str] = &["pending", "processing", "completed", "error"];

/// One that is processed by another worker than the one who asks.
const HELD: &str = "held";
/// One whose worker has no lease on it.
const ABANDONED: &str = "abandoned";

/// Predictions depend on the state alone. That another worker holds the analysis only shows in the
/// token.
const HELD_BY_ANOTHER: (&str, (bool, Reply)) = (HELD, (true, Reply::Problem("CONFLICT")));

/// Analyses.
pub static ANALYSES: Matrix = Matrix {
    type_name: "Analytics",
    actions: &[
        Action::new(
            "analyticsRequest",
            &["Analytics.viewerCanRequestAgain"],
            RUN_MEETING,
            |rows| json!({"meetingId": rows.id("Meeting")}),
        )
        .from(&["completed", "error"])
        // What is on its way stays so.
        .otherwise(&[
            ("pending", (false, Reply::Nothing)),
            ("processing", (false, Reply::Nothing)),
            (HELD, (false, Reply::Nothing)),
        ])
        .effect(&[
            "analytics.analysis_status = pending",
            "analytics.updated_at = new",
        ]),
        Action::new(
            "analyticsRenew",
            &["Analytics.viewerCanRenew"],
            ADMINS,
            |rows| json!({"id": rows.id("Analytics"), "leaseToken": LEASE_TOKEN}),
        )
        .from(&["processing"])
        .otherwise(&[HELD_BY_ANOTHER])
        .effect(&["mina_analysis_lease.expires_at = new"]),
        Action::new(
            "analyticsComplete",
            &["Analytics.viewerCanComplete"],
            ADMINS,
            |rows| {
                json!({
                    "id": rows.id("Analytics"),
                    "leaseToken": LEASE_TOKEN,
                    "overallEngagementScore": 0.5,
                })
            },
        )
        .from(&["processing"])
        .otherwise(&[HELD_BY_ANOTHER])
        .effect(&[
            "analytics.analysis_status = completed",
            "analytics.overall_engagement_score = 0.5",
            "analytics.key_topics = []",
            "analytics.action_items_summary = []",
            "analytics.decisions_made = []",
            "analytics.updated_at = new",
        ]),
        Action::new(
            "analyticsFail",
            &["Analytics.viewerCanFail"],
            ADMINS,
            |rows| json!({"id": rows.id("Analytics"), "leaseToken": LEASE_TOKEN}),
        )
        .from(&["processing"])
        .otherwise(&[HELD_BY_ANOTHER])
        .effect(&[
            "analytics.analysis_status = error",
            "analytics.updated_at = new",
        ]),
    ],
    relationships: &[MeetingOrganizer, Unrelated],
    states: || states(HELD),
    scene: |relationship, state| Some(scene(organizer(relationship == MeetingOrganizer), state)),
    transitions: Some(transitions),
    is_alone: false,
};

/// Taking one from the queue of a workspace that has no other.
pub static QUEUE: Matrix = Matrix {
    type_name: "Analytics",
    actions: &[Action::new(
        "analyticsClaim",
        &["Analytics.viewerCanClaim"],
        ADMINS,
        |_| json!({}),
    )
    .from(&["pending", ABANDONED])
    .otherwise(&[
        // It is given to somebody else when the lease has ended.
        ("processing", (true, Reply::Nothing)),
        ("completed", (false, Reply::Nothing)),
        ("error", (false, Reply::Nothing)),
    ])
    .effect(&[
        "analytics.analysis_status = processing",
        "analytics.updated_at = new",
        "+ mina_analysis_lease",
    ])
    .nameless()],
    relationships: &[MeetingOrganizer, Unrelated],
    states: || states(ABANDONED),
    scene: |relationship, state| Some(scene(organizer(relationship == MeetingOrganizer), state)),
    transitions: Some(transitions),
    is_alone: true,
};

fn states(more: &'static str) -> Vec<State> {
    State::of_objects(&[STATUSES, &[more]].concat())
}

fn organizer(is_own: bool) -> Who {
    if is_own { Who::Viewer } else { Who::Other }
}

fn scene(organizer: Who, state: State) -> Scene {
    Scene {
        organizer,
        meeting: state.meeting,
        analytics: Some(state.object),
        ..Scene::default()
    }
}

fn transitions(state: State) -> Vec<&'static str> {
    match state.object {
        "pending" => vec!["processing"],
        // Another worker is given it where the first has let its lease end.
        "processing" | HELD | ABANDONED => vec!["processing", "completed", "error"],
        _ => vec!["pending"],
    }
}
