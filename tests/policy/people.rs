//! Users, their accounts, and their workspace.

use serde_json::{Value, json};

use crate::support::seed::PASSWORD;

use super::{
    action::{
        ADMINS, Action, CREATE_MEETINGS, EVERYBODY, PROFILE,
        Relationship::{Owner, Unrelated},
        State,
    },
    matrix::Matrix,
    scene::{Scene, Who},
};

const NEW_PASSWORD: &str = "staple battery horse correct";

const INACTIVE: &str = "inactive";

/// The effect of a new password: every token of the user becomes invalid.
const NEW_PASSWORD_SET: &[&str] = &["user.password_hash = new", "+ mina_token_generation"];

/// Actions of users on themselves and on others.
pub static USERS: Matrix = Matrix {
    type_name: "User",
    actions: &[
        Action::new("userUpdate", &["User.viewerCanUpdate"], PROFILE, |rows| {
            let username = format!("renamed-{}", rows.database_id("User"));
            json!({"id": rows.id("User"), "username": username})
        })
        .effect(&["user.username = new"]),
        Action::new(
            "userSetRole",
            &["User.viewerCanSetRole"],
            ADMINS,
            |rows| json!({"id": rows.id("User"), "role": "ORGANIZER"}),
        )
        .effect(&["user.role = organizer"]),
        Action::new(
            "userSetPassword",
            &["User.viewerCanSetPassword"],
            ADMINS,
            |rows| json!({"id": rows.id("User"), "newPassword": NEW_PASSWORD}),
        )
        .effect(NEW_PASSWORD_SET),
        Action::new(
            "userDeactivate",
            &["User.viewerCanDeactivate"],
            ADMINS,
            |rows| json!({"id": rows.id("User")}),
        )
        .effect(&["user.is_active = false", "+ mina_token_generation"]),
        Action::new(
            "userReactivate",
            &["User.viewerCanReactivate"],
            ADMINS,
            |rows| json!({"id": rows.id("User")}),
        )
        .effect(&["user.is_active = true"]),
    ],
    relationships: &[Owner, Unrelated],
    states: || State::of_objects(&["active", INACTIVE]),
    scene: |relationship, state| {
        let is_inactive = state.object == INACTIVE;
        // A deactivated user cannot do anything.
        (relationship != Owner || !is_inactive).then(|| Scene {
            meeting: state.meeting,
            user: if relationship == Owner {
                Who::Viewer
            } else {
                Who::Other
            },
            other_is_inactive: is_inactive,
            ..Scene::default()
        })
    },
    transitions: None,
    is_alone: true,
};

/// Actions in a workspace, or on the viewer's own account.
pub static WORKSPACES: Matrix = Matrix {
    type_name: "Workspace",
    actions: &[
        Action::new(
            "workspaceUpdate",
            &["Workspace.viewerCanUpdate"],
            ADMINS,
            |rows| json!({"id": rows.id("Workspace"), "name": "Changed", "settings": {"a": 1}}),
        )
        .effect(&["workspace.name = Changed", "workspace.settings = new"]),
        Action::new(
            "retentionUpdate",
            &["Workspace.viewerCanUpdateRetention"],
            ADMINS,
            |rows| json!({"workspaceId": rows.id("Workspace"), "transcriptDays": 30}),
        )
        .effect(&["+ mina_retention"]),
        Action::new(
            "userCreate",
            &["Workspace.viewerCanCreateUser"],
            ADMINS,
            |rows| {
                let name = format!("new-{}", rows.database_id("Workspace"));
                let email = format!("{name}@example.org");
                json!({"username": name, "email": email, "password": NEW_PASSWORD})
            },
        )
        .effect(&["+ user"])
        .nameless(),
        Action::new(
            "meetingCreate",
            &["Workspace.viewerCanCreateMeeting"],
            CREATE_MEETINGS,
            |_| json!({"title": "New"}),
        )
        // The user who creates a meeting becomes a participant.
        .effect(&["+ meeting", "+ participant"])
        .nameless(),
        Action::new(
            "sessionCreate",
            &["Workspace.viewerCanCreateSession"],
            EVERYBODY,
            |_| json!({}),
        )
        .effect(&["+ session"])
        .nameless(),
        Action::new(
            "analyticsClaim",
            &["Workspace.viewerCanClaimAnalytics"],
            ADMINS,
            |_| json!({"first": 100}),
        )
        .effect(&[
            "analytics.analysis_status = processing",
            "analytics.updated_at = new",
            "+ mina_analysis_lease",
        ])
        .nameless(),
        Action::new(
            "passwordChange",
            &[],
            EVERYBODY,
            |_| json!({"currentPassword": PASSWORD, "newPassword": NEW_PASSWORD}),
        )
        .effect(NEW_PASSWORD_SET)
        .nameless(),
        // A token leaves no trace.
        Action::new("tokenRefresh", &[], EVERYBODY, |_| Value::Null).nameless(),
    ],
    relationships: &[Unrelated],
    states: || State::of_objects(&["there"]),
    scene: |_, state| {
        Some(Scene {
            meeting: state.meeting,
            analytics: Some("pending"),
            ..Scene::default()
        })
    },
    transitions: None,
    is_alone: true,
};
