//! What the cost of a selection depends on: the types of the schema, and what its fields declare in
//! directives. Both are taken from the text of the schema.

use std::collections::HashMap;

use async_graphql::parser::{
    parse_schema,
    types::{
        BaseType, ConstDirective, FieldDefinition, InputValueDefinition, OperationType, Type,
        TypeDefinition, TypeKind, TypeSystemDefinition,
    },
};
use async_graphql_value::ConstValue;

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
    /// Whether it needs a statement that all such fields of an object share.
    pub(crate) shares_statement: bool,
    /// Whether its value can differ between two viewers of the same workspace.
    pub(crate) is_per_viewer: bool,
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
    Page {
        /// Its size where the arguments name none.
        default: u64,
        /// Its greatest size.
        maximum: u64,
    },
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
        let is_directive =
            |it: &&TypeSystemDefinition| matches!(it, TypeSystemDefinition::Directive(_));
        let directives = document.definitions.iter().filter(is_directive).count() as u64;
        let definitions: Vec<TypeDefinition> = document
            .definitions
            .into_iter()
            .filter_map(|definition| match definition {
                TypeSystemDefinition::Type(it) => Some(it.node),
                _ => None,
            })
            .collect();
        let schema = Schema::new(&definitions, directives);
        let mut types: HashMap<String, Composite> = definitions
            .iter()
            .filter_map(|definition| {
                let fields = fields_of(definition)?;
                let name = definition.name.node.as_str();
                let fields = fields.iter().map(|it| {
                    let field = schema.field(&it.node);
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
    /// How many directives there are.
    directives: u64,
}

impl<'a> Schema<'a> {
    fn new(definitions: &'a [TypeDefinition], directives: u64) -> Self {
        Self {
            directives,
            definitions: definitions
                .iter()
                .map(|it| (it.name.node.as_str(), it))
                .collect(),
        }
    }

    fn field(&self, definition: &FieldDefinition) -> Field {
        let (type_name, is_list) = base(&definition.ty.node);
        let is_composite = self
            .definitions
            .get(type_name)
            .is_some_and(|it| fields_of(it).is_some() || matches!(it.kind, TypeKind::Union(_)));
        let directive = |name| {
            let mut directives = definition.directives.iter();
            directives.find(|it| it.node.name.node == name)
        };
        let cost = |argument| {
            directive("cost").map_or(0, |it| integer(&it.node, argument).unwrap_or_default())
        };
        let page = directive("page").map(|it| SizedBy::Page {
            default: integer(&it.node, "default").unwrap_or_default(),
            maximum: integer(&it.node, "maximum").unwrap_or_default(),
        });
        let input = directive("sizedByInput").map(|_| SizedBy::Input);
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
            sizes_lists_by: page.or(input),
            statements: cost("statements"),
            rows: cost("rows"),
            shares_statement: directive("sharedStatement").is_some(),
            is_per_viewer: directive("perViewer").is_some(),
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
            "directives" => Size::Known(self.directives),
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
                        shares_statement: false,
                        is_per_viewer: false,
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

/// The value of an argument of a directive.
fn integer(directive: &ConstDirective, argument: &str) -> Option<u64> {
    match &directive.get_argument(argument)?.node {
        ConstValue::Number(number) => number.as_u64(),
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
