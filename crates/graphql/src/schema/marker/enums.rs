//! The closed sets of `Marker`.

use async_graphql::Enum;
use entity::marker;

use crate::{read::filter::ClosedSet, schema::object::FromColumn};

/// What sort of moment a marker marks.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Enum)]
#[graphql(remote = "entity::marker::Type")]
pub enum MarkerType {
    /// Something was decided.
    Decision,
    /// Something is to be done.
    Todo,
    /// Something may go wrong.
    Risk,
    /// Something is open.
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
