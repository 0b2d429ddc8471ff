//! The fields with long values that an operation selects.

use std::{collections::HashSet, sync::Arc};

use super::typed_fields::TypedField;

/// The fields with long values that a document selects. Their columns are read, those of others are
/// not.
#[derive(Clone, Debug, Default)]
pub(crate) struct LargeFields(Arc<HashSet<String>>);

impl LargeFields {
    /// Those among these fields.
    pub(super) fn among(fields: &[TypedField<'_>]) -> Self {
        let large = fields.iter().filter_map(|it| it.fact?.large.clone());
        Self(Arc::new(large.collect()))
    }

    /// Whether a field is selected.
    pub(crate) fn contains(&self, type_name: &str, field: &str) -> bool {
        // Mostly there are none.
        !self.0.is_empty() && self.0.contains(&format!("{type_name}.{field}"))
    }
}
