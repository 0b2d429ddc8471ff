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
//! - `part`: fields with code behind them, which async-graphql resolves for all objects of a level.
//! - `load`: the rows of all levels.
//! - `write`: the answer.
//!
//! Root fields that are more than rows, and those below which an argument is not of its type, are
//! executed by async-graphql as a whole. Both ways give the same answers.

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
    tree::{Key, RootPlan},
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

    /// The root fields, each with its plan and its arguments unless it is executed in the ordinary way.
    fn roots(&self) -> impl Iterator<Item = (&Key, Option<(&RootPlan, &Request)>)> {
        let roots = self.compiled.roots.iter().zip(&self.requests);
        roots.map(|((key, plan), request)| (key, plan.as_ref().zip(request.as_ref())))
    }

    /// Whether everything is planned, and nothing has code behind it.
    pub(crate) fn is_whole(&self) -> bool {
        !self.compiled.has_parts && self.requests.iter().all(Option::is_some)
    }

    /// The response names of the root fields that are executed in the ordinary way.
    pub(crate) fn ordinary(&self) -> Vec<&str> {
        let ordinary = self.roots().filter(|(_, planned)| planned.is_none());
        ordinary.map(|(key, _)| key.name.as_str()).collect()
    }

    /// Loads the rows.
    pub(crate) async fn load(&self, loaders: &Loaders, executor: &dyn PartExecutor) -> Loaded {
        let loads = self.roots().map(|(_, planned)| {
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
        let mut errors = Vec::new();
        let fields = self.roots().zip(&loaded.0).map(|((key, planned), root)| {
            let output = planned
                .zip(root.as_ref())
                .map(|((plan, request), root)| Output::of((key, plan), request, root, meter));
            PlannedField {
                name: key.name.clone(),
                value: output.map(|output| {
                    errors.extend(output.errors);
                    output.json
                }),
            }
        });
        let fields = fields.collect();
        Planned { fields, errors }
    }
}
