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

/// The state of an analysis that another worker is processing.
const HELD: &str = "held";
/// The state of an analysis that is in progress without a lease.
const ABANDONED: &str = "abandoned";

/// Predictions depend on the state alone: only the token shows that another worker holds the
/// analysis.
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
        // A pending analysis stays pending, and one in progress stays in progress.
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

/// Claiming the only analysis of a workspace.
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
        // Another worker can claim the analysis after the lease has expired.
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
        // Another worker can claim the analysis after the lease of the first has expired.
        "processing" | HELD | ABANDONED => vec!["processing", "completed", "error"],
        _ => vec!["pending"],
    }
}
