//! The enums of `Marker`.

use async_graphql::Enum;
use entity::marker;

use crate::{read::filter::ClosedSet, schema::object::FromColumn};

/// The type of a marker.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Enum)]
#[graphql(remote = "entity::marker::Type")]
pub enum MarkerType {
    /// A decision.
    Decision,
    /// An action item.
    Todo,
    /// A risk.
    Risk,
    /// An open question.
    Question,
}

impl ClosedSet for MarkerType {
    type Stored = marker::Type;
}

impl FromColumn<'_, marker::Type> for MarkerType {
    fn from_column(stored: &marker::Type) -> Self {
        (*stored).into()
    }
}
