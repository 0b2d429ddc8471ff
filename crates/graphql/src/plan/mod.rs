//! Query plans: the fast way to execute what is only columns, relations and lists.
//!
//! async-graphql resolves each field of each object by a future of its own, from a row that was read
//! whole, into a tree of values. A plan is made once for a selection: which columns of which relation,
//! which pages. It is executed level by level: one statement reads the rows of a relation for all
//! parents of a level, through the same loaders and with the same workspace scope. Then the JSON of
//! the whole tree is written once, in the order of the document, from the rows as the driver has
//! received them.
//!
//! From the bottom up:
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

use async_graphql::{Name, ServerError, Value};
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
    account::viewer::Viewer,
    guard::document::Operation,
    read::{format::write_json, loader::Loaders},
    shares::Meter,
};

/// The room of an answer to begin with, in bytes.
const ROOM: usize = 16 * 1024;

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
    /// All root fields as a JSON object, in the order of the operation, behind what it begins with. None
    /// if a field was executed in the ordinary way that has failed and cannot be null.
    pub(crate) json: Option<Vec<u8>>,
    /// Whether all root fields are null.
    pub(crate) is_all_null: bool,
    /// The errors of those that were planned.
    pub(crate) errors: Vec<ServerError>,
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

    /// Writes the answer behind `start`. `ordinary` has the root fields that were executed in the
    /// ordinary way, unless one has failed that cannot be null.
    pub(crate) fn write(
        &self,
        start: &[u8],
        loaded: &Loaded,
        ordinary: &Value,
        meter: &Meter,
    ) -> Planned {
        let mut json = Vec::with_capacity(ROOM);
        json.extend_from_slice(start);
        let (mut errors, mut is_all_null) = (Vec::new(), true);
        let mut separator = b'{';
        for ((key, planned), root) in self.roots().zip(&loaded.0) {
            json.push(separator);
            separator = b',';
            json.extend_from_slice(key.json.as_bytes());
            let begin = json.len();
            if let Some(((plan, request), root)) = planned.zip(root.as_ref()) {
                let output = Output::of(json, (key, plan), request, root, meter);
                json = output.json;
                errors.extend(output.errors);
            } else {
                write_json(&mut json, field(ordinary, &key.name));
            }
            is_all_null &= json[begin..] == *b"null";
        }
        json.push(b'}');
        let has_ordinary = self.requests.iter().any(Option::is_none);
        let has_failed = has_ordinary && *ordinary == Value::Null;
        Planned {
            json: (!has_failed).then_some(json),
            is_all_null,
            errors,
        }
    }
}

/// The value of a root field.
fn field<'a>(data: &'a Value, name: &Name) -> &'a Value {
    match data {
        Value::Object(fields) => fields.get(name).unwrap_or(&Value::Null),
        _ => &Value::Null,
    }
}
