//! From the selection of an operation to its plan.

use std::sync::Arc;

use async_graphql::{
    Name, Positioned, Variables,
    parser::types::{Field, Selection, SelectionSet, VariableDefinition},
};
use async_graphql_value::{Value, indexmap::IndexMap};

use super::{
    catalog::{FieldSource, ObjectType, object_type, root_field},
    part,
    tree::{
        ConnectionField, EdgeField, FieldPlan, Key, ListArguments, ListPlan, ObjectPlan,
        PageInfoField, RootPlan, RootSource,
    },
};
use crate::{
    guard::{
        cost::measure::Fragments,
        document::{LargeFields, Operation, is_excluded},
    },
    read::{columns::ColumnSet, edge::ListEdge},
    schema::root::RootRows,
};

/// The interface of all types with ids.
const NODE: &str = "Node";

/// A plan with more fields is made for each request. A document whose fragments are spread many times
/// has many more fields than it is long, and many documents are cached.
const KEPT_UP_TO_FIELDS: usize = 200;

/// The same for the values in the document that its arguments have, in bytes.
const KEPT_UP_TO_BYTES: usize = 4 * 1024;

/// The plans of the root fields of an operation, in the order of the answer.
pub(super) struct Compiled {
    pub(super) roots: Vec<(Key, Option<RootPlan>)>,
    /// Whether fields with code behind them are among what is planned.
    pub(super) has_parts: bool,
}

impl Compiled {
    /// The plans of an operation. They are made once, unless what is selected depends on variables.
    pub(super) fn of(operation: &Operation) -> Option<Arc<Self>> {
        let (plans, name) = (&operation.document.plans, operation.name());
        if let Some(known) = plans.get(name) {
            return Some(known);
        }
        let definition = operation.document.find(name)?;
        let mut compilation = Compilation {
            fragments: &operation.document.parsed.fragments,
            variables: &operation.variables,
            definitions: &definition.variable_definitions,
            large: &operation.document.large,
            has_directives: false,
            has_parts: false,
            fields: 0,
            bytes: 0,
            lists: Vec::new(),
        };
        let root = &definition.selection_set.node;
        let mut roots = Vec::new();
        for field in compilation.collect(&[root], "Query").into_values() {
            let plan = compilation.root(&field);
            roots.push((field.key(), plan));
        }
        let plan = Arc::new(Self {
            roots,
            has_parts: compilation.has_parts,
        });
        let is_small =
            compilation.fields <= KEPT_UP_TO_FIELDS && compilation.bytes <= KEPT_UP_TO_BYTES;
        if !compilation.has_directives && is_small {
            plans.keep(name, Arc::clone(&plan));
        }
        Some(plan)
    }
}

/// The fields of a selection with the same response name, which are executed as one.
struct Merged<'a> {
    first: &'a Positioned<Field>,
    all: Vec<&'a Positioned<Field>>,
    selections: Vec<&'a SelectionSet>,
}

impl Merged<'_> {
    fn name(&self) -> &str {
        &self.first.node.name.node
    }

    fn key(&self) -> Key {
        let name = self.first.node.response_key().node.clone();
        Key {
            json: format!("\"{name}\":"),
            name,
            position: self.first.pos,
        }
    }
}

struct Compilation<'a> {
    fragments: &'a Fragments,
    variables: &'a Variables,
    /// The definitions of the variables.
    definitions: &'a [Positioned<VariableDefinition>],
    large: &'a LargeFields,
    /// Whether a directive was met, so that the plan may depend on variables.
    has_directives: bool,
    /// Whether a field with code was met.
    has_parts: bool,
    /// How many fields were planned.
    fields: usize,
    /// How many bytes the values of their arguments have.
    bytes: usize,
    /// The lists of the current root field.
    lists: Vec<ListArguments>,
}

/// None if the selection cannot be planned.
type Planned<T> = Option<T>;

impl<'a> Compilation<'a> {
    /// The fields that are selected on a type, in the order of the answer.
    fn collect(
        &mut self,
        selections: &[&'a SelectionSet],
        on: &str,
    ) -> IndexMap<&'a Name, Merged<'a>> {
        let mut fields = IndexMap::new();
        for set in selections {
            self.collect_into(&mut fields, set, on);
        }
        self.fields += fields.len();
        fields
    }

    fn collect_into(
        &mut self,
        fields: &mut IndexMap<&'a Name, Merged<'a>>,
        set: &'a SelectionSet,
        on: &str,
    ) {
        for selection in &set.items {
            let directives = selection.node.directives();
            self.has_directives |= !directives.is_empty();
            if is_excluded(directives, self.variables) {
                continue;
            }
            match &selection.node {
                Selection::Field(field) => {
                    let merged = fields.entry(&field.node.response_key().node);
                    let merged = merged.or_insert_with(|| Merged {
                        first: field,
                        all: Vec::new(),
                        selections: Vec::new(),
                    });
                    merged.all.push(field);
                    merged.selections.push(&field.node.selection_set.node);
                }
                Selection::InlineFragment(fragment) => {
                    let condition = fragment.node.type_condition.as_ref();
                    if condition.is_none_or(|it| applies(&it.node.on.node, on)) {
                        self.collect_into(fields, &fragment.node.selection_set.node, on);
                    }
                }
                Selection::FragmentSpread(spread) => {
                    if let Some(fragment) = self.fragments.get(&spread.node.fragment_name.node)
                        && applies(&fragment.node.type_condition.node.on.node, on)
                    {
                        self.collect_into(fields, &fragment.node.selection_set.node, on);
                    }
                }
            }
        }
    }

    /// The arguments of a field.
    fn arguments(&mut self, field: &Merged<'a>) -> Vec<(Name, Value)> {
        let arguments = field.first.node.arguments.iter();
        let arguments = arguments.map(|(name, value)| (name.node.clone(), value.node.clone()));
        let arguments: Vec<_> = arguments.collect();
        self.bytes += arguments
            .iter()
            .map(|(_, value)| bytes(value))
            .sum::<usize>();
        arguments
    }

    fn root(&mut self, field: &Merged<'a>) -> Planned<RootPlan> {
        let arguments = without_by(self.arguments(field));
        let root = root_field(field.name(), &arguments)?;
        self.lists.clear();
        let source = match root.rows {
            RootRows::List(edge) => RootSource::List(self.list(field, edge, root.target)?),
            RootRows::One(edge, key) => RootSource::One {
                edge,
                key,
                arguments,
                target: self.object(&field.selections, object_type(root.target)?)?,
            },
        };
        Some(RootPlan {
            source,
            lists: std::mem::take(&mut self.lists),
        })
    }

    fn object(
        &mut self,
        selections: &[&'a SelectionSet],
        ty: &'static ObjectType,
    ) -> Planned<ObjectPlan> {
        let mut columns = ColumnSet::default();
        let mut fields = Vec::new();
        let mut with_code = Vec::new();
        for field in self.collect(selections, ty.name).into_values() {
            let (plan, column) = self.field(&field, ty)?;
            if let Some(column) = column {
                columns = columns.union(ColumnSet::one(column));
            }
            if matches!(plan, FieldPlan::Code) {
                self.has_parts = true;
                with_code.extend(field.all.iter().map(|&it| it.clone()));
            }
            fields.push((field.key(), plan));
        }
        let part = (!with_code.is_empty()).then(|| {
            columns = columns.union((ty.columns)(self.large));
            part::document(ty.name, with_code, self.definitions, self.fragments)
        });
        Some(ObjectPlan {
            ty,
            columns,
            fields,
            part,
        })
    }

    /// The plan of a field, with the column that it needs.
    fn field(
        &mut self,
        field: &Merged<'a>,
        ty: &'static ObjectType,
    ) -> Planned<(FieldPlan, Option<usize>)> {
        if field.name() == "__typename" {
            return Some((FieldPlan::Typename, None));
        }
        let Some(source) = ty.field(field.name()) else {
            return Some((FieldPlan::Code, None));
        };
        Some(match source {
            FieldSource::Id => (FieldPlan::Id, Some(ty.id)),
            FieldSource::DatabaseId => (FieldPlan::DatabaseId, Some(ty.id)),
            FieldSource::Column { number, format } => {
                let number = *number;
                (FieldPlan::Column { number, format }, Some(number))
            }
            FieldSource::One {
                key,
                target,
                is_required,
                edge,
            } => {
                let plan = FieldPlan::One {
                    key: *key,
                    edge: *edge,
                    is_required: *is_required,
                    target: self.object(&field.selections, object_type(target)?)?,
                };
                (plan, Some(*key))
            }
            FieldSource::List { key, target, edge } => {
                let list = self.list(field, *edge, target)?;
                (FieldPlan::List { key: *key, list }, Some(*key))
            }
        })
    }

    fn list(
        &mut self,
        field: &Merged<'a>,
        edge: &'static dyn ListEdge,
        of: &'static str,
    ) -> Planned<ListPlan> {
        let values = self.arguments(field);
        let number = self.lists.len();
        self.lists.push(ListArguments { edge, values });
        let ty = object_type(of)?;
        let mut list = ListPlan {
            number,
            of,
            fields: Vec::new(),
            objects: Vec::new(),
            has_page: false,
            has_total: false,
        };
        let connection = format!("{of}Connection");
        for field in self.collect(&field.selections, &connection).into_values() {
            let plan = match field.name() {
                "__typename" => ConnectionField::Typename,
                "totalCount" => {
                    list.has_total = true;
                    ConnectionField::TotalCount
                }
                "nodes" => {
                    list.objects.push(self.object(&field.selections, ty)?);
                    ConnectionField::Nodes(list.objects.len() - 1)
                }
                "edges" => ConnectionField::Edges(self.edges(&field, ty, &mut list.objects)?),
                "pageInfo" => ConnectionField::PageInfo(self.page_info(&field)?),
                _ => return None,
            };
            list.has_page |= !matches!(
                plan,
                ConnectionField::Typename | ConnectionField::TotalCount
            );
            list.fields.push((field.key(), plan));
        }
        Some(list)
    }

    fn edges(
        &mut self,
        field: &Merged<'a>,
        ty: &'static ObjectType,
        objects: &mut Vec<ObjectPlan>,
    ) -> Planned<Vec<(Key, EdgeField)>> {
        let mut fields = Vec::new();
        let edge = format!("{}Edge", ty.name);
        for field in self.collect(&field.selections, &edge).into_values() {
            let plan = match field.name() {
                "__typename" => EdgeField::Typename,
                "cursor" => EdgeField::Cursor,
                "node" => {
                    objects.push(self.object(&field.selections, ty)?);
                    EdgeField::Node(objects.len() - 1)
                }
                _ => return None,
            };
            fields.push((field.key(), plan));
        }
        Some(fields)
    }

    fn page_info(&mut self, field: &Merged<'a>) -> Planned<Vec<(Key, PageInfoField)>> {
        let fields = self.collect(&field.selections, "PageInfo").into_values();
        let fields = fields.map(|field| {
            let plan = match field.name() {
                "__typename" => PageInfoField::Typename,
                "hasNextPage" => PageInfoField::HasNextPage,
                "hasPreviousPage" => PageInfoField::HasPreviousPage,
                "startCursor" => PageInfoField::StartCursor,
                "endCursor" => PageInfoField::EndCursor,
                _ => return None,
            };
            Some((field.key(), plan))
        });
        fields.collect()
    }
}

/// About how many bytes a value has.
fn bytes(value: &Value) -> usize {
    const BYTES: usize = 32;
    BYTES
        + match value {
            Value::String(text) => text.len(),
            Value::List(items) => items.iter().map(bytes).sum(),
            Value::Object(fields) => fields.values().map(bytes).sum(),
            _ => 0,
        }
}

/// Whether a fragment on one type applies to objects of another. The only interface is that of all
/// types with ids.
fn applies(condition: &str, on: &str) -> bool {
    condition == on || (condition == NODE && object_type(on).is_some())
}

/// The key of a single object as an argument of its own: `by: { id: … }` means `id: …`.
fn without_by(arguments: Vec<(Name, Value)>) -> Vec<(Name, Value)> {
    match arguments.as_slice() {
        [(name, Value::Object(key))] if name == "by" => key
            .iter()
            .map(|(name, value)| (name.clone(), value.clone()))
            .collect(),
        _ => arguments,
    }
}
