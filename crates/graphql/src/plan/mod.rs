//! Query plans: the fast way to execute what is only columns, relations and lists.
//!
//! async-graphql resolves each field of each object by a future of its own, from a row that was read
//! whole, into a tree of values. A plan is made once for a selection: which columns of which relation,
//! which pages. It is executed level by level: one statement reads the rows of a relation for all
//! parents of a level, through the same loaders and with the same workspace scope. Then the JSON of
//! the whole tree is written once, in the order of the document, from the rows as the driver has
//! received them.
//!
//! From the ground up:
//! - `catalog`: the types and root fields that plans know, from their declarations.
//! - `tree`: plans as data.
//! - `compile`: from a selection to its plan.
//! - `request`: the arguments of one request.
//! - `load`: the rows of all levels.
//! - `write`: the answer.
//!
//! - `part`: fields with code behind them, which async-graphql resolves for all objects of a level.
//!
//! Root fields that are more than rows, and those below which an argument is invalid, are executed by
//! async-graphql as a whole. Both ways give the same answers.

mod catalog;
mod compile;
mod load;
mod part;
mod request;
mod tree;
mod write;

use std::sync::Arc;

use async_graphql::{Name, ServerError};
use futures_util::future::{OptionFuture, join_all};

pub(crate) use self::part::PartExecutor;
use self::{
    compile::Compiled,
    load::{Loading, Root},
    request::Request,
    write::Output,
};
use crate::{
    account::viewer::Viewer, guard::document::Operation, read::loader::Loaders, shares::Meter,
};

/// The plan of an operation, with the arguments of a request.
pub(crate) struct Plan {
    compiled: Arc<Compiled>,
    /// For each root field, in the order of the answer. None if it is executed in the ordinary way.
    requests: Vec<Option<Request>>,
}

/// The rows of a plan.
pub(crate) struct Loaded(Vec<Option<Root>>);

impl Loaded {
    /// How many rows were loaded, each counted as often as it is selected.
    pub(crate) fn rows(&self) -> usize {
        self.0.iter().flatten().map(Root::rows).sum()
    }
}

/// The answer of a plan.
pub(crate) struct Planned {
    /// The root fields, in the order of the answer.
    pub(crate) fields: Vec<PlannedField>,
    pub(crate) errors: Vec<ServerError>,
}

/// A root field of an answer.
pub(crate) struct PlannedField {
    /// Its response name.
    pub(crate) name: Name,
    /// Its value as JSON. None if it is executed in the ordinary way.
    pub(crate) value: Option<Vec<u8>>,
}

impl Plan {
    /// The plan of a query. None if nothing in it can be planned.
    pub(crate) fn of(operation: &Operation, viewer: &Viewer) -> Option<Self> {
        let compiled = Compiled::of(operation)?;
        let requests = compiled.roots.iter().map(|(_, plan)| {
            let plan = plan.as_ref()?;
            plan.request(&operation.variables, viewer)
        });
        let requests: Vec<_> = requests.collect();
        requests
            .iter()
            .any(Option::is_some)
            .then_some(Self { compiled, requests })
    }

    /// The response names of the root fields that are executed in the ordinary way.
    pub(crate) fn ordinary(&self) -> Vec<&str> {
        let roots = self.compiled.roots.iter().zip(&self.requests);
        let ordinary = roots.filter(|(_, request)| request.is_none());
        ordinary.map(|((key, _), _)| key.name.as_str()).collect()
    }

    /// Loads the rows.
    pub(crate) async fn load(&self, loaders: &Loaders, executor: &dyn PartExecutor) -> Loaded {
        let roots = self.compiled.roots.iter().zip(&self.requests);
        let loads = roots.map(|((_, plan), request)| {
            let planned = plan.as_ref().zip(request.as_ref());
            OptionFuture::from(planned.map(async |(plan, request)| {
                let loading = Loading {
                    loaders,
                    request,
                    executor,
                };
                loading.root(plan).await
            }))
        });
        Loaded(join_all(loads).await)
    }

    /// Writes the answer.
    pub(crate) fn write(&self, loaded: &Loaded, meter: &Meter) -> Planned {
        let mut planned = Planned {
            fields: Vec::with_capacity(loaded.0.len()),
            errors: Vec::new(),
        };
        let roots = self.compiled.roots.iter().zip(&self.requests);
        for (((key, plan), request), root) in roots.zip(&loaded.0) {
            let value = match (plan, request, root) {
                (Some(plan), Some(request), Some(root)) => {
                    let output = Output::of((key, plan), request, root, meter);
                    planned.errors.extend(output.errors);
                    Some(output.json)
                }
                _ => None,
            };
            let name = key.name.clone();
            planned.fields.push(PlannedField { name, value });
        }
        planned
    }
}
