//! Tasks.

use serde_json::json;

use super::{
    action::{
        Action, CHANGE_TASK, PROGRESS_TASK,
        Relationship::{Assignee, MeetingOrganizer, Owner, Unrelated},
        State,
    },
    matrix::Matrix,
    scene::{Scene, TaskScene, Who},
};

/// The states of a task.
pub const STATUSES: &[&str] = &["todo", "in_progress", "completed", "cancelled"];

/// The states of an open task.
const UNDONE: &[&str] = &["todo", "in_progress"];

const COMPLETED: &[&str] = &[
    "task.status = completed",
    "task.completed_at = new",
    "task.updated_at = new",
];

const ASSIGNED: &[&str] = &["task.assigned_to_id = new", "task.updated_at = new"];

/// Tasks.
pub static TASKS: Matrix = Matrix {
    type_name: "Task",
    actions: &[
        Action::new(
            "taskUpdate",
            &["Task.viewerCanUpdate"],
            CHANGE_TASK,
            |rows| json!({"id": rows.id("Task"), "title": "Changed"}),
        )
        .effect(&["task.title = Changed", "task.updated_at = new"]),
        Action::new(
            "taskSetDependency",
            &["Task.viewerCanUpdate"],
            CHANGE_TASK,
            |rows| json!({"id": rows.id("Task"), "dependsOnId": rows.other_task()}),
        )
        .effect(&["task.depends_on_task_id = new", "task.updated_at = new"]),
        Action::new(
            "taskAssign",
            &["Task.viewerCanAssign"],
            CHANGE_TASK,
            |rows| json!({"id": rows.id("Task"), "assignedToId": rows.guest()}),
        )
        .effect(ASSIGNED),
        Action::new(
            "tasksAssign",
            &["Task.viewerCanAssign"],
            CHANGE_TASK,
            |rows| json!({"ids": [rows.id("Task")], "assignedToId": rows.guest()}),
        )
        .effect(ASSIGNED)
        .bulk(),
        Action::new(
            "taskStart",
            &["Task.viewerCanStart"],
            PROGRESS_TASK,
            |rows| json!({"id": rows.id("Task")}),
        )
        .from(&["todo"])
        .effect(&["task.status = in_progress", "task.updated_at = new"]),
        Action::new(
            "taskComplete",
            &["Task.viewerCanComplete"],
            PROGRESS_TASK,
            |rows| json!({"id": rows.id("Task")}),
        )
        .from(UNDONE)
        .effect(COMPLETED),
        Action::new(
            "tasksComplete",
            &["Task.viewerCanComplete"],
            PROGRESS_TASK,
            |rows| json!({"ids": [rows.id("Task")]}),
        )
        .from(UNDONE)
        .effect(COMPLETED)
        .bulk(),
        Action::new(
            "taskCancel",
            &["Task.viewerCanCancel"],
            PROGRESS_TASK,
            |rows| json!({"id": rows.id("Task")}),
        )
        .from(UNDONE)
        .effect(&["task.status = cancelled", "task.updated_at = new"]),
        Action::new(
            "taskReopen",
            &["Task.viewerCanReopen"],
            PROGRESS_TASK,
            |rows| json!({"id": rows.id("Task")}),
        )
        .from(&["completed", "cancelled"])
        .effect(&[
            "task.status = todo",
            "task.completed_at = null",
            "task.updated_at = new",
        ]),
        Action::new(
            "taskDelete",
            &["Task.viewerCanDelete"],
            CHANGE_TASK,
            |rows| json!({"id": rows.id("Task")}),
        )
        .effect(&["- task"]),
    ],
    relationships: &[Owner, Assignee, MeetingOrganizer, Unrelated],
    states: || State::of_objects(STATUSES),
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
            task: Some(TaskScene {
                created_by: who(Owner),
                assigned_to: who(Assignee),
                status: state.object,
            }),
            ..Scene::default()
        })
    },
    transitions: Some(|state| match state.object {
        "todo" => vec!["in_progress", "completed", "cancelled"],
        "in_progress" => vec!["completed", "cancelled"],
        _ => vec!["todo"],
    }),
    is_alone: false,
};
