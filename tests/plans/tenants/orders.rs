//! What the schema says of the lists at the root: their orders, and the filters that an index has.

use async_graphql::Positioned;
use async_graphql::parser::types::{ConstDirective, InputValueDefinition};
use async_graphql_value::ConstValue;
use generator::{Schema, base};

/// A list at the root.
pub struct List {
    /// The name of the field.
    pub field: String,
    /// The name of the type of its rows.
    pub of: String,
    pub orders: Vec<Order>,
    pub filters: Vec<Filter>,
}

/// A value of `orderBy`.
pub struct Order {
    pub name: String,
    /// Whether the schema says that an index has this order for a whole workspace.
    pub is_indexed: bool,
}

/// A filter that an index has, for one order.
pub struct Filter {
    /// The field of `where`.
    pub field: String,
    pub order: String,
    pub kind: FilterKind,
}

/// The values that an index has.
pub enum FilterKind {
    /// Those of an enum.
    Equality(Vec<String>),
    /// A range of the type of this filter.
    Range(String),
}

/// The lists at the root that have an order.
pub fn lists(schema: &Schema) -> Vec<List> {
    let mut lists = Vec::new();
    for field in schema.fields("Query") {
        let argument = |name: &str| {
            let found = field.arguments.iter().find(|it| it.node.name.node == name);
            found.map(|it| base(&it.node.ty.node))
        };
        let (Some(order), Some(filter)) = (argument("orderBy"), argument("where")) else {
            continue;
        };
        let of = order.strip_suffix("Order").unwrap();
        let orders = orders(schema, order);
        lists.push(List {
            field: field.name.node.to_string(),
            of: of.to_owned(),
            filters: filters(schema, filter, &orders),
            orders,
        });
    }
    lists
}

fn orders(schema: &Schema, input: &str) -> Vec<Order> {
    let fields = schema.inputs(input).unwrap();
    let field = fields.iter().find(|it| it.name.node == "field").unwrap();
    let values = schema.values(base(&field.ty.node));
    let order = |(name, directives): (&str, _)| {
        let indexed = find(directives, "indexedOrder");
        let of = indexed.and_then(|it| text(it, "of"));
        Order {
            name: name.to_owned(),
            is_indexed: indexed.is_some() && of.is_none_or(|of| of == "Workspace"),
        }
    };
    values.map(order).collect()
}

/// The filters whose order is one of the whole list.
fn filters(schema: &Schema, input: &str, orders: &[Order]) -> Vec<Filter> {
    let mut filters = Vec::new();
    for field in schema.inputs(input).unwrap() {
        for (directive, is_equality) in [("indexedEquality", true), ("indexedRange", false)] {
            let Some(order) = find(&field.directives, directive).and_then(|it| text(it, "order"))
            else {
                continue;
            };
            if orders.iter().any(|it| it.is_indexed && it.name == order) {
                filters.push(Filter {
                    field: field.name.node.to_string(),
                    order: order.to_owned(),
                    kind: kind(schema, field, is_equality),
                });
            }
        }
    }
    filters
}

fn kind(schema: &Schema, field: &InputValueDefinition, is_equality: bool) -> FilterKind {
    let filter = base(&field.ty.node);
    if !is_equality {
        return FilterKind::Range(filter.to_owned());
    }
    let fields = schema.inputs(filter).unwrap();
    let eq = fields.iter().find(|it| it.name.node == "eq").unwrap();
    let values = schema.values(base(&eq.ty.node));
    FilterKind::Equality(values.map(|(name, _)| name.to_owned()).collect())
}

fn find<'a>(
    directives: &'a [Positioned<ConstDirective>],
    name: &str,
) -> Option<&'a ConstDirective> {
    let mut directives = directives.iter().map(|it| &it.node);
    directives.find(|it| it.name.node == name)
}

fn text<'a>(directive: &'a ConstDirective, argument: &str) -> Option<&'a str> {
    match &directive.get_argument(argument)?.node {
        ConstValue::String(text) => Some(text),
        _ => None,
    }
}
