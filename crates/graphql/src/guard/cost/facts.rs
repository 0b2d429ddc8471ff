//! What the schema says about costs and inputs: its types, and the directives of its fields. Both
//! are read from the schema definition (SDL).

use std::collections::HashMap;

use async_graphql::parser::{
    parse_schema,
    types::{
        BaseType, ConstDirective, FieldDefinition, InputValueDefinition, OperationType, Type,
        TypeDefinition, TypeKind, TypeSystemDefinition,
    },
};
use async_graphql_value::ConstValue;

/// The parts of the schema that costs and input checks need.
pub(crate) struct Facts {
    types: HashMap<String, Composite>,
    inputs: HashMap<String, Input>,
}

/// An object type or interface.
#[derive(Default)]
pub(crate) struct Composite {
    pub(super) fields: HashMap<String, Field>,
}

/// The facts about a field that its cost depends on.
#[derive(Clone, Debug)]
pub(crate) struct Field {
    /// The name of its type, without list and non-null.
    pub(crate) type_name: String,
    /// The types of its arguments.
    pub(crate) arguments: HashMap<String, Type>,
    /// How many values the field has.
    pub(crate) size: Size,
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
    /// Whether the value can differ between viewers of the same workspace.
    pub(crate) is_per_viewer: bool,
}

/// How many values a field has.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Size {
    One,
    /// A list. Its length is determined by the field itself or by a field above, with
    /// [`Field::sizes_lists_by`].
    List,
    /// A list of the schema itself, with its average length.
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
    /// If the text is not a schema. It never comes from outside.
    #[must_use]
    #[expect(
        clippy::expect_used,
        reason = "the text is generated from the schema in this binary"
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

/// The parts of the schema definition that the facts about a field depend on.
pub(super) struct Schema<'a> {
    pub(super) definitions: HashMap<&'a str, &'a TypeDefinition>,
    /// The number of directives.
    pub(super) directives: u64,
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
        let by_input = directive("sizedByInput").map(|it| &it.node);
        let input = by_input.map(|_| SizedBy::Input);
        let size_input = by_input.and_then(|it| match &it.get_argument("field")?.node {
            ConstValue::String(name) => Some((name.clone(), integer(it, "maximum")?)),
            _ => None,
        });
        let arguments = definition.arguments.iter().map(|it| {
            let argument = &it.node;
            (argument.name.node.to_string(), argument.ty.node.clone())
        });
        Field {
            type_name: type_name.to_owned(),
            arguments: arguments.collect(),
            size: if is_list && is_composite {
                Size::List
            } else {
                Size::One
            },
            is_level: true,
            sizes_lists_by: page.or(input),
            size_input,
            statements: cost("statements"),
            rows: cost("rows"),
            shares_statement: directive("sharedStatement").is_some(),
            is_per_viewer: directive("perViewer").is_some(),
        }
    }
}

pub(super) fn fields_of(
    definition: &TypeDefinition,
) -> Option<&[async_graphql::Positioned<FieldDefinition>]> {
    fields_of_kind(&definition.kind)
}

pub(super) fn fields_of_kind(
    kind: &TypeKind,
) -> Option<&[async_graphql::Positioned<FieldDefinition>]> {
    match kind {
        TypeKind::Object(object) => Some(&object.fields),
        TypeKind::Interface(interface) => Some(&interface.fields),
        _ => None,
    }
}

/// The value of an integer argument of a directive.
fn integer(directive: &ConstDirective, argument: &str) -> Option<u64> {
    match &directive.get_argument(argument)?.node {
        ConstValue::Number(number) => number.as_u64(),
        _ => None,
    }
}

/// The name of the innermost type, and whether the type is a list.
pub(super) fn base(ty: &Type) -> (&str, bool) {
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
