//! Requests that cost more than a limit allows.

use std::fmt::{self, Display, Formatter};

use async_graphql::{ErrorExtensionValues, Name, Value, indexmap::IndexMap};

use super::count::counted;

/// The measure of documents that are too long to be examined further.
pub(crate) const TOKENS: &str = "tokens";

/// The cost of a request that exceeds a limit.
#[derive(Clone, Debug)]
pub struct LimitExceeded {
    /// What was counted, such as `rows`.
    pub(crate) measure: &'static str,
    pub(crate) cost: u64,
    pub(crate) limit: u64,
    /// The selections that contribute most, the largest first.
    pub(crate) paths: Vec<CostlyPath>,
}

/// A selection and its own share of the cost, without the selections below it.
#[derive(Clone, Debug)]
pub struct CostlyPath {
    /// The response keys that lead to the selection, separated by dots.
    pub(crate) path: String,
    pub(crate) cost: u64,
}

impl LimitExceeded {
    /// Adds the numbers to the extensions of an error.
    pub(super) fn describe(&self, extensions: &mut ErrorExtensionValues) {
        let paths = self.paths.iter().map(|it| {
            Value::Object(IndexMap::from([
                (Name::new("path"), Value::from(it.path.as_str())),
                (Name::new("cost"), Value::from(it.cost)),
            ]))
        });
        extensions.set("measure", self.measure);
        extensions.set("limit", self.limit);
        extensions.set("cost", self.cost);
        extensions.set("paths", Value::List(paths.collect()));
    }
}

impl Display for LimitExceeded {
    fn fmt(&self, f: &mut Formatter<'_>) -> fmt::Result {
        let Self {
            measure,
            cost,
            limit,
            paths,
        } = self;
        if *measure == TOKENS {
            return write!(
                f,
                "This request costs too much: its document has more than {}.",
                counted(*limit, "token")
            );
        }
        write!(
            f,
            "This request costs too much: its {measure} can reach {cost}; at most {limit} are \
             allowed."
        )?;
        if let Some(CostlyPath { path, .. }) = paths.first() {
            write!(f, " The largest part is in `{path}`.")?;
        }
        Ok(())
    }
}
