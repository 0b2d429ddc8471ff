//! What can be done to a marker.

use entity::marker::{self, Type};

use super::Marker;
use crate::{
    write::action::{Action, Resource, Stakeholders},
    write::policy::Permission,
};

pub(super) const UPDATE: Action<Marker> = Action::new(
    "viewerCanUpdate",
    "Whether the viewer may change it, which is theirs.",
    Permission::ChangeMarker,
);
pub(super) const DELETE: Action<Marker> = Action::new(
    "viewerCanDelete",
    "Whether the viewer may delete it, which is theirs.",
    Permission::ChangeMarker,
);
pub(super) const CONVERT: Action<Marker> = Action::new(
    "viewerCanConvertToTask",
    "Whether the viewer may make a task of it: it marks something to do.",
    Permission::Contribute,
)
.from(&[Type::Todo]);

impl Resource for Marker {
    /// What can be done to a marker depends on its sort.
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
