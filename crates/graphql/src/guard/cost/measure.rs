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
    /// How often all rows of a list are read, because no index serves its order or its conditions.
    pub scans: u64,
    /// Passwords that are hashed. Aliases limit their number.
    #[serde(skip_serializing_if = "is_unlimited")]
    pub hashes: u64,
    /// Objects that mutations store. Rows limit their number.
    #[serde(skip_serializing_if = "is_unlimited")]
    pub stored: u64,
    /// Bytes of the input of mutations. The size of a request limits their number.
    #[serde(skip_serializing_if = "is_unlimited")]
    pub bytes: u64,
}

/// Whether a limit is none, so that it is not reported.
#[expect(
    clippy::trivially_copy_pass_by_ref,
    reason = "serde passes references to fields"
)]
fn is_unlimited(limit: &u64) -> bool {
    *limit == u64::MAX
}

/// One of the numbers of a [`Cost`] that have a limit.
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
    Scans,
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

    pub(super) const ALL: [Self; 9] = [
        Self::Tokens,
        Self::Selections,
        Self::Depth,
        Self::Aliases,
        Self::Directives,
        Self::Fields,
        Self::Rows,
        Self::Statements,
        Self::Scans,
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
            Self::Scans => cost.scans,
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
            Self::Scans => "scans",
        }
    }
}

/// The maximum of each number in a [`Cost`].
#[derive(Clone, Copy, Debug)]
pub struct Limits(pub Cost);

/// The points of a scan: a table of a hundred thousand rows is read in the time of so many
/// statements. CONTRIBUTING.md says how to measure this.
const POINTS_PER_SCAN: u64 = 20;
/// The points of a hash, whose work is meant to be noticeable.
const POINTS_PER_HASH: u64 = 100;
/// How many objects are stored for a point.
const STORED_PER_POINT: u64 = 10;
/// How many bytes are stored for a point.
const BYTES_PER_POINT: u64 = 1024;

impl Cost {
    /// The cost in points, the unit of rate limits: one per statement, per hundred rows, per
    /// thousand fields, per ten stored objects and per stored KiB, more for scans and hashes, and
    /// at least one.
    #[must_use]
    pub fn points(&self) -> u32 {
        let points = self
            .statements
            .saturating_add(self.rows / 100)
            .saturating_add(self.fields / 1000)
            .saturating_add(self.scans.saturating_mul(POINTS_PER_SCAN))
            .saturating_add(self.hashes.saturating_mul(POINTS_PER_HASH))
            .saturating_add(self.stored / STORED_PER_POINT)
            .saturating_add(self.bytes / BYTES_PER_POINT);
        u32::try_from(points).unwrap_or(u32::MAX).max(1)
    }
}
