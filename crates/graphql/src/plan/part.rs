//! The fields with code behind them, which async-graphql resolves for all objects of a level at once.

use async_graphql::Name;
use async_graphql::{PathSegment, Response, ServerError, Value, parser::types::ExecutableDocument};
use async_graphql_value::indexmap::IndexMap;
use futures_util::future::BoxFuture;

use super::catalog::ObjectType;
use crate::{error::Error, read::level::Rows, schema::part::PartRows};

/// Executes parts of a query, within the request.
pub(crate) trait PartExecutor: Send + Sync {
    /// Executes a document whose root is [`Part`](crate::schema::part::Part).
    fn execute(&self, document: ExecutableDocument, rows: PartRows) -> BoxFuture<'_, Response>;
}

/// What was resolved.
pub(super) struct Parts(Result<Vec<Part>, Error>);

/// The fields of one object.
#[derive(Default)]
pub(super) struct Part {
    /// The values by response name. None if one has failed that cannot be null.
    pub(super) values: Option<IndexMap<Name, Value>>,
    /// The errors, whose paths begin at the object.
    pub(super) errors: Vec<ServerError>,
}

impl Parts {
    /// Resolves the fields of some objects.
    pub(super) async fn execute(
        ty: &ObjectType,
        document: &ExecutableDocument,
        received: &Rows,
        picked: &[u32],
        executor: &dyn PartExecutor,
    ) -> Self {
        if picked.is_empty() {
            return Self(Ok(Vec::new()));
        }
        let rows = match (ty.objects)(received, picked) {
            Ok(rows) => rows,
            Err(error) => return Self(Err(error)),
        };
        let response = executor.execute(document.clone(), rows).await;
        Self(Ok(parts(response, ty.name)))
    }

    /// The fields of the object with this index.
    pub(super) fn get(&self, index: usize) -> Result<Option<&Part>, Error> {
        match &self.0 {
            Ok(parts) => Ok(parts.get(index)),
            Err(error) => Err(error.clone()),
        }
    }
}

/// Divides a response among its objects.
fn parts(response: Response, type_name: &str) -> Vec<Part> {
    let objects = match response.data {
        Value::Object(mut root) => root.swap_remove(type_name),
        _ => None,
    };
    let mut parts: Vec<Part> = match objects {
        Some(Value::List(objects)) => objects.into_iter().map(Part::of).collect(),
        _ => Vec::new(),
    };
    for mut error in response.errors {
        let index = match error.path.get(1) {
            Some(PathSegment::Index(index)) => *index,
            _ => 0,
        };
        error.path.drain(..error.path.len().min(2));
        if let Some(part) = parts.get_mut(index) {
            part.errors.push(error);
        }
    }
    parts
}

impl Part {
    fn of(object: Value) -> Self {
        let values = match object {
            Value::Object(values) => Some(values),
            _ => None,
        };
        Self {
            values,
            errors: Vec::new(),
        }
    }
}
