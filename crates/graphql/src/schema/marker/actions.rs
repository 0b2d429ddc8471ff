//! The actions on a marker.

use entity::marker::{self, Type};

use super::Marker;
use crate::{
    write::action::{Action, Resource, Stakeholders},
    write::policy::Permission,
};

pub(super) const UPDATE: Action<Marker> = Action::new(
    "viewerCanUpdate",
    "Whether the viewer may update this marker. Only its author may.",
    Permission::ChangeMarker,
);
pub(super) const DELETE: Action<Marker> = Action::new(
    "viewerCanDelete",
    "Whether the viewer may delete this marker. Only its author may.",
    Permission::ChangeMarker,
);
pub(super) const CONVERT: Action<Marker> = Action::new(
    "viewerCanConvertToTask",
    "Whether the viewer may create a task from this marker. Only `TODO` markers can be converted.",
    Permission::Contribute,
)
.from(&[Type::Todo]);

impl Resource for Marker {
    /// The type of a marker decides which actions are possible.
    type State = Type;

    const ACTIONS: &'static [Action<Self>] = &[UPDATE, DELETE, CONVERT];

    fn state(marker: &marker::Model) -> Type {
        marker.kind
    }

    fn stakeholders(marker: &marker::Model) -> Stakeholders {
        Stakeholders {
            owner: Some(marker.user_id),
            ..Stakeholders::default()
        }
    }
}
