//! The root fields that are nothing but rows, so that query plans can execute them.

use entity::{meeting, session, task, user, workspace};

use super::{
    meeting::Meeting,
    query,
    session::{BY_EXTERNAL_ID, Session},
    task::Task,
    user::User,
    workspace::Workspace,
};
use crate::read::{
    edge::{ListEdge, ToOneEdge},
    relation::Relation,
    row::Row,
};

/// A root field.
pub(crate) struct RootField {
    pub(crate) name: &'static str,
    /// The name of the type of its rows.
    pub(crate) target: &'static str,
    pub(crate) rows: RootRows,
}

/// The rows of a root field.
pub(crate) enum RootRows {
    /// All rows of a type.
    List(&'static dyn ListEdge),
    /// The row with a key.
    One(&'static dyn ToOneEdge, RootKey),
}

/// Where the key of a single row comes from.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(crate) enum RootKey {
    /// The only argument is `id`, an ID of the type of the row.
    Id,
    /// The only argument is `externalId`, a UUID.
    ExternalId,
    /// It is the workspace of the viewer.
    Workspace,
}

static MEETING: Relation<(), Meeting> = Relation::new(meeting::Column::Id, |()| None);
static SESSION: Relation<(), Session> = Relation::new(session::Column::Id, |()| None);
static TASK: Relation<(), Task> = Relation::new(task::Column::Id, |()| None);
static USER: Relation<(), User> = Relation::new(user::Column::Id, |()| None);
static WORKSPACE: Relation<(), Workspace> = Relation::new(workspace::Column::Id, |()| None);

/// All such fields. A field with different keys is there with each of them.
pub(crate) static ROOT_FIELDS: &[RootField] = &[
    list("meetings", "Meeting", &query::MEETINGS),
    list("sessions", "Session", &query::SESSIONS),
    list("tasks", "Task", &query::TASKS),
    list("users", "User", &query::USERS),
    list("markers", "Marker", &query::MARKERS),
    list("analytics", "Analytics", &query::ANALYTICS),
    one("meeting", Meeting::NAME, &MEETING, RootKey::Id),
    one("session", Session::NAME, &SESSION, RootKey::Id),
    one(
        "session",
        Session::NAME,
        &BY_EXTERNAL_ID,
        RootKey::ExternalId,
    ),
    one("task", Task::NAME, &TASK, RootKey::Id),
    one("user", User::NAME, &USER, RootKey::Id),
    one("workspace", Workspace::NAME, &WORKSPACE, RootKey::Workspace),
];

const fn list(name: &'static str, target: &'static str, edge: &'static dyn ListEdge) -> RootField {
    RootField {
        name,
        target,
        rows: RootRows::List(edge),
    }
}

const fn one(
    name: &'static str,
    target: &'static str,
    edge: &'static dyn ToOneEdge,
    key: RootKey,
) -> RootField {
    RootField {
        name,
        target,
        rows: RootRows::One(edge, key),
    }
}
