//! What the schema says about costs and inputs: its types, and the directives of its fields. Both
//! are read from the schema definition (SDL).

mod introspection;

use std::collections::{HashMap, HashSet};

use apollo_compiler::{
    Node, Schema,
    ast::{Directive, FieldDefinition, Value},
    schema::{EnumType, ExtendedType, InputObjectType},
};
use async_graphql::parser::types::{BaseType, OperationType, Type};
use async_graphql_value::{ConstValue, indexmap::IndexMap};

use crate::guard::document::convert::{to_const, to_type};

/// The parent of the lists with all objects of a workspace.
const WORKSPACE: &str = "Workspace";

/// The parts of the schema that costs and input checks need.
pub(crate) struct Facts {
    types: HashMap<String, Composite>,
    inputs: HashMap<String, Input>,
    /// The orders with an index, by the name of the enum.
    orders: HashMap<String, Orders>,
    /// The names of the types that implement `Node`.
    nodes: HashSet<String>,
    /// The members of the unions.
    unions: HashMap<String, Vec<String>>,
}

/// An object type or interface.
#[derive(Default)]
pub(crate) struct Composite {
    pub(super) fields: HashMap<String, Field>,
}

/// The facts about a field that its cost depends on.
#[derive(Clone, Debug)]
#[expect(clippy::struct_excessive_bools, reason = "each stands for a directive")]
pub(crate) struct Field {
    /// The name of its type, without list and non-null.
    pub(crate) type_name: String,
    /// The types of its arguments.
    pub(crate) arguments: HashMap<String, Type>,
    /// For arguments that take IDs of one type: that type.
    pub(crate) id_arguments: HashMap<String, String>,
    /// How many values the field has.
    pub(crate) size: Size,
    /// Whether its value is a scalar or an enum value, which has no fields.
    pub(crate) is_leaf: bool,
    /// Whether the field counts as a level of depth.
    pub(crate) is_level: bool,
    /// What determines the length of the lists below the field, down to the next field with this.
    pub(crate) sizes_lists_by: Option<SizedBy>,
    /// With [`SizedBy::Input`]: the field of `input` that gives the length as a number, and its
    /// maximum.
    pub(crate) size_input: Option<(String, u64)>,
    /// The SQL statements that the field itself needs.
    pub(crate) statements: u64,
    /// The rows that the field itself reads, without those of lists.
    pub(crate) rows: u64,
    /// Whether the field needs a statement that all such fields of an object share.
    pub(crate) shares_statement: bool,
    /// If the value can be long, so that it is read only where it is selected: the names of the type
    /// and of the field that shows the column, as `Type.field`.
    pub(crate) large: Option<String>,
    /// The list, if the field is one.
    pub(crate) list: Option<List>,
    /// Whether the field counts the objects of the list that it belongs to.
    pub(crate) is_total: bool,
    /// If the field searches types: the argument that lists them, and the number of all types.
    pub(crate) searches: Option<(String, u64)>,
    /// What the field stores, if it stores its input.
    pub(crate) stores: Option<Stored>,
    /// Whether the field hashes a password.
    pub(crate) hashes_password: bool,
    /// Whether the value can differ between viewers of the same workspace.
    pub(crate) is_per_viewer: bool,
}

/// What a field stores beside the items of its input.
#[derive(Clone, Debug)]
pub(crate) struct Stored {
    /// The number of rows that it changes at most, where its input does not list them.
    pub(crate) rows: Option<u64>,
    /// The field of `input` that must be true for that.
    pub(crate) when: Option<String>,
    /// The list in `input` that says which rows are changed, if it is given.
    pub(crate) unless: Option<String>,
}

/// A paginated list with a filter and an order.
#[derive(Clone, Debug)]
pub(crate) struct List {
    /// The type whose objects have the list; `Workspace` if it has all objects of a workspace.
    pub(crate) parent: String,
    /// The value of `orderBy` that stands for the default order.
    pub(crate) default_order: Option<String>,
}

/// The orders of a type that have an index: by value of the enum, the type whose lists have the
/// index, or none if all lists have.
pub(crate) type Orders = HashMap<String, Option<String>>;

/// How many values a field has.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Size {
    One,
    /// A list. Its length is determined by the field itself or by a field above, with
    /// [`Field::sizes_lists_by`].
    List,
    /// A list whose usual length is declared, or one of the schema itself, with its average length.
    Known(u64),
}

/// What determines the length of lists.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum SizedBy {
    /// The arguments `first` and `last` of a page.
    Page {
        /// The page size without these arguments.
        default: u64,
        /// The largest page size.
        maximum: u64,
        /// The number of rows read for each item.
        rows: u64,
    },
    /// The longest list among the arguments.
    Input,
}

/// An input type.
pub(crate) enum Input {
    /// The names of the values.
    Enum(Vec<String>),
    Object(InputObject),
    /// A built-in scalar, or a custom one, which its resolver parses.
    Scalar,
}

/// An input object type.
pub(crate) struct InputObject {
    /// In the order of the schema.
    pub(crate) fields: IndexMap<String, InputField>,
    /// Whether the object is a condition of a `where`.
    pub(crate) is_condition: bool,
    /// Whether the object is the `where` of a type.
    pub(crate) is_where: bool,
    /// If the object compares IDs: the type of the objects that have them.
    pub(crate) ids_of: Option<String>,
}

/// A field of an input object.
pub(crate) struct InputField {
    pub(crate) ty: Type,
    pub(crate) default: Option<ConstValue>,
    /// If the field takes IDs of one type: that type.
    pub(crate) id_of: Option<String>,
    /// Whether `eq` and `in` find rows by an index, at most one for each value.
    pub(crate) is_unique_value: bool,
    /// The order whose index limits the rows for `lt`, `lte`, `gt` and `gte`.
    pub(crate) indexed_range: Option<String>,
    /// The order in which an index has the rows for `eq`.
    pub(crate) indexed_equality: Option<String>,
}

impl Facts {
    /// Reads the facts from the schema.
    pub(crate) fn new(schema: &Schema) -> Self {
        let mut types: HashMap<String, Composite> = schema
            .types
            .iter()
            .filter(|(name, _)| !name.starts_with("__"))
            .filter_map(|(name, ty)| {
                let fields = fields_of(ty)?;
                let fields = fields.map(|it| (it.name.to_string(), field(schema, name, it)));
                let fields = fields.collect();
                Some((name.to_string(), Composite { fields }))
            })
            .collect();
        introspection::add_to(&mut types, schema);
        let inputs = schema.types.iter().filter_map(|(name, ty)| {
            let input = input(ty)?;
            Some((name.to_string(), input))
        });
        let orders = schema.types.iter().filter_map(|(name, ty)| {
            let orders = indexed_orders(ty.as_enum()?);
            Some((name.to_string(), orders))
        });
        let nodes = schema.types.iter().filter(|(_, ty)| {
            let object = ty.as_object();
            object.is_some_and(|it| it.implements_interfaces.iter().any(|it| *it == "Node"))
        });
        let unions = schema.types.iter().filter_map(|(name, ty)| {
            let members = ty.as_union()?.members.iter();
            Some((name.to_string(), members.map(ToString::to_string).collect()))
        });
        Self {
            types,
            inputs: inputs.collect(),
            orders: orders.collect(),
            nodes: nodes.map(|(name, _)| name.to_string()).collect(),
            unions: unions.collect(),
        }
    }

    /// The root type of operations of this type.
    pub(crate) fn root(&self, operation_type: OperationType) -> Option<&Composite> {
        self.composite(match operation_type {
            OperationType::Query => "Query",
            OperationType::Mutation => "Mutation",
            OperationType::Subscription => "Subscription",
        })
    }

    /// The object type or interface of this name.
    pub(crate) fn composite(&self, name: &str) -> Option<&Composite> {
        self.types.get(name)
    }

    /// The members of a union, if the type is one.
    pub(crate) fn members(&self, type_name: &str) -> Option<&[String]> {
        self.unions.get(type_name).map(Vec::as_slice)
    }

    /// Whether objects of the type have global ids.
    pub(crate) fn is_node(&self, type_name: &str) -> bool {
        self.nodes.contains(type_name)
    }

    /// The input type of this name.
    pub(crate) fn input(&self, name: &str) -> Option<&Input> {
        self.inputs.get(name)
    }

    /// The input type that a type refers to, within lists and non-null.
    pub(crate) fn input_of(&self, ty: &Type) -> Option<&Input> {
        self.input(base_name(ty))
    }

    /// The input object type of an argument, if it has one.
    pub(crate) fn input_object_of(&self, field: &Field, argument: &str) -> Option<&InputObject> {
        match self.input_of(field.arguments.get(argument)?)? {
            Input::Object(object) => Some(object),
            _ => None,
        }
    }

    /// The orders of a list that have an index.
    pub(crate) fn orders_of(&self, list: &Field) -> Option<&Orders> {
        let order_by = self.input_object_of(list, "orderBy")?;
        self.orders
            .get(base_name(&order_by.fields.get("field")?.ty))
    }

    /// The `where` within a filter by related objects, such as `{some: …}`.
    pub(crate) fn quantified(&self, object: &InputObject) -> Option<&InputObject> {
        match self.input_of(&object.fields.get("some")?.ty)? {
            Input::Object(object) => Some(object),
            _ => None,
        }
    }
}

impl Composite {
    pub(crate) fn field(&self, name: &str) -> Option<&Field> {
        self.fields.get(name)
    }

    pub(crate) fn field_names(&self) -> impl Iterator<Item = &String> {
        self.fields.keys()
    }
}

/// The name of a type, without list and non-null.
fn base_name(ty: &Type) -> &str {
    match &ty.base {
        BaseType::Named(name) => name,
        BaseType::List(item) => base_name(item),
    }
}

fn field(schema: &Schema, parent: &str, definition: &FieldDefinition) -> Field {
    let type_name = definition.ty.inner_named_type();
    let is_composite = schema
        .types
        .get(type_name)
        .is_some_and(|it| it.is_object() || it.is_interface() || it.is_union());
    let directive = |name| definition.directives.get(name);
    let cost = |argument| directive("cost").and_then(|it| integer(it, argument));
    let page = directive("page").map(|it| SizedBy::Page {
        default: integer(it, "default").unwrap_or_default(),
        maximum: integer(it, "maximum").unwrap_or_default(),
        rows: integer(it, "rows").unwrap_or(1),
    });
    let list = directive("page").map(|it| list(it, parent));
    let searches = directive("searches").and_then(|it| {
        let types = it.specified_argument_by_name("types")?.as_str()?;
        Some((types.to_owned(), integer(it, "all")?))
    });
    let input = directive("sizedByInput").map(|_| SizedBy::Input);
    let size_input = directive("sizedByInput").and_then(|it| {
        let name = it.specified_argument_by_name("field")?.as_str()?;
        Some((name.to_owned(), integer(it, "maximum")?))
    });
    let arguments = definition.arguments.iter();
    let arguments = arguments.map(|it| (it.name.to_string(), to_type(&it.ty)));
    let id_arguments = definition.arguments.iter().filter_map(|it| {
        let of = text(it.directives.get("idOf"), "type")?;
        Some((it.name.to_string(), of))
    });
    Field {
        type_name: type_name.to_string(),
        arguments: arguments.collect(),
        id_arguments: id_arguments.collect(),
        size: match directive("large").and_then(|it| integer(it, "items")) {
            Some(items) => Size::Known(items),
            None if definition.ty.is_list() && is_composite => Size::List,
            None => Size::One,
        },
        is_leaf: !is_composite,
        is_level: true,
        sizes_lists_by: page.or(input),
        size_input,
        statements: cost("statements").unwrap_or_default(),
        rows: cost("rows").unwrap_or_default(),
        shares_statement: directive("sharedStatement").is_some(),
        large: directive("large").map(|it| {
            let stored = text(Some(it), "stored");
            format!("{parent}.{}", stored.as_deref().unwrap_or(&definition.name))
        }),
        list,
        is_total: directive("total").is_some(),
        searches,
        stores: directive("stores").map(|it| Stored {
            rows: integer(it, "rows"),
            when: text(Some(it), "when"),
            unless: text(Some(it), "unless"),
        }),
        hashes_password: directive("hashesPassword").is_some(),
        is_per_viewer: directive("perViewer").is_some(),
    }
}

fn list(page: &Node<Directive>, parent: &str) -> List {
    let is_whole = page.specified_argument_by_name("whole");
    let is_whole = is_whole.and_then(|it| it.to_bool()).unwrap_or_default();
    List {
        parent: if is_whole { WORKSPACE } else { parent }.to_owned(),
        default_order: text(Some(page), "orderField"),
    }
}

/// The fields of an object type or interface.
pub(super) fn fields_of(ty: &ExtendedType) -> Option<impl Iterator<Item = &FieldDefinition>> {
    let fields = match ty {
        ExtendedType::Object(object) => &object.fields,
        ExtendedType::Interface(interface) => &interface.fields,
        _ => return None,
    };
    Some(fields.values().map(|it| &**it))
}

/// The value of an integer argument of a directive.
fn integer(directive: &Directive, argument: &str) -> Option<u64> {
    match &**directive.specified_argument_by_name(argument)? {
        Value::Int(number) => number.as_str().parse().ok(),
        _ => None,
    }
}

/// The value of a text argument of a directive.
fn text(directive: Option<&Node<Directive>>, argument: &str) -> Option<String> {
    let value = directive?.specified_argument_by_name(argument)?;
    Some(value.as_str()?.to_owned())
}

fn input(ty: &ExtendedType) -> Option<Input> {
    Some(match ty {
        ExtendedType::Scalar(_) => Input::Scalar,
        ExtendedType::Enum(it) => Input::Enum(names(it)),
        ExtendedType::InputObject(it) => Input::Object(input_object(it)),
        _ => return None,
    })
}

fn indexed_orders(ty: &EnumType) -> Orders {
    let values = ty.values.values();
    let indexed = values.filter_map(|it| {
        let directive = it.directives.get("indexedOrder")?;
        Some((it.value.to_string(), text(Some(directive), "of")))
    });
    indexed.collect()
}

fn names(ty: &EnumType) -> Vec<String> {
    ty.values.keys().map(ToString::to_string).collect()
}

fn input_object(ty: &InputObjectType) -> InputObject {
    let fields = ty.fields.values().map(|it| {
        let field = InputField {
            ty: to_type(&it.ty),
            default: it.default_value.as_ref().map(to_const),
            id_of: text(it.directives.get("idOf"), "type"),
            is_unique_value: it.directives.has("uniqueValue"),
            indexed_range: text(it.directives.get("indexedRange"), "order"),
            indexed_equality: text(it.directives.get("indexedEquality"), "order"),
        };
        (it.name.to_string(), field)
    });
    InputObject {
        fields: fields.collect(),
        is_where: ty
            .fields
            .get("not")
            .is_some_and(|it| it.ty.inner_named_type() == &ty.name),
        is_condition: ty.directives.has("condition"),
        ids_of: text(ty.directives.get("condition"), "idsOf"),
    }
}
