//! What is counted, and its limits.

use async_graphql::{Name, Positioned, parser::types::FragmentDefinition};
use serde::Serialize;

use crate::error::limit::TOKENS;

/// The fragments of a document, by name.
pub(crate) type Fragments = std::collections::HashMap<Name, Positioned<FragmentDefinition>>;

/// The maximum cost of a request.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize)]
pub struct Cost {
    /// Tokens in the document.
    pub tokens: u64,
    /// Selections. A fragment counts wherever it is spread.
    pub selections: u64,
    /// Levels of nested fields.
    pub depth: u64,
    /// Aliases. A fragment counts wherever it is spread.
    pub aliases: u64,
    /// Directives. A fragment counts wherever it is spread.
    pub directives: u64,
    /// Fields in the response, assuming full pages. The size of a field's arguments is added.
    pub fields: u64,
    /// Rows read, assuming full pages.
    pub rows: u64,
    /// SQL statements.
    pub statements: u64,
}

/// One of the numbers in a [`Cost`].
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Measure {
    Tokens,
    Selections,
    Depth,
    Aliases,
    Directives,
    Fields,
    Rows,
    Statements,
}

impl Measure {
    /// The measures that do not depend on variables.
    pub(super) const OF_TEXT: [Self; 5] = [
        Self::Tokens,
        Self::Selections,
        Self::Depth,
        Self::Aliases,
        Self::Directives,
    ];

    pub(super) const ALL: [Self; 8] = [
        Self::Tokens,
        Self::Selections,
        Self::Depth,
        Self::Aliases,
        Self::Directives,
        Self::Fields,
        Self::Rows,
        Self::Statements,
    ];

    pub(super) fn of(self, cost: &Cost) -> u64 {
        match self {
            Self::Tokens => cost.tokens,
            Self::Selections => cost.selections,
            Self::Depth => cost.depth,
            Self::Aliases => cost.aliases,
            Self::Directives => cost.directives,
            Self::Fields => cost.fields,
            Self::Rows => cost.rows,
            Self::Statements => cost.statements,
        }
    }
}

impl Measure {
    pub(super) fn name(self) -> &'static str {
        match self {
            Self::Tokens => TOKENS,
            Self::Selections => "selections",
            Self::Depth => "depth",
            Self::Aliases => "aliases",
            Self::Directives => "directives",
            Self::Fields => "fields",
            Self::Rows => "rows",
            Self::Statements => "statements",
        }
    }
}

/// The maximum of each number in a [`Cost`].
#[derive(Clone, Copy, Debug)]
pub struct Limits(pub Cost);

impl Cost {
    /// The cost in points, the unit of rate limits: one per statement, per hundred rows and per
    /// thousand fields, and at least one.
    #[must_use]
    pub fn points(&self) -> u32 {
        let points = self
            .statements
            .saturating_add(self.rows / 100)
            .saturating_add(self.fields / 1000);
        u32::try_from(points).unwrap_or(u32::MAX).max(1)
    }
}
