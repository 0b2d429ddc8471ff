//! The fields with code behind them, which async-graphql resolves for all objects of a level at once.

use std::collections::HashMap;

use async_graphql::{
    Name, PathSegment, Pos, Positioned, Response, ServerError, Value,
    parser::types::{
        DocumentOperations, ExecutableDocument, Field, FragmentDefinition, OperationDefinition,
        OperationType, Selection, SelectionSet, VariableDefinition,
    },
};
use async_graphql_value::indexmap::IndexMap;
use futures_util::future::BoxFuture;

use super::catalog::ObjectType;
use crate::{
    error::Error, guard::cost::measure::Fragments, read::level::Rows, schema::part::PartRows,
};

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

/// The document that executes these fields of objects of a type. They may use any of the variables.
pub(super) fn document(
    type_name: &str,
    fields: Vec<Positioned<Field>>,
    variables: &[Positioned<VariableDefinition>],
    fragments: &Fragments,
) -> ExecutableDocument {
    let mut reached = HashMap::new();
    for field in &fields {
        reach(&field.node.selection_set.node, fragments, &mut reached);
    }
    let selections = fields.into_iter().map(|field| {
        let position = field.pos;
        Positioned::new(Selection::Field(field), position)
    });
    let objects = Field {
        alias: None,
        name: nowhere(Name::new(type_name)),
        arguments: Vec::new(),
        directives: Vec::new(),
        selection_set: nowhere(SelectionSet {
            items: selections.collect(),
        }),
    };
    let operation = OperationDefinition {
        ty: OperationType::Query,
        variable_definitions: variables.to_vec(),
        directives: Vec::new(),
        selection_set: nowhere(SelectionSet {
            items: vec![nowhere(Selection::Field(nowhere(objects)))],
        }),
    };
    ExecutableDocument {
        operations: DocumentOperations::Single(nowhere(operation)),
        fragments: reached,
    }
}

/// What is not in the document of the client.
fn nowhere<T>(node: T) -> Positioned<T> {
    Positioned::new(node, Pos::default())
}

/// Adds the fragments that a selection spreads, and those that they spread.
fn reach(
    set: &SelectionSet,
    fragments: &Fragments,
    reached: &mut HashMap<Name, Positioned<FragmentDefinition>>,
) {
    for selection in &set.items {
        match &selection.node {
            Selection::Field(field) => reach(&field.node.selection_set.node, fragments, reached),
            Selection::InlineFragment(fragment) => {
                reach(&fragment.node.selection_set.node, fragments, reached);
            }
            Selection::FragmentSpread(spread) => {
                let name = &spread.node.fragment_name.node;
                if let Some(fragment) = fragments.get(name)
                    && !reached.contains_key(name)
                {
                    reached.insert(name.clone(), fragment.clone());
                    reach(&fragment.node.selection_set.node, fragments, reached);
                }
            }
        }
    }
}
