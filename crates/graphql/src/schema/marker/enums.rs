//! The closed sets of `Marker`.

use async_graphql::Enum;
use entity::marker;

use crate::{read::filter::ClosedSet, schema::object::FromColumn};

/// What sort of moment a marker marks.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Enum)]
#[graphql(remote = "entity::marker::Kind")]
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
    type Stored = marker::Kind;
}

impl FromColumn<'_, marker::Kind> for MarkerType {
    fn from_column(stored: &marker::Kind) -> Self {
        (*stored).into()
    }
}
