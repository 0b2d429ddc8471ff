//! What can be done to a marker.

use entity::marker::{self, Kind};

use super::Marker;
use crate::{
    write::action::{Action, Governed, Ties},
    write::policy::Right,
};

pub(super) const UPDATE: Action<Marker> = Action::new(
    "viewerCanUpdate",
    "Whether the viewer may change it, which is theirs.",
    Right::ChangeMarker,
);
pub(super) const DELETE: Action<Marker> = Action::new(
    "viewerCanDelete",
    "Whether the viewer may delete it, which is theirs.",
    Right::ChangeMarker,
);
pub(super) const CONVERT: Action<Marker> = Action::new(
    "viewerCanConvertToTask",
    "Whether the viewer may make a task of it: it marks something to do.",
    Right::Contribute,
)
.from(&[Kind::Todo]);

impl Governed for Marker {
    /// What can be done to a marker depends on its sort.
    type Stage = Kind;

    const ACTIONS: &'static [Action<Self>] = &[UPDATE, DELETE, CONVERT];

    fn stage(marker: &marker::Model) -> Kind {
        marker.kind
    }

    fn ties(marker: &marker::Model) -> Ties {
        Ties {
            own: Some(marker.user_id),
            ..Ties::default()
        }
    }
}
