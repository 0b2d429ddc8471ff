//! What is counted, and the limits.

use async_graphql::{Name, Positioned, parser::types::FragmentDefinition};
use serde::Serialize;

use crate::error::limit::TOKENS;

/// The fragments of a document by their names.
pub(crate) type Fragments = std::collections::HashMap<Name, Positioned<FragmentDefinition>>;

/// What a request costs at most.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize)]
pub struct Cost {
    /// Tokens of the document.
    pub tokens: u64,
    /// Selections, each fragment counted wherever it is spread.
    pub selections: u64,
    /// Fields below each other.
    pub depth: u64,
    /// Aliases, each fragment counted wherever it is spread.
    pub aliases: u64,
    /// Directives, each fragment counted wherever it is spread.
    pub directives: u64,
    /// Fields of the answer, by the sizes of its pages, each with what is in its arguments.
    pub fields: u64,
    /// Rows that are read, by the sizes of the pages.
    pub rows: u64,
    /// SQL statements.
    pub statements: u64,
}

/// A number of a [`Cost`].
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
    /// Those that a document has whatever its variables are.
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

/// What a request may cost: the highest value of each number.
#[derive(Clone, Copy, Debug)]
pub struct Limits(pub Cost);

impl Cost {
    /// The cost in points, by which rates are limited: one for each statement, for each hundred
    /// rows and for each thousand fields, and one at least.
    #[must_use]
    pub fn points(&self) -> u32 {
        let points = self
            .statements
            .saturating_add(self.rows / 100)
            .saturating_add(self.fields / 1000);
        u32::try_from(points).unwrap_or(u32::MAX).max(1)
    }
}
