//! What the cost of a selection depends on, taken from the text of the schema.

use std::collections::HashMap;

use async_graphql::parser::{
    parse_schema,
    types::{
        BaseType, FieldDefinition, InputValueDefinition, OperationType, Type, TypeDefinition,
        TypeKind, TypeSystemDefinition,
    },
};

/// The schema, as far as costs and inputs go.
pub(crate) struct Facts {
    types: HashMap<String, Composite>,
    inputs: HashMap<String, Input>,
}

/// A type with fields.
#[derive(Default)]
pub(crate) struct Composite {
    fields: HashMap<String, Field>,
}

/// A field, as far as its cost goes.
#[derive(Clone, Debug)]
pub(crate) struct Field {
    /// The name of its type, without list and non-null.
    pub(crate) type_name: String,
    /// The types of its arguments.
    pub(crate) arguments: HashMap<String, Type>,
    /// How many values it has.
    pub(crate) size: Size,
    /// Whether it is a level of depth of its own.
    pub(crate) is_level: bool,
    /// What says how long the lists below it are, up to the next field that has this.
    pub(crate) sizes_lists_by: Option<SizedBy>,
    /// The SQL statements that it needs itself.
    pub(crate) statements: u64,
    /// The rows that it reads itself, beside those of lists.
    pub(crate) rows: u64,
    /// Whether it foretells what may be done: all such fields of an object share a statement.
    pub(crate) foretells: bool,
}

/// How many values a field has.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Size {
    One,
    /// As many as the field above that sizes lists says.
    AsAsked,
    /// As many as the schema has, on average.
    Known(u64),
}

/// What says how long lists are.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum SizedBy {
    /// The arguments of a page.
    Page,
    /// The longest list among the arguments.
    Input,
}

/// An input type.
pub(crate) enum Input {
    /// One of these names.
    Enum(Vec<String>),
    Object(InputObject),
    /// A scalar of the language, or one of ours, which its resolver reads.
    Scalar,
}

/// The fields of an input object.
pub(crate) struct InputObject {
    pub(crate) fields: HashMap<String, InputField>,
}

/// A field of an input object.
pub(crate) struct InputField {
    pub(crate) ty: Type,
    pub(crate) has_default: bool,
}

/// Statements of a subscription: one to see whether there is what it is about, one to read it.
const OF_SUBSCRIPTION: u64 = 2;

/// Statements of a mutation: those of its transaction, and as many of the checks before.
const OF_MUTATION: u64 = 10;

impl Facts {
    /// Reads the facts from the schema definition.
    ///
    /// # Panics
    ///
    /// If the text is not a schema, which is ours and tested.
    #[must_use]
    #[expect(
        clippy::expect_used,
        reason = "the text is made from the schema in this very binary"
    )]
    pub(crate) fn new(sdl: &str) -> Self {
        let document = parse_schema(sdl).expect("the schema is a schema");
        let definitions: Vec<TypeDefinition> = document
            .definitions
            .into_iter()
            .filter_map(|definition| match definition {
                TypeSystemDefinition::Type(it) => Some(it.node),
                _ => None,
            })
            .collect();
        let schema = Schema::new(&definitions);
        let mut types: HashMap<String, Composite> = definitions
            .iter()
            .filter_map(|definition| {
                let fields = fields_of(definition)?;
                let name = definition.name.node.as_str();
                let fields = fields.iter().map(|it| {
                    let field = schema.field(name, &it.node);
                    (it.node.name.node.to_string(), field)
                });
                let fields = fields.collect();
                Some((name.to_owned(), Composite { fields }))
            })
            .collect();
        schema.add_introspection(&mut types);
        let inputs = definitions.iter().filter_map(input).collect();
        Self { types, inputs }
    }

    /// The type at which operations of a kind begin.
    pub(crate) fn root(&self, kind: OperationType) -> Option<&Composite> {
        self.composite(match kind {
            OperationType::Query => "Query",
            OperationType::Mutation => "Mutation",
            OperationType::Subscription => "Subscription",
        })
    }

    /// The type with fields of this name.
    pub(crate) fn composite(&self, name: &str) -> Option<&Composite> {
        self.types.get(name)
    }

    /// The input type of this name.
    pub(crate) fn input(&self, name: &str) -> Option<&Input> {
        self.inputs.get(name)
    }
}

impl Composite {
    pub(crate) fn field(&self, name: &str) -> Option<&Field> {
        self.fields.get(name)
    }
}

/// What the facts of one field depend on beside itself.
struct Schema<'a> {
    definitions: HashMap<&'a str, &'a TypeDefinition>,
}

impl<'a> Schema<'a> {
    fn new(definitions: &'a [TypeDefinition]) -> Self {
        Self {
            definitions: definitions
                .iter()
                .map(|it| (it.name.node.as_str(), it))
                .collect(),
        }
    }

    /// Whether objects of a type are rows.
    fn is_row(&self, name: &str) -> bool {
        name == "Node"
            || matches!(
                self.definitions.get(name).map(|it| &it.kind),
                Some(TypeKind::Object(object))
                    if object.implements.iter().any(|it| it.node == "Node")
            )
    }

    /// How many types of rows a selection of this type can lead to.
    fn types_of_rows(&self, name: &str) -> u64 {
        let count = match self.definitions.get(name).map(|it| &it.kind) {
            Some(TypeKind::Union(union)) => union.members.len(),
            Some(TypeKind::Interface(_)) => {
                let names = self.definitions.keys();
                names.filter(|it| **it != name && self.is_row(it)).count()
            }
            _ => 1,
        };
        count as u64
    }

    fn field(&self, parent: &str, definition: &FieldDefinition) -> Field {
        let (type_name, is_list) = base(&definition.ty.node);
        let name = definition.name.node.as_str();
        let is_connection = type_name.ends_with("Connection");
        let is_composite = self
            .definitions
            .get(type_name)
            .is_some_and(|it| fields_of(it).is_some() || matches!(it.kind, TypeKind::Union(_)));
        // What a page, a payload or an event holds has been read by the field above.
        let is_read_already = parent.ends_with("Connection")
            || parent.ends_with("Edge")
            || parent.ends_with("Payload")
            || parent.ends_with("Change")
            || parent == "TranscriptEvent"
            || type_name == "Query";
        let reads_row = self.is_row(type_name) && !is_read_already;
        let statements = match (parent, name) {
            ("Mutation", _) => OF_MUTATION,
            ("Subscription", _) => OF_SUBSCRIPTION,
            ("Query", "search") => 1 + self.types_of_rows("SearchResult"),
            ("Task", "isBlocked") | ("Segment", "viewerCanCorrect") | (_, "totalCount") => 1,
            _ if is_connection => 1,
            _ if reads_row && is_list => self.types_of_rows(type_name),
            _ if reads_row => 1,
            _ => 0,
        };
        let is_root = matches!(parent, "Query" | "Mutation" | "Subscription");
        let arguments = definition.arguments.iter().map(|it| {
            let argument = &it.node;
            (argument.name.node.to_string(), argument.ty.node.clone())
        });
        Field {
            type_name: type_name.to_owned(),
            arguments: arguments.collect(),
            size: if is_list && is_composite {
                Size::AsAsked
            } else {
                Size::One
            },
            is_level: true,
            sizes_lists_by: match (is_connection, is_root) {
                (true, _) => Some(SizedBy::Page),
                (false, true) => Some(SizedBy::Input),
                (false, false) => None,
            },
            statements,
            rows: u64::from(reads_row && !is_list),
            foretells: name.starts_with("viewerCan") || name == "allowedTransitions",
        }
    }

    /// Adds the fields that every schema has about itself. Their lists are priced as long as they
    /// are on average.
    fn add_introspection(&self, types: &mut HashMap<String, Composite>) {
        let definitions = || self.definitions.values();
        let fields = || definitions().filter_map(|it| fields_of(it)).flatten();
        let arguments = || fields().flat_map(|it| &it.node.arguments);
        // Types that much refers to have more fields than most, and these are what a selection
        // that goes on from type to type comes through.
        let types_of_fields = || fields().map(|it| base(&it.node.ty.node).0);
        let types_of_arguments = || arguments().map(|it| base(&it.node.ty.node).0);
        let size = |of: fn(&TypeKind) -> usize| {
            move |name: &str| self.definitions.get(name).map_or(0, |it| of(&it.kind))
        };
        let inputs = size(|kind| match kind {
            TypeKind::InputObject(object) => object.fields.len(),
            _ => 0,
        });
        let values = size(|kind| match kind {
            TypeKind::Enum(it) => it.values.len(),
            _ => 0,
        });
        let outputs = size(|kind| fields_of_kind(kind).map_or(0, <[_]>::len));
        let sizes = |field: &str| match field {
            "types" => Size::Known(definitions().count() as u64),
            "directives" => Size::Known(5),
            "fields" => average(types_of_fields().map(outputs)),
            "args" => average(fields().map(|it| it.node.arguments.len())),
            "inputFields" => average(types_of_arguments().map(inputs)),
            "enumValues" => average(types_of_fields().map(values)),
            "interfaces" | "possibleTypes" => Size::Known(1),
            _ => Size::One,
        };
        let composite = |of: &[(&str, &str)]| Composite {
            fields: of
                .iter()
                .map(|(name, type_name)| {
                    let field = Field {
                        type_name: (*type_name).to_owned(),
                        arguments: HashMap::new(),
                        size: sizes(name),
                        // A list of what may not be null is one type, in words of three.
                        is_level: *name != "ofType",
                        sizes_lists_by: None,
                        statements: 0,
                        rows: 0,
                        foretells: false,
                    };
                    ((*name).to_owned(), field)
                })
                .collect(),
        };
        let root = composite(&[("__schema", "__Schema"), ("__type", "__Type")]);
        types
            .entry("Query".to_owned())
            .or_default()
            .fields
            .extend(root.fields);
        for (name, fields) in INTROSPECTION {
            types.insert((*name).to_owned(), composite(fields));
        }
    }
}

/// The fields of the introspection types that lead to others.
const INTROSPECTION: &[(&str, &[(&str, &str)])] = &[
    (
        "__Schema",
        &[
            ("types", "__Type"),
            ("queryType", "__Type"),
            ("mutationType", "__Type"),
            ("subscriptionType", "__Type"),
            ("directives", "__Directive"),
        ],
    ),
    (
        "__Type",
        &[
            ("fields", "__Field"),
            ("interfaces", "__Type"),
            ("possibleTypes", "__Type"),
            ("enumValues", "__EnumValue"),
            ("inputFields", "__InputValue"),
            ("ofType", "__Type"),
        ],
    ),
    ("__Field", &[("args", "__InputValue"), ("type", "__Type")]),
    ("__InputValue", &[("type", "__Type")]),
    ("__Directive", &[("args", "__InputValue")]),
];

/// The average of some sizes, rounded up.
fn average(sizes: impl Iterator<Item = usize>) -> Size {
    let (count, sum) = sizes.fold((0, 0), |(count, sum), size| (count + 1, sum + size));
    Size::Known((sum as u64).div_ceil(count.max(1)))
}

fn fields_of(definition: &TypeDefinition) -> Option<&[async_graphql::Positioned<FieldDefinition>]> {
    fields_of_kind(&definition.kind)
}

fn fields_of_kind(kind: &TypeKind) -> Option<&[async_graphql::Positioned<FieldDefinition>]> {
    match kind {
        TypeKind::Object(object) => Some(&object.fields),
        TypeKind::Interface(interface) => Some(&interface.fields),
        _ => None,
    }
}

/// The name of a type without list and non-null, and whether it is a list.
fn base(ty: &Type) -> (&str, bool) {
    match &ty.base {
        BaseType::Named(name) => (name, false),
        BaseType::List(item) => (base(item).0, true),
    }
}

fn input(definition: &TypeDefinition) -> Option<(String, Input)> {
    let input = match &definition.kind {
        TypeKind::Scalar => Input::Scalar,
        TypeKind::Enum(it) => Input::Enum(
            it.values
                .iter()
                .map(|it| it.node.value.node.to_string())
                .collect(),
        ),
        TypeKind::InputObject(object) => Input::Object(InputObject {
            fields: object
                .fields
                .iter()
                .map(|it| input_field(&it.node))
                .collect(),
        }),
        _ => return None,
    };
    Some((definition.name.node.to_string(), input))
}

fn input_field(definition: &InputValueDefinition) -> (String, InputField) {
    let field = InputField {
        ty: definition.ty.node.clone(),
        has_default: definition.default_value.is_some(),
    };
    (definition.name.node.to_string(), field)
}
