//! Plans as data: what is read and written for each field of a selection.

use async_graphql::{Name, Pos, parser::types::ExecutableDocument};
use async_graphql_value::Value;

use super::catalog::ObjectType;
use crate::{
    read::{
        columns::ColumnSet,
        edge::{ListEdge, ToOneEdge},
        format::Format,
    },
    schema::root::RootKey,
};

/// The name of a field in the answer.
pub(super) struct Key {
    pub(super) name: Name,
    /// The name as JSON, with the colon.
    pub(super) json: String,
    /// Where the field is in the document.
    pub(super) position: Pos,
}

/// A selection of the fields of an object.
pub(super) struct ObjectPlan {
    pub(super) ty: &'static ObjectType,
    /// The columns that its fields need.
    pub(super) columns: ColumnSet,
    pub(super) fields: Vec<(Key, FieldPlan)>,
    /// The document that executes the fields with code behind them, if there are any.
    pub(super) part: Option<ExecutableDocument>,
}

/// A field of an object.
pub(super) enum FieldPlan {
    /// It has code behind it, so async-graphql resolves it.
    Code,
    Typename,
    Id,
    DatabaseId,
    Column {
        number: usize,
        format: &'static Format,
    },
    One {
        /// The number of the column with the key.
        key: usize,
        edge: &'static dyn ToOneEdge,
        is_required: bool,
        target: ObjectPlan,
    },
    List {
        key: usize,
        list: ListPlan,
    },
}

/// A selection of the fields of a connection.
pub(super) struct ListPlan {
    /// The number of the list in the operation.
    pub(super) number: usize,
    /// The name of the type of its objects.
    pub(super) of: &'static str,
    pub(super) fields: Vec<(Key, ConnectionField)>,
    /// The selections of its objects: those of `nodes`, and of `node` in `edges`.
    pub(super) objects: Vec<ObjectPlan>,
    /// Whether the rows are read.
    pub(super) has_page: bool,
    /// Whether they are counted.
    pub(super) has_total: bool,
}

/// A field of a connection. Objects are given by their index in [`ListPlan::objects`].
pub(super) enum ConnectionField {
    Typename,
    Nodes(usize),
    Edges(Vec<(Key, EdgeField)>),
    PageInfo(Vec<(Key, PageInfoField)>),
    TotalCount,
}

/// A field of an edge.
pub(super) enum EdgeField {
    Typename,
    Cursor,
    Node(usize),
}

/// A field of `PageInfo`.
pub(super) enum PageInfoField {
    Typename,
    HasNextPage,
    HasPreviousPage,
    StartCursor,
    EndCursor,
}

/// The arguments of a list, in which there may be variables.
pub(super) struct ListArguments {
    pub(super) edge: &'static dyn ListEdge,
    pub(super) values: Vec<(Name, Value)>,
}

/// A root field.
pub(super) struct RootPlan {
    pub(super) source: RootSource,
    /// The arguments of all lists, by their numbers.
    pub(super) lists: Vec<ListArguments>,
}

/// What a root field is.
pub(super) enum RootSource {
    /// A list of all rows of a type.
    List(ListPlan),
    /// A single object.
    One {
        edge: &'static dyn ToOneEdge,
        key: RootKey,
        arguments: Vec<(Name, Value)>,
        target: ObjectPlan,
    },
}
